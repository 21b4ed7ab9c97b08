//! The audiences of a token (RFC 7519 section 4.1.3): which there are, and which
//! of them name no one recipient.

use tokenward_policy::Value;

/// What the claim says.
pub(crate) enum Audiences<'a> {
    /// None is named.
    Missing,
    /// It is neither a string nor an array of strings.
    Malformed,
    Named(Vec<&'a str>),
}

impl<'a> Audiences<'a> {
    pub(crate) fn read(claim: Option<&'a Value>) -> Self {
        match claim {
            None => Self::Missing,
            Some(Value::Text(one)) => Self::Named(vec![one]),
            Some(Value::Texts(many)) => Self::Named(many.iter().map(String::as_str).collect()),
            // The contract gives an empty array as JSON text.
            Some(Value::Json(json)) if json == "[]" => Self::Missing,
            Some(_) => Self::Malformed,
        }
    }
}

/// Whether an audience stands for any recipient: it holds an asterisk, is empty
/// or blank, or is the start of a URI alone, such as `https://` and `urn:`.
pub(crate) fn is_wildcard(audience: &str) -> bool {
    let bare = audience.trim_ascii().trim_end_matches('/');
    audience.contains('*') || bare.is_empty() || bare.ends_with(':')
}

/// Whether there are more different audiences than `max`, told with as little work as that takes.
pub(crate) fn are_more_than(max: usize, audiences: &[&str]) -> bool {
    if audiences.len() <= max {
        return false;
    }
    let mut distinct: Vec<&str> = Vec::with_capacity(max + 1);
    for audience in audiences {
        if let Err(at) = distinct.binary_search(audience) {
            distinct.insert(at, audience);
        }
        if distinct.len() > max {
            return true;
        }
    }
    false
}
