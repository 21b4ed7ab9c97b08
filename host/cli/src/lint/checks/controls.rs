//! Controls that the bundle claims to serve, and no policy that decides does.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::render::quoted;
use crate::lint::subject::Subject;
use crate::lint::told::Serving;

const UNSERVED: &str = "control-unserved";
const NOT_ENFORCED: &str = "control-not-enforced";
pub(crate) const CODES: [&str; 2] = [UNSERVED, NOT_ENFORCED];

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    subject.controls.iter().filter_map(|control| of_control(subject, control)).collect()
}

fn of_control(subject: &Subject, control: &str) -> Option<LintFinding> {
    let serving: Vec<_> = subject.entries.iter().filter(|entry| entry.serves(control)).collect();
    if serving.iter().any(|entry| entry.is_enforced()) {
        return None;
    }
    if let [only] = serving.as_slice() {
        let message = format!(
            "the bundle claims the control `{control}`, and the only policy that serves it is in \
             `{}`: it decides nothing",
            only.enforcement.as_str()
        );
        let change = "Enforce the policy, or take the control off `controls`.";
        return Some(LintFinding::new(NOT_ENFORCED, Level::Warning, message, change).of(&only.id));
    }
    if serving.is_empty() {
        return Some(switched_off(subject, control).unwrap_or_else(|| {
            let message = format!(
                "the bundle claims the control `{control}`, and no rule of its policies serves it"
            );
            let change = "Add a policy that serves it, or take it off `controls`.";
            LintFinding::new(UNSERVED, Level::Error, message, change)
        }));
    }
    let message = format!(
        "the bundle claims the control `{control}`, and none of the policies that serve it \
         decides anything: {}",
        quoted(serving.iter().map(|entry| &entry.id))
    );
    let change = "Enforce one of them, or take the control off `controls`.";
    Some(LintFinding::new(NOT_ENFORCED, Level::Warning, message, change))
}

/// What there is to say if a rule would serve it, were it not switched off.
fn switched_off(subject: &Subject, control: &str) -> Option<LintFinding> {
    let mut serving = subject
        .entries
        .iter()
        .flat_map(|entry| entry.serving(control).map(move |serving| (entry, serving)));
    serving.find_map(|(entry, serving)| {
        let Serving::Off { rule, by } = serving else { return None };
        let message = format!(
            "the bundle claims the control `{control}`, and the rule `{}`, which would serve it, \
             is switched off by `{by}`",
            rule.id
        );
        let change = "Switch it on, add a policy that serves it, or take it off `controls`.";
        Some(LintFinding::new(UNSERVED, Level::Error, message, change).of(&entry.id).at(by))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};
    use tokenward::Enforcement::{Enforce, Shadow, Warn};

    #[test]
    fn a_claimed_control_needs_a_policy_that_decides() {
        let entry = |id: &str, enforcement| {
            policy("p", "{}").with_id(id).having("rule", &["SOC 2 CC6.1"]).but(enforcement)
        };
        let of = |entries: Vec<_>, control: &str| {
            let mut subject = bundle(entries);
            subject.controls = vec![control.into()];
            places(&check(&subject))
        };
        let control = "SOC 2 CC6.1";
        assert!(of(vec![entry("a", Enforce)], control).is_empty());
        assert!(of(vec![entry("a", Warn), entry("b", Enforce)], control).is_empty());
        assert_eq!(of(vec![entry("a", Enforce)], "SOC 2 CC6"), ["error control-unserved"]);
        assert_eq!(of(vec![entry("a", Shadow)], control), ["warning control-not-enforced a"]);
        let two = vec![entry("a", Shadow), entry("b", Warn)];
        assert_eq!(of(two, control), ["warning control-not-enforced"]);
        // A rule that is switched off serves nothing.
        let off = || {
            let settings = r#"{"detect":{"secret":"off"}}"#;
            policy("claim-minimization", settings).having("secret", &["SOC 2 CC6.1"])
        };
        assert_eq!(
            of(vec![off()], control),
            ["error control-unserved claim-minimization /detect/secret"]
        );
        assert_eq!(
            of(vec![off(), entry("a", Shadow)], control),
            ["warning control-not-enforced a"]
        );
        assert!(of(vec![off(), entry("a", Enforce)], control).is_empty());
    }
}
