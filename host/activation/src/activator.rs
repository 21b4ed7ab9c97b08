//! The way of a bundle from its bytes to the active one, and back.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokenward::packed::{Accepted, BundleTrust, CaseFile, PackedBundle};
use tokenward::{
    Authorizer, Bundle, BundleVersion, EngineConfig, ParseLimits, Prepared, Trust, UnixTime,
};
use tokenward_cases::run_own_cases;

use crate::error::{ActivationError, StoreError};
use crate::source::{Fetched, Source};
use crate::status::{Refused, Status};
use crate::store::{Action, Event, Kept, Store};

/// Which bundles are taken.
#[derive(Debug, Clone)]
pub enum Verification {
    /// Those that enough of the trusted keys signed.
    Signed(BundleTrust),
    /// All, whoever made them. Versions and validity count all the same.
    Unsigned,
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
}

type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

impl fmt::Debug for Activator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activator").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// Makes an [`Activator`].
pub struct Builder {
    folder: PathBuf,
    verification: Verification,
    engine: EngineConfig,
    parse: ParseLimits,
    clock: Clock,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Builder {
    /// With this engine configuration.
    #[must_use]
    pub fn engine(mut self, config: EngineConfig) -> Self {
        self.engine = config;
        self
    }

    /// With these limits of a token's size and shape.
    #[must_use]
    pub fn parse_limits(mut self, limits: ParseLimits) -> Self {
        self.parse = limits;
        self
    }

    /// By this clock rather than that of the system, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts with the active bundle of the store, which is verified again; where it cannot be
    /// used, with the last one before it that can; where there is none, with what the source
    /// gives. So a restart needs no source.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then there is no bundle that is to be used.
    pub fn start(
        self,
        trust: &Trust,
        source: Option<&mut dyn Source>,
    ) -> Result<Activator, ActivationError> {
        let mut store = Store::open(&self.folder)?;
        let now = (self.clock)();
        let tests = EngineConfig { cache: self.engine.cache.clone(), ..EngineConfig::one_shot() };
        let mut status = Status::default();
        let mut tried = Vec::new();
        let mut found = None;
        let kept: Vec<_> =
            store.active().into_iter().chain(store.previous().iter().rev()).collect();
        for kept in kept.into_iter().cloned().collect::<Vec<_>>() {
            let opened = reopen(&store, &kept, &self.verification, now).and_then(|candidate| {
                let built = self.build(trust, &candidate.bundle)?;
                Ok((kept.clone(), candidate, built))
            });
            match opened {
                Ok(opened) => {
                    found = Some(opened);
                    break;
                }
                Err(error) => {
                    tried.push(format!("{} {}: {error}", kept.name, kept.version));
                    refuse(&mut status, now, "start", &error);
                }
            }
        }
        let (kept, candidate, authorizer) = match (found, source) {
            (Some(found), _) => found,
            (None, Some(source)) => {
                let bytes = match source.fetch()? {
                    Fetched::Bundle(bytes) => bytes,
                    Fetched::Unchanged => {
                        let reason = format!("{} has none", source.name());
                        return Err(ActivationError::NothingToStart { reason });
                    }
                };
                let accepted = &store.state().accepted;
                let candidate = Candidate::open(&bytes, &self.verification, now, accepted)?;
                candidate.test(&tests)?;
                let authorizer = self.build(trust, &candidate.bundle)?;
                (candidate.keep(&store, &bytes, now)?, candidate, authorizer)
            }
            (None, None) => {
                let reason = if tried.is_empty() {
                    "the store is empty, and there is no source".to_owned()
                } else {
                    tried.join("; ")
                };
                return Err(ActivationError::NothingToStart { reason });
            }
        };
        if store.active() != Some(&kept) {
            let (who, action) = if tried.is_empty() {
                ("start", Action::Activate)
            } else {
                ("start", Action::Recover)
            };
            let mut state = store.state().clone();
            state.switch(Kept { since: now, ..kept }, who, action, tried.first().cloned());
            accept_newer(&mut state, candidate.accepted.clone());
            store.write(state)?;
        }
        candidate.describe(&mut status, &store);
        Ok(Activator {
            authorizer: Arc::new(authorizer),
            verification: self.verification,
            clock: self.clock,
            tests,
            store: Mutex::new(store),
            status: Mutex::new(status),
        })
    }

    fn build(&self, trust: &Trust, bundle: &Bundle) -> Result<Authorizer, ActivationError> {
        let builder = Authorizer::builder().engine(self.engine.clone());
        Ok(builder.parse_limits(self.parse).build(trust.clone(), bundle)?)
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
            clock: Arc::new(|| {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                UnixTime(i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
            }),
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
        self.noted(who, |store, now| self.switch_to(store, bytes, who, now, Bringer::Operator))
    }

    /// Activates what a source gave: not a bundle that was rolled back from.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then the bundle before stays active.
    pub fn offer(&self, bytes: &[u8], source: &str) -> Result<Switch, ActivationError> {
        self.noted(source, |store, now| self.switch_to(store, bytes, source, now, Bringer::Source))
    }

    /// Asks a source, and activates what is new there.
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
                drop(status);
                let Fetched::Bundle(bytes) = fetched else { return Ok(Switch::AlreadyActive) };
                let offered = self.offer(&bytes, &name);
                if offered.as_ref().is_err_and(ActivationError::may_pass) {
                    source.forget();
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

    /// Goes back to the bundle before, or to the one before with this digest,
    /// because `who` says so. No source brings back what was gone back from; a
    /// later version does.
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
            let nothing = || ActivationError::NothingBefore { wanted: to.map(str::to_owned) };
            let fits = |kept: &&Kept| to.is_none_or(|digest| kept.digest == digest);
            let kept = store.previous().iter().rev().find(fits).cloned().ok_or_else(nothing)?;
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

    /// Does it, one at a time, and notes in the status what came of it.
    fn noted(
        &self,
        who: &str,
        work: impl FnOnce(&mut Store, UnixTime) -> Result<Switch, ActivationError>,
    ) -> Result<Switch, ActivationError> {
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
        bringer: Bringer,
    ) -> Result<Switch, ActivationError> {
        let accepted = &store.state().accepted;
        let candidate = Candidate::open(bytes, &self.verification, now, accepted)?;
        let digest = candidate.bundle.digest();
        if store.active().is_some_and(|active| active.digest == digest) {
            return Ok(Switch::AlreadyActive);
        }
        if bringer == Bringer::Source && store.state().held.iter().any(|held| held == digest) {
            let manifest = candidate.bundle.manifest();
            let (name, version) = (manifest.name.clone(), manifest.version.clone());
            return Err(ActivationError::Held { name, version });
        }
        candidate.test(&self.tests)?;
        let prepared = self.authorizer.prepare(&candidate.bundle)?;
        let kept = candidate.keep(store, bytes, now)?;
        let mut state = store.state().clone();
        state.switch(kept, who, Action::Activate, None);
        accept_newer(&mut state, candidate.accepted.clone());
        store.write(state)?;
        Ok(self.switch(store, &candidate, prepared))
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
        let candidate = reopen(store, kept, &self.verification, now)?;
        let prepared = self.authorizer.prepare(&candidate.bundle)?;
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
        let mut status = lock(&self.status);
        candidate.describe(&mut status, store);
        status.switches += 1;
        Switch::Active(version)
    }
}

/// Who brings a bundle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bringer {
    Operator,
    Source,
}

/// A bundle that is to be trusted, with what comes along.
struct Candidate {
    bundle: Bundle,
    cases: Vec<CaseFile>,
    signed_by: Vec<String>,
    accepted: Accepted,
}

impl Candidate {
    fn open(
        bytes: &[u8],
        verification: &Verification,
        now: UnixTime,
        accepted: &[Accepted],
    ) -> Result<Self, ActivationError> {
        let packed = PackedBundle::read(bytes)?;
        let verified = match verification {
            Verification::Signed(trust) => packed.verify(trust, now, accepted)?,
            Verification::Unsigned => packed.unsigned(now, accepted)?,
        };
        Ok(Self {
            bundle: verified.bundle().clone(),
            cases: verified.cases().to_vec(),
            signed_by: verified.signed_by().to_vec(),
            accepted: verified.accepted(),
        })
    }

    /// Runs the bundle's own cases.
    fn test(&self, engine: &EngineConfig) -> Result<(), ActivationError> {
        let cases = run_own_cases(&self.bundle, &self.cases, engine)?;
        if cases.failed.is_empty() {
            return Ok(());
        }
        Err(ActivationError::CasesFail { all: cases.all, failed: cases.failed })
    }

    fn keep(&self, store: &Store, bytes: &[u8], now: UnixTime) -> Result<Kept, StoreError> {
        let manifest = self.bundle.manifest();
        Ok(Kept {
            file: store.keep(bytes)?,
            digest: self.bundle.digest().to_owned(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            since: now,
        })
    }

    fn describe(&self, status: &mut Status, store: &Store) {
        status.active = store.active().cloned();
        status.previous = store.previous().to_vec();
        status.expires = self.bundle.manifest().expires;
        status.signed_by.clone_from(&self.signed_by);
    }
}

/// A bundle of the store, verified again: as it is, whatever was accepted since.
fn reopen(
    store: &Store,
    kept: &Kept,
    verification: &Verification,
    now: UnixTime,
) -> Result<Candidate, ActivationError> {
    Candidate::open(&store.read(&kept.file)?, verification, now, &[])
}

/// Remembers a version, unless a later one was accepted: going back makes no
/// older one acceptable.
fn accept_newer(state: &mut crate::store::State, accepted: Accepted) {
    let known = state.accepted.iter().find(|known| known.name == accepted.name);
    if known.is_none_or(|known| accepted.is_newer_than(known)) {
        state.accept(accepted);
    }
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
