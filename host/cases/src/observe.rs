//! What came of a case.

use std::fmt::Write;

use tokenward::{
    Challenge, LoadError, Outcome, PolicyStatus, Refusal, Rehearsal, ReportedFinding, Undecided,
};

use crate::expect::{FindingLine, SettingPlace};

/// What came of a case.
#[derive(Debug, Clone)]
pub enum Observed {
    /// A decision.
    Decision(Observation),
    /// A policy refused its settings.
    SettingErrors {
        /// Where, and why.
        errors: Vec<(SettingPlace, String)>,
    },
    /// A policy could not be loaded with these settings.
    NotLoaded {
        /// Which, and why not.
        reason: String,
    },
}

/// What is to be seen of a decision.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The outcome.
    pub outcome: Outcome,
    /// The code and the words of why the token was not accepted.
    pub token_error: Option<(&'static str, String)>,
    /// Why no decision could be made.
    pub undecided: Option<Undecided>,
    /// All findings.
    pub findings: Vec<ReportedFinding>,
    /// What is asked for, a line each.
    pub requirements: Vec<String>,
    /// The error of the challenge.
    pub challenge: Option<&'static str>,
    /// What came of each policy.
    pub policies: Vec<PolicyOutcome>,
}

/// What came of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOutcome {
    /// Its id in the bundle.
    pub id: String,
    /// Its verdict, or why there is none.
    pub status: PolicyStatus,
    /// Its risk score, if it gave one.
    pub risk: Option<u32>,
}

impl Observation {
    pub(crate) fn of(rehearsal: &Rehearsal) -> Self {
        let mut requirements = Vec::new();
        let (mut token_error, mut undecided) = (None, None);
        match rehearsal.refusal() {
            Some(Refusal::TokenMissing) => {
                token_error = Some(("token_missing", "no token was given".to_owned()));
            }
            Some(Refusal::Token(error)) => token_error = Some((error.code(), error.to_string())),
            Some(Refusal::Scope(scopes)) => {
                requirements.push(format!("scope {}", scopes.join(" ")));
            }
            Some(Refusal::StepUp(step_up)) => {
                let mut line = "step-up".to_owned();
                if !step_up.acr_values.is_empty() {
                    let _ = write!(line, " acr={}", step_up.acr_values.join(","));
                }
                if let Some(age) = step_up.max_age {
                    let _ = write!(line, " max-age={age}");
                }
                requirements.push(line);
            }
            Some(Refusal::Fault(why)) => undecided = Some(*why),
            Some(Refusal::Policy) | None => {}
        }
        if !rehearsal.withhold().is_empty() {
            requirements.push(format!("withhold {}", rehearsal.withhold().join(" ")));
        }
        let policies = rehearsal.policies().iter().map(|policy| PolicyOutcome {
            id: policy.id.to_string(),
            status: policy.status.clone(),
            risk: policy.risk.as_ref().map(|risk| risk.score),
        });
        Self {
            outcome: rehearsal.outcome(),
            token_error,
            undecided,
            findings: rehearsal.findings().to_vec(),
            requirements,
            challenge: rehearsal.challenge().as_ref().map(name_of),
            policies: policies.collect(),
        }
    }

    /// The outcome, and the policies that gave no verdict, or that none was asked.
    pub(crate) fn outcome_in_words(&self) -> String {
        let faults = self.policies.iter().filter_map(|policy| match &policy.status {
            PolicyStatus::Fault(fault) => Some(format!("{} [{}] {fault}", policy.id, fault.code())),
            _ => None,
        });
        let faults = faults.collect::<Vec<_>>().join("; ");
        let outcome = self.outcome.as_str();
        match self.undecided {
            Some(why @ Undecided::NoPolicyAsked(_)) => format!("{outcome} ({why})"),
            _ if faults.is_empty() => outcome.to_owned(),
            _ => format!("{outcome} (fault: {faults})"),
        }
    }
}

fn name_of(challenge: &Challenge) -> &'static str {
    match challenge {
        Challenge::TokenMissing => "none",
        Challenge::InvalidToken => "invalid_token",
        Challenge::InsufficientScope { .. } => "insufficient_scope",
        Challenge::InsufficientUserAuthentication { .. } => "insufficient_user_authentication",
    }
}

pub(crate) fn line_of(finding: &ReportedFinding) -> FindingLine {
    let ReportedFinding { policy, rule, claim, .. } = finding.clone();
    FindingLine { policy, rule, claim }
}

impl Observed {
    /// What came of a bundle that could not be loaded, because of one policy.
    pub(crate) fn of_load_error(policy: &str, error: &LoadError) -> Self {
        match error {
            LoadError::Settings { errors } => {
                let errors = errors.iter().map(|error| {
                    let (policy, pointer) = (policy.to_owned(), error.path.clone());
                    (SettingPlace { policy, pointer }, error.message.clone())
                });
                Self::SettingErrors { errors: errors.collect() }
            }
            other => Self::NotLoaded { reason: format!("policy `{policy}`: {other}") },
        }
    }

    /// In one line, where another thing was expected.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Decision(observation) => observation.outcome_in_words(),
            Self::SettingErrors { errors } => {
                let errors = errors.iter().map(|(place, why)| format!("{place}: {why}"));
                format!("settings refused: {}", errors.collect::<Vec<_>>().join("; "))
            }
            Self::NotLoaded { reason } => format!("not loaded: {reason}"),
        }
    }
}
