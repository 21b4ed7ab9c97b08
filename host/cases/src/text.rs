//! Values that a case file and an argument write alike.

use anyhow::bail;
use tokenward::RequestFacts;

/// A method and a URL: `GET https://api.example/orders`.
///
/// # Errors
///
/// What is wrong, and what is accepted.
pub fn request_line(line: &str) -> anyhow::Result<RequestFacts> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [method, url] = words.as_slice() else {
        bail!(
            "`{}`; accepted: a method and a URL, for instance `GET https://api.example/orders`",
            short(line)
        );
    };
    Ok(RequestFacts::new(method, url)?)
}

/// The beginning of a text, on one line, for an error.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read() {
        let facts = request_line("GET https://API.example/a/../b").unwrap();
        assert_eq!((facts.host(), facts.path()), (Some("api.example"), Some("/b")));
        for line in ["", "GET", "GET /a b", "/a"] {
            let error = request_line(line).unwrap_err().to_string();
            assert!(error.contains("accepted: a method and a URL"), "{line}: {error}");
        }
    }
}
