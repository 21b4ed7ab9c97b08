//! From the settings as JSON text to a policy's settings type.
//!
//! Every byte of this lands in every policy component, and a general JSON
//! library brings number formatting that no policy needs, and code for each
//! type that is read. Here all work is done by functions that know no type;
//! what is compiled for a type is a table of names and a call for each.
//!
//! The text is read twice and never held in another form, because a policy's
//! memory as `configure` leaves it is copied for every request: [`read`] first
//! checks the whole text, then reads from it.

mod error;
mod from;
mod number;
mod reader;
#[cfg(test)]
mod tests;
mod typed;
mod value;

use crate::SettingError;
pub use error::WrongSetting;
pub use from::FromSettings;
use reader::Kind;
pub use reader::SettingReader;
pub use value::{Decimal, Setting};

/// How deep objects and lists may be nested; the settings themselves are the first level.
const DEPTH: usize = 32;

/// Reads one JSON object (RFC 8259) as `T`.
///
/// Stricter than JSON must be: no member twice, at most [`DEPTH`] levels, no
/// unpaired surrogates, and a number with fraction or exponent only if it needs
/// no more digits than [`number::Number::exact`] takes.
pub(crate) fn read<T: FromSettings>(text: &str) -> Result<T, SettingError> {
    check(text)
        .and_then(|()| T::read(&mut SettingReader::new(text)))
        .map_err(WrongSetting::into_setting_error)
}

#[inline(never)]
fn check(text: &str) -> Result<(), WrongSetting> {
    let mut reader = SettingReader::new(text);
    reader.require(Kind::Object, "an object")?;
    reader.skip(DEPTH)?;
    reader.end()
}
