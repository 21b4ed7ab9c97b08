//! Hosts and paths that everyone reads alike.

use super::InquiryError;

/// Refuses a URL that a server could read in another way than rules do: in its host, where it ends,
/// and in its path.
///
/// Rules judge a normalized path; a gateway passes the path on as it came. So they must not differ
/// in their segments: an upstream might read another path.
pub(super) fn check(url: &str) -> Result<(), InquiryError> {
    let target = match url.split_once("://") {
        Some((_, rest)) if !url.starts_with('/') => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (host, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
            check_host(host)?;
            if target.is_empty() { "/" } else { target }
        }
        _ => url,
    };
    check_path(target.split(['?', '#']).next().unwrap_or_default())
}

/// Whether a host ends where it seems to: `a.example?x=` would make the path a query.
pub(super) fn check_host(host: &str) -> Result<(), InquiryError> {
    let of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~[]:".contains(&byte);
    if host.is_empty() || !host.bytes().all(of_host) {
        return Err(InquiryError::Host);
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), InquiryError> {
    if path.contains('\\') {
        return Err(InquiryError::PathNotPlain("a backslash"));
    }
    if path.contains(';') {
        return Err(InquiryError::PathNotPlain("a path parameter (`;`)"));
    }
    if !escapes_are_text(path) {
        return Err(InquiryError::PathNotPlain("an escape that is no UTF-8"));
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

/// Whether what is escaped is UTF-8: an overlong `/` (`%C0%AF`) is one to some servers. Escapes that
/// are none are refused elsewhere.
fn escapes_are_text(path: &str) -> bool {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if let Some(byte) = byte.filter(|_| *first == b'%') {
            decoded.push(byte);
            after.get(2..).unwrap_or_default()
        } else {
            decoded.push(*first);
            after
        };
    }
    std::str::from_utf8(&decoded).is_ok()
}
