//! A policy that reads all claims without need.
//!
//! Measured, not guessed: the policy is shown claims of all kinds of data under
//! names that it cannot know (`scan.rs`). If that never changes its verdict,
//! it needs only claims that it knows by name. Where a setting permits every
//! claim, that is why, and a finding of its own (`permits_everything.rs`).

use crate::lint::finding::{Level, LintFinding};
use crate::lint::permits::permitting_everything;
use crate::lint::subject::{Entry, Subject};

pub(crate) const CODE: &str = "reads-everything";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let idle = |entry: &&Entry| {
        entry.needs_all_claims == Some(false) && permitting_everything(entry).is_empty()
    };
    let idle = subject.entries.iter().filter(idle);
    idle.map(|entry| {
        let message = "the policy reads all claims, and no claim that it does not know by name \
                       changes its verdict";
        let change = "Have its `reads` declare the claims that it needs, one by one.";
        LintFinding::new(CODE, Level::Warning, message, change).of(&entry.id)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    #[test]
    fn only_a_policy_that_makes_no_use_of_them_is_found() {
        let with = |needs| {
            let mut entry = policy("p", "{}");
            entry.needs_all_claims = needs;
            places(&check(&bundle([entry])))
        };
        assert_eq!(with(Some(false)), ["warning reads-everything p"]);
        assert!(with(Some(true)).is_empty() && with(None).is_empty());
        let mut exempting = policy("secrets", r#"{"permit":["/**"]}"#);
        exempting.needs_all_claims = Some(false);
        assert!(check(&bundle([exempting])).is_empty());
    }
}
