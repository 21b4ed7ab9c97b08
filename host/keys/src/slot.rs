//! One issuer whose keys are fetched: what is known of its fetches, and who waits for one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokenward_token::{KeySet, UnixTime};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::error::FetchError;
use crate::source::Source;
use crate::well_known::WellKnown;

/// What came of asking for an issuer's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// They were fetched, and are others than before: look again.
    Changed,
    /// They were fetched, and are those that were known.
    Unchanged,
    /// They could not be fetched. The ones before still serve, if there are any.
    Failed(FetchError),
    /// They were fetched for an unknown `kid` a short while ago: nothing was done.
    CoolingDown,
    /// Keys of this issuer are not fetched, or no longer.
    NotKept,
}

impl Outcome {
    /// `changed`, `unchanged`, `failed`, `cooling-down` or `not-kept`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Failed(_) => "failed",
            Self::CoolingDown => "cooling-down",
            Self::NotKept => "not-kept",
        }
    }
}

/// Why keys are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// A token names a `kid` that is not known. Anyone can send such.
    UnknownKey,
    /// An operator wants it.
    Operator,
}

/// What the task of a slot does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Fetch,
    /// The keys were not confirmed for too long.
    Expire,
}

pub(crate) struct Slot {
    pub(crate) issuer: String,
    pub(crate) source: Source,
    state: Mutex<State>,
    /// That a round is wanted, or that `due` was changed.
    wake: Notify,
}

/// What is known. The times of the clock are for people, the instants count.
pub(crate) struct State {
    /// The keys that serve, before the issuer's rules are applied to them.
    pub(crate) keys: Option<KeySet>,
    pub(crate) bytes: Option<usize>,
    pub(crate) jwks: Option<Url>,
    pub(crate) form: Option<WellKnown>,
    pub(crate) last_attempt: Option<UnixTime>,
    pub(crate) last_success: Option<UnixTime>,
    pub(crate) attempts: u64,
    pub(crate) failed: u64,
    /// In a row.
    pub(crate) failures: u32,
    pub(crate) failing_since: Option<UnixTime>,
    pub(crate) error: Option<FetchError>,
    /// When the keys were last known to be the issuer's.
    pub(crate) confirmed: Option<Instant>,
    pub(crate) due: Instant,
    /// When keys were last fetched for an unknown `kid`.
    asked: Option<Instant>,
    round: Option<Round>,
    rediscover: bool,
    closed: bool,
}

/// A fetch that somebody may wait for.
struct Round {
    outcome: watch::Sender<Option<Outcome>>,
    begun: bool,
}

impl Round {
    fn new() -> Self {
        Self { outcome: watch::Sender::new(None), begun: false }
    }
}

impl Slot {
    /// A slot with the keys that are known from elsewhere, if there are any.
    pub(crate) fn new(issuer: &str, source: &Source, keys: Option<KeySet>) -> Self {
        let now = Instant::now();
        let state = State {
            confirmed: keys.is_some().then_some(now),
            keys,
            bytes: None,
            jwks: None,
            form: None,
            last_attempt: None,
            last_success: None,
            attempts: 0,
            failed: 0,
            failures: 0,
            failing_since: None,
            error: None,
            due: now,
            asked: None,
            round: None,
            rediscover: false,
            closed: false,
        };
        Self {
            issuer: issuer.to_owned(),
            source: source.clone(),
            state: Mutex::new(state),
            wake: Notify::new(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a token with a `kid` that is not known: joins the fetch under way, or
    /// begins one, unless one was begun so within the cooldown.
    pub(crate) async fn unknown_key(&self, cooldown: Duration) -> Outcome {
        match self.ask(Why::UnknownKey, cooldown) {
            Ok((outcome, _)) => wait(outcome).await,
            Err(outcome) => outcome,
        }
    }

    /// For an operator: a fetch that begins after this call.
    pub(crate) async fn refresh(&self) -> Outcome {
        let mut asked = self.ask(Why::Operator, Duration::ZERO);
        if let Ok((outcome, true)) = asked {
            // It may have been answered before what the operator knows of came about.
            wait(outcome).await;
            asked = self.ask(Why::Operator, Duration::ZERO);
        }
        match asked {
            Ok((outcome, _)) => wait(outcome).await,
            Err(outcome) => outcome,
        }
    }

    /// The round to wait for, and whether it had begun before.
    fn ask(
        &self,
        why: Why,
        cooldown: Duration,
    ) -> Result<(watch::Receiver<Option<Outcome>>, bool), Outcome> {
        let mut state = self.state();
        if state.closed {
            return Err(Outcome::NotKept);
        }
        if why == Why::Operator {
            state.rediscover = true;
        }
        if let Some(round) = &state.round {
            return Ok((round.outcome.subscribe(), round.begun));
        }
        if why == Why::UnknownKey {
            let now = Instant::now();
            if state.asked.is_some_and(|asked| now.duration_since(asked) < cooldown) {
                return Err(Outcome::CoolingDown);
            }
            state.asked = Some(now);
        }
        let outcome = state.round.insert(Round::new()).outcome.subscribe();
        self.wake.notify_one();
        Ok((outcome, false))
    }

    /// Waits until there is something to do.
    pub(crate) async fn next(&self, max_stale: Duration) -> Next {
        loop {
            let (due, last) = {
                let state = self.state();
                (state.due, state.confirmed.map(|at| at + max_stale))
            };
            let too_old = async {
                match last {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.wake.notified() => {
                    // A call may be left over from a round that the time began first.
                    if self.state().round.is_some() {
                        return Next::Fetch;
                    }
                }
                () = sleep_until(due) => return Next::Fetch,
                () = too_old => return Next::Expire,
            }
        }
    }

    /// A fetch begins. Answers whether it is to ask for the metadata, too.
    pub(crate) fn begin(&self, now: UnixTime) -> bool {
        let mut state = self.state();
        state.round.get_or_insert_with(Round::new).begun = true;
        state.begin(now);
        std::mem::take(&mut state.rediscover)
    }

    /// The fetch has ended: whoever waits is told.
    pub(crate) fn end(&self, outcome: Outcome) {
        if let Some(round) = self.state().round.take() {
            round.outcome.send_replace(Some(outcome));
        }
    }

    /// Has the task fetch at once.
    pub(crate) fn hurry(&self) {
        self.state().due = Instant::now();
        self.wake.notify_one();
    }

    /// Nothing is fetched any more; whoever waits is told.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.end(Outcome::NotKept);
    }
}

impl State {
    pub(crate) fn begin(&mut self, now: UnixTime) {
        self.last_attempt = Some(now);
        self.attempts += 1;
    }

    /// The keys are the issuer's, as of now.
    pub(crate) fn succeed(&mut self, now: UnixTime, pause: Duration) {
        let instant = Instant::now();
        self.last_success = Some(now);
        self.confirmed = Some(instant);
        self.due = instant + pause;
        (self.failures, self.failing_since, self.error) = (0, None, None);
    }

    /// The keys that are known do not fit the issuer's rules.
    pub(crate) fn refuse(&mut self, now: UnixTime, error: FetchError) {
        self.failing_since.get_or_insert(now);
        self.error = Some(error);
    }

    /// No keys came. The ones before stay, until they are too old. Fetches that
    /// others cause do not put off the next one.
    pub(crate) fn fail(&mut self, now: UnixTime, error: FetchError, pause: Duration) {
        let instant = Instant::now();
        let due = instant + pause;
        self.due = if self.due > instant { self.due.min(due) } else { due };
        self.failed += 1;
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        self.error = Some(error);
    }
}

async fn wait(mut outcome: watch::Receiver<Option<Outcome>>) -> Outcome {
    match outcome.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().unwrap_or(Outcome::NotKept),
        // The slot is gone.
        Err(_) => Outcome::NotKept,
    }
}
