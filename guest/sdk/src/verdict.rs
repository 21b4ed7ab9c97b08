//! Writing the verdict.

use crate::{Effect, Finding, Requirement, SettingError, Severity, StepUp, Verdict};

impl Default for Verdict {
    fn default() -> Self {
        Self::permit()
    }
}

impl Verdict {
    /// Nothing found, nothing required.
    #[must_use]
    pub fn permit() -> Self {
        Self {
            findings: Vec::new(),
            requirements: Vec::new(),
            risk: None,
            valid_until: None,
            facts: Vec::new(),
        }
    }

    /// With one more finding.
    #[must_use]
    pub fn with(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// With one more requirement.
    #[must_use]
    pub fn requiring(mut self, requirement: Requirement) -> Self {
        self.requirements.push(requirement);
        self
    }

    /// For a policy that reads time: the first moment, in seconds since 1970,
    /// at which the verdict may be another. The earliest of several counts.
    pub fn changes_at(&mut self, moment: i64) {
        self.valid_until = Some(self.valid_until.map_or(moment, |until| until.min(moment)));
    }
}

impl Finding {
    /// A finding that is only reported.
    #[must_use]
    pub fn advise(rule: &str, severity: Severity, message: impl Into<String>) -> Self {
        Self::new(rule, severity, Effect::Advise, message.into())
    }

    /// A finding that the requirements of the same verdict answer.
    #[must_use]
    pub fn require(rule: &str, severity: Severity, message: impl Into<String>) -> Self {
        Self::new(rule, severity, Effect::Require, message.into())
    }

    /// A finding for which the request is refused.
    #[must_use]
    pub fn deny(rule: &str, severity: Severity, message: impl Into<String>) -> Self {
        Self::new(rule, severity, Effect::Deny, message.into())
    }

    fn new(rule: &str, severity: Severity, effect: Effect, message: String) -> Self {
        Self { rule: rule.to_owned(), severity, effect, claim: None, message }
    }

    /// About the claim at this JSON Pointer.
    #[must_use]
    pub fn at(mut self, claim: &str) -> Self {
        self.claim = Some(claim.to_owned());
        self
    }
}

impl Requirement {
    /// Authenticate again, with one of these contexts (best first; may be
    /// empty), at most `max_age` seconds ago.
    #[must_use]
    pub fn step_up(acr_values: Vec<String>, max_age: Option<u64>) -> Self {
        Self::StepUp(StepUp { acr_values, max_age })
    }
}

impl SettingError {
    /// An error at this JSON Pointer into the settings.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}
