//! Paths that everyone reads alike.

use super::InquiryError;

/// Rules judge a normalized path; a gateway passes the path on as it came. So they must not differ
/// in their segments: an upstream might read another path.
pub(super) fn check(url: &str) -> Result<(), InquiryError> {
    let target = match url.split_once("://") {
        Some((_, rest)) if !url.starts_with('/') => {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
        }
        _ => url,
    };
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if path.contains('\\') {
        return Err(InquiryError::PathNotPlain("a backslash"));
    }
    if path.contains(';') {
        return Err(InquiryError::PathNotPlain("a path parameter (`;`)"));
    }
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.peek().is_some() {
            return Err(InquiryError::PathNotPlain("an empty segment (`//`)"));
        }
        let dots = segment.replace("%2e", ".").replace("%2E", ".");
        if dots == "." || dots == ".." {
            return Err(InquiryError::PathNotPlain("a segment of dots"));
        }
    }
    Ok(())
}
