//! The engine: what all policy sets of a process share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{EngineConfig, Refill};
use crate::descriptor::Descriptor;
use crate::error::LoadError;
use crate::load::{self, LoadedPolicy};
use crate::ready::Refiller;
use crate::set::PolicySet;

/// Loads policies and assembles sets of them. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: EngineConfig,
    /// Runs policies that serve requests: a pool of instances.
    pub(crate) serving: wasmtime::Engine,
    /// Runs `describe` and `configure`.
    pub(crate) loading: wasmtime::Engine,
    /// The last modules that were loaded, compiled for `loading`, by their
    /// digest: one module with several settings is compiled so once.
    recent: Mutex<VecDeque<(String, wasmtime::component::Component)>>,
    pub(crate) refiller: Option<Refiller>,
}

/// How many modules [`Inner::recent`] keeps.
const RECENT: usize = 32;

impl Inner {
    /// What `compile` makes, or what it made of the same digest a while ago.
    pub(crate) fn compiled_once<E>(
        &self,
        digest: &str,
        compile: impl FnOnce() -> Result<wasmtime::component::Component, E>,
    ) -> Result<wasmtime::component::Component, E> {
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, component)) = recent().iter().find(|(other, _)| other == digest) {
            return Ok(component.clone());
        }
        // Not under the lock: two threads may compile the same, and none waits.
        let component = compile()?;
        let mut recent = recent();
        recent.truncate(RECENT - 1);
        recent.push_front((digest.to_owned(), component.clone()));
        Ok(component)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine.
    ///
    /// # Errors
    ///
    /// [`LoadError::Wasmtime`], when this machine cannot give what the
    /// configuration asks for.
    pub fn new(config: EngineConfig) -> Result<Self, LoadError> {
        let serving = wasmtime::Engine::new(&config.serving())
            .map_err(LoadError::wasmtime("the engine cannot start"))?;
        let loading = wasmtime::Engine::new(&config.loading())
            .map_err(LoadError::wasmtime("the engine cannot start"))?;
        let refiller = match config.refill {
            Refill::Inline => None,
            Refill::Background { .. } => {
                Some(Refiller::start().map_err(|error| LoadError::Wasmtime {
                    context: "the engine's refill thread cannot start",
                    reason: error.to_string(),
                })?)
            }
        };
        let recent = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { config, serving, loading, recent, refiller }) })
    }

    /// Loads a component as a policy with these settings, a JSON object.
    ///
    /// # Errors
    ///
    /// See [`LoadError`].
    pub fn load(&self, component: &[u8], settings: &str) -> Result<LoadedPolicy, LoadError> {
        self.load_with_memory(component, settings, self.inner.config.limits.memory_bytes)
    }

    /// The same, for a policy that may have so many bytes of memory: an
    /// interpreter can need more than [`Limits::memory_bytes`](crate::Limits).
    ///
    /// # Errors
    ///
    /// See [`LoadError`].
    pub fn load_with_memory(
        &self,
        component: &[u8],
        settings: &str,
        memory_bytes: usize,
    ) -> Result<LoadedPolicy, LoadError> {
        load::load(&self.inner, component, settings, memory_bytes)
    }

    /// Checks a component and asks it who it is, without settings.
    ///
    /// # Errors
    ///
    /// See [`LoadError`].
    pub fn describe(&self, component: &[u8]) -> Result<Descriptor, LoadError> {
        load::describe(&self.inner, component)
    }

    /// Puts policies together: those of a bundle, in its order.
    #[must_use]
    pub fn assemble(&self, policies: Vec<LoadedPolicy>) -> PolicySet {
        PolicySet::new(Arc::clone(&self.inner), policies)
    }
}
