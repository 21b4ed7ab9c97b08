//! The way of a bundle from its bytes to the active one, and back.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use tokenward::packed::{Accepted, BundleTrust, CaseFile, PackedBundle};
use tokenward::{
    Authorizer, Bundle, BundleVersion, Call, Decision, EngineConfig, ParseLimits, Prepared, Trust,
    UnixTime,
};
use tokenward_cases::run_own_cases;

use crate::error::{ActivationError, StoreError};
use crate::guard::{FaultLimit, Guard};
use crate::shadow::{Shadow, ShadowConfig, ShadowReport};
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

/// When a candidate that is tried may become the active bundle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promotion {
    /// Requests that it must have judged.
    pub at_least: u64,
    /// The largest share of them, 0 to 1, of which it may say something else.
    pub changed_at_most: f64,
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
            shadow: ArcSwapOption::empty(),
            guard: ArcSwapOption::empty(),
            engine: self.engine,
            parse: self.parse,
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

    /// Decides by the active bundle, as [`Authorizer::decide`]; and a candidate that
    /// is tried judges the request as well, later, and decides nothing. Faults
    /// count, where [`return_on_faults`](Self::return_on_faults) was asked for.
    #[must_use]
    pub fn decide(self: &Arc<Self>, call: &Call<'_>) -> Decision {
        let guard = self.guard.load();
        let decision = self.authorizer.decide(call);
        if let Some(shadow) = self.shadow.load().as_ref() {
            shadow.0.ask(call, self.authorizer.trust(), &decision);
        }
        if let Some(guard) = guard.as_ref()
            && guard.is_over(&decision)
        {
            self.return_by_itself(guard);
        }
        decision
    }

    /// Tries a packed bundle on live traffic: it goes through all that an
    /// activation does, and then judges what [`decide`](Self::decide) decides, and
    /// decides nothing. One that was tried before is not any more.
    ///
    /// # Errors
    ///
    /// [`ActivationError`].
    pub fn shadow(
        &self,
        bytes: &[u8],
        who: &str,
        config: ShadowConfig,
    ) -> Result<Arc<BundleVersion>, ActivationError> {
        let store = lock(&self.store);
        let now = (self.clock)();
        let shadow = || {
            let accepted = &store.state().accepted;
            let candidate = Candidate::open(bytes, &self.verification, now, accepted)?;
            candidate.test(&self.tests)?;
            let builder = Authorizer::builder().engine(self.engine.clone());
            let trust = self.authorizer.trust().as_ref().clone();
            let authorizer = builder.parse_limits(self.parse).build(trust, &candidate.bundle)?;
            let version = authorizer.active();
            let shadow = Shadow::begin(authorizer, config)
                .map_err(|error| ActivationError::NothingToTry { reason: error.to_string() })?;
            Ok((shadow, version))
        };
        match shadow() {
            Ok((shadow, version)) => {
                self.shadow.store(Some(Arc::new((shadow, bytes.to_vec()))));
                Ok(version)
            }
            Err(error) => {
                refuse(&mut lock(&self.status), now, who, &error);
                Err(error)
            }
        }
    }

    /// What the candidate would change, until now; nothing if none is tried.
    #[must_use]
    pub fn shadow_report(&self) -> Option<ShadowReport> {
        self.shadow.load().as_ref().map(|shadow| shadow.0.report())
    }

    /// Tries the candidate no more. Answers what it would have changed, of all
    /// requests that it was given.
    pub fn end_shadow(&self) -> Option<ShadowReport> {
        let shadow = self.shadow.swap(None)?;
        let mut shadow = shadow;
        // Requests that are being decided may still hold it.
        loop {
            match Arc::try_unwrap(shadow) {
                Ok((shadow, _)) => return Some(shadow.finish()),
                Err(held) => {
                    shadow = held;
                    std::thread::yield_now();
                }
            }
        }
    }

    /// Makes the candidate that is tried the active bundle, because `who` says so,
    /// if it was tried enough and changes little enough.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then the bundle before stays active, and the candidate is
    /// tried on.
    pub fn promote(&self, who: &str, condition: Promotion) -> Result<Switch, ActivationError> {
        let Some(shadow) = self.shadow.load_full() else {
            let reason = "no candidate is tried".to_owned();
            return Err(ActivationError::NothingToTry { reason });
        };
        let report = shadow.0.report();
        if report.judged < condition.at_least {
            let (judged, needed) = (report.judged, condition.at_least);
            return Err(ActivationError::TriedTooLittle { judged, needed });
        }
        if report.share_changed() > condition.changed_at_most {
            let (changed, judged) = (report.changed, report.judged);
            let most = condition.changed_at_most;
            return Err(ActivationError::ChangesTooMuch { changed, judged, most });
        }
        let reason = format!("{} of {} decisions changed", report.changed, report.judged);
        let promoted = self.noted(who, |store, now| {
            let by = Bringer::Promotion(reason);
            self.switch_to(store, &shadow.1, who, now, &by)
        })?;
        self.shadow.store(None);
        Ok(promoted)
    }

    /// Goes back by itself to the bundle before when, since the last switch, so many
    /// decisions were faults. It counts from now, and anew after each switch.
    pub fn return_on_faults(&self, limit: FaultLimit) {
        self.guard.store(Some(Arc::new(Guard::new(limit))));
    }

    fn return_by_itself(self: &Arc<Self>, guard: &Arc<Guard>) {
        if !guard.fire() {
            return;
        }
        let activator = Arc::clone(self);
        let counted = guard.counted();
        // The request that was one too many does not wait for it.
        let started =
            std::thread::Builder::new().name("tokenward-return".into()).spawn(move || {
                let reason = format!("{} of {} decisions were faults", counted.0, counted.1);
                let returned = activator.noted("faults", |store, now| {
                    let nothing = || ActivationError::NothingBefore { wanted: None };
                    let kept = store.previous().last().cloned().ok_or_else(nothing)?;
                    activator.return_to(store, &kept, now, "faults", Action::Return, Some(&reason))
                });
                drop(returned);
            });
        drop(started);
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
        bringer: &Bringer,
    ) -> Result<Switch, ActivationError> {
        let accepted = &store.state().accepted;
        let candidate = Candidate::open(bytes, &self.verification, now, accepted)?;
        let digest = candidate.bundle.digest();
        if store.active().is_some_and(|active| active.digest == digest) {
            return Ok(Switch::AlreadyActive);
        }
        if *bringer == Bringer::Source && store.state().held.iter().any(|held| held == digest) {
            let manifest = candidate.bundle.manifest();
            let (name, version) = (manifest.name.clone(), manifest.version.clone());
            return Err(ActivationError::Held { name, version });
        }
        candidate.test(&self.tests)?;
        let prepared = self.authorizer.prepare(&candidate.bundle)?;
        let kept = candidate.keep(store, bytes, now)?;
        let mut state = store.state().clone();
        let (action, reason) = match bringer {
            Bringer::Operator | Bringer::Source => (Action::Activate, None),
            Bringer::Promotion(reason) => (Action::Promote, Some(reason.clone())),
        };
        state.switch(kept, who, action, reason);
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
        if let Some(guard) = self.guard.load_full() {
            self.guard.store(Some(Arc::new(Guard::new(guard.limit))));
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
