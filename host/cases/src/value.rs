//! JSON inside a case file: as TOML, or as JSON text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use tokenward::json::{JsonLimits, MAX_SAFE_INTEGER, parse_strict};
use tokenward::{Json, Object};

/// How the TOML reader hands over a date.
const DATE: &str = "$__toml_private_datetime";

/// A JSON object that is written as a TOML table or as JSON text. It keeps to
/// what a token's JSON may be. No `Debug`: it can hold claims.
#[derive(Clone, Default)]
pub(crate) struct Inline(pub(crate) Object);

impl<'de> Deserialize<'de> for Inline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match deserializer.deserialize_any(Reader)? {
            Json::String(text) => text,
            Json::Object(object) => object.to_compact(),
            other => return Err(D::Error::custom(not_an_object(&other))),
        };
        match parse_strict(text.as_bytes(), &JsonLimits::default()) {
            Ok(Json::Object(object)) => Ok(Self(object)),
            Ok(other) => Err(D::Error::custom(not_an_object(&other))),
            Err(error) => Err(D::Error::custom(format!(
                "the value {}; accepted: a table, or a JSON object as text",
                error.kind()
            ))),
        }
    }
}

fn not_an_object(value: &Json) -> String {
    format!(
        "the value is of type {}; accepted: a table, or a JSON object as text",
        value.type_name()
    )
}

/// Any TOML value as JSON.
struct Value(Json);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        if value.unsigned_abs() > MAX_SAFE_INTEGER.unsigned_abs() {
            return Err(E::custom("a number beyond 2^53 - 1; JSON readers do not agree on it"));
        }
        Ok(Json::Integer(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        if !value.is_finite() {
            return Err(E::custom("a number that JSON has not; accepted: a finite number"));
        }
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(Value(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Object::new();
        while let Some(name) = members.next_key::<String>()? {
            if name == DATE {
                return Err(A::Error::custom("a date; accepted: a date as text"));
            }
            let Value(value) = members.next_value()?;
            object.set(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Holder {
        a: Inline,
    }

    fn read(toml: &str) -> Result<String, String> {
        toml::from_str::<Holder>(&format!("a = {toml}"))
            .map(|holder| holder.a.0.to_compact())
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn tables_and_texts_are_read() {
        for (toml, json) in [
            ("{}", "{}"),
            (
                r#"{ sub = "u-1", n = -3, f = 1.5, b = true }"#,
                r#"{"sub":"u-1","n":-3,"f":1.5,"b":true}"#,
            ),
            ("{ a.b = [1, { c = [] }] }", r#"{"a":{"b":[1,{"c":[]}]}}"#),
            (r#"'{"b":1,"a":[null]}'"#, r#"{"b":1,"a":[null]}"#),
        ] {
            let read: serde_json::Value = serde_json::from_str(&read(toml).unwrap()).unwrap();
            let json: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(read, json, "{toml}");
        }
    }

    #[test]
    fn what_no_token_can_hold_is_refused() {
        for (toml, expected) in [
            ("3", "of type integer; accepted: a table, or a JSON object as text"),
            ("'[1]'", "of type array"),
            ("'{\"a\":1,\"a\":2}'", "two members of one name"),
            ("'secret'", "is not valid JSON"),
            ("{ a = nan }", "a finite number"),
            ("{ a = 9007199254740992 }", "beyond 2^53 - 1"),
            ("{ a = 2027-01-31 }", "a date as text"),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(expected), "{toml}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
