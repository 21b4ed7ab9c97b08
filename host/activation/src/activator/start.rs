//! How an activator starts: with what is in its store, or what a source gives.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;
use tokenward::{
    Authorizer, Bundle, CompilationCache, EngineConfig, MemoryOfTokens, ParseLimits, Trust,
    UnixTime,
};

use super::candidate::Candidate;
use super::{Activator, Clock, Verification, refuse};
use crate::error::ActivationError;
use crate::source::{Fetched, Source};
use crate::status::Status;
use crate::store::{Action, Kept, Store};

/// The folder of compiled policies in the store's.
const COMPILED: &str = "compiled";

/// Makes an [`Activator`].
pub struct Builder {
    pub(super) folder: PathBuf,
    pub(super) verification: Verification,
    pub(super) engine: EngineConfig,
    pub(super) parse: ParseLimits,
    pub(super) tokens: MemoryOfTokens,
    pub(super) clock: Clock,
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

    /// Remembers verified tokens; by itself, none is remembered.
    #[must_use]
    pub fn remember_tokens(mut self, memory: MemoryOfTokens) -> Self {
        self.tokens = memory;
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
        if let Some(kept) = store.active() {
            match self.reopened(&store, kept, trust, now) {
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
            for kept in store.usable() {
                match self.reopened(&store, kept, trust, now) {
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
            candidate.accept_into(&mut state);
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
        let candidate = Candidate::reopen(store, kept, &self.verification, now)?;
        let authorizer = self.build(trust, candidate.bundle())?;
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
        let authorizer = self.build(trust, candidate.bundle())?;
        let kept = candidate.keep(store, &bytes, now)?;
        Ok(Opened { kept, candidate, authorizer })
    }

    fn build(&self, trust: &Trust, bundle: &Bundle) -> Result<Authorizer, ActivationError> {
        let builder = Authorizer::builder().engine(self.engine.clone());
        let builder = builder.parse_limits(self.parse).remember_tokens(self.tokens);
        Ok(builder.build(trust.clone(), bundle)?)
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
