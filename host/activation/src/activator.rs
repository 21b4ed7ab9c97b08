//! The way of a bundle from its bytes to the active one, and back.

mod candidate;
mod start;
mod trial;

pub use start::Builder;
pub use trial::Promotion;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use tokenward::packed::BundleTrust;
use tokenward::{
    Authorizer, BundleVersion, EngineConfig, MemoryOfTokens, ParseLimits, Prepared, UnixTime,
};

use crate::calm::calmly;
use crate::error::ActivationError;
use crate::guard::Guard;
use crate::shadow::Shadow;
use crate::source::{Fetched, Source};
use crate::status::{Refused, Status};
use crate::store::{Action, Event, Kept, Store};
use candidate::Candidate;

/// Which bundles are taken.
#[derive(Debug, Clone)]
pub enum Verification {
    /// Those that enough of the trusted keys signed.
    Signed(BundleTrust),
    /// All, whoever made them. Versions and validity count all the same.
    Unsigned,
}

impl Verification {
    /// Whether bundles of this name are accepted by name.
    fn names(&self, name: &str) -> bool {
        match self {
            Self::Signed(trust) => trust.names().iter().any(|accepted| accepted == name),
            Self::Unsigned => false,
        }
    }
}

/// What an attempt to activate a bundle came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// It is the active bundle now.
    Active(Arc<BundleVersion>),
    /// It was already.
    AlreadyActive,
}

/// Keeps an [`Authorizer`] on the active bundle. Share it in an `Arc`: all its
/// methods take `&self`, one activation at a time goes on, and decisions never
/// wait for it.
pub struct Activator {
    authorizer: Arc<Authorizer>,
    verification: Verification,
    clock: Clock,
    /// Compiles what is run once, for the bundles' own cases.
    tests: EngineConfig,
    store: Mutex<Store>,
    /// Beside the store, so that nobody waits for an activation to see it.
    status: Mutex<Status>,
    /// The candidate that is tried, with its bytes.
    shadow: ArcSwapOption<(Shadow, Vec<u8>)>,
    /// Faults since the last switch, where they lead back.
    guard: ArcSwapOption<Guard>,
    engine: EngineConfig,
    parse: ParseLimits,
}

type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

impl fmt::Debug for Activator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activator").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Activator {
    /// An activator that keeps its bundles in this folder.
    pub fn builder(folder: impl AsRef<Path>, verification: Verification) -> Builder {
        Builder {
            folder: folder.as_ref().to_owned(),
            verification,
            engine: EngineConfig::default(),
            parse: ParseLimits::default(),
            tokens: MemoryOfTokens::Off,
            clock: Arc::new(UnixTime::now),
        }
    }

    /// The authorizer, which decides by the active bundle.
    #[must_use]
    pub fn authorizer(&self) -> &Arc<Authorizer> {
        &self.authorizer
    }

    /// Activates a packed bundle, because `who` says so: also one that is held
    /// back, but none that is older than what was accepted.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then the bundle before stays active.
    pub fn activate(&self, bytes: &[u8], who: &str) -> Result<Switch, ActivationError> {
        self.noted(who, |store, now| self.switch_to(store, bytes, who, now, &Bringer::Operator))
    }

    /// Activates what a source gave: not a bundle that was rolled back from.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then the bundle before stays active.
    pub fn offer(&self, bytes: &[u8], source: &str) -> Result<Switch, ActivationError> {
        self.noted(source, |store, now| self.switch_to(store, bytes, source, now, &Bringer::Source))
    }

    /// Asks a source, and activates what is new there.
    ///
    /// It blocks, and is not to be called from within an async runtime.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then the bundle before stays active.
    pub fn poll(&self, source: &mut dyn Source) -> Result<Switch, ActivationError> {
        let name = source.name().to_owned();
        let asked = (self.clock)();
        let fetched = source.fetch();
        let mut status = lock(&self.status);
        let of_source = status.sources.entry(name.clone()).or_default();
        of_source.asked = Some(asked);
        match fetched {
            Ok(fetched) => {
                of_source.answered = Some((self.clock)());
                of_source.failures = 0;
                of_source.error = None;
                of_source.refused = None;
                drop(status);
                let Fetched::Bundle(bytes) = fetched else { return Ok(Switch::AlreadyActive) };
                let offered = self.offer(&bytes, &name);
                if let Err(error) = &offered {
                    let mut status = lock(&self.status);
                    let refused = status.last_refused.clone();
                    status.sources.entry(name).or_default().refused = refused;
                    drop(status);
                    if !error.is_final() {
                        source.forget();
                    }
                }
                offered
            }
            Err(error) => {
                of_source.failures += 1;
                of_source.error = Some(error.to_string());
                drop(status);
                let error = ActivationError::from(error);
                refuse(&mut lock(&self.status), asked, &name, &error);
                Err(error)
            }
        }
    }

    /// Goes back to the last bundle before that was not rolled back from, or to the
    /// one before with this digest, because `who` says so. No source brings back what
    /// was gone back from; a later version does.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then the active bundle stays.
    pub fn rollback(
        &self,
        to: Option<&str>,
        who: &str,
        reason: Option<&str>,
    ) -> Result<Switch, ActivationError> {
        self.noted(who, |store, now| {
            let kept = match to {
                Some(digest) => store.previous().iter().rev().find(|kept| kept.digest == digest),
                None => store.usable().next(),
            };
            let wanted = to.map(str::to_owned);
            let kept = kept.cloned().ok_or(ActivationError::NothingBefore { wanted })?;
            self.return_to(store, &kept, now, who, Action::Rollback, reason)
        })
    }

    /// The switches that are still known, the last one last, and how many older
    /// ones are not.
    #[must_use]
    pub fn history(&self) -> (Vec<Event>, u64) {
        let store = lock(&self.store);
        let (events, left_out) = store.events();
        (events.to_vec(), left_out)
    }

    /// What can be said now. It does not wait for an activation.
    #[must_use]
    pub fn status(&self) -> Status {
        lock(&self.status).clone()
    }

    /// Does it, one at a time, and notes in the status if it was refused.
    fn noted<T>(
        &self,
        who: &str,
        work: impl FnOnce(&mut Store, UnixTime) -> Result<T, ActivationError>,
    ) -> Result<T, ActivationError> {
        let mut store = lock(&self.store);
        let now = (self.clock)();
        let done = work(&mut store, now);
        if let Err(error) = &done {
            refuse(&mut lock(&self.status), now, who, error);
        }
        done
    }

    fn switch_to(
        &self,
        store: &mut Store,
        bytes: &[u8],
        who: &str,
        now: UnixTime,
        bringer: &Bringer,
    ) -> Result<Switch, ActivationError> {
        let accepted = &store.state().accepted;
        let candidate = calmly(|| Candidate::open(bytes, &self.verification, now, accepted))?;
        let manifest = candidate.bundle().manifest();
        if let Some(active) = store.active() {
            if active.digest == candidate.bundle().digest() {
                self.keep_signatures(store, bytes, &candidate)?;
                return Ok(Switch::AlreadyActive);
            }
            if *bringer == Bringer::Source
                && active.name != manifest.name
                && !self.verification.names(&manifest.name)
            {
                let (name, active) = (manifest.name.clone(), active.name.clone());
                return Err(ActivationError::OtherName { name, active });
            }
        }
        if *bringer == Bringer::Source {
            candidate.check_held(store)?;
        }
        let prepared = calmly(|| {
            candidate.test(&self.tests)?;
            Ok(self.authorizer.prepare(candidate.bundle())?)
        })?;
        let kept = candidate.keep(store, bytes, now)?;
        let mut state = store.state().clone();
        let (action, reason) = match bringer {
            Bringer::Operator | Bringer::Source => (Action::Activate, None),
            Bringer::Promotion(reason) => (Action::Promote, Some(reason.clone())),
        };
        state.switch(kept, who, action, reason);
        candidate.accept_into(&mut state);
        store.write(state)?;
        Ok(self.switch(store, &candidate, prepared))
    }

    /// The active bundle with other signatures: they are kept, as a restart verifies
    /// them, perhaps by other keys.
    fn keep_signatures(
        &self,
        store: &mut Store,
        bytes: &[u8],
        candidate: &Candidate,
    ) -> Result<(), ActivationError> {
        let mut state = store.state().clone();
        let Some(active) = state.active.as_mut() else { return Ok(()) };
        if active.file != tokenward::component_digest(bytes) {
            active.file = store.keep(bytes)?;
            store.write(state)?;
            candidate.describe(&mut lock(&self.status), store);
        }
        Ok(())
    }

    /// Makes a bundle of the store the active one again.
    fn return_to(
        &self,
        store: &mut Store,
        kept: &Kept,
        now: UnixTime,
        who: &str,
        action: Action,
        reason: Option<&str>,
    ) -> Result<Switch, ActivationError> {
        let (candidate, prepared) = calmly(|| {
            let candidate = Candidate::reopen(store, kept, &self.verification, now)?;
            let prepared = self.authorizer.prepare(candidate.bundle())?;
            Ok((candidate, prepared))
        })?;
        let mut state = store.state().clone();
        let left = state.active.as_ref().map(|active| active.digest.clone());
        let to = Kept { since: now, ..kept.clone() };
        state.switch(to, who, action, reason.map(str::to_owned));
        if let Some(left) = left {
            state.hold(left);
        }
        store.write(state)?;
        Ok(self.switch(store, &candidate, prepared))
    }

    /// The last step, which cannot fail.
    fn switch(&self, store: &Store, candidate: &Candidate, prepared: Prepared) -> Switch {
        let version = self.authorizer.switch(prepared);
        if let Some(guard) = self.guard.load_full() {
            let guard = Guard::new(guard.limit, candidate.bundle().digest().to_owned());
            self.guard.store(Some(Arc::new(guard)));
        }
        let mut status = lock(&self.status);
        candidate.describe(&mut status, store);
        status.switches += 1;
        Switch::Active(version)
    }
}

/// Who brings a bundle.
#[derive(PartialEq, Eq)]
enum Bringer {
    Operator,
    Source,
    /// An operator, after it was tried: what came of that.
    Promotion(String),
}

fn refuse(status: &mut Status, at: UnixTime, who: &str, error: &ActivationError) {
    let code = error.code();
    *status.refused.entry(code).or_default() += 1;
    let (who, message) = (who.to_owned(), error.to_string());
    status.last_refused = Some(Refused { at, who, code, message });
}

/// A panic elsewhere leaves what is guarded here whole: the state is replaced,
/// never changed in part.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
