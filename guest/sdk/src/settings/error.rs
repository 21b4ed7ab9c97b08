//! What is wrong with a setting: the pointer to it, put together on the way
//! out, and a message for the author of a bundle.

use std::fmt::{self, Write as _};

use serde::de::{Expected, StdError, Unexpected};

use crate::SettingError;
use crate::input::push_str;

/// A text from the settings with more bytes than this is not repeated.
const SHOWN: usize = 64;

/// In a box, because every step of reading hands it on.
#[derive(Debug)]
pub(super) struct Error(Box<SettingError>);

impl Error {
    /// About the value that is being read.
    pub(super) fn new(message: String) -> Self {
        Self(Box::new(SettingError { path: String::new(), message }))
    }

    /// The same, as seen from the object that holds the value under this name.
    pub(super) fn under(mut self, name: &str) -> Self {
        let mut path = crate::pointer([name]);
        path.push_str(&self.0.path);
        self.0.path = path;
        self
    }

    /// The same, as seen from the list that holds the value at this index.
    pub(super) fn at(self, index: usize) -> Self {
        self.under(&decimal(index as u64))
    }

    pub(super) fn into_setting_error(self) -> SettingError {
        *self.0
    }

    /// A value that is `found`, where the visitor says what is accepted.
    pub(super) fn is_not(found: &str, expected: &dyn Expected) -> Self {
        say(&["is ", found, "; accepted: ", &accepted(expected)])
    }

    /// A value that is `found`, where one of these variants is named.
    pub(super) fn no_variant(found: &str, variants: &[&str]) -> Self {
        say(&["is ", found, "; accepted: ", &list(variants)])
    }

    /// Text that is not JSON, at this byte.
    pub(super) fn malformed(at: usize, accepted: &str) -> Self {
        say(&["is not JSON at byte ", &decimal(at as u64), "; accepted: ", accepted])
    }
}

fn unknown(what: &str, name: &str, accepted: &[&str]) -> Error {
    say(&["unknown ", what, &quoted(name), "; accepted: ", &list(accepted)])
}

#[inline(never)]
fn say(parts: &[&str]) -> Error {
    Error::new(joined(parts))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {}

// Each method stands in for one whose text would speak of Rust types, and bring
// the formatting of floating-point numbers into the component.
impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = written(&message);
        if message.starts_with("data did not match any variant of untagged enum ") {
            return Self::new("has none of the accepted forms".into());
        }
        Self::new(message)
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::is_not(kind(&found), expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let shown = match found {
            Unexpected::Bool(true) => "`true`".to_owned(),
            Unexpected::Bool(false) => "`false`".to_owned(),
            Unexpected::Unsigned(integer) => decimal(integer),
            Unexpected::Signed(integer) if integer < 0 => {
                joined(&["-", &decimal(integer.unsigned_abs())])
            }
            Unexpected::Signed(integer) => decimal(integer.unsigned_abs()),
            Unexpected::Str(text) => quoted(text),
            other => kind(&other).to_owned(),
        };
        Self::is_not(&shown, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::is_not(&joined(&["of length ", &decimal(length as u64)]), expected)
    }

    fn unknown_variant(variant: &str, variants: &'static [&'static str]) -> Self {
        unknown("value ", variant, variants)
    }

    fn unknown_field(field: &str, fields: &'static [&'static str]) -> Self {
        unknown("setting ", field, fields)
    }

    fn missing_field(field: &'static str) -> Self {
        say(&["setting `", field, "` is missing"])
    }

    fn duplicate_field(field: &'static str) -> Self {
        say(&["setting `", field, "` is given twice"])
    }
}

/// What something is that `serde` found, without its value.
fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a decimal number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        Unexpected::UnitVariant => "a name alone",
        _ => "something else",
    }
}

/// What `serde` says that it expects, and what is said instead.
const PLAIN: [(&str, &str); 22] = [
    ("a boolean", "`true` or `false`"),
    ("u8", "an integer from 0 to 255"),
    ("u16", "an integer from 0 to 65535"),
    ("u32", "an integer from 0 to 4294967295"),
    ("u64", "an integer from 0 to 18446744073709551615"),
    #[cfg(target_pointer_width = "32")]
    ("usize", "an integer from 0 to 4294967295"),
    #[cfg(target_pointer_width = "64")]
    ("usize", "an integer from 0 to 18446744073709551615"),
    ("i8", "an integer from -128 to 127"),
    ("i16", "an integer from -32768 to 32767"),
    ("i32", "an integer from -2147483648 to 2147483647"),
    ("i64", "an integer"),
    ("isize", "an integer"),
    ("f32", "a number"),
    ("f64", "a number"),
    ("unit", "null"),
    ("a character", "a single character"),
    ("a sequence", "a list"),
    ("a map", "an object"),
    ("map with a single key", "an object with one member"),
    ("string or map", "a string, or an object with one member"),
    ("newtype variant", NAMED),
    ("tuple variant", NAMED),
    ("struct variant", NAMED),
];

const NAMED: &str = "an object whose one member has that name";

/// The same for what starts so.
const PLAIN_START: [(&str, &str); 8] = [
    ("a nonzero u", "an integer of 1 or more"),
    ("a nonzero i", "an integer other than 0"),
    ("struct ", "an object"),
    ("internally tagged enum ", "an object"),
    ("adjacently tagged enum ", "an object"),
    ("tuple struct ", "a list"),
    ("tuple variant ", "a list"),
    ("unit struct ", "null"),
];

/// What is accepted, in the words of JSON where `serde` uses those of Rust.
fn accepted(expected: &dyn Expected) -> String {
    let said = written(&expected);
    if let Some(plain) = find(&PLAIN, &|rust| said == rust) {
        return plain.to_owned();
    }
    if let Some(length) = length(&said) {
        return joined(&["a list of length ", length]);
    }
    let plain = find(&PLAIN_START, &|rust| said.starts_with(rust));
    plain.map_or(said, ToOwned::to_owned)
}

// Given a function and not a type that the compiler would unroll the tables for.
#[inline(never)]
fn find(table: &[(&str, &'static str)], is_it: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    table.iter().find(|(rust, _)| is_it(rust)).map(|(_, plain)| *plain)
}

/// The length that a list must have, where that is what is said.
fn length(said: &str) -> Option<&str> {
    const STARTS: [&str; 2] = ["a tuple of size ", "an array of length "];
    STARTS.iter().find_map(|start| said.strip_prefix(start)).or_else(|| {
        let counted = said.strip_suffix(" elements")?;
        let digits = counted.bytes().rev().take_while(u8::is_ascii_digit).count();
        counted.get(counted.len() - digits..)
    })
}

/// Names in a row, each quoted.
fn list(names: &[&str]) -> String {
    let mut list = String::new();
    for name in names {
        let comma = if list.is_empty() { "`" } else { ", `" };
        push_str(&mut list, comma);
        push_str(&mut list, name);
        push_str(&mut list, "`");
    }
    if list.is_empty() { "none".to_owned() } else { list }
}

/// A text from the settings, quoted, if it is short and on one line.
#[inline(never)]
fn quoted(text: &str) -> String {
    let fit = text.len() <= SHOWN && !text.chars().any(char::is_control);
    joined(&["`", if fit { text } else { "…" }, "`"])
}

/// `concat`, without the standard library's check that the lengths add up.
#[inline(never)]
fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        push_str(&mut text, part);
    }
    text
}

/// An integer in digits, without the standard library's formatting.
fn decimal(integer: u64) -> String {
    let mut digits = if integer < 10 { String::new() } else { decimal(integer / 10) };
    let last = usize::try_from(integer % 10).unwrap_or_default();
    push_str(&mut digits, "0123456789".get(last..=last).unwrap_or_default());
    digits
}

/// Without the panic of `to_string` for a type that fails to be written.
fn written(message: &dyn fmt::Display) -> String {
    let mut text = String::new();
    let _ = write!(text, "{message}");
    text
}
