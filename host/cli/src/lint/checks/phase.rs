//! A policy that is meant for no phase in which the bundle is asked.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::subject::Subject;

pub(crate) const CODE: &str = "phase-never-asked";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let idle = subject
        .entries
        .iter()
        .filter(|entry| !entry.phases.iter().any(|phase| subject.phases.contains(phase)));
    idle.map(|entry| {
        let names = |phases: &[tokenward::Phase]| {
            phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(", ")
        };
        let message = format!(
            "the policy is meant for {}, and the bundle is asked in {} only",
            names(&entry.phases),
            names(&subject.phases)
        );
        let change = "Take it out, or ask the bundle in that phase too.";
        LintFinding::new(CODE, Level::Warning, message, change).of(&entry.id)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};
    use tokenward::Phase;

    #[test]
    fn one_phase_in_common_is_enough() {
        let mut entry = policy("p", "{}");
        entry.phases = vec![Phase::Login];
        let mut subject = bundle([entry]);
        assert!(check(&subject).is_empty());
        subject.phases = vec![Phase::Use, Phase::Issue];
        assert_eq!(places(&check(&subject)), ["warning phase-never-asked p"]);
        subject.phases = vec![Phase::Use, Phase::Login];
        assert!(check(&subject).is_empty());
    }
}
