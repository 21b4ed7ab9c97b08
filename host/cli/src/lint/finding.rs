//! What `lint` finds.

use serde::Serialize;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// Worth knowing.
    Note,
    /// Likely a mistake.
    Warning,
    /// The bundle cannot do what it says.
    Error,
}

impl Level {
    /// `note`, `warning` or `error`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A mistake, where it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct LintFinding {
    /// Stable.
    pub(crate) code: &'static str,
    pub(crate) level: Level,
    /// The policy's id in the bundle; none for the bundle as a whole.
    pub(crate) policy: Option<String>,
    /// JSON Pointer into the policy's settings.
    pub(crate) setting: Option<String>,
    /// What is wrong: one sentence, without a full stop.
    pub(crate) message: String,
    /// What to do.
    pub(crate) change: String,
}

impl LintFinding {
    /// A finding about the bundle as a whole.
    pub(crate) fn new(
        code: &'static str,
        level: Level,
        message: impl Into<String>,
        change: impl Into<String>,
    ) -> Self {
        let (message, change) = (message.into(), change.into());
        Self { code, level, policy: None, setting: None, message, change }
    }

    /// The same, about one policy.
    pub(crate) fn of(mut self, policy: &str) -> Self {
        self.policy = Some(policy.to_owned());
        self
    }

    /// The same, about one setting of the policy.
    pub(crate) fn at(mut self, setting: impl Into<String>) -> Self {
        self.setting = Some(setting.into());
        self
    }
}
