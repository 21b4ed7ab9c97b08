//! The settings, as a bundle gives them.

use tokenward_policy::{FromSettings, Setting, SettingError, SettingReader, WrongSetting, pointer};

use crate::class::{Class, Required};
use crate::method::is_without_password;

/// Below this no standard goes (NIST SP 800-63B-4 section 3.1.1.2).
const SHORTEST: u32 = 8;
/// A password of so many characters must be taken (the same section).
const MUST_BE_TAKEN: u32 = 64;
/// The longest password of which a policy may say that it is not too long.
const LONGEST: u32 = 4_096;
/// The longest time in which a password expires: ten years, in seconds.
const OLDEST: i64 = 315_360_000;

/// What a bundle may set. What is left out is as the profile says.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// The values to start from.
    pub profile: Profile,
    /// The fewest characters.
    pub min_length: Option<u32>,
    /// The most characters; any where it is left out.
    pub max_length: Option<u32>,
    /// The classes of characters that must be there.
    pub classes: Option<Required>,
    /// The age at which a password expires.
    pub max_age: Option<MaxAge>,
    /// What happens when it has: not [`Reaction::Ignore`].
    pub expired: Option<Reaction>,
    /// What happens to a password that is known to have been stolen.
    pub breached: Option<Reaction>,
    /// What happens to a common password.
    pub common: Option<Reaction>,
    /// What happens to a password that contains the name of its user or of the service.
    pub contains_name: Option<Reaction>,
    /// What happens when something that is judged is not known.
    pub unknown: Reaction,
    /// Values of `login.method` that mean a password, though by default they do not.
    pub password_methods: Vec<String>,
}

/// The values to start from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromSettings)]
pub enum Profile {
    /// Length, and what attackers know, as NIST SP 800-63B-4 has it.
    #[default]
    Nist,
    /// Length, all classes of characters, and expiry.
    Classic,
}

/// The age at which a password expires, in seconds, or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxAge {
    /// After so many seconds.
    Seconds(i64),
    /// It never does.
    Unlimited,
}

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromSettings)]
pub enum Reaction {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The log-in is refused.
    #[default]
    Deny,
}

impl Settings {
    /// What is wrong with them.
    pub(crate) fn errors(&self) -> Vec<SettingError> {
        let mut errors = Vec::new();
        let mut wrong = |path: &str, message: &str| errors.push(SettingError::new(path, message));
        if self.min_length.is_some_and(|min| !(SHORTEST..=MUST_BE_TAKEN).contains(&min)) {
            wrong("/min-length", "is out of range; give 8 to 64 characters");
        }
        if self.max_length.is_some_and(|max| !(MUST_BE_TAKEN..=LONGEST).contains(&max)) {
            wrong("/max-length", "is out of range; give 64 to 4096 characters, or leave it out");
        }
        let expires = match self.max_age {
            None => self.profile == Profile::Classic,
            Some(max_age) => max_age != MaxAge::Unlimited,
        };
        if self.expired.is_some() && !expires {
            wrong("/expired", "has no effect without `max-age`; leave it out, or give `max-age`");
        } else if self.expired == Some(Reaction::Ignore) {
            wrong("/expired", "is `ignore`; give `advise` or `deny`, or no `max-age`");
        }
        for (at, method) in self.password_methods.iter().enumerate() {
            let mut before = self.password_methods.iter().take(at);
            let message = if method.is_empty() {
                "is empty; give a value of `login.method`"
            } else if !is_without_password(method)
                || before.any(|other| other.eq_ignore_ascii_case(method))
            {
                "means a password already; leave it out"
            } else {
                continue;
            };
            errors.push(SettingError::new(
                pointer(["password-methods", at.to_string().as_str()]),
                message,
            ));
        }
        errors
    }
}

impl FromSettings for MaxAge {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let accepted = "a number of seconds from 1 to 315360000, or `unlimited`";
        let most = reader.integer_or("unlimited", 1..=OLDEST.cast_unsigned(), accepted)?;
        Ok(most.map_or(Self::Unlimited, |most| Self::Seconds(most.cast_signed())))
    }
}

impl FromSettings for Required {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let accepted = "a number from 0 to 4, or a list of one or more different ones of `lower`, \
                        `upper`, `letter`, `digit`, `symbol`, and not `letter` beside `lower` or `upper`";
        let setting = reader.take()?;
        match setting {
            Setting::Unsigned(count @ 0..=4) => {
                return Ok(Self::AtLeast(u8::try_from(count).unwrap_or(4)));
            }
            Setting::List => {}
            _ => return Err(setting.refused(accepted)),
        }
        let classes = Vec::<Class>::read(reader)?;
        let implied = classes.iter().enumerate().any(|(at, class)| {
            classes.iter().take(at).any(|other| class.implies(*other) || other.implies(*class))
        });
        if implied || classes.is_empty() {
            return Err(setting.refused(accepted));
        }
        Ok(Self::Each(classes))
    }
}
