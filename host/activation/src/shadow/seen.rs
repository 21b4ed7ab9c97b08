//! What two bundles are compared by.

use serde::Serialize;
use tokenward::{Decision, Outcome, Refusal};

/// What a bundle says of a request, as far as two are compared: the outcome, the findings, and what
/// is asked for; not their words, times or scores. It holds no value of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Seen {
    /// The outcome.
    pub outcome: Outcome,
    /// The findings, in order.
    pub findings: Vec<SeenFinding>,
    /// What would help, a line each: `scope A B`, `step-up acr=A max-age=N`.
    pub requirements: Vec<String>,
    /// Claims that are not to be forwarded.
    pub withhold: Vec<String>,
}

/// A finding, as far as two are compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SeenFinding {
    /// The policy's id in the bundle.
    pub policy: String,
    /// The rule's id.
    pub rule: String,
    /// JSON Pointer to the claim.
    pub claim: Option<String>,
    /// What the bundle does with it: `enforce`, `warn` or `shadow`.
    pub enforcement: &'static str,
    /// The controls that it serves.
    pub controls: Vec<String>,
}

impl Seen {
    /// Of a decision.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        let mut findings: Vec<_> = decision
            .findings()
            .iter()
            .map(|finding| SeenFinding {
                policy: finding.policy.clone(),
                rule: finding.rule.clone(),
                claim: finding.claim.clone(),
                enforcement: finding.enforcement.as_str(),
                controls: finding.controls.clone(),
            })
            .collect();
        findings.sort();
        let requirements = match decision.permit() {
            Err(Refusal::Scope(scopes)) => vec![format!("scope {}", scopes.join(" "))],
            Err(Refusal::StepUp(step_up)) => {
                let mut line = "step-up".to_owned();
                if !step_up.acr_values.is_empty() {
                    line.push_str(" acr=");
                    line.push_str(&step_up.acr_values.join(","));
                }
                if let Some(age) = step_up.max_age {
                    line.push_str(" max-age=");
                    line.push_str(&age.to_string());
                }
                vec![line]
            }
            _ => Vec::new(),
        };
        let withhold = decision.permit().map(|p| p.withhold().to_vec()).unwrap_or_default();
        Self { outcome: decision.outcome(), findings, requirements, withhold }
    }
}
