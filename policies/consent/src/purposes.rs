//! The purposes that a token and a request serve: told by claims, scopes and the route.

use tokenward_policy::{Input, Value};

/// In one token: a hostile one is not to make work without end.
const MOST: usize = 64;

/// A purpose that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Purpose<'a> {
    pub(crate) name: &'a str,
    pub(crate) told_by: ToldBy,
}

/// Where a purpose comes from: a message names none that only the token knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToldBy {
    Settings,
    Token,
}

/// Adds purposes to those served, each once.
pub(crate) fn add<'a>(
    served: &mut Vec<Purpose<'a>>,
    names: impl IntoIterator<Item = &'a str>,
    told_by: ToldBy,
) {
    for name in names {
        match served.iter_mut().find(|known| known.name == name) {
            Some(known) if told_by == ToldBy::Settings => known.told_by = told_by,
            Some(_) => {}
            None => served.push(Purpose { name, told_by }),
        }
    }
}

/// A value that is neither a string nor an array of strings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Adds the words of a value: the parts of a string between its spaces, or each
/// item of an array of strings as it is.
pub(crate) fn words<'a>(value: &'a Value, into: &mut Vec<&'a str>) -> Result<(), Malformed> {
    match value {
        Value::Text(text) => into.extend(tokenward_policy::text::words(text)),
        Value::Texts(texts) => {
            into.extend(texts.iter().map(String::as_str).filter(|word| !word.is_empty()));
        }
        // The contract gives an empty array as JSON text.
        Value::Json(json) if json == "[]" => {}
        _ => return Err(Malformed),
    }
    Ok(())
}

/// The purposes that the token's claims name, each once, and the claims that
/// cannot be read, or name too many.
pub(crate) fn named<'a>(input: &'a Input, claims: &'a [String]) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut named: Vec<&str> = Vec::new();
    let mut unreadable = Vec::new();
    for path in claims {
        let Some(claim) = input.claim(path) else { continue };
        let mut found = Vec::new();
        if words(claim, &mut found).is_err() || found.len() > MOST {
            unreadable.push(path.as_str());
            continue;
        }
        for word in found {
            if !named.contains(&word) {
                named.push(word);
            }
        }
    }
    (named, unreadable)
}
