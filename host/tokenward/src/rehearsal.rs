//! What a decision would be about facts that nobody verified.

use std::time::Duration;

use crate::challenge::Challenge;
use crate::decision::{BundleVersion, Decision, Outcome, PolicyReport, Refusal, ReportedFinding};
use crate::permit::Permit;
use crate::record::DecisionRecord;

/// What a decision would be: for the tests of a bundle, and for tools that ask
/// what would happen if. Made by [`Authorizer::judge_facts`], or from a
/// decision, whose proof is given up by that.
///
/// It has no [`Permit`], so that nothing it says lets a request through.
///
/// [`Authorizer::judge_facts`]: crate::Authorizer::judge_facts
#[derive(Debug)]
pub struct Rehearsal {
    decision: Decision,
}

impl From<Decision> for Rehearsal {
    fn from(decision: Decision) -> Self {
        Self { decision }
    }
}

impl Rehearsal {
    /// What would happen with the request.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.decision.outcome()
    }

    /// Why the request would not pass; none for [`Outcome::Permit`].
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.decision.permit().err()
    }

    /// Every finding: in the order of the bundle's policies, and of each in its own order.
    #[must_use]
    pub fn findings(&self) -> &[ReportedFinding] {
        self.decision.findings()
    }

    /// How each policy fared, in the order of the bundle. Empty when there was
    /// a token and it was not accepted.
    #[must_use]
    pub fn policies(&self) -> &[PolicyReport] {
        self.decision.policies()
    }

    /// Claims, as JSON Pointers, that would not be passed on upstream.
    #[must_use]
    pub fn withhold(&self) -> &[String] {
        self.decision.permit().map_or(&[], Permit::withhold)
    }

    /// The challenge that the client would be given.
    #[must_use]
    pub fn challenge(&self) -> Option<Challenge> {
        self.decision.challenge()
    }

    /// What a record of it would say.
    #[must_use]
    pub fn record(&self) -> DecisionRecord<'_> {
        self.decision.record()
    }

    /// The bundle that was asked.
    #[must_use]
    pub fn bundle(&self) -> &BundleVersion {
        self.decision.bundle()
    }

    /// Time that the policies took.
    #[must_use]
    pub fn evaluate_time(&self) -> Duration {
        self.decision.evaluate_time()
    }
}
