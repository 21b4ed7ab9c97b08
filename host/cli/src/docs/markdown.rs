//! Pieces of Markdown.

use std::fmt::Write;

use serde_json::Value;

use crate::render::safe;

/// Plain text in a cell of a table: nothing in it ends the cell or the table,
/// or is taken for markup of HTML.
pub(crate) fn cell(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    safe::text(&text).replace('|', "\\|").replace('<', "&lt;")
}

/// Text as code.
pub(crate) fn code(text: &str) -> String {
    let text = safe::text(text);
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Names as code, with commas.
pub(crate) fn codes<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    names.into_iter().map(|name| code(name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A table. Cells are Markdown already; a column of which all are empty is left
/// out.
pub(crate) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let is_used =
        |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|c| !c.is_empty()));
    let used: Vec<usize> = (0..heads.len()).filter(|column| is_used(*column)).collect();
    let line = |cells: &[&str]| {
        let cells: Vec<&str> = used.iter().filter_map(|at| cells.get(*at).copied()).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut out = line(heads);
    let _ = writeln!(out, "|{}", "---|".repeat(used.len()));
    for row in rows {
        out.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    out
}

/// A block of code.
pub(crate) fn block(language: &str, text: &str) -> String {
    let fence = if text.contains("```") { "~~~~" } else { "```" };
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// A value as TOML, on one line. TOML has no null: one that JSON has is left out.
pub(crate) fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items = items.iter().filter(|item| !item.is_null()).map(toml);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".into(),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, member)| !member.is_null());
            let members = members.map(|(name, value)| format!("{} = {}", key(name), toml(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        // JSON's strings, numbers and booleans are TOML's.
        other => other.to_string(),
    }
}

/// A name as a key of TOML.
pub(crate) fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !name.is_empty() && name.bytes().all(bare) {
        name.to_owned()
    } else {
        Value::String(name.to_owned()).to_string()
    }
}

/// Words as a list in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_toml_that_reads_back() {
        let value = serde_json::json!({
            "routes": [{"path": "/a/{id}", "methods": ["GET"]}], "a b": "x\"\n\u{7f}", "n": 1.5,
            "none": null, "empty": {}, "yes": true
        });
        let text = format!("settings = {}", toml(&value).replace('\u{7f}', "\\u007f"));
        let read: ::toml::Table = text.parse().unwrap();
        let read = serde_json::to_value(&read["settings"]).unwrap();
        let mut expected = value;
        expected.as_object_mut().unwrap().remove("none");
        assert_eq!(read, expected);
    }

    #[test]
    fn an_empty_column_is_left_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["1", "", "x"]), row(["2", "", ""])];
        assert_eq!(table(&["a", "b", "c"], &rows), "| a | c |\n|---|---|\n| 1 | x |\n| 2 |  |\n");
    }

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(cell("a | b\nc <d>"), "a \\| b c &lt;d>");
        assert_eq!((code("a"), code("a`b")), ("`a`".into(), "`` a`b ``".into()));
        assert_eq!(and(&["a", "b", "c"]), "a, b and c");
    }
}
