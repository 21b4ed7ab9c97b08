//! Conditions on the value of a signal.

use tokenward_policy::{FromSettings, Setting, SettingReader, Value, WrongSetting};

/// When a signal is tripped. Written `true`, or as a table with one member.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The value is `true`.
    True,
    /// A test of the value.
    Test(Test),
}

/// A test of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is this one, or holds this text.
    Equals(Scalar),
    /// It is one of these, or holds one of these texts.
    OneOf(Vec<Scalar>),
    /// It is this number or a greater one.
    AtLeast(f64),
    /// It is this number or a lesser one.
    AtMost(f64),
    /// It is an hour of the day outside these.
    Outside(Hours),
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// Hours of the day, from one to before another; past midnight where `to` is the lesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub struct Hours {
    /// The first hour, 0 to 24.
    pub from: u8,
    /// The hour that ends them, 0 to 24.
    pub to: u8,
}

/// What a value says about a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Tripped,
    Clear,
    /// The value is `null`: its source does not know.
    Unknown,
    /// The value is not of the type that the condition is about.
    Unreadable,
}

impl Condition {
    pub(crate) fn judge(&self, value: &Value) -> Answer {
        if *value == Value::Null {
            return Answer::Unknown;
        }
        let tripped = match self {
            Self::True => value.as_boolean(),
            Self::Test(Test::Equals(scalar)) => is_one_of(std::slice::from_ref(scalar), value),
            Self::Test(Test::OneOf(scalars)) => is_one_of(scalars, value),
            // A boolean answers for itself: its source has made the comparison.
            Self::Test(test) => value.as_boolean().or_else(|| test.compare(value.as_number()?)),
        };
        match tripped {
            Some(true) => Answer::Tripped,
            Some(false) => Answer::Clear,
            None => Answer::Unreadable,
        }
    }

    /// What is wrong with it, and what is accepted.
    pub(crate) fn error(&self) -> Option<&'static str> {
        match self {
            Self::Test(Test::OneOf(scalars)) if scalars.is_empty() => {
                Some("is an empty list, so that it is never met; give at least one value")
            }
            Self::Test(Test::Outside(hours))
                if hours.from > 24 || hours.to > 24 || hours.from % 24 == hours.to % 24 =>
            {
                Some("is no part of a day; give two different hours from 0 to 24")
            }
            _ => None,
        }
    }
}

/// None where the value is of another type than every scalar.
fn is_one_of(scalars: &[Scalar], value: &Value) -> Option<bool> {
    let mut answer = None;
    for scalar in scalars {
        let equal = match (scalar, value) {
            (Scalar::Boolean(a), Value::Boolean(b)) => a == b,
            (Scalar::Number(a), Value::Integer(_) | Value::Number(_)) => {
                value.as_number().is_some_and(|b| a.total_cmp(&(b + 0.0)).is_eq())
            }
            (Scalar::Text(a), Value::Text(_) | Value::Texts(_)) => value.texts().any(|b| a == b),
            // The contract gives an empty array as JSON text.
            (Scalar::Text(_), Value::Json(json)) if json == "[]" => false,
            _ => continue,
        };
        answer = Some(equal || answer == Some(true));
    }
    answer
}

impl Test {
    /// None where the number is none that the test is about.
    fn compare(&self, number: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(number >= *least),
            Self::AtMost(most) => Some(number <= *most),
            Self::Outside(hours) => (0.0..24.0).contains(&number).then(|| !hours.contain(number)),
            Self::Equals(_) | Self::OneOf(_) => None,
        }
    }
}

impl Hours {
    fn contain(self, hour: f64) -> bool {
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        if from < to { from <= hour && hour < to } else { from <= hour || hour < to }
    }
}

impl FromSettings for Condition {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        const TESTS: [&str; 5] = ["equals", "one-of", "at-least", "at-most", "outside"];
        let accepted =
            "`true`, or a table with one of `equals`, `one-of`, `at-least`, `at-most`, `outside`";
        let setting = reader.take()?;
        match setting {
            Setting::Boolean(true) => return Ok(Self::True),
            Setting::Object => {}
            _ => return Err(setting.refused(accepted)),
        }
        let mut tests = 0;
        let mut condition = Self::True;
        reader.members(&TESTS, &mut |index, reader| {
            tests += 1;
            condition = Self::Test(match index {
                0 => Test::Equals(Scalar::read(reader)?),
                1 => Test::OneOf(Vec::read(reader)?),
                2 => Test::AtLeast(f64::read(reader)?),
                3 => Test::AtMost(f64::read(reader)?),
                _ => Test::Outside(Hours::read(reader)?),
            });
            Ok(())
        })?;
        // One, or the answer would depend on their order.
        if tests == 1 { Ok(condition) } else { Err(setting.refused(accepted)) }
    }
}

impl FromSettings for Scalar {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        /// Up to here, every integer is an `f64`.
        const EXACT: u64 = 0x1F_FFFF_FFFF_FFFF;
        let setting = reader.take()?;
        #[allow(clippy::cast_precision_loss, reason = "integers are within ±(2^53 - 1)")]
        match setting {
            Setting::Boolean(boolean) => Ok(Self::Boolean(boolean)),
            Setting::Unsigned(integer @ 0..=EXACT) => Ok(Self::Number(integer as f64)),
            Setting::Negative(integer) if integer.unsigned_abs() <= EXACT => {
                Ok(Self::Number(integer as f64))
            }
            // Adding zero turns -0.0 into 0.0, which are one number.
            Setting::Decimal(decimal) => Ok(Self::Number(decimal.exact()? + 0.0)),
            Setting::Text(text) => Ok(Self::Text(text.into_owned())),
            other => Err(other.refused("a text, a number within ±(2^53 - 1), `true` or `false`")),
        }
    }
}
