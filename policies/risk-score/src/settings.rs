//! The settings, as a bundle gives them.

use tokenward_policy::{FromSettings, SettingReader, WrongSetting};

use crate::condition::Condition;

/// What a bundle may set.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// The rule to start from.
    pub profile: Profile,
    /// The signals that count; in the profile `weighted`, beside or in place of its own.
    pub signals: Vec<SignalSettings>,
    /// What a signal counts that is not known.
    pub unknown: Unknown,
    /// Percent of its weight that such a signal counts with `score`.
    pub unknown_weight: Percent,
    /// What a signal counts whose value cannot be read.
    pub unreadable: Unreadable,
    /// How signals make a score; `sum` where it is left out.
    pub combine: Option<Combine>,
    /// The score from which a request is reported.
    pub warn_at: Option<Threshold>,
    /// The score from which stronger authentication is required.
    pub step_up_at: Option<Threshold>,
    /// The score from which a request is refused.
    pub deny_at: Option<Threshold>,
    /// Which authentication is required.
    pub step_up: StepUpSettings,
    /// Signals that decide whatever the score.
    pub overrides: Vec<OverrideSettings>,
    /// The number of failed attempts that is unusual, in the built-in profiles.
    pub failed_attempts_at: u32,
    /// Whether signals that are not known are reported.
    pub report_unknown: bool,
}

/// The rule to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Profile {
    /// Only what the settings say.
    Custom,
    /// Eight signals with weights, and thresholds.
    Weighted,
    /// Two or more of four signals require stronger authentication.
    Classic,
}

/// One signal. Its name is required, and its weight where points are added.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct SignalSettings {
    /// Its name.
    pub name: String,
    /// How findings and reports name it; its name where it is left out.
    pub title: Option<String>,
    /// Points at full confidence, 0 to 100; 0 switches it off.
    pub weight: Option<Percent>,
    /// The value at which it is tripped; `true` where it is left out.
    pub when: Option<Condition>,
    /// What it counts where it is not known.
    pub unknown: Option<Unknown>,
    /// Below this confidence, in percent, it is not known.
    pub min_confidence: Option<Percent>,
    /// Older than this, in seconds, or of no known age, it is not known.
    pub max_age: Option<u64>,
}

/// What a signal counts that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Unknown {
    /// Nothing.
    Ignore,
    /// A part of its weight.
    Score,
    /// As much as if it were tripped with full confidence.
    Trip,
}

/// What a signal counts whose value is of another type than its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Unreadable {
    /// As much as if it were tripped with full confidence.
    Trip,
    /// As much as one that is not known.
    Unknown,
}

/// How signals make a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Combine {
    /// Their points added, at most 100.
    Sum,
    /// Their points as independent probabilities that one at least is right.
    NoisyOr,
    /// The number of tripped signals.
    Count,
}

/// 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(u8);

/// A score, or `"never"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// From this score on.
    At(u32),
    /// At no score.
    Never,
}

/// Which authentication is required.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct StepUpSettings {
    /// Authentication contexts, best first.
    pub acr_values: Vec<String>,
    /// The most seconds that may lie between authentication and now.
    pub max_age: u64,
}

/// A signal that decides whatever the score. Signal and outcome are required.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct OverrideSettings {
    /// The signal's name.
    pub signal: String,
    /// The value at which it decides; `true` where it is left out.
    pub when: Option<Condition>,
    /// What it decides.
    pub outcome: Option<Outcome>,
    /// The least confidence, in percent; 100 for `permit`, else 0, where it is left out.
    pub min_confidence: Option<Percent>,
    /// The most seconds since it was observed.
    pub max_age: Option<u64>,
}

/// What an override decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Outcome {
    /// The request passes, whatever the score.
    Permit,
    /// It is reported at least.
    Warn,
    /// Stronger authentication is required at least.
    StepUp,
    /// It is refused.
    Deny,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Weighted,
            signals: Vec::new(),
            unknown: Unknown::Ignore,
            unknown_weight: Percent(50),
            unreadable: Unreadable::Trip,
            combine: None,
            warn_at: None,
            step_up_at: None,
            deny_at: None,
            step_up: StepUpSettings::default(),
            overrides: Vec::new(),
            failed_attempts_at: 3,
            report_unknown: false,
        }
    }
}

impl Default for StepUpSettings {
    fn default() -> Self {
        Self { acr_values: Vec::new(), max_age: 300 }
    }
}

impl Percent {
    /// The number, 0 to 100.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl FromSettings for Percent {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let percent = reader.integer(0..=100, "a number from 0 to 100")?;
        Ok(Self(u8::try_from(percent).unwrap_or(100)))
    }
}

impl FromSettings for Threshold {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let score = reader.integer_or("never", 1..=100, "a score from 1 to 100, or `never`")?;
        Ok(score.map_or(Self::Never, |score| Self::At(u32::try_from(score).unwrap_or(100))))
    }
}
