//! The decisions that a candidate would change.

use std::collections::BTreeMap;

use serde::Serialize;
use tokenward::{BundleVersion, Outcome, UnixTime};

use super::seen::{Seen, SeenFinding};

/// The decisions that a candidate would change, until now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ShadowReport {
    /// The candidate.
    pub candidate: BundleVersion,
    /// The active bundle that it is compared with; nothing while it judged nothing.
    /// When another becomes active, all is counted anew.
    pub active: Option<BundleVersion>,
    /// Requests that it judged.
    pub judged: u64,
    /// Requests that it did not judge, as too many waited.
    pub not_judged: u64,
    /// Requests of which it says something else than the active bundle.
    pub changed: u64,
    /// Requests of which it makes no decision, and the active bundle does.
    pub faults: u64,
    /// Of the changed decisions: how many turn from one outcome to another, as
    /// `permit -> deny`. `deny -> deny` has other findings.
    pub outcomes: BTreeMap<String, u64>,
    /// Findings that come and go, by the policy's id.
    pub policies: BTreeMap<String, Totals>,
    /// The same, by control.
    pub controls: BTreeMap<String, Totals>,
    /// The same, by the claim's path.
    pub claims: BTreeMap<String, Totals>,
    /// Some of the changed decisions.
    pub samples: Vec<Sample>,
}

/// Findings that come and go with a candidate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Only the candidate has them.
    pub added: u64,
    /// Only the active bundle has them.
    pub removed: u64,
}

/// A decision that the candidate would change. It holds no token, and no value
/// of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// When the request came.
    pub at: String,
    /// The digest of the token, if there was one.
    pub token: Option<String>,
    /// What the active bundle says.
    pub active: Seen,
    /// What the candidate says.
    pub candidate: Seen,
}

/// Names of which counts are kept: a path can be made by whoever makes tokens.
const MOST_NAMES: usize = 1000;

impl ShadowReport {
    pub(super) fn of(candidate: BundleVersion) -> Self {
        Self {
            candidate,
            active: None,
            judged: 0,
            not_judged: 0,
            changed: 0,
            faults: 0,
            outcomes: BTreeMap::new(),
            policies: BTreeMap::new(),
            controls: BTreeMap::new(),
            claims: BTreeMap::new(),
            samples: Vec::new(),
        }
    }

    /// The share of the judged requests of which the candidate says something
    /// else: 0 to 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52 are counted")]
    pub fn share_changed(&self) -> f64 {
        if self.judged == 0 { 0.0 } else { self.changed as f64 / self.judged as f64 }
    }

    pub(super) fn add(
        &mut self,
        of: BundleVersion,
        (active, candidate): (&Seen, &Seen),
        at: UnixTime,
        token: Option<String>,
        samples: usize,
    ) {
        if self.active.as_ref() != Some(&of) {
            *self = Self { active: Some(of), ..Self::of(self.candidate.clone()) };
        }
        self.judged += 1;
        if candidate.outcome == Outcome::Fault && active.outcome != Outcome::Fault {
            self.faults += 1;
        }
        if active == candidate {
            return;
        }
        self.changed += 1;
        let turn = format!("{} -> {}", active.outcome.as_str(), candidate.outcome.as_str());
        *self.outcomes.entry(turn).or_default() += 1;
        let only = |these: &Seen, others: &Seen| -> Vec<SeenFinding> {
            let is_new = |finding: &&SeenFinding| !others.findings.contains(finding);
            these.findings.iter().filter(is_new).cloned().collect()
        };
        for finding in only(candidate, active) {
            self.count(&finding, |totals| totals.added += 1);
        }
        for finding in only(active, candidate) {
            self.count(&finding, |totals| totals.removed += 1);
        }
        if self.samples.len() < samples {
            let (active, candidate) = (active.clone(), candidate.clone());
            self.samples.push(Sample { at: at.to_string(), token, active, candidate });
        }
    }

    fn count(&mut self, finding: &SeenFinding, add: impl Fn(&mut Totals)) {
        let to = |names: &mut BTreeMap<String, Totals>, name: &str| {
            if names.len() < MOST_NAMES || names.contains_key(name) {
                add(names.entry(name.to_owned()).or_default());
            }
        };
        to(&mut self.policies, &finding.policy);
        for control in &finding.controls {
            to(&mut self.controls, control);
        }
        if let Some(claim) = &finding.claim {
            to(&mut self.claims, claim);
        }
    }
}
