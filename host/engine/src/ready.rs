//! Instances made ahead of the request that will use them.
//!
//! A [`ReadyStore`] is what one request needs: a store of its own with one
//! instance of each policy, or of one that cannot share it (see
//! [`PolicySet`](crate::PolicySet)). It serves one request; then it is thrown
//! away, or everything that can have changed in it is put back as it was when it
//! was made (see [`Instances`]). The engine's [`Refiller`] makes, restores and drops
//! them off the requests' path; a request that finds none ready makes its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak, mpsc};

use crossbeam_queue::ArrayQueue;
use wasmtime::component::Func;
use wasmtime::{ResourceLimiter, Store};

use crate::config::{CORE_INSTANCES, Instances, Limits, TABLE_ELEMENTS};
use crate::fault::Fault;
use crate::lean::LeanInstance;
use crate::load::LoadedPolicy;

/// What a store carries: its limits, and what was refused.
pub(crate) struct StoreState {
    /// Bytes of memory that the policy at hand may have.
    pub(crate) memory_bytes: usize,
    pub(crate) memory_refused: bool,
    /// Bytes that the memory which was made or grown last has now. Memory never
    /// shrinks, so that this is also the most that it ever had.
    pub(crate) memory: usize,
    /// The same, before it was made or grown.
    memory_before: usize,
    /// Policies that have instances in the store.
    policies: usize,
}

impl StoreState {
    fn new(memory_bytes: usize, policies: usize) -> Self {
        Self { memory_bytes, memory_refused: false, memory: 0, memory_before: 0, policies }
    }
}

impl ResourceLimiter for StoreState {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= maximum.unwrap_or(usize::MAX).min(self.memory_bytes);
        self.memory_refused |= !fits;
        self.memory_before = current;
        self.memory = if fits { desired } else { current };
        Ok(fits)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory = self.memory_before;
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        self.policies * CORE_INSTANCES as usize
    }

    fn memories(&self) -> usize {
        self.policies
    }

    fn tables(&self) -> usize {
        self.policies * CORE_INSTANCES as usize
    }
}

/// A store for one request, with one instance of each policy.
pub(crate) struct ReadyStore {
    pub(crate) store: Store<StoreState>,
    /// An instance of each policy, by its place in the set, or why there is
    /// none: one policy that cannot be instantiated leaves the others standing.
    pub(crate) instances: Vec<Result<Instance, Fault>>,
    /// Bytes of memory with which the instance of each policy begins.
    pub(crate) configured: Vec<usize>,
}

/// An instance of a policy.
#[allow(
    clippy::large_enum_variant,
    reason = "they lie in one vector; the large one is the common one"
)]
pub(crate) enum Instance {
    /// Of the component: its `evaluate`.
    Component(Func),
    /// Of its core module.
    Lean(LeanInstance),
}

impl ReadyStore {
    pub(crate) fn new(
        engine: &wasmtime::Engine,
        policies: &[Arc<LoadedPolicy>],
        limits: &Limits,
    ) -> Result<Self, Fault> {
        let mut store = new_store(engine, limits, 0, policies.len());
        let mut instances = Vec::with_capacity(policies.len());
        let mut configured = Vec::with_capacity(policies.len());
        for policy in policies {
            let fuel = store.set_fuel(limits.fuel);
            fuel.map_err(|error| Fault::Instance(format!("{error:#}")))?;
            let state = store.data_mut();
            (state.memory, state.memory_bytes) = (0, policy.memory_bytes());
            instances.push(policy.instantiate(&mut store));
            configured.push(store.data().memory);
        }
        Ok(Self { store, instances, configured })
    }

    /// Gives every instance the state that it was made with. False when that
    /// cannot be: then the store must not be used again.
    pub(crate) fn restore(&mut self, policies: &[Arc<LoadedPolicy>]) -> bool {
        self.store.data_mut().memory_refused = false;
        policies.len() == self.instances.len()
            && policies.iter().zip(&mut self.instances).all(|(policy, instance)| {
                instance.as_mut().is_ok_and(|i| policy.restore(i, &mut self.store))
            })
    }
}

/// A store for instances of so many policies, the first of which may have so
/// much memory.
pub(crate) fn new_store(
    engine: &wasmtime::Engine,
    limits: &Limits,
    memory_bytes: usize,
    policies: usize,
) -> Store<StoreState> {
    let mut store = Store::new(engine, StoreState::new(memory_bytes, policies));
    store.limiter(|state| state);
    store.set_hostcall_fuel(limits.output_bytes);
    store
}

/// The ready stores of one policy set, or of one of its policies.
pub(crate) struct ReadyStores {
    ready: ArrayQueue<ReadyStore>,
    used: ArrayQueue<ReadyStore>,
    /// Whether the refiller has been told of this set and has not finished.
    told: AtomicBool,
    source: Source,
    refiller: Option<mpsc::Sender<Weak<ReadyStores>>>,
}

/// What these stores are made from.
pub(crate) struct Source {
    pub(crate) engine: wasmtime::Engine,
    pub(crate) policies: Arc<[Arc<LoadedPolicy>]>,
    pub(crate) limits: Limits,
    pub(crate) instances: Instances,
}

impl Source {
    fn make(&self) -> Result<ReadyStore, Fault> {
        ReadyStore::new(&self.engine, &self.policies, &self.limits)
    }

    /// The store as it was made, if it may serve again.
    fn restored(&self, mut used: ReadyStore) -> Option<ReadyStore> {
        let restored = self.instances == Instances::Restored && used.restore(&self.policies);
        restored.then_some(used)
    }
}

impl ReadyStores {
    pub(crate) fn new(
        source: Source,
        refiller: Option<(mpsc::Sender<Weak<Self>>, usize)>,
    ) -> Arc<Self> {
        let (refiller, capacity) = match refiller {
            Some((refiller, ready)) => (Some(refiller), ready.max(1)),
            // Restored stores wait here: as many as there can be requests at once.
            None => (None, std::thread::available_parallelism().map_or(1, usize::from)),
        };
        let stores = Arc::new(Self {
            ready: ArrayQueue::new(capacity),
            used: ArrayQueue::new(capacity),
            told: AtomicBool::new(false),
            source,
            refiller,
        });
        stores.tell_refiller();
        stores
    }

    /// A store as it was made: new, or put back.
    pub(crate) fn take(self: &Arc<Self>) -> Result<ReadyStore, Fault> {
        let ready = self.ready.pop();
        if self.ready.len() * 2 <= self.ready.capacity() {
            self.tell_refiller();
        }
        if let Some(store) = ready {
            return Ok(store);
        }
        let made = self.source.make()?;
        if made.instances.iter().all(Result::is_ok) || self.used.is_empty() {
            return Ok(made);
        }
        // Perhaps for want of room: used stores that wait to be dropped hold some.
        drop(made);
        while let Some(used) = self.used.pop() {
            drop(used);
        }
        self.source.make()
    }

    /// Takes back a store that served a request, to be restored or dropped off
    /// the request's path where possible.
    pub(crate) fn give_back(&self, used: ReadyStore) {
        if self.refiller.is_some() {
            // A full queue gives it back, to be dropped here and now.
            drop(self.used.push(used));
        } else if let Some(restored) = self.source.restored(used) {
            drop(self.ready.push(restored));
        }
    }

    /// How many are ready.
    pub(crate) fn count(&self) -> usize {
        self.ready.len()
    }

    fn tell_refiller(self: &Arc<Self>) {
        if let Some(refiller) = &self.refiller
            && !self.told.swap(true, Ordering::AcqRel)
        {
            // An engine that is being dropped has no refiller any more: then
            // requests make their own stores.
            let _ = refiller.send(Arc::downgrade(self));
        }
    }

    fn refill(&self) {
        self.told.store(false, Ordering::Release);
        loop {
            while let Some(used) = self.used.pop() {
                // What finds no room is dropped.
                let _ = self.source.restored(used).map(|restored| self.ready.push(restored));
            }
            if self.ready.is_full() {
                return;
            }
            // A fault here is met again, and reported, by the request that needs a store.
            let Ok(store) = self.source.make() else { return };
            if store.instances.iter().any(Result::is_err) {
                return;
            }
            if self.ready.push(store).is_err() {
                return;
            }
        }
    }
}

/// The thread that refills the sets of one engine.
pub(crate) struct Refiller {
    sender: mpsc::Sender<Weak<ReadyStores>>,
}

impl Refiller {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel::<Weak<ReadyStores>>();
        std::thread::Builder::new().name("tokenward-refill".into()).spawn(move || {
            while let Ok(set) = receiver.recv() {
                if let Some(set) = set.upgrade() {
                    set.refill();
                }
            }
        })?;
        Ok(Self { sender })
    }

    pub(crate) fn sender(&self) -> mpsc::Sender<Weak<ReadyStores>> {
        self.sender.clone()
    }
}
