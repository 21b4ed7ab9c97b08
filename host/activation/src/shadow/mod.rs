//! A candidate bundle that judges live traffic beside the active one, and decides nothing.

mod report;
mod seen;

pub use report::{Sample, ShadowReport, Totals};
pub use seen::{Seen, SeenFinding};

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokenward::{Authorizer, BundleVersion, Call, Decision, OwnedCall, Trust};

/// Requests that can wait at all: each holds a token.
const LONGEST_QUEUE: usize = 100_000;

/// How a candidate is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShadowConfig {
    /// The share of requests that it judges: 0 to 1.
    pub share: f64,
    /// Requests that wait to be judged by it, at most.
    pub queue: usize,
    /// What happens when so many wait.
    pub when_full: WhenFull,
    /// Changed decisions that are kept as samples, at most: the first ones.
    pub samples: usize,
}

/// What happens when no more requests can wait for a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It does not judge the request, which is counted. Live traffic never waits.
    Drop,
    /// The caller waits. For recorded traffic, of which nothing is to be left out.
    Wait,
}

impl Default for ShadowConfig {
    /// All requests, of which 1 000 may wait; 20 samples.
    fn default() -> Self {
        Self { share: 1.0, queue: 1000, when_full: WhenFull::Drop, samples: 20 }
    }
}

/// A candidate that is tried. When it is dropped, it is tried no more: its thread ends with
/// the queue, and nobody waits for it.
pub(crate) struct Shadow {
    config: ShadowConfig,
    queue: Option<SyncSender<Asked>>,
    thread: Option<JoinHandle<()>>,
    dropped: AtomicU64,
    report: Arc<Mutex<ShadowReport>>,
}

/// A request that was decided, and what the active bundle said.
struct Asked {
    call: OwnedCall,
    trust: Arc<Trust>,
    active: Seen,
    by: BundleVersion,
    token: Option<String>,
}

impl Shadow {
    /// Begins. `authorizer` has the candidate for its active bundle, and nobody
    /// else asks it.
    pub(crate) fn begin(authorizer: Authorizer, config: ShadowConfig) -> std::io::Result<Self> {
        let candidate = authorizer.active();
        let report = Arc::new(Mutex::new(ShadowReport::of((*candidate).clone())));
        let (queue, asked) = sync_channel::<Asked>(config.queue.clamp(1, LONGEST_QUEUE));
        let into = Arc::clone(&report);
        let thread = thread::Builder::new().name("tokenward-shadow".into()).spawn(move || {
            let mut trust: Option<Arc<Trust>> = None;
            while let Ok(Asked { call, trust: of_call, active, by, token }) = asked.recv() {
                // The keys that the request was decided by.
                if trust.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &of_call)) {
                    authorizer.set_trust(of_call.as_ref().clone());
                    trust = Some(of_call);
                }
                let candidate = Seen::of(&authorizer.decide(&call.as_call()));
                let mut report = into.lock().unwrap_or_else(PoisonError::into_inner);
                let now = call.as_call().now;
                report.add(by, (&active, &candidate), now, token, config.samples);
            }
        })?;
        Ok(Self {
            config,
            queue: Some(queue),
            thread: Some(thread),
            dropped: AtomicU64::new(0),
            report,
        })
    }

    /// Has the candidate judge a request that was decided, if it is its turn.
    pub(crate) fn ask(&self, call: &Call<'_>, trust: Arc<Trust>, decision: &Decision) {
        let Some(queue) = &self.queue else { return };
        if fastrand::f64() >= self.config.share {
            return;
        }
        let token = decision.token_digest().map(|digest| digest.to_string());
        let (active, by) = (Seen::of(decision), decision.bundle().clone());
        let asked = Asked { call: call.into(), trust, active, by, token };
        let waits = match self.config.when_full {
            WhenFull::Wait => queue.send(asked).is_ok(),
            WhenFull::Drop => match queue.try_send(asked) {
                Ok(()) => true,
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
            },
        };
        if !waits {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is known until now.
    pub(crate) fn report(&self) -> ShadowReport {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner).clone();
        report.not_judged = self.dropped.load(Ordering::Relaxed);
        report
    }

    /// Waits until every request that was taken is judged, and ends.
    pub(crate) fn finish(mut self) -> ShadowReport {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.report()
    }
}
