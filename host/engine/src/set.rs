//! Policies that judge a request together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bumpalo::Bump;
use wasmtime::component::{Func, TypedFunc};
use wasmtime::{AsContextMut, Store};

use crate::bindings::contract;
use crate::config::{Limits, MemoryOfVerdicts, Refill};
use crate::facts::PolicyInput;
use crate::fault::Fault;
use crate::host::Inner;
use crate::lean::lower::Image;
use crate::load::{LoadedPolicy, Sharing, classify};
use crate::memory::{VerdictMemory, write_key};
use crate::narrow::Narrower;
use crate::ready::{After, Instance, ReadyStore, ReadyStores, Source, StoreState};
use crate::verdict::Verdict;

/// Bytes that the narrowed inputs of a request usually take, in all.
const ARENA: usize = 8 << 10;

/// Policies that judge a request together, in order. Cheap to clone.
///
/// Those whose instances serve one request after the other share a store, and so do
/// those whose instances do not. One with a large memory has a store of its own:
/// a policy that brings an interpreter slows no other.
#[derive(Clone)]
pub struct PolicySet {
    engine: Arc<Inner>,
    policies: Arc<[Arc<LoadedPolicy>]>,
    ready: Arc<[Arc<ReadyStores>]>,
    /// Of each policy, which of `ready` has its instances, and where in a store.
    places: Arc<[Place]>,
    /// Of each policy, the first that reads the same, if several do.
    alike: Arc<[Option<usize>]>,
    memory: Option<Arc<VerdictMemory>>,
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.policies.iter()).finish()
    }
}

/// What came of one policy.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Its verdict, or why there is none.
    pub outcome: Outcome,
    /// Fuel that the evaluation took; of a remembered verdict, the fuel it once took.
    pub fuel: u64,
    /// Linear memory of the instance; none where no instance judged.
    pub memory: MemoryUse,
    /// Time from the end of the policy before to the end of this one.
    pub elapsed: Duration,
}

/// Linear memory of a policy in one evaluation, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// What it began with: what it had once it was configured.
    pub configured: usize,
    /// The most that it had.
    pub peak: usize,
}

/// A policy's verdict, or why there is none.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It ran.
    Judged(Arc<Verdict>),
    /// Its verdict for the same input was remembered.
    Remembered(Arc<Verdict>),
    /// It is not meant for this phase.
    NotAsked,
    /// It gave no verdict.
    Fault(Fault),
}

impl Outcome {
    /// The verdict, if there is one.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::Judged(verdict) | Self::Remembered(verdict) => Some(verdict),
            Self::NotAsked | Self::Fault(_) => None,
        }
    }
}

impl PolicySet {
    pub(crate) fn new(engine: Arc<Inner>, policies: Vec<LoadedPolicy>) -> Self {
        let policies: Arc<[Arc<LoadedPolicy>]> = policies.into_iter().map(Arc::new).collect();
        let refiller = match (&engine.refiller, engine.config.refill) {
            (Some(refiller), Refill::Background { ready }) => Some((refiller.sender(), ready)),
            _ => None,
        };
        let (groups, places) = grouped(&policies);
        let ready = groups.into_iter().map(|(sharing, policies)| {
            let source = Source {
                engine: engine.serving.clone(),
                policies: policies.into(),
                limits: engine.config.limits.clone(),
                after: match sharing {
                    Sharing::Restored => After::Again,
                    Sharing::MadeAnew | Sharing::Nothing => After::Dropped,
                },
            };
            ReadyStores::new(source, refiller.clone())
        });
        let ready = ready.collect();
        let memory = match engine.config.memory {
            MemoryOfVerdicts::Off => None,
            MemoryOfVerdicts::Bytes(bytes) => Some(Arc::new(VerdictMemory::new(bytes))),
        };
        let alike = alike(&policies);
        Self { ready, places: places.into(), alike, memory, engine, policies }
    }

    /// The policies, in order.
    #[must_use]
    pub fn policies(&self) -> &[Arc<LoadedPolicy>] {
        &self.policies
    }

    /// How many requests' worth of instances are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.iter().map(|stores| stores.count()).min().unwrap_or_default()
    }

    /// Judges one request: one evaluation per policy, in order.
    ///
    /// Never fails as a whole: what goes wrong with one policy is that policy's
    /// [`Outcome::Fault`], and the others judge all the same.
    #[must_use]
    pub fn evaluate(&self, input: &PolicyInput<'_>) -> Vec<Evaluation> {
        let arena = Bump::with_capacity(ARENA);
        let mut narrower = Narrower::new(*input, &arena);
        let mut stores = Stores::of(self);
        let mut key = Vec::new();
        let mut last = Instant::now();
        let mut evaluations = Vec::with_capacity(self.policies.len());
        for (index, policy) in self.policies.iter().enumerate() {
            let Judgement { outcome, fuel, memory } =
                if policy.descriptor().phases.contains(&input.phase) {
                    let given = narrower.narrow(policy.reads());
                    self.judge(index, policy, &given, input.now, &mut stores, &mut key)
                } else {
                    Judgement { outcome: Outcome::NotAsked, fuel: 0, memory: MemoryUse::default() }
                };
            let now = Instant::now();
            evaluations.push(Evaluation { outcome, fuel, memory, elapsed: now - last });
            last = now;
        }
        evaluations
    }

    fn judge(
        &self,
        index: usize,
        policy: &LoadedPolicy,
        input: &contract::Input<'_>,
        now: i64,
        stores: &mut Stores<'_>,
        key: &mut Vec<u8>,
    ) -> Judgement {
        let memory = self.memory.as_deref().zip(u16::try_from(index).ok());
        if let Some((memory, index)) = memory {
            key.clear();
            write_key(index, input, key);
            if let Some((verdict, fuel)) = memory.recall(key, now) {
                let (outcome, memory) = (Outcome::Remembered(verdict), MemoryUse::default());
                return Judgement { outcome, fuel, memory };
            }
        }
        let Run { verdict, fuel, memory: used } = stores.run(index, policy, input);
        let outcome = match verdict {
            Err(fault) => Outcome::Fault(fault),
            Ok(verdict) => {
                let verdict = Arc::new(verdict);
                if let Some((memory, _)) = memory {
                    let horizon = verdict.valid_until.map(|until| (now, until));
                    if !policy.reads().time || horizon.is_some() {
                        let horizon = horizon.filter(|_| policy.reads().time);
                        memory.remember(key, &verdict, horizon, fuel);
                    }
                }
                Outcome::Judged(verdict)
            }
        };
        Judgement { outcome, fuel, memory: used }
    }
}

/// Where the instances of a policy are.
#[derive(Clone, Copy)]
struct Place {
    group: usize,
    index: usize,
}

/// Policies that share a store.
type Group = (Sharing, Vec<Arc<LoadedPolicy>>);

/// The policies that share a store, and where each one is.
fn grouped(policies: &[Arc<LoadedPolicy>]) -> (Vec<Group>, Vec<Place>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = Vec::with_capacity(policies.len());
    for policy in policies {
        let sharing = policy.sharing();
        let known = groups.iter().position(|(of, _)| *of == sharing && sharing != Sharing::Nothing);
        let group = known.unwrap_or(groups.len());
        if known.is_none() {
            groups.push((sharing, Vec::new()));
        }
        if let Some((_, members)) = groups.get_mut(group) {
            places.push(Place { group, index: members.len() });
            members.push(Arc::clone(policy));
        }
    }
    (groups, places)
}

/// Of each policy, the first that reads the same, if several do: they are given the same.
fn alike(policies: &[Arc<LoadedPolicy>]) -> Arc<[Option<usize>]> {
    let alike = |policy: &Arc<LoadedPolicy>| {
        let same = |other: &Arc<LoadedPolicy>| other.reads() == policy.reads();
        let first = policies.iter().position(same)?;
        policies.iter().skip(first + 1).any(same).then_some(first)
    };
    policies.iter().map(alike).collect()
}

/// What came of one policy, remembered or run.
struct Judgement {
    outcome: Outcome,
    fuel: u64,
    memory: MemoryUse,
}

/// What came of one policy that was run.
struct Run {
    verdict: Result<Verdict, Fault>,
    fuel: u64,
    memory: MemoryUse,
}

impl Run {
    /// One that could not begin.
    fn none(fault: Fault) -> Self {
        Self { verdict: Err(fault), fuel: 0, memory: MemoryUse::default() }
    }
}

/// The stores of one request, each taken when it is needed; a new one after a
/// fault, which poisons the old, or after a memory grew that is shared.
struct Stores<'a> {
    set: &'a PolicySet,
    current: Vec<Current>,
    /// The lowered input of the last policy whose input no other is given.
    image: Image,
    /// The lowered inputs that several policies are given, by the place of the first of them.
    images: Vec<Option<Image>>,
}

/// The store of a group of policies.
enum Current {
    /// None was needed so far.
    Untaken,
    Taken(ReadyStore),
    /// No other policy can use it.
    Spent,
}

impl<'a> Stores<'a> {
    fn of(set: &'a PolicySet) -> Self {
        let mut current = Vec::new();
        current.resize_with(set.ready.len(), || Current::Untaken);
        let shared = set.alike.iter().flatten().max().map_or(0, |last| last + 1);
        let mut images = Vec::new();
        images.resize_with(shared, || None);
        Self { set, current, image: Image::default(), images }
    }

    fn run(&mut self, index: usize, policy: &LoadedPolicy, input: &contract::Input<'_>) -> Run {
        let limits = &self.set.engine.config.limits;
        let lost = || Run::none(Fault::Instance("the set has no such policy".into()));
        let alike = self.set.alike.get(index).copied().flatten();
        let Some(Place { group, index }) = self.set.places.get(index).copied() else {
            return lost();
        };
        let (Some(current), Some(stores)) =
            (self.current.get_mut(group), self.set.ready.get(group))
        else {
            return lost();
        };
        let mut ready = match std::mem::replace(current, Current::Spent) {
            Current::Taken(ready) => ready,
            Current::Untaken => stores.take(),
            Current::Spent => stores.another(),
        };
        stores.prepare(&mut ready, index, policy);
        let (store, slot) = ready.open(index);
        let Some(slot) = slot else { return lost() };
        let (run, left) = match &slot.instance {
            Err(fault) => (Run::none(fault.clone()), Left::Usable),
            Ok(instance) => {
                let image = match (instance, alike.and_then(|first| self.images.get_mut(first))) {
                    (Instance::Component(_), _) => &mut self.image,
                    (Instance::Lean(_), Some(image)) => {
                        image.get_or_insert_with(|| Image::of(input))
                    }
                    (Instance::Lean(_), None) => {
                        self.image.lower(input);
                        &mut self.image
                    }
                };
                let given = Given { input, image, limits, configured: slot.configured };
                evaluate(policy, instance, store, given)
            }
        };
        *current = match left {
            Left::Usable => Current::Taken(ready),
            Left::Spent => {
                stores.discard(ready);
                Current::Spent
            }
        };
        run
    }
}

/// What an evaluation is given.
struct Given<'a> {
    input: &'a contract::Input<'a>,
    /// The input lowered, for a policy that is called directly.
    image: &'a mut Image,
    limits: &'a Limits,
    /// Bytes of memory with which the instance begins.
    configured: usize,
}

/// How an evaluation leaves its store.
enum Left {
    Usable,
    Spent,
}

fn evaluate(
    policy: &LoadedPolicy,
    instance: &Instance,
    store: &mut Store<StoreState>,
    Given { input, image, limits, configured }: Given<'_>,
) -> (Run, Left) {
    let state = store.data_mut();
    state.memory_refused = false;
    state.memory_bytes = policy.memory_bytes();
    state.memory = configured;
    if let Err(error) = store.set_fuel(limits.fuel) {
        return (Run::none(Fault::Instance(format!("{error:#}"))), Left::Spent);
    }
    if !policy.enter(instance, store) {
        let fault = Fault::Instance("it cannot be given the state that it was made with".into());
        return (Run::none(fault), Left::Spent);
    }
    let raw = match instance {
        Instance::Component(evaluate) => call(store, *evaluate, input),
        Instance::Lean(instance) => instance.evaluate(store, image, limits.output_bytes),
    };
    let fuel = limits.fuel - store.get_fuel().unwrap_or_default().min(limits.fuel);
    let memory = MemoryUse { configured, peak: store.data().memory };
    let (verdict, left) = match raw {
        Ok(raw) => {
            let usable = policy.leaves(instance, store);
            let verdict = Verdict::check(raw, policy.descriptor(), limits);
            (verdict, if usable { Left::Usable } else { Left::Spent })
        }
        // What faulted in it is beyond repair.
        Err(error) => {
            let fault = match (classify(&error, store.data(), limits, limits.fuel), instance) {
                (Fault::Trap(trap), Instance::Lean(instance)) => {
                    instance.own_words(store).map_or(Fault::Trap(trap), Fault::Raised)
                }
                (fault, _) => fault,
            };
            (Err(fault), Left::Spent)
        }
    };
    (Run { verdict, fuel, memory }, left)
}

impl Drop for Stores<'_> {
    fn drop(&mut self) {
        for (current, stores) in self.current.iter_mut().zip(self.set.ready.iter()) {
            if let Current::Taken(used) = std::mem::replace(current, Current::Spent) {
                stores.give_back(used);
            }
        }
    }
}

#[allow(unsafe_code)]
fn call(
    store: &mut Store<StoreState>,
    evaluate: Func,
    input: &contract::Input<'_>,
) -> wasmtime::Result<contract::Verdict> {
    // Sound: `Functions::of` checked the export against the contract's types
    // when the policy was loaded; checking them again for each instance costs
    // a third of making one.
    let evaluate = unsafe {
        TypedFunc::<(&contract::Input<'_>,), (contract::Verdict,)>::new_unchecked(evaluate)
    };
    evaluate.call(store.as_context_mut(), (input,)).map(|(verdict,)| verdict)
}
