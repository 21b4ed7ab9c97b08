//! The checks, each in a file of its own.

mod algorithms;
mod controls;
mod default_setting;
mod denied_claim;
mod fault_passes;
mod lifetimes;
mod permits_everything;
mod phase;
mod reads_everything;
mod review;
mod routes_disagree;
mod same_twice;
mod shadowed_route;
mod unknown_claim;

use super::finding::LintFinding;
use super::subject::Subject;

/// Looks for mistakes of one kind.
type Check = fn(&Subject) -> Vec<LintFinding>;

/// Every check, and the codes of what it finds.
pub(crate) const ALL: &[(Check, &[&str])] = &[
    (unknown_claim::check, &[unknown_claim::CODE]),
    (reads_everything::check, &[reads_everything::CODE]),
    (lifetimes::check, &lifetimes::CODES),
    (permits_everything::check, &[permits_everything::CODE]),
    (routes_disagree::check, &[routes_disagree::CODE]),
    (denied_claim::check, &[denied_claim::CODE]),
    (algorithms::check, &algorithms::CODES),
    (controls::check, &controls::CODES),
    (review::check, &review::CODES),
    (shadowed_route::check, &[shadowed_route::CODE]),
    (fault_passes::check, &[fault_passes::CODE]),
    (same_twice::check, &[same_twice::CODE]),
    (phase::check, &[phase::CODE]),
    (default_setting::check, &[default_setting::CODE]),
];

/// Everything that is found: errors, warnings, notes; each in the order of the
/// checks.
pub(crate) fn all(subject: &Subject) -> Vec<LintFinding> {
    let mut findings: Vec<_> = ALL.iter().flat_map(|(check, _)| check(subject)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_in_the_help() {
        let mut codes: Vec<_> = ALL.iter().flat_map(|(_, codes)| codes.iter()).collect();
        for code in &codes {
            let row = format!("\n  {code:<23}");
            assert!(crate::args::LINT_HELP.contains(&row), "{code}");
        }
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), ALL.iter().map(|(_, codes)| codes.len()).sum::<usize>());
    }
}
