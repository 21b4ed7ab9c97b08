//! The strict JSON parser: what two readers could understand differently is refused.
//!
//! It needs `serde_json` without its feature `arbitrary_precision`, with which
//! numbers come as objects: then every token is refused, none is misread.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::{Json, MAX_SAFE_INTEGER, Object};

/// The largest nesting depth that can be asked for.
const DEPTH_CEILING: usize = 64;

/// From this many members on, duplicates are looked for by sorting.
const FEW_MEMBERS: usize = 16;

/// Bounds of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// How deep arrays and objects may nest; the outermost is 1. Above 64 it counts as 64.
    pub max_depth: usize,
    /// How many values there may be: members, items and the outermost value.
    pub max_values: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self { max_depth: 16, max_values: 1024 }
    }
}

/// Why a JSON text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// It is not JSON (RFC 8259).
    #[error("is not valid JSON")]
    Syntax,
    /// It is not UTF-8 (RFC 8259 section 8.1).
    #[error("is not UTF-8")]
    NotUtf8,
    /// A member name occurs twice in an object, escaped or not (RFC 7515 section 4).
    #[error("has an object with two members of one name")]
    DuplicateMember,
    /// A member name has a control character: it would go into JSON Pointers,
    /// records and reports.
    #[error("has a member name with a control character")]
    ControlInName,
    /// Arrays and objects nest deeper than the limit.
    #[error("nests too deeply")]
    TooDeep,
    /// There are more values than the limit.
    #[error("has too many values")]
    TooManyValues,
    /// A `\u` escape is one half of a surrogate pair (RFC 7493 section 2.1).
    #[error("has an unpaired surrogate in a string")]
    LoneSurrogate,
    /// A number's magnitude is above 2^53 - 1 (RFC 7493 section 2.2).
    #[error("has a number beyond 2^53 - 1")]
    NumberOutOfRange,
}

/// Why and where a JSON text was refused. It quotes nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    kind: JsonErrorKind,
    line: usize,
    column: usize,
}

impl JsonError {
    /// Why.
    #[must_use]
    pub fn kind(&self) -> JsonErrorKind {
        self.kind
    }

    /// Where: line and column, both from 1, of the place where reading stopped.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        (self.line, self.column)
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {}, column {})", self.kind, self.line, self.column)
    }
}

impl std::error::Error for JsonError {}

/// Reads one JSON text.
///
/// Accepted is RFC 8259 JSON in UTF-8 without a byte order mark, in which no
/// object has two members of one name, no string has an unpaired surrogate, no
/// number has a magnitude above 2^53 - 1, and which keeps the limits. Nothing
/// but white space may follow.
///
/// # Errors
///
/// What was refused, and where.
pub fn parse_strict(text: &[u8], limits: &JsonLimits) -> Result<Json, JsonError> {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => return Err(not_utf8(text, error.valid_up_to())),
    };
    let state = State {
        max_depth: limits.max_depth.min(DEPTH_CEILING),
        values_left: Cell::new(limits.max_values),
        refusal: RefCell::new(None),
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed = Value { state: &state, depth: 0 }
        .deserialize(&mut reader)
        .and_then(|json| reader.end().map(|()| json));
    parsed.map_err(|error| JsonError {
        kind: state.refusal.take().unwrap_or_else(|| classify(text, &error)),
        line: error.line(),
        column: error.column(),
    })
}

/// What is carried through the reading of one text.
struct State {
    max_depth: usize,
    values_left: Cell<usize>,
    refusal: RefCell<Option<JsonErrorKind>>,
}

impl State {
    fn refuse<E: serde::de::Error>(&self, kind: JsonErrorKind) -> E {
        *self.refusal.borrow_mut() = Some(kind);
        E::custom("refused")
    }
}

/// One value to be read, below `depth` arrays and objects.
#[derive(Clone, Copy)]
struct Value<'s> {
    state: &'s State,
    depth: usize,
}

impl Value<'_> {
    /// The values inside this one, or a refusal if they lie too deep.
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.state.max_depth {
            return Err(self.state.refuse(JsonErrorKind::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Json, D::Error> {
        match self.state.values_left.get().checked_sub(1) {
            Some(left) => self.state.values_left.set(left),
            None => return Err(self.state.refuse(JsonErrorKind::TooManyValues)),
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Json, E> {
        if !(-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&number) {
            return Err(self.state.refuse(JsonErrorKind::NumberOutOfRange));
        }
        Ok(Json::Integer(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Json, E> {
        // What does not fit is out of range, as is the value it is replaced by.
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    #[allow(clippy::cast_precision_loss, reason = "the bound is below 2^53")]
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Json, E> {
        // An integer beyond 64 bits arrives here too. Every float above the
        // bound is an integer, so that one rule serves both. NaN is refused.
        if number.abs() <= MAX_SAFE_INTEGER as f64 {
            Ok(Json::Number(number))
        } else {
            Err(self.state.refuse(JsonErrorKind::NumberOutOfRange))
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(name) = access.next_key::<String>()? {
            if name.chars().any(char::is_control) {
                return Err(self.state.refuse(JsonErrorKind::ControlInName));
            }
            // Few members are compared at once, so that the position is exact.
            if members.len() < FEW_MEMBERS && members.iter().any(|(n, _)| *n == name) {
                return Err(self.state.refuse(JsonErrorKind::DuplicateMember));
            }
            members.push((name, access.next_value_seed(inside)?));
        }
        if members.len() > FEW_MEMBERS && has_duplicates(&members) {
            return Err(self.state.refuse(JsonErrorKind::DuplicateMember));
        }
        Ok(Json::Object(Object { members }))
    }
}

fn has_duplicates(members: &[(String, Json)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

fn not_utf8(text: &[u8], valid_up_to: usize) -> JsonError {
    let valid = text.get(..valid_up_to).unwrap_or_default();
    let line = valid.split(|b| *b == b'\n').count();
    let column = valid.rsplit(|b| *b == b'\n').next().map_or(0, <[u8]>::len) + 1;
    JsonError { kind: JsonErrorKind::NotUtf8, line, column }
}

/// Finds out what the reader below refused; it does not say so itself.
fn classify(text: &str, error: &serde_json::Error) -> JsonErrorKind {
    if has_lone_surrogate(text) {
        JsonErrorKind::LoneSurrogate
    } else if error.to_string().starts_with("number out of range") {
        JsonErrorKind::NumberOutOfRange
    } else {
        JsonErrorKind::Syntax
    }
}

fn has_lone_surrogate(text: &str) -> bool {
    let mut rest = text;
    let mut high_before = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let unit = escape.get(2..6).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let unit = unit.filter(|_| escape.starts_with("\\u"));
        let low = unit.is_some_and(|u| (0xdc00..0xe000).contains(&u));
        if (high_before && !(before.is_empty() && low)) || (!high_before && low) {
            return true;
        }
        high_before = unit.is_some_and(|u| (0xd800..0xdc00).contains(&u));
        let length = if unit.is_some() { 6 } else { 2 };
        rest = escape.get(length..).unwrap_or_default();
    }
    high_before
}

#[cfg(test)]
mod tests {
    use super::has_lone_surrogate;

    #[test]
    fn surrogates_are_told_apart() {
        for (text, lone) in [
            (r#""\ud83d\ude00""#, false),
            (r#""\ud83d""#, true),
            (r#""\ude00""#, true),
            (r#""\ud83dx\ude00""#, true),
            (r#""\ud83d\ud83d\ude00""#, true),
            (r#""\\ud83d""#, false),
            (r#""\n\u0041""#, false),
            (r#""\ud83d\n""#, true),
            ("\"\\é\"", false),
            ("\\", false),
        ] {
            assert_eq!(has_lone_surrogate(text), lone, "{text}");
        }
    }
}
