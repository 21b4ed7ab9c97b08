//! A route of one policy that another policy, which has routes of its own and
//! denies what it has none for, never lets pass.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::routes::{routes, uncovered};
use crate::lint::subject::{Entry, Subject};

pub(crate) const CODE: &str = "routes-disagree";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    for entry in &subject.entries {
        let own = routes(entry);
        for other in subject.entries.iter().filter(|other| other.id != entry.id) {
            let by = routes(other);
            if by.is_empty() || !denies_unmatched(other) {
                continue;
            }
            for route in uncovered(&own, &by) {
                let message = format!(
                    "no request to `{}` passes: `{}` has no route for it, and denies what it has \
                     none for",
                    route.label, other.id
                );
                let change = format!("Give `{}` a route for it, or take this one out.", other.id);
                findings.push(
                    LintFinding::new(CODE, Level::Error, message, change)
                        .of(&entry.id)
                        .at(&route.pointer),
                );
            }
        }
    }
    findings
}

fn denies_unmatched(entry: &Entry) -> bool {
    entry.is_enforced() && entry.text("/unmatched").as_deref() == Some("deny")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};
    use tokenward::Enforcement;

    #[test]
    fn a_route_that_the_other_policy_never_lets_pass_is_found() {
        let roles = policy("role-access", r#"{"routes":[{"path":"/a"},{"path":"/b/{id}"}]}"#);
        let scopes = |unmatched: &str| {
            let settings = r#"{"unmatched":"?","routes":[{"path":"/b/**"}]}"#;
            policy("scope-check", &settings.replace('?', unmatched))
        };
        let of = |other: Entry| places(&check(&bundle([roles.clone(), other])));
        assert_eq!(of(scopes("deny")), ["error routes-disagree role-access /routes/0"]);
        assert!(of(scopes("advise")).is_empty());
        assert!(of(scopes("deny").but(Enforcement::Warn)).is_empty());
        assert!(of(policy("scope-check", r#"{"unmatched":"deny"}"#)).is_empty());
    }
}
