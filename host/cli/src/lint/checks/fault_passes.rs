//! A policy whose faults let requests pass.

use tokenward::OnFault;

use crate::lint::finding::{Level, LintFinding};
use crate::lint::subject::Subject;

pub(crate) const CODE: &str = "fault-passes";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let open = |entry: &&crate::lint::subject::Entry| {
        entry.is_enforced() && entry.on_fault == OnFault::Open
    };
    let open = subject.entries.iter().filter(open);
    open.map(|entry| {
        let message = "a fault of this policy lets the request pass without it";
        let change = "Leave `on-fault` out, unless the service matters more than the rule.";
        LintFinding::new(CODE, Level::Warning, message, change).of(&entry.id)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};
    use tokenward::Enforcement;

    #[test]
    fn an_open_fault_counts_where_the_policy_decides() {
        let mut entry = policy("p", "{}");
        assert!(check(&bundle([entry.clone()])).is_empty());
        entry.on_fault = OnFault::Open;
        assert_eq!(places(&check(&bundle([entry.clone()]))), ["warning fault-passes p"]);
        assert!(check(&bundle([entry.but(Enforcement::Warn)])).is_empty());
    }
}
