//! Instances made ahead of the request that will use them.
//!
//! A [`ReadyStore`] is what one request needs: a store of its own with one
//! instance of each policy, or of one that cannot share it (see
//! [`PolicySet`](crate::PolicySet)). It serves one request; then it is thrown
//! away, or serves another, if each of its policies is put into the state that it
//! was made with before it judges (see [`Instances`](crate::Instances)). The engine's
//! [`Refiller`] makes and drops them off the requests' path; a request that finds
//! none ready makes its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak, mpsc};

use crossbeam_queue::ArrayQueue;
use wasmtime::component::Func;
use wasmtime::{Memory, MemoryType, ResourceLimiter, Store};

use crate::config::{CORE_INSTANCES, Limits, TABLE_ELEMENTS};
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
    /// Memories that they share, by type.
    pub(crate) shared: Vec<(MemoryType, Memory)>,
}

impl StoreState {
    fn new(memory_bytes: usize, policies: usize) -> Self {
        Self {
            memory_bytes,
            memory_refused: false,
            memory: 0,
            memory_before: 0,
            policies,
            shared: Vec::new(),
        }
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

/// A store for one request, with an instance of each policy that was needed so far, or of all of
/// them where it was made ahead.
pub(crate) struct ReadyStore {
    store: Store<StoreState>,
    /// By the place of its policy in the set.
    slots: Vec<Option<Slot>>,
}

/// What a store has of one policy.
pub(crate) struct Slot {
    /// An instance, or why there is none: one policy that cannot be instantiated leaves the others
    /// standing.
    pub(crate) instance: Result<Instance, Fault>,
    /// Bytes of memory with which it begins.
    pub(crate) configured: usize,
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
    /// The store, and what it has of a policy, if that is made.
    pub(crate) fn open(&mut self, index: usize) -> (&mut Store<StoreState>, Option<&Slot>) {
        (&mut self.store, self.slots.get(index).and_then(Option::as_ref))
    }

    /// Whether no instance could not be made.
    fn is_sound(&self) -> bool {
        self.slots.iter().flatten().all(|slot| slot.instance.is_ok())
    }

    /// Makes an instance of a policy, whose start function may take so much fuel. False when it
    /// could not be made.
    fn make(&mut self, index: usize, policy: &LoadedPolicy, fuel: u64) -> bool {
        let state = self.store.data_mut();
        (state.memory, state.memory_bytes) = (0, policy.memory_bytes());
        let fuel = self.store.set_fuel(fuel);
        let fuel = fuel.map_err(|error| Fault::Instance(format!("{error:#}")));
        let instance = fuel.and_then(|()| policy.instantiate(&mut self.store));
        let configured = match &instance {
            Ok(Instance::Lean(instance)) => instance.memory_size(&self.store),
            Ok(Instance::Component(_)) | Err(_) => self.store.data().memory,
        };
        let made = instance.is_ok();
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Some(Slot { instance, configured });
        }
        made
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
    /// What becomes of a store when its request is over.
    pub(crate) after: After,
}

/// What becomes of a store when its request is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// It serves the next one.
    Again,
    /// It is dropped.
    Dropped,
}

impl Source {
    /// A store without instances.
    fn empty(&self) -> ReadyStore {
        let store = new_store(&self.engine, &self.limits, 0, self.policies.len());
        let mut slots = Vec::new();
        slots.resize_with(self.policies.len(), || None);
        ReadyStore { store, slots }
    }

    /// A store with an instance of each policy.
    fn make(&self) -> ReadyStore {
        let mut store = self.empty();
        for (index, policy) in self.policies.iter().enumerate() {
            store.make(index, policy, self.limits.fuel);
        }
        store
    }
}

impl ReadyStores {
    pub(crate) fn new(
        source: Source,
        refiller: Option<(mpsc::Sender<Weak<Self>>, usize)>,
    ) -> Arc<Self> {
        let (refiller, capacity) = match refiller {
            Some((refiller, ready)) => (Some(refiller), ready.max(1)),
            // Stores that serve again wait here: as many as there can be requests at once.
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

    /// A store for a request.
    pub(crate) fn take(self: &Arc<Self>) -> ReadyStore {
        let ready = self.ready.pop();
        let few = match self.source.after {
            // What requests have taken they give back, but for faults.
            After::Again => self.ready.is_empty(),
            After::Dropped => self.ready.len() * 2 <= self.ready.capacity(),
        };
        if few {
            self.tell_refiller();
        }
        ready.unwrap_or_else(|| {
            let made = self.source.make();
            if made.is_sound() || self.used.is_empty() {
                return made;
            }
            drop(made);
            self.make_room();
            self.source.make()
        })
    }

    /// A store in the place of one that was spent in the same request, with instances only of the
    /// policies that will need them.
    pub(crate) fn another(&self) -> ReadyStore {
        self.source.empty()
    }

    /// Makes what a store lacks of a policy.
    pub(crate) fn prepare(&self, store: &mut ReadyStore, index: usize, policy: &LoadedPolicy) {
        if store.open(index).1.is_some() {
            return;
        }
        let fuel = self.source.limits.fuel;
        if !store.make(index, policy, fuel) && !self.used.is_empty() {
            self.make_room();
            store.make(index, policy, fuel);
        }
    }

    /// Drops what waits for it: perhaps an instance could not be made for want of room.
    fn make_room(&self) {
        while let Some(used) = self.used.pop() {
            drop(used);
        }
    }

    /// Takes back a store that served a request: to serve the next, or to be dropped.
    pub(crate) fn give_back(self: &Arc<Self>, used: ReadyStore) {
        if self.source.after == After::Again && used.is_sound() {
            if let Err(used) = self.ready.push(used) {
                self.discard(used);
            }
        } else {
            self.discard(used);
        }
    }

    /// Drops a store, off the request's path where possible.
    pub(crate) fn discard(self: &Arc<Self>, spent: ReadyStore) {
        if self.refiller.is_some() {
            // A full queue gives it back, to be dropped here and now.
            drop(self.used.push(spent));
            // Where stores are dropped after each request, few that are ready tell it.
            if self.source.after == After::Again {
                self.tell_refiller();
            }
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
            self.make_room();
            if self.ready.is_full() {
                return;
            }
            // A fault here is met again, and reported, by the request that needs a store.
            let store = self.source.make();
            if !store.is_sound() {
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
