//! Scopes: which a token holds, which imply which, and what a wildcard covers.

use tokenward_policy::Value;
use tokenward_policy::text::words;

/// The longest scope that a verdict may ask for, in bytes.
const LONGEST: usize = 256;

/// Whether this is a scope of RFC 6749 section 3.3, visible ASCII without `"`
/// and `\`, and no longer than a verdict may ask for.
pub(crate) fn is_scope(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

/// A claim that holds no scopes because it is neither a string nor an array of strings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Adds the scopes of a claim to those held: the parts of a string between its
/// spaces (RFC 6749 section 3.3), or each item of an array of strings as it is.
pub(crate) fn collect<'a>(claim: &'a Value, held: &mut Vec<&'a str>) -> Result<(), Malformed> {
    match claim {
        Value::Text(text) => held.extend(words(text)),
        Value::Texts(texts) => held.extend(texts.iter().map(String::as_str)),
        // The contract gives an empty array as JSON text.
        Value::Json(json) if json == "[]" => {}
        _ => return Err(Malformed),
    }
    Ok(())
}

/// The scopes that grant this one: itself, then each that implies it, directly
/// or by way of others.
pub(crate) fn granted_by(hierarchy: &[(String, Vec<String>)], scope: &str) -> Vec<String> {
    let mut grants = vec![scope.to_owned()];
    let mut next = 0;
    while let Some(granted) = grants.get(next).cloned() {
        for (holder, implied) in hierarchy {
            if implied.contains(&granted) && !grants.contains(holder) {
                grants.push(holder.clone());
            }
        }
        next += 1;
    }
    grants
}

/// Whether a held wildcard covers a scope. Both are cut at `:`, `.` and `/`; a
/// part `*` stands for any one part, and as the last part for any number more.
/// A `*` within a part is no wildcard.
pub(crate) fn covers(held: &str, wanted: &str) -> bool {
    if !is_wildcard(held) {
        return false;
    }
    let (mut held, mut wanted) = (held, wanted);
    loop {
        let (held_part, held_rest) = split(held);
        let (wanted_part, wanted_rest) = split(wanted);
        if wanted_part.is_empty() || (held_part != "*" && held_part != wanted_part) {
            return false;
        }
        match (held_rest, wanted_rest) {
            (None, None) => return true,
            (None, Some(_)) => return held_part == "*",
            (Some((held_mark, after_held)), Some((wanted_mark, after_wanted)))
                if held_mark == wanted_mark =>
            {
                (held, wanted) = (after_held, after_wanted);
            }
            _ => return false,
        }
    }
}

/// Whether a scope holds an asterisk.
pub(crate) fn is_wildcard(scope: &str) -> bool {
    scope.as_bytes().contains(&b'*')
}

/// Whether a scope is nothing but asterisks and separators, such as `*:*`.
pub(crate) fn is_only_wildcard(scope: &str) -> bool {
    is_wildcard(scope) && scope.bytes().all(|b| b == b'*' || is_separator(b))
}

/// The part before the first separator; the separator and what follows it.
fn split(scope: &str) -> (&str, Option<(u8, &str)>) {
    for (at, byte) in scope.bytes().enumerate() {
        if is_separator(byte) {
            let part = scope.get(..at).unwrap_or_default();
            return (part, scope.get(at + 1..).map(|rest| (byte, rest)));
        }
    }
    (scope, None)
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b':' | b'.' | b'/')
}
