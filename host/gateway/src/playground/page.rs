//! The page, put together from its files once.

use std::sync::LazyLock;

/// The lines of the page that name a file, and that file: a person works with files, and the page
/// needs none.
const STYLES: [(&str, &str); 1] =
    [(r#"<link rel="stylesheet" href="page.css">"#, include_str!("page.css"))];
const SCRIPTS: [(&str, &str); 5] = [
    (r#"<script src="dom.js"></script>"#, include_str!("dom.js")),
    (r#"<script src="json.js"></script>"#, include_str!("json.js")),
    (r#"<script src="form.js"></script>"#, include_str!("form.js")),
    (r#"<script src="result.js"></script>"#, include_str!("result.js")),
    (r#"<script src="page.js"></script>"#, include_str!("page.js")),
];

/// One page without outside resources.
pub(crate) static PAGE: LazyLock<String> = LazyLock::new(|| {
    let mut page = include_str!("page.html").to_owned();
    for (line, style) in STYLES {
        page = page.replace(line, &format!("<style>\n{style}</style>"));
    }
    for (line, script) in SCRIPTS {
        page = page.replace(line, &format!("<script>\n{script}</script>"));
    }
    page
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        for (line, file) in STYLES.iter().chain(&SCRIPTS) {
            assert!(!PAGE.contains(line), "{line}");
            assert!(PAGE.contains(file.trim_end()), "{line}");
        }
        for outside in [" src=\"", "<link rel=\"stylesheet\"", "@import", "innerHTML"] {
            assert!(!PAGE.contains(outside), "{outside}");
        }
    }
}
