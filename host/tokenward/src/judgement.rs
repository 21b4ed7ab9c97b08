//! What the policies say about one call, made into a decision.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokenward_bundle::Enforcement;
use tokenward_engine::{
    Effect, Evaluation, Outcome, PolicyInput, Requirement, TokenFacts, Verdict,
};
use tokenward_token::{Object, VerifiedToken};

use crate::authorizer::{Active, Entry};
use crate::call::Call;
use crate::combine::{Judged, combine};
use crate::decision::{
    Basis, Decision, Outcome as DecisionOutcome, PolicyReport, PolicyStatus, Refusal,
    ReportedFinding, Undecided,
};
use crate::permit::Permit;

/// What the policies said about one call.
pub(crate) struct Judgement {
    evaluations: Vec<Evaluation>,
    elapsed: Duration,
}

impl Judgement {
    pub(crate) fn of_token(active: &Active, call: &Call<'_>, token: &VerifiedToken) -> Self {
        Self::of(active, call, Some(call.token_facts(token)), token.claims())
    }

    pub(crate) fn of(
        active: &Active,
        call: &Call<'_>,
        token: Option<TokenFacts<'_>>,
        claims: &Object,
    ) -> Self {
        let started = Instant::now();
        let evaluations = active.policies.evaluate(&PolicyInput {
            phase: call.phase,
            now: call.now.seconds(),
            token,
            claims,
            request: call.request,
            signals: call.signals,
            facts: call.facts,
        });
        Self { evaluations, elapsed: started.elapsed() }
    }

    /// The decision. Where no policy is meant for the phase, nobody judged: that
    /// is a fault, which fails closed. Policies that only warn were asked.
    pub(crate) fn decide(
        self,
        active: &Active,
        call: &Call<'_>,
        basis: Basis,
        token: Option<VerifiedToken>,
    ) -> Decision {
        let judged = active.entries.iter().zip(&self.evaluations);
        let result = if self.evaluations.iter().all(|e| matches!(e.outcome, Outcome::NotAsked)) {
            Err(Refusal::Fault(Undecided::NoPolicyAsked(call.phase)))
        } else {
            result(judged.clone(), token)
        };
        let findings: Vec<_> = judged.clone().flat_map(|(e, v)| e.findings(v)).collect();
        Decision {
            evaluate: self.elapsed,
            policies: judged.map(|(entry, evaluation)| entry.report(evaluation)).collect(),
            findings,
            ..Decision::new(active, result, basis, call.now)
        }
    }
}

/// What the verdicts come to.
fn result<'a>(
    judged: impl Iterator<Item = (&'a Entry, &'a Evaluation)> + Clone,
    token: Option<VerifiedToken>,
) -> Result<Permit, Refusal> {
    let combined = combine(judged.clone().map(|(entry, evaluation)| Judged {
        enforcement: entry.enforcement,
        on_fault: entry.on_fault,
        verdict: match &evaluation.outcome {
            Outcome::Fault(fault) => Err(fault),
            other => Ok(other.verdict()),
        },
    }));
    let only_scope = !combined.missing_scopes.is_empty() && !denies_beyond_scope(judged);
    match (combined.outcome, combined.step_up) {
        (DecisionOutcome::Permit, _) => Ok(Permit { token, withhold: combined.withhold }),
        (DecisionOutcome::StepUp, Some(step_up)) => Err(Refusal::StepUp(step_up)),
        (DecisionOutcome::Deny, _) if only_scope => Err(Refusal::Scope(combined.missing_scopes)),
        (DecisionOutcome::Deny, _) => Err(Refusal::Policy),
        (DecisionOutcome::Fault | DecisionOutcome::StepUp, _) => {
            Err(Refusal::Fault(Undecided::PolicyFault))
        }
    }
}

/// Whether an enforced policy denies for more than a missing scope: then
/// another scope would not help, and the client is not told to get one.
fn denies_beyond_scope<'a>(judged: impl Iterator<Item = (&'a Entry, &'a Evaluation)>) -> bool {
    let asks_for_scope =
        |v: &Verdict| v.requirements.iter().any(|r| matches!(r, Requirement::Scope(_)));
    judged
        .filter(|(entry, _)| entry.enforcement == Enforcement::Enforce)
        .filter_map(|(_, evaluation)| evaluation.outcome.verdict())
        .any(|verdict| {
            let mut rules: Vec<&str> = verdict
                .findings
                .iter()
                .filter(|finding| finding.effect == Effect::Deny)
                .map(|finding| finding.rule.as_str())
                .collect();
            rules.dedup();
            // One rule may deny for the scope that the policy asks for.
            rules.len() > usize::from(asks_for_scope(verdict))
        })
}

impl Entry {
    fn findings(&self, evaluation: &Evaluation) -> Vec<ReportedFinding> {
        let findings = evaluation.outcome.verdict().map_or(&[][..], |v| &v.findings);
        findings
            .iter()
            .filter_map(|finding| {
                // The engine let only rules through that the policy describes.
                let rule = self.descriptor.rule(&finding.rule)?;
                Some(ReportedFinding {
                    policy: self.id.to_string(),
                    rule: finding.rule.clone(),
                    title: rule.title.clone(),
                    severity: finding.severity,
                    effect: finding.effect,
                    enforcement: self.enforcement,
                    claim: finding.claim.clone(),
                    message: finding.message.clone(),
                    remedy: rule.remedy.clone(),
                    controls: rule.controls.clone(),
                })
            })
            .collect()
    }

    fn report(&self, evaluation: &Evaluation) -> PolicyReport {
        PolicyReport {
            id: Arc::clone(&self.id),
            enforcement: self.enforcement,
            on_fault: self.on_fault,
            descriptor: Arc::clone(&self.descriptor),
            digest: Arc::clone(&self.digest),
            reads: Arc::clone(&self.reads),
            status: status(&evaluation.outcome),
            remembered: matches!(evaluation.outcome, Outcome::Remembered(_)),
            fuel: evaluation.fuel,
            memory_bytes: evaluation.memory.peak,
            elapsed: evaluation.elapsed,
            risk: evaluation.outcome.verdict().and_then(|verdict| verdict.risk.clone()),
        }
    }
}

fn status(outcome: &Outcome) -> PolicyStatus {
    let verdict = match outcome {
        Outcome::Fault(fault) => return PolicyStatus::Fault(fault.clone()),
        Outcome::NotAsked => return PolicyStatus::NotAsked,
        Outcome::Judged(verdict) | Outcome::Remembered(verdict) => verdict,
    };
    let alone = Judged {
        enforcement: Enforcement::Enforce,
        on_fault: tokenward_bundle::OnFault::Closed,
        verdict: Ok(Some(verdict)),
    };
    match combine([alone]).outcome {
        DecisionOutcome::Deny => PolicyStatus::Deny,
        DecisionOutcome::StepUp => PolicyStatus::StepUp,
        DecisionOutcome::Permit | DecisionOutcome::Fault => PolicyStatus::Permit,
    }
}
