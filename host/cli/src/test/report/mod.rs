//! What came of the cases, for people and for programs.

pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod tap;
pub(crate) mod text;

use tokenward_cases::{Coverage, Difference, PolicyCoverage};

use crate::render::words;

/// A difference in plain lines, for reports without colour.
fn lines_of(difference: &Difference) -> Vec<String> {
    let Difference { about, expected, got, note } = difference;
    let mut lines = match (expected, got) {
        (Some(expected), Some(got)) => {
            vec![format!("{about}: expected {expected}"), format!("{about}: got {got}")]
        }
        (Some(missing), None) => vec![format!("{about} missing: {missing}")],
        (None, Some(unexpected)) => vec![format!("{about} unexpected: {unexpected}")],
        (None, None) => Vec::new(),
    };
    lines.extend(note.iter().map(|note| format!("  {note}")));
    lines
}

/// `87.5%, 14 of 16 reached`.
fn summary(coverage: &Coverage) -> String {
    let (reached, all) = coverage.counts();
    let permille = coverage.permille();
    format!("{}.{}%, {reached} of {all} reached", permille / 10, permille % 10)
}

/// What no case reaches of a policy: what it is, and what is so of it.
fn unreached(policy: &PolicyCoverage) -> Vec<(&'static str, String)> {
    let rules = policy.rules.iter().filter(|(_, cases)| *cases == 0);
    let rules = rules.map(|(rule, _)| ("rule", format!("{rule} is found by no case")));
    let silence = (policy.silent == 0)
        .then(|| ("silence", "no case finds that it permits and says nothing".to_owned()));
    let settings =
        policy.settings.iter().filter(|setting| !setting.reached).map(|setting| {
            ("setting", format!("{} makes no difference to any case", setting.pointer))
        });
    rules.chain(silence).chain(settings).collect()
}

/// `permit 3, deny 4, step-up 0, fault 0`.
fn outcomes(coverage: &Coverage) -> String {
    let counts = coverage.outcomes.iter();
    counts
        .map(|(outcome, cases)| format!("{} {cases}", outcome.as_str()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `1 case`, `2 cases`.
fn cases(count: usize) -> String {
    words::count(count, "case", "cases")
}
