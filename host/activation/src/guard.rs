//! Counts faults since a switch, and says when they are too many.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokenward::{Decision, Outcome};

/// When faults lead back to the bundle before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultLimit {
    /// Faults, at least: a single one is no reason.
    pub at_least: u64,
    /// The share of decisions, 0 to 1, above which they are too many.
    pub share: f64,
}

/// The count since a switch.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) limit: FaultLimit,
    /// The digest of the bundle whose decisions count.
    pub(crate) digest: String,
    decisions: AtomicU64,
    faults: AtomicU64,
    fired: AtomicBool,
}

impl Guard {
    pub(crate) fn new(limit: FaultLimit, digest: String) -> Self {
        let (decisions, faults) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { limit, digest, decisions, faults, fired: AtomicBool::new(false) }
    }

    /// Counts a decision. Whether there are too many faults now.
    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52 are counted")]
    pub(crate) fn is_over(&self, decision: &Decision) -> bool {
        // One that began before the switch says nothing of this bundle.
        if decision.bundle().digest != self.digest {
            return false;
        }
        let decisions = self.decisions.fetch_add(1, Ordering::Relaxed) + 1;
        if decision.outcome() != Outcome::Fault {
            return false;
        }
        let faults = self.faults.fetch_add(1, Ordering::Relaxed) + 1;
        faults >= self.limit.at_least && faults as f64 > self.limit.share * decisions as f64
    }

    /// True once.
    pub(crate) fn fire(&self) -> bool {
        !self.fired.swap(true, Ordering::Relaxed)
    }

    /// Counts anew: it could not be gone back.
    pub(crate) fn rearm(&self) {
        self.decisions.store(0, Ordering::Relaxed);
        self.faults.store(0, Ordering::Relaxed);
        self.fired.store(false, Ordering::Relaxed);
    }

    /// Faults and decisions.
    pub(crate) fn counted(&self) -> (u64, u64) {
        (self.faults.load(Ordering::Relaxed), self.decisions.load(Ordering::Relaxed))
    }
}
