//! The settings, as a bundle gives them.

use tokenward_policy::{FromSettings, SettingError, SettingReader, WrongSetting};

/// The most seconds that may lie between two clocks.
const MOST_SKEW: u32 = 600;

/// What a bundle may set. Times are in seconds.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// The most sessions that a subject may have.
    pub max_sessions: Limit,
    /// The most that may lie between the last use of the session and now.
    pub idle: Limit,
    /// The most that may lie between the start of the session and now.
    pub absolute: Limit,
    /// What happens when `idle` or `absolute` has passed.
    pub effect: SessionEffect,
    /// What happens when something that must be known is not.
    pub unknown: Unknown,
    /// Whether the session's state must be known.
    pub require_state: bool,
    /// Whether the token must carry `sid`.
    pub require_session_id: bool,
    /// Whether a machine client's own tokens are judged.
    pub machine_clients: Treatment,
    /// Whether refresh tokens are held to `idle` and `absolute` when they are issued
    /// and exchanged, too.
    pub refresh_tokens: Treatment,
    /// How far clocks may be apart.
    pub skew: u32,
}

/// A number, or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At most so many: 1 to [`Limit::LARGEST`].
    Most(i64),
    /// Any number.
    Unlimited,
}

/// What happens when a session has lasted too long, or was not used for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum SessionEffect {
    /// The request is refused.
    Deny,
    /// The user must authenticate again.
    StepUp,
}

/// What happens when something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Unknown {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// Whether something is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Treatment {
    /// It is not.
    Exempt,
    /// It is.
    Judge,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_sessions: Limit::Most(5),
            idle: Limit::Most(1_800),
            absolute: Limit::Most(28_800),
            effect: SessionEffect::Deny,
            unknown: Unknown::Deny,
            require_state: true,
            require_session_id: false,
            machine_clients: Treatment::Exempt,
            refresh_tokens: Treatment::Exempt,
            skew: 60,
        }
    }
}

impl Settings {
    /// Whether anything depends on the present time.
    pub(crate) fn needs_time(&self) -> bool {
        self.idle.most().or(self.absolute.most()).is_some()
    }

    /// What is wrong with them.
    pub(crate) fn errors(&self) -> Vec<SettingError> {
        let mut errors = Vec::new();
        let mut wrong = |path: &str, message: &str| errors.push(SettingError::new(path, message));
        if let (Some(idle), Some(absolute)) = (self.idle.most(), self.absolute.most())
            && idle >= absolute
        {
            wrong(
                "/idle",
                "is not below `absolute`, so that it never applies; give fewer seconds, or \
                 `unlimited`",
            );
        }
        if !self.needs_time() {
            let message = "has no effect, since `idle` and `absolute` are both `unlimited`; \
                           leave it out, or give one of them";
            if self.effect != SessionEffect::Deny {
                wrong("/effect", message);
            }
            if self.refresh_tokens != Treatment::Exempt {
                wrong("/refresh-tokens", message);
            }
        }
        if self.unknown != Unknown::Deny
            && !self.needs_time()
            && !self.require_state
            && self.max_sessions == Limit::Unlimited
        {
            wrong(
                "/unknown",
                "has no effect, since nothing must be known; leave it out, or give a limit",
            );
        }
        if self.skew > MOST_SKEW {
            wrong("/skew", "is out of range; give 0 to 600 seconds");
        }
        errors
    }
}

impl Limit {
    /// The largest limit: in seconds, ten years.
    pub const LARGEST: i64 = 315_360_000;

    pub(crate) fn most(self) -> Option<i64> {
        match self {
            Self::Most(most) => Some(most),
            Self::Unlimited => None,
        }
    }
}

impl FromSettings for Limit {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let accepted = "an integer from 1 to 315360000, or `unlimited`";
        let most = reader.integer_or("unlimited", 1..=Self::LARGEST.cast_unsigned(), accepted)?;
        Ok(most.map_or(Self::Unlimited, |most| Self::Most(most.cast_signed())))
    }
}
