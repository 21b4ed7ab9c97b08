//! Values that a case file and an argument write alike.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
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

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let name = || format!("`{}`", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(name)?;
    file.take(limit + 1).read_to_end(&mut bytes).with_context(name)?;
    if bytes.len() as u64 > limit {
        bail!("{}: more than {} MiB; that is too much", name(), limit >> 20);
    }
    Ok(bytes)
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
