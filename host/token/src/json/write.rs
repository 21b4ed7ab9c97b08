//! JSON text without white space.

use std::fmt::Write as _;

use super::{Json, Object};

pub(super) fn value(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Integer(number) => {
            let _ = write!(out, "{number}");
        }
        Json::Number(float) => number(*float, out),
        Json::String(text) => string(text, out),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                value(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => object(members, out),
    }
}

pub(super) fn object(object: &Object, out: &mut String) {
    out.push('{');
    for (index, (name, member)) in object.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        string(name, out);
        out.push(':');
        value(member, out);
    }
    out.push('}');
}

/// The shortest text that reads back as the same number, never an integer's:
/// `serde_json` writes `1.0` for one, and `null` for what is not finite.
fn number(float: f64, out: &mut String) {
    out.push_str(&serde_json::to_string(&float).unwrap_or_else(|_| "null".to_owned()));
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
