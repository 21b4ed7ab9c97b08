//! The trait of what can be read from settings, and the types that can.

use std::borrow::Cow;

use super::error::WrongSetting;
use super::number::Number;
use super::reader::{Kind, SettingReader};
use super::value::Decimal;

/// What can be read from a policy's settings.
///
/// Derived for a struct, it reads an object with a member for each field; for
/// an enum of words, a text. Names are in kebab-case, and one that is none of
/// them is an error that lists them.
///
/// ```
/// use tokenward_policy::prelude::*;
///
/// // Nothing is required: what is left out is as `Default` has it.
/// #[derive(FromSettings)]
/// #[settings(default)]
/// struct Settings {
///     max_age: Option<u32>, // "max-age": 0 to 4294967295, or null
///     reaction: Reaction,
///     routes: Vec<Route>,
/// }
/// # impl Default for Settings {
/// #     fn default() -> Self {
/// #         Self { max_age: None, reaction: Reaction::Deny, routes: Vec::new() }
/// #     }
/// # }
///
/// // Without that line, a field is required, also one that may be null, unless it
/// // says that it has a default.
/// #[derive(FromSettings)]
/// struct Route {
///     path: String,
///     #[settings(default)]
///     methods: Vec<String>,
///     #[settings(name = "tls")]
///     oldest: Version,
/// }
///
/// #[derive(FromSettings)]
/// enum Reaction {
///     Deny,   // "deny"
///     StepUp, // "step-up"
/// }
///
/// #[derive(FromSettings)]
/// enum Version {
///     #[settings(name = "1.2")]
///     V1_2,
///     #[settings(name = "1.3")]
///     V1_3,
/// }
/// ```
///
/// Another form is read by hand, from what the [`SettingReader`] offers. Each
/// value must be taken once: the reader then stands behind it.
///
/// ```
/// use tokenward_policy::prelude::*;
///
/// /// One text, or a list of them.
/// struct OneOrMore(Vec<String>);
///
/// impl FromSettings for OneOrMore {
///     fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
///         match reader.take()? {
///             Setting::Text(text) => Ok(Self(vec![text.into_owned()])),
///             Setting::List => Vec::read(reader).map(Self),
///             other => Err(other.refused("a string or a list of strings")),
///         }
///     }
/// }
///
/// /// A number of seconds, or `"unlimited"`.
/// struct Limit(Option<u64>);
///
/// impl FromSettings for Limit {
///     fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
///         reader.integer_or("unlimited", 1..=600, "1 to 600 seconds, or `unlimited`").map(Self)
///     }
/// }
/// ```
pub trait FromSettings: Sized {
    /// Takes the value that comes next.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what is accepted.
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting>;
}

impl FromSettings for bool {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        reader.require(Kind::Boolean, "`true` or `false`")?;
        reader.boolean()
    }
}

impl FromSettings for String {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        reader.require(Kind::Text, "a string")?;
        reader.text().map(Cow::into_owned)
    }
}

/// Reads integers whose numbers and words are the same.
macro_rules! integers {
    ($($integer:ty: $read:ident, $accepted:literal;)+) => {$(
        #[doc = concat!("Reads ", $accepted, ".")]
        impl FromSettings for $integer {
            fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
                let integer = reader.$read(<$integer>::MIN.into(), <$integer>::MAX.into(), $accepted)?;
                #[allow(clippy::cast_possible_truncation, reason = "within the range given")]
                Ok(integer as $integer)
            }
        }
    )+};
}

integers! {
    u8: unsigned, "an integer from 0 to 255";
    u16: unsigned, "an integer from 0 to 65535";
    u32: unsigned, "an integer from 0 to 4294967295";
    u64: unsigned, "an integer from 0 to 18446744073709551615";
    i8: signed, "an integer from -128 to 127";
    i16: signed, "an integer from -32768 to 32767";
    i32: signed, "an integer from -2147483648 to 2147483647";
    i64: signed, "an integer";
}

impl FromSettings for f64 {
    #[allow(clippy::cast_precision_loss, reason = "the nearest number is what is meant")]
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        reader.require(Kind::Number, "a number")?;
        match reader.number()? {
            Number::Unsigned(integer) => Ok(integer as Self),
            Number::Negative(integer) => Ok(integer as Self),
            Number::Other(text) => Decimal(text).exact(),
        }
    }
}

/// None is written `null`, or left out.
impl<T: FromSettings> FromSettings for Option<T> {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        if reader.take_null()? { Ok(None) } else { T::read(reader).map(Some) }
    }
}

impl<T: FromSettings> FromSettings for Vec<T> {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let mut items = Self::new();
        reader.items(&mut |reader| {
            items.push(T::read(reader)?);
            Ok(())
        })?;
        Ok(items)
    }
}

/// The members of an object whose names are data, in their order.
impl<T: FromSettings> FromSettings for Vec<(String, T)> {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let mut entries = Self::new();
        reader.entries(&mut |name, reader| {
            entries.push((name.to_owned(), T::read(reader)?));
            Ok(())
        })?;
        Ok(entries)
    }
}
