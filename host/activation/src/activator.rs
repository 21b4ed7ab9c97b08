//! The way of a bundle from its bytes to the active one, and back.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use tokenward::packed::{Accepted, BundleTrust, CaseFile, PackedBundle};
use tokenward::{
    Authorizer, Bundle, BundleVersion, Call, CompilationCache, Decision, EngineConfig, ParseLimits,
    Prepared, Trust, UnixTime,
};
use tokenward_cases::run_own_cases;

use crate::calm::calmly;
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

/// The folder of compiled policies in the store's.
const COMPILED: &str = "compiled";

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
    /// With this engine configuration. Where it has no cache of compiled policies, they are
    /// kept in the store's folder.
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

    /// Starts with the active bundle of the store, which is verified again, so that a restart
    /// needs no source. Where it cannot be used, with what the source gives; and else with the
    /// last one before it that can be used and was not rolled back from.
    ///
    /// It blocks, and is not to be called from within an async runtime.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then there is no bundle that is to be used.
    pub fn start(
        mut self,
        trust: &Trust,
        source: Option<&mut dyn Source>,
    ) -> Result<Activator, ActivationError> {
        let mut store = Store::open(&self.folder)?;
        let now = (self.clock)();
        if self.engine.cache.is_none() {
            // Most policies of a new version are those of the one before: they are not compiled
            // again while requests want the processor. Without it, all is slower, and the same.
            self.engine.cache = CompilationCache::in_folder(self.folder.join(COMPILED)).ok();
        }
        let tests = EngineConfig { cache: self.engine.cache.clone(), ..EngineConfig::one_shot() };
        let mut status = Status::default();
        let mut tried: Vec<ActivationError> = Vec::new();
        let mut found = None;
        if let Some(kept) = store.active().cloned() {
            match self.reopened(&store, &kept, trust, now) {
                Ok(opened) => found = Some((opened, None)),
                Err(error) => tried.push(error),
            }
        }
        if let (None, Some(source)) = (&found, source) {
            match self.fetched(&store, source, trust, now, &tests) {
                Ok(opened) => found = Some((opened, Some(Action::Activate))),
                Err(error) => {
                    source.forget();
                    tried.push(error);
                }
            }
        }
        if found.is_none() {
            let held = &store.state().held;
            let usable = |kept: &&Kept| !held.contains(&kept.digest);
            for kept in store.previous().iter().rev().filter(usable).cloned().collect::<Vec<_>>() {
                match self.reopened(&store, &kept, trust, now) {
                    Ok(opened) => {
                        found = Some((opened, Some(Action::Recover)));
                        break;
                    }
                    Err(error) => tried.push(error),
                }
            }
        }
        for error in &tried {
            refuse(&mut status, now, "start", error);
        }
        let Some((Opened { kept, candidate, authorizer }, switched)) = found else {
            return Err(nothing_to_start(tried));
        };
        if let Some(action) = switched {
            let mut state = store.state().clone();
            let reason = tried.first().map(ToString::to_string);
            state.switch(Kept { since: now, ..kept }, "start", action, reason);
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

    /// A bundle of the store, verified again and loaded.
    fn reopened(
        &self,
        store: &Store,
        kept: &Kept,
        trust: &Trust,
        now: UnixTime,
    ) -> Result<Opened, ActivationError> {
        let candidate = reopen(store, kept, &self.verification, now)?;
        let authorizer = self.build(trust, &candidate.bundle)?;
        Ok(Opened { kept: kept.clone(), candidate, authorizer })
    }

    /// What a source gives, verified, tested, loaded and kept.
    fn fetched(
        &self,
        store: &Store,
        source: &mut dyn Source,
        trust: &Trust,
        now: UnixTime,
        tests: &EngineConfig,
    ) -> Result<Opened, ActivationError> {
        let Fetched::Bundle(bytes) = source.fetch()? else {
            let reason = format!("{} has none", source.name());
            return Err(ActivationError::NothingToStart { reason });
        };
        let candidate = Candidate::open(&bytes, &self.verification, now, &store.state().accepted)?;
        candidate.check_held(store)?;
        candidate.test(tests)?;
        let authorizer = self.build(trust, &candidate.bundle)?;
        let kept = candidate.keep(store, &bytes, now)?;
        Ok(Opened { kept, candidate, authorizer })
    }

    fn build(&self, trust: &Trust, bundle: &Bundle) -> Result<Authorizer, ActivationError> {
        let builder = Authorizer::builder().engine(self.engine.clone());
        Ok(builder.parse_limits(self.parse).build(trust.clone(), bundle)?)
    }
}

/// A bundle to start with.
struct Opened {
    kept: Kept,
    candidate: Candidate,
    authorizer: Authorizer,
}

/// What was tried, in one error; as it is, if it was one thing.
fn nothing_to_start(mut tried: Vec<ActivationError>) -> ActivationError {
    match (tried.pop(), tried.is_empty()) {
        (None, _) => ActivationError::NothingToStart {
            reason: "the store is empty, and there is no source".to_owned(),
        },
        (Some(only), true) => only,
        (Some(last), false) => {
            let all = tried.iter().chain([&last]).map(ToString::to_string);
            ActivationError::NothingToStart { reason: all.collect::<Vec<_>>().join("; ") }
        }
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
    /// one before with this digest, because `who` says so. No source brings back what was gone back from; a
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
            let held = &store.state().held;
            let fits = |kept: &&Kept| match to {
                Some(digest) => kept.digest == digest,
                None => !held.contains(&kept.digest),
            };
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
                    std::thread::sleep(Duration::from_millis(1));
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
        let promotable = || {
            let shadow = self.shadow.load_full().ok_or_else(|| ActivationError::NothingToTry {
                reason: "no candidate is tried".to_owned(),
            })?;
            let report = shadow.0.report();
            let is_of_active =
                report.active.as_ref().is_some_and(|of| *of == *self.authorizer.active());
            let judged = if is_of_active { report.judged } else { 0 };
            if judged < condition.at_least {
                let needed = condition.at_least;
                return Err(ActivationError::TriedTooLittle { judged, needed });
            }
            // What is no number is no permission.
            let little = report.share_changed() <= condition.changed_at_most;
            if !little {
                let (changed, most) = (report.changed, condition.changed_at_most);
                return Err(ActivationError::ChangesTooMuch { changed, judged, most });
            }
            Ok((shadow, format!("{} of {judged} decisions changed", report.changed)))
        };
        let promoted = self.noted(who, |store, now| {
            let (shadow, reason) = promotable()?;
            let by = Bringer::Promotion(reason);
            let promoted = self.switch_to(store, &shadow.1, who, now, &by)?;
            // Unless another candidate took its place.
            self.shadow.compare_and_swap(&shadow, None);
            Ok(promoted)
        })?;
        Ok(promoted)
    }

    /// Goes back by itself to the bundle before when, since the last switch, so many
    /// decisions were faults. It counts from now, and anew after each switch.
    pub fn return_on_faults(&self, limit: FaultLimit) {
        let digest = self.authorizer.active().digest.clone();
        self.guard.store(Some(Arc::new(Guard::new(limit, digest))));
    }

    fn return_by_itself(self: &Arc<Self>, guard: &Arc<Guard>) {
        if !guard.fire() {
            return;
        }
        let (activator, of) = (Arc::clone(self), Arc::clone(guard));
        // The request that was one too many does not wait for it.
        let started =
            std::thread::Builder::new().name("tokenward-return".into()).spawn(move || {
                let (faults, decisions) = of.counted();
                let reason = format!("{faults} of {decisions} decisions were faults");
                let returned = activator.noted("faults", |store, now| {
                    // Somebody may have been faster.
                    if store.active().is_none_or(|active| active.digest != of.digest) {
                        return Ok(Switch::AlreadyActive);
                    }
                    let nothing = || ActivationError::NothingBefore { wanted: None };
                    let held = &store.state().held;
                    let usable = |kept: &&Kept| !held.contains(&kept.digest);
                    let kept = store.previous().iter().rev().find(usable).cloned();
                    let (kept, action) = (kept.ok_or_else(nothing)?, Action::Return);
                    activator.return_to(store, &kept, now, "faults", action, Some(&reason))
                });
                if returned.is_err() {
                    of.rearm();
                }
            });
        if started.is_err() {
            guard.rearm();
        }
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
        let candidate = calmly(|| {
            let accepted = &store.state().accepted;
            Candidate::open(bytes, &self.verification, now, accepted)
        })
        .map_err(no_thread)??;
        let manifest = candidate.bundle.manifest();
        if let Some(active) = store.active() {
            if active.digest == candidate.bundle.digest() {
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
            Ok::<_, ActivationError>(self.authorizer.prepare(&candidate.bundle)?)
        })
        .map_err(no_thread)??;
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
            let candidate = reopen(store, kept, &self.verification, now)?;
            let prepared = self.authorizer.prepare(&candidate.bundle)?;
            Ok::<_, ActivationError>((candidate, prepared))
        })
        .map_err(no_thread)??;
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
            let guard = Guard::new(guard.limit, candidate.bundle.digest().to_owned());
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

    /// Whether an operator went back from it.
    fn check_held(&self, store: &Store) -> Result<(), ActivationError> {
        let manifest = self.bundle.manifest();
        if !store.state().held.iter().any(|held| held == self.bundle.digest()) {
            return Ok(());
        }
        let (name, version) = (manifest.name.clone(), manifest.version.clone());
        Err(ActivationError::Held { name, version })
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

#[allow(clippy::needless_pass_by_value, reason = "it maps an error")]
fn no_thread(error: std::io::Error) -> ActivationError {
    ActivationError::NoThread { reason: error.to_string() }
}

/// A panic elsewhere leaves what is guarded here whole: the state is replaced,
/// never changed in part.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
