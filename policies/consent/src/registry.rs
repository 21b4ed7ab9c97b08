//! What the consent registry knows, as facts of the input.

use tokenward_policy::text::push_number;
use tokenward_policy::{Input, Value};

use crate::purposes::words;

/// The purposes that the subject has consented to: texts.
pub(crate) const PURPOSES: &str = "consent.purposes";
/// When, in seconds since 1970.
pub(crate) const GIVEN_AT: &str = "consent.given-at";
/// When the consent ends, in seconds since 1970.
pub(crate) const EXPIRES_AT: &str = "consent.expires-at";
/// When the subject withdrew it, in seconds since 1970.
pub(crate) const WITHDRAWN_AT: &str = "consent.withdrawn-at";
/// The version of the text that the subject consented to: a text or an integer.
pub(crate) const VERSION: &str = "consent.version";

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

/// What is known of a subject's consent. `None` is not known.
#[derive(Debug, Default)]
pub(crate) struct Consent<'a> {
    pub(crate) purposes: Option<Vec<&'a str>>,
    pub(crate) given_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) withdrawn_at: Option<i64>,
    pub(crate) version: Option<&'a Value>,
}

impl<'a> Consent<'a> {
    /// Reads the facts, and names those that cannot be read.
    pub(crate) fn read(input: &'a Input) -> (Self, Vec<&'static str>) {
        let mut unreadable = Vec::new();
        let mut consent = Consent {
            given_at: time(input, GIVEN_AT, &mut unreadable),
            expires_at: time(input, EXPIRES_AT, &mut unreadable),
            withdrawn_at: time(input, WITHDRAWN_AT, &mut unreadable),
            ..Consent::default()
        };
        match known(input, PURPOSES) {
            None => {}
            Some(value) => {
                let mut purposes = Vec::new();
                match words(value, &mut purposes) {
                    Ok(()) => consent.purposes = Some(purposes),
                    Err(_) => unreadable.push(PURPOSES),
                }
            }
        }
        match known(input, VERSION) {
            version @ (None | Some(Value::Text(_) | Value::Integer(_))) => {
                consent.version = version;
            }
            Some(_) => unreadable.push(VERSION),
        }
        (consent, unreadable)
    }

    /// Whether consent was withdrawn, and not given again afterwards.
    pub(crate) fn is_withdrawn(&self) -> bool {
        self.withdrawn_at
            .is_some_and(|withdrawn| self.given_at.is_none_or(|given| given <= withdrawn))
    }
}

/// A registry may say null for what there is not.
fn known<'a>(input: &'a Input, name: &str) -> Option<&'a Value> {
    input.fact(name).filter(|value| !matches!(value, Value::Null))
}

fn time(input: &Input, name: &'static str, unreadable: &mut Vec<&'static str>) -> Option<i64> {
    let value = known(input, name)?;
    let seconds = value.as_integer().filter(|seconds| (0..=LAST).contains(seconds));
    if seconds.is_none() {
        unreadable.push(name);
    }
    seconds
}

/// Whether a version is one of those that count. An integer is compared by its digits.
pub(crate) fn is_one_of(version: &Value, versions: &[String]) -> bool {
    match version {
        Value::Text(text) => versions.iter().any(|v| v == text),
        Value::Integer(integer) => {
            let mut text = String::from(if *integer < 0 { "-" } else { "" });
            push_number(&mut text, integer.unsigned_abs());
            versions.contains(&text)
        }
        _ => false,
    }
}
