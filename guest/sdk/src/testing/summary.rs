//! A verdict in the lines that `expect` uses.

use std::fmt::Write as _;

use crate::{Requirement, Verdict};

/// A verdict in the lines that `expect` uses.
#[must_use]
pub fn summary(verdict: &Verdict) -> Vec<String> {
    let findings = verdict.findings.iter().map(|finding| {
        let mut line =
            format!("{} {} {}", name(finding.effect), name(finding.severity), finding.rule);
        if let Some(claim) = &finding.claim {
            let _ = write!(line, " {claim}");
        }
        line
    });
    let requirements = verdict.requirements.iter().map(|requirement| match requirement {
        Requirement::StepUp(step_up) => {
            let mut line = "step-up".to_owned();
            if !step_up.acr_values.is_empty() {
                let _ = write!(line, " acr={}", step_up.acr_values.join(","));
            }
            if let Some(age) = step_up.max_age {
                let _ = write!(line, " max-age={age}");
            }
            line
        }
        Requirement::Scope(scopes) => format!("scope {}", scopes.join(" ")),
        Requirement::Withhold(paths) => format!("withhold {}", paths.join(" ")),
        Requirement::Other(fact) => format!("other {}", fact.name),
    });
    findings.chain(requirements).collect()
}

fn name(of: impl std::fmt::Debug) -> String {
    let debug = format!("{of:?}");
    debug.rsplit("::").next().unwrap_or_default().to_lowercase()
}
