//! What is wrong with a setting: the pointer to it, put together on the way
//! out, and a message for the author of a bundle.

use core::fmt;

use crate::SettingError;
use crate::text::{item, join, push_number, push_str};

/// A text from the settings with more bytes than this is not repeated.
const SHOWN: usize = 64;

/// What is wrong with a setting, as [`FromSettings`](crate::FromSettings) answers it.
///
/// It is about the value that is being read; the pointer to that value is put
/// together on the way out.
// In a box, because every step of reading hands it on.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongSetting(Box<SettingError>);

impl WrongSetting {
    /// Says what is wrong with the value, and what is accepted: it reads on
    /// after the name of the setting, as "is above 100; give 0 to 100".
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self::from_message(message.into())
    }

    #[inline(never)]
    fn from_message(message: String) -> Self {
        Self(Box::new(SettingError { path: String::new(), message }))
    }

    /// The value of a required setting, of which a derived `FromSettings` asks
    /// when the object has ended.
    ///
    /// # Errors
    ///
    /// If it was not given.
    #[doc(hidden)]
    pub fn unless_given<T>(value: Option<T>, name: &str) -> Result<T, Self> {
        value.ok_or_else(|| Self::missing(name))
    }

    #[inline(never)]
    fn missing(name: &str) -> Self {
        say(&["setting `", name, "` is missing"])
    }

    /// The same, as seen from the object that holds the value under this name.
    #[inline(never)]
    pub(super) fn under(mut self, name: &str) -> Self {
        self.0.path = join(&[&crate::pointer([name]), &self.0.path]);
        self
    }

    /// The same, as seen from the list that holds the value at this index.
    pub(super) fn at(mut self, index: usize) -> Self {
        self.0.path = join(&[&item("", index), &self.0.path]);
        self
    }

    pub(super) fn into_setting_error(self) -> SettingError {
        *self.0
    }

    /// A value that is `found`, where something else is accepted.
    pub(super) fn is_not(found: &str, accepted: &str) -> Self {
        say(&["is ", found, "; accepted: ", accepted])
    }

    /// A name that is none of those accepted.
    pub(super) fn unknown(what: &str, name: &str, accepted: &[&str]) -> Self {
        say(&["unknown ", what, " ", &quoted(name), "; accepted: ", &list(accepted)])
    }

    /// Text that is not JSON, at this byte.
    pub(super) fn malformed(at: usize, accepted: &str) -> Self {
        say(&["is not JSON at byte ", &decimal(at as u64), "; accepted: ", accepted])
    }
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl core::error::Error for WrongSetting {}

#[inline(never)]
fn say(parts: &[&str]) -> WrongSetting {
    WrongSetting::from_message(join(parts))
}

/// Names in a row, each quoted.
pub(super) fn list(names: &[&str]) -> String {
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
pub(super) fn quoted(text: &str) -> String {
    let fit = text.len() <= SHOWN && !text.chars().any(char::is_control);
    join(&["`", if fit { text } else { "…" }, "`"])
}

/// An integer in digits.
pub(super) fn decimal(integer: u64) -> String {
    let mut digits = String::new();
    push_number(&mut digits, integer);
    digits
}
