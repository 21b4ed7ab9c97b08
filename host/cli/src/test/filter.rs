//! Which cases run.

use anyhow::bail;

use crate::values::short;
use tokenward_cases::{Case, Expected, FindingLine};

/// Keeps the cases that some word fits; without words, all. A word fits what
/// holds it: `FILE: NAME`, or `POLICY/RULE` of a finding that is expected.
pub(crate) fn keep(cases: Vec<Case>, words: &[String]) -> anyhow::Result<Vec<Case>> {
    if words.is_empty() {
        return Ok(cases);
    }
    if let Some(word) = words.iter().find(|word| !cases.iter().any(|case| fits(case, word))) {
        bail!(
            "--filter `{}` fits none of {} cases; accepted: a part of a case's name or file, or of \
             `POLICY/RULE` of a finding that it expects",
            short(word),
            cases.len()
        );
    }
    Ok(cases.into_iter().filter(|case| words.iter().any(|word| fits(case, word))).collect())
}

fn fits(case: &Case, word: &str) -> bool {
    let finding = |finding: &FindingLine| format!("{}/{}", finding.policy, finding.rule);
    format!("{}: {}", case.file, case.name).contains(word)
        || match &case.expected {
            Expected::Decision(decision) => {
                decision.findings.iter().any(|line| finding(line).contains(word))
            }
            Expected::SettingErrors(places) => places.iter().any(|p| p.policy.contains(word)),
        }
}
