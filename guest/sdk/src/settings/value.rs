//! A value of which nothing is known beforehand, for settings that may be
//! written in more than one form.

use std::borrow::Cow;

use super::error::{WrongSetting, decimal, quoted};
use super::number::Number;
use super::reader::Kind;
use crate::text::join;

/// What [`SettingReader::take`](crate::SettingReader::take) took.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer of 0 or more.
    Unsigned(u64),
    /// An integer below 0.
    Negative(i64),
    /// A number with fraction or exponent, or an integer too large for either of the above.
    Decimal(Decimal<'a>),
    /// A text.
    Text(Cow<'a, str>),
    /// A list, of which nothing is taken yet.
    List,
    /// An object, of which nothing is taken yet.
    Object,
}

/// The text of a number with fraction or exponent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decimal<'a>(pub(super) &'a str);

impl Setting<'_> {
    /// The error for a value that is not accepted. `accepted` says what is, as
    /// a noun with its article: "a number from 0 to 100".
    #[inline(never)]
    #[must_use]
    pub fn refused(&self, accepted: &str) -> WrongSetting {
        let text;
        let found = match self {
            Self::Null => Kind::Null.name(),
            Self::Boolean(true) => "`true`",
            Self::Boolean(false) => "`false`",
            Self::Unsigned(integer) => {
                text = decimal(*integer);
                &text
            }
            Self::Negative(integer) => {
                text = join(&["-", &decimal(integer.unsigned_abs())]);
                &text
            }
            Self::Decimal(Decimal(digits)) => {
                let whole = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                if whole { "out of range" } else { "a decimal number" }
            }
            Self::Text(said) => {
                text = quoted(said);
                &text
            }
            Self::List => Kind::List.name(),
            Self::Object => Kind::Object.name(),
        };
        WrongSetting::is_not(found, accepted)
    }
}

impl Decimal<'_> {
    /// The number, if it is an `f64` without rounding more than once.
    ///
    /// # Errors
    ///
    /// If it needs more than 15 digits, or a power of ten beyond 22.
    pub fn exact(self) -> Result<f64, WrongSetting> {
        Number::exact(self.0).ok_or_else(|| {
            WrongSetting::new(
                "is a number that cannot be read exactly; accepted: a number of at most 15 \
                 digits, times a power of ten from -22 to 22",
            )
        })
    }
}
