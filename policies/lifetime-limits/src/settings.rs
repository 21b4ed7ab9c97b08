//! The settings, as a bundle gives them.

use tokenward_policy::{FromSettings, SettingReader, WrongSetting};

/// What a bundle may set. Times are in seconds.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// The most that may lie between `iat` and `exp`. A kind left out keeps its default.
    pub max_lifetime: PerKind,
    /// The same, beyond which a token is reported.
    pub warn_lifetime: PerKind,
    /// The most that may lie between now and `exp`.
    pub max_remaining: PerKind,
    /// The most that may lie between `iat` and now.
    pub max_age_since_issue: PerKind,
    /// The most that may lie between `auth_time` and now.
    pub max_session_age: Option<u32>,
    /// What happens when a session is older.
    pub session_effect: SessionEffect,
    /// What happens when a session's age is not known.
    pub missing_auth_time: MissingAuthTime,
    /// What happens to a token without `exp`.
    pub missing_exp: Reaction,
    /// What happens to a token without `iat`.
    pub missing_iat: Reaction,
    /// What happens to a token whose `iat` or `nbf` lies in the future.
    pub future_times: Reaction,
    /// How far clocks may be apart.
    pub skew: u32,
}

/// A limit for each kind of token.
#[derive(Debug, Clone, Copy, Default, FromSettings)]
#[settings(default)]
pub struct PerKind {
    /// For access tokens.
    pub access: Option<Limit>,
    /// For refresh tokens.
    pub refresh: Option<Limit>,
    /// For ID tokens.
    pub id: Option<Limit>,
    /// For tokens of any other kind.
    pub other: Option<Limit>,
}

/// A number of seconds, or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At most so many seconds: 1 to [`Limit::MOST`].
    Seconds(i64),
    /// Any number of seconds.
    Unlimited,
}

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Reaction {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// What happens when a session is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum SessionEffect {
    /// It is reported.
    Advise,
    /// The user must authenticate again.
    StepUp,
    /// The request is refused.
    Deny,
}

/// What happens when a session's age is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum MissingAuthTime {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The user must authenticate again.
    StepUp,
    /// The request is refused.
    Deny,
}

impl Limit {
    /// The most seconds that a limit may be: ten years.
    pub const MOST: i64 = 315_360_000;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_lifetime: PerKind {
                access: Some(Limit::Seconds(3_600)),
                refresh: Some(Limit::Seconds(604_800)),
                id: Some(Limit::Seconds(3_600)),
                other: Some(Limit::Seconds(3_600)),
            },
            warn_lifetime: PerKind::default(),
            max_remaining: PerKind::default(),
            max_age_since_issue: PerKind::default(),
            max_session_age: None,
            session_effect: SessionEffect::StepUp,
            missing_auth_time: MissingAuthTime::StepUp,
            missing_exp: Reaction::Deny,
            missing_iat: Reaction::Advise,
            future_times: Reaction::Deny,
            skew: 60,
        }
    }
}

impl FromSettings for Limit {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let accepted = "a number of seconds from 1 to 315360000, or `unlimited`";
        let most = reader.integer_or("unlimited", 1..=Self::MOST.cast_unsigned(), accepted)?;
        Ok(most.map_or(Self::Unlimited, |most| Self::Seconds(most.cast_signed())))
    }
}
