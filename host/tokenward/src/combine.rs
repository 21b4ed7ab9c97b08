//! From what each policy said to one decision: a pure function.

use tokenward_bundle::{Enforcement, OnFault};
use tokenward_engine::{Effect, Fault, Requirement, StepUp, Verdict};

use crate::decision::Outcome;

/// What one policy said, and what the bundle makes of it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// What its findings do.
    pub enforcement: Enforcement,
    /// What its faults do.
    pub on_fault: OnFault,
    /// Its verdict; none if it was not asked.
    pub verdict: Result<Option<&'a Verdict>, &'a Fault>,
}

/// What the enforced policies come to, together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Combined {
    /// Permit, deny, step up or fault.
    pub outcome: Outcome,
    /// Scopes that are missing, in the order of the policies, each once.
    pub missing_scopes: Vec<String>,
    /// The authentication that is required.
    pub step_up: Option<StepUp>,
    /// Claims not to be passed on upstream, as JSON Pointers, sorted.
    pub withhold: Vec<String>,
}

/// Combines what the policies said.
///
/// Only enforced policies count. A denial stands whatever else there is: no
/// verdict that a faulted policy might have given would have permitted the
/// request. Then a fault, unless the bundle lets that policy's faults pass.
/// Then a step-up. What remains is a permit.
///
/// Step-ups add up: the shortest age, and the authentication contexts that every
/// policy with a list accepts. Where no context satisfies all of them, the first
/// policy's are asked for; the next request meets the others.
#[must_use]
pub fn combine<'a>(judged: impl IntoIterator<Item = Judged<'a>>) -> Combined {
    let mut combined = Combined::default();
    let (mut denied, mut faulted) = (false, false);
    for policy in judged.into_iter().filter(|p| p.enforcement == Enforcement::Enforce) {
        match policy.verdict {
            Err(_) => faulted |= policy.on_fault == OnFault::Closed,
            Ok(None) => {}
            Ok(Some(verdict)) => {
                denied |= verdict.findings.iter().any(|f| f.effect == Effect::Deny);
                for requirement in &verdict.requirements {
                    combined.require(requirement);
                }
            }
        }
    }
    denied |= !combined.missing_scopes.is_empty();
    combined.withhold.sort();
    combined.withhold.dedup();
    combined.outcome = match (denied, faulted, &combined.step_up) {
        (true, _, _) => Outcome::Deny,
        (false, true, _) => Outcome::Fault,
        (false, false, Some(_)) => Outcome::StepUp,
        (false, false, None) => Outcome::Permit,
    };
    combined
}

impl Combined {
    fn require(&mut self, requirement: &Requirement) {
        match requirement {
            Requirement::Scope(scopes) => {
                for scope in scopes {
                    if !self.missing_scopes.contains(scope) {
                        self.missing_scopes.push(scope.clone());
                    }
                }
            }
            Requirement::StepUp(other) => match &mut self.step_up {
                None => self.step_up = Some(other.clone()),
                Some(step_up) => merge(step_up, other),
            },
            Requirement::Withhold(claims) => self.withhold.extend(claims.iter().cloned()),
        }
    }
}

fn merge(step_up: &mut StepUp, other: &StepUp) {
    step_up.max_age = match (step_up.max_age, other.max_age) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if step_up.acr_values.is_empty() {
        step_up.acr_values.clone_from(&other.acr_values);
    } else if !other.acr_values.is_empty() {
        let both = |acr: &&String| other.acr_values.contains(acr);
        let common: Vec<String> = step_up.acr_values.iter().filter(both).cloned().collect();
        if !common.is_empty() {
            step_up.acr_values = common;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenward_engine::{Finding, Severity};

    fn verdict(effects: &[Effect], requirements: &[Requirement]) -> Verdict {
        let finding = |effect: &Effect| Finding {
            rule: "r".into(),
            severity: Severity::High,
            effect: *effect,
            claim: None,
            message: "m".into(),
        };
        Verdict {
            findings: effects.iter().map(finding).collect(),
            requirements: requirements.to_vec(),
            ..Verdict::default()
        }
    }

    fn judged(verdict: &Verdict) -> Judged<'_> {
        Judged {
            enforcement: Enforcement::Enforce,
            on_fault: OnFault::Closed,
            verdict: Ok(Some(verdict)),
        }
    }

    fn step_up(acr: &[&str], max_age: Option<u64>) -> Requirement {
        Requirement::StepUp(StepUp {
            acr_values: acr.iter().map(ToString::to_string).collect(),
            max_age,
        })
    }

    /// One of everything that an enforced policy can say, by the outcome it alone comes to.
    #[test]
    fn the_strictest_outcome_wins_in_every_order() {
        let permit = verdict(&[Effect::Advise], &[]);
        let raise = verdict(&[Effect::Require], &[step_up(&[], Some(60))]);
        let deny = verdict(&[Effect::Deny], &[]);
        let scope = verdict(&[], &[Requirement::Scope(vec!["a".into()])]);
        let fault = Fault::Stack;
        let faulted = Judged { verdict: Err(&fault), ..judged(&permit) };
        let skipped = Judged { verdict: Ok(None), ..judged(&permit) };
        let all = [
            (skipped, Outcome::Permit, 0),
            (judged(&permit), Outcome::Permit, 0),
            (judged(&raise), Outcome::StepUp, 1),
            (faulted, Outcome::Fault, 2),
            (judged(&deny), Outcome::Deny, 3),
            (judged(&scope), Outcome::Deny, 3),
        ];
        for (a, outcome_a, rank_a) in all {
            assert_eq!(combine([a]).outcome, outcome_a);
            for (b, outcome_b, rank_b) in all {
                let expected = if rank_a >= rank_b { outcome_a } else { outcome_b };
                assert_eq!(combine([a, b]).outcome, expected);
            }
        }
        assert_eq!(combine([]).outcome, Outcome::Permit);
    }

    #[test]
    fn what_is_not_enforced_decides_nothing() {
        let deny = verdict(
            &[Effect::Deny],
            &[step_up(&["x"], None), Requirement::Withhold(vec!["/a".into()])],
        );
        let fault = Fault::Stack;
        for enforcement in [Enforcement::Warn, Enforcement::Shadow] {
            let policy = Judged { enforcement, ..judged(&deny) };
            assert_eq!(combine([policy]), Combined::default());
            let faulted = Judged { verdict: Err(&fault), ..policy };
            assert_eq!(combine([faulted]), Combined::default());
        }
    }

    #[test]
    fn a_fault_opens_only_where_the_bundle_says_so() {
        let (permit, fault) = (verdict(&[], &[]), Fault::Stack);
        let closed = Judged { verdict: Err(&fault), ..judged(&permit) };
        let open = Judged { on_fault: OnFault::Open, ..closed };
        assert_eq!(combine([closed]).outcome, Outcome::Fault);
        assert_eq!(combine([open]).outcome, Outcome::Permit);
        assert_eq!(combine([open, closed]).outcome, Outcome::Fault);
    }

    #[test]
    fn requirements_add_up() {
        let first = verdict(
            &[],
            &[step_up(&["gold", "silver"], Some(600)), Requirement::Withhold(vec!["/b".into()])],
        );
        let second = verdict(
            &[],
            &[
                step_up(&["silver", "bronze"], Some(300)),
                Requirement::Withhold(vec!["/a".into(), "/b".into()]),
                Requirement::Scope(vec!["x".into(), "y".into()]),
            ],
        );
        let third = verdict(&[], &[step_up(&["iron"], None), Requirement::Scope(vec!["y".into()])]);
        let combined = combine([judged(&first), judged(&second), judged(&third)]);
        let expected = StepUp { acr_values: vec!["silver".into()], max_age: Some(300) };
        assert_eq!(combined.step_up, Some(expected));
        assert_eq!(combined.withhold, ["/a", "/b"]);
        assert_eq!(combined.missing_scopes, ["x", "y"]);
    }
}
