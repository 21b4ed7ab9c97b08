//! From the settings as JSON text to a policy's settings type.
//!
//! This is a `serde` deserializer of its own, for two reasons. Every byte of
//! it lands in every policy component, and a general JSON library brings
//! number formatting that no policy needs. And its errors are for the author
//! of a bundle: each has the JSON Pointer of the setting and says what was
//! found and what is accepted.
//!
//! The text is read twice and never held in another form, because a policy's
//! memory as `configure` leaves it is copied for every request: [`read`] first
//! checks the whole text, then reads from it.

mod de;
mod error;
mod number;
mod reader;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;

use crate::SettingError;
use error::Error;
use reader::{Kind, Reader};

/// How deep objects and lists may be nested; the settings themselves are the first level.
const DEPTH: usize = 32;

/// Reads one JSON object (RFC 8259) as `T`.
///
/// Stricter than JSON must be: no member twice, at most [`DEPTH`] levels, no
/// unpaired surrogates, and a number with fraction or exponent only if it needs
/// no more digits than [`number::Number::exact`] takes.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, SettingError> {
    check(text)
        .and_then(|()| T::deserialize(&mut Reader::new(text)))
        .map_err(Error::into_setting_error)
}

fn check(text: &str) -> Result<(), Error> {
    let mut reader = Reader::new(text);
    reader.require(Kind::Object, &"a map")?;
    reader.skip(DEPTH)?;
    reader.end()
}
