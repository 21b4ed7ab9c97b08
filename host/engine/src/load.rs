//! From the bytes of a component to a policy that is configured and compiled.

use std::hash::{Hash, Hasher};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use wasmtime::component::{Component, ComponentExportIndex, Func, InstancePre, Linker};
use wasmtime::{AsContextMut, Module, Store};

use crate::bindings::contract;
use crate::config::{Calls, KEEP_RESIDENT, Limits};
use crate::descriptor::{Descriptor, Reads};
use crate::error::{LoadError, SettingError};
use crate::fault::Fault;
use crate::host::Inner;
use crate::lean::LeanPolicy;
use crate::lean::lift::AbiError;
use crate::lean::pristine::{PAGE, Pristine};
use crate::lean::shape::{CoreExports, SHAPE_RULES, shape};
use crate::ready::{Instance, StoreState, new_store};
use crate::snapshot::Instrumented;
use crate::versions::{Drafts, Functions, INTERFACE, Version};

/// A component that was checked, configured, snapshotted and compiled.
pub struct LoadedPolicy {
    descriptor: Descriptor,
    reads: Reads,
    digest: String,
    memory_bytes: usize,
    code: Code,
}

/// What the instances of a policy may share a store with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// With others that are put into the state that they were made with before they judge.
    Restored,
    /// With others that cannot.
    MadeAnew,
    /// With none: its memory is large.
    Nothing,
}

/// What is run.
enum Code {
    /// The component.
    Component {
        pre: InstancePre<StoreState>,
        evaluate: ComponentExportIndex,
        /// Bytes of memory with which an instance begins, if that is known.
        memory_size: Option<usize>,
    },
    /// Its one core module.
    Lean(LeanPolicy),
}

impl std::fmt::Debug for LoadedPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedPolicy")
            .field("name", &self.descriptor.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl LoadedPolicy {
    /// Who it is.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// What it reads with its settings.
    #[must_use]
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// The digest of its component, as `sha256:` and hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Bytes of linear memory that it may have.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// How it is called: [`Calls::Direct`] only if the engine's configuration
    /// allows it and the policy is of the shape for it.
    #[must_use]
    pub fn calls(&self) -> Calls {
        match &self.code {
            Code::Component { .. } => Calls::Component,
            Code::Lean(_) => Calls::Direct,
        }
    }

    /// What its instances may share a store with.
    pub(crate) fn sharing(&self) -> Sharing {
        let large = |size: Option<usize>| size.is_none_or(|size| size > KEEP_RESIDENT);
        match &self.code {
            Code::Lean(lean) if lean.shares_memory() => Sharing::Restored,
            Code::Lean(LeanPolicy { memory_size, .. }) | Code::Component { memory_size, .. }
                if large(*memory_size) =>
            {
                Sharing::Nothing
            }
            Code::Lean(_) | Code::Component { .. } => Sharing::MadeAnew,
        }
    }

    /// A new instance.
    pub(crate) fn instantiate(&self, store: &mut Store<StoreState>) -> Result<Instance, Fault> {
        match &self.code {
            Code::Component { pre, evaluate, .. } => {
                let evaluate = instantiate(pre, *evaluate, store)?;
                Ok(Instance::Component(evaluate))
            }
            Code::Lean(lean) => lean.instantiate(store).map(Instance::Lean),
        }
    }

    /// Makes an instance ready to judge: see [`LeanPolicy::enter`].
    pub(crate) fn enter(&self, instance: &Instance, store: &mut Store<StoreState>) -> bool {
        match (&self.code, instance) {
            (Code::Lean(lean), Instance::Lean(instance)) => lean.enter(instance, store),
            (_, instance) => matches!(instance, Instance::Component(_)),
        }
    }

    /// Whether the store may be used after an instance has judged: see [`LeanPolicy::leaves`].
    pub(crate) fn leaves(&self, instance: &Instance, store: &Store<StoreState>) -> bool {
        match (&self.code, instance) {
            (Code::Lean(lean), Instance::Lean(instance)) => lean.leaves(instance, store),
            (_, instance) => matches!(instance, Instance::Component(_)),
        }
    }
}

/// A new instance's `evaluate`.
fn instantiate(
    pre: &InstancePre<StoreState>,
    evaluate: ComponentExportIndex,
    store: &mut Store<StoreState>,
) -> Result<Func, Fault> {
    let instance_fault = |error: wasmtime::Error| Fault::Instance(format!("{error:#}"));
    let instance = pre.instantiate(store.as_context_mut()).map_err(instance_fault)?;
    instance
        .get_func(store.as_context_mut(), evaluate)
        .ok_or_else(|| Fault::Instance("it has no `evaluate`".into()))
}

/// The digest of a component, as `sha256:` and hexadecimal digits.
#[must_use]
pub fn component_digest(component: &[u8]) -> String {
    format!("sha256:{}", hex(digest::digest(&digest::SHA256, component).as_ref()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

pub(crate) fn load(
    engine: &Inner,
    component: &[u8],
    settings: &str,
    memory_bytes: usize,
) -> Result<LoadedPolicy, LoadError> {
    let most = engine.config.limits.max_memory_bytes.max(engine.config.limits.memory_bytes);
    if memory_bytes > most {
        return Err(LoadError::TooMuchMemory { asked: memory_bytes, most });
    }
    let name = cache_name(engine, component, settings, memory_bytes);
    if let Some(cached) = engine.config.cache.as_ref().and_then(|cache| cache.get(&name))
        && let Some(policy) = from_cache(engine, component, memory_bytes, &cached)
    {
        return Ok(policy);
    }
    let loading = Loading::new(engine, component, memory_bytes)?;
    let Configured { descriptor, reads, snapshot } = loading.configure(settings)?;
    let compiled = Compiled::new(engine, &snapshot)?;
    if let Some(cache) = &engine.config.cache
        && let Ok(entry) = to_cache(&descriptor, &reads, &compiled)
    {
        cache.put(&name, &entry);
    }
    prepare(descriptor, reads, component, memory_bytes, compiled)
}

/// A configured policy's compiled code.
enum Compiled {
    Component(Component),
    Lean(Module, CoreExports, Option<Pristine>),
}

impl Compiled {
    fn new(engine: &Inner, snapshot: &[u8]) -> Result<Self, LoadError> {
        if engine.config.calls == Calls::Direct
            && let Some(shape) = shape(snapshot, engine.config.instances)
            && let Ok(module) = Module::new(&engine.serving, &shape.module)
        {
            return Ok(Self::Lean(module, shape.exports, shape.pristine));
        }
        Component::new(&engine.serving, snapshot)
            .map(Self::Component)
            .map_err(LoadError::wasmtime("the configured component cannot be compiled"))
    }
}

/// Bytes of host memory that reading a description, or what a policy reads, may take.
const DESCRIPTION_BYTES: usize = 1 << 20;

/// Compiles the component for this alone: what it answers is kept, as it is the same every time.
pub(crate) fn describe(engine: &Inner, component: &[u8]) -> Result<Descriptor, LoadError> {
    let memory_bytes = engine.config.limits.max_memory_bytes;
    let name = cache_name(engine, component, "", memory_bytes).replace(".policy", ".descriptor");
    let cache = engine.config.cache.as_ref();
    if let Some(kept) = cache.and_then(|cache| cache.get(&name))
        && let Ok(descriptor) = serde_json::from_slice(&kept)
    {
        return Ok(descriptor);
    }
    let descriptor = Loading::new(engine, component, memory_bytes)?.describe()?;
    if let (Some(cache), Ok(kept)) = (cache, serde_json::to_vec(&descriptor)) {
        cache.put(&name, &kept);
    }
    Ok(descriptor)
}

/// A component that was checked and is about to be described and configured.
struct Loading<'a> {
    instrumented: Instrumented<'a>,
    pre: InstancePre<StoreState>,
    version: Version,
    limits: &'a Limits,
    memory_bytes: usize,
}

/// An instance of it, for one call.
struct Started {
    store: Store<StoreState>,
    instance: wasmtime::component::Instance,
    functions: Functions,
}

struct Configured {
    descriptor: Descriptor,
    reads: Reads,
    snapshot: Vec<u8>,
}

impl<'a> Loading<'a> {
    fn new(engine: &'a Inner, component: &'a [u8], memory_bytes: usize) -> Result<Self, LoadError> {
        let limits = &engine.config.limits;
        check_is_component(component)?;
        let version = check_contract(component, engine.config.drafts)?;
        let instrumented = Instrumented::new(component)?;
        let compiled = engine.compiled_once(&component_digest(component), || {
            Component::new(&engine.loading, &instrumented.bytes)
                .map_err(LoadError::wasmtime("the component cannot be compiled"))
        })?;
        let pre = Linker::new(&engine.loading)
            .instantiate_pre(&compiled)
            .map_err(LoadError::wasmtime("the component cannot be linked"))?;
        Ok(Self { instrumented, pre, version, limits, memory_bytes })
    }

    fn start(&self) -> Result<Started, LoadError> {
        let limits = self.limits;
        let mut store = new_store(self.pre.engine(), limits, self.memory_bytes, 1);
        store.set_hostcall_fuel(DESCRIPTION_BYTES);
        let start = |error| LoadError::Fault {
            stage: "start",
            fault: Fault::Instance(format!("{error:#}")),
        };
        store.set_fuel(limits.load_fuel).map_err(start)?;
        let instance = self.pre.instantiate(&mut store).map_err(start)?;
        let functions = Functions::of(self.version, &self.pre, &instance, &mut store)?;
        Ok(Started { store, instance, functions })
    }

    fn describe(&self) -> Result<Descriptor, LoadError> {
        let Started { mut store, functions, .. } = self.start()?;
        let raw = functions.describe(&mut store);
        let (raw, deprecated) = raw.map_err(|error| self.fault("describe", &store, &error))?;
        Descriptor::check(raw, deprecated).map_err(|reason| LoadError::Descriptor { reason })
    }

    /// The description is asked of an instance of its own: what its texts take
    /// would be in the snapshot, and be put back for each request.
    fn configure(&self, settings: &str) -> Result<Configured, LoadError> {
        let descriptor = self.describe()?;
        let Started { mut store, instance, functions } = self.start()?;
        let answer = functions.configure(&mut store, settings);
        let answer = answer.map_err(|error| self.fault("configure", &store, &error))?;
        let reads = match answer {
            Ok(reads) => Reads::check(reads).map_err(|reason| LoadError::Descriptor { reason })?,
            Err(errors) => return Err(settings_error(errors)),
        };
        store.set_fuel(u64::MAX).map_err(LoadError::wasmtime("fuel cannot be set"))?;
        // The snapshot is all of the memory.
        store.set_hostcall_fuel(self.memory_bytes + self.limits.output_bytes);
        let snapshot = self.instrumented.snapshot(&mut store, instance)?;
        Ok(Configured { descriptor, reads, snapshot })
    }

    fn fault(
        &self,
        stage: &'static str,
        store: &Store<StoreState>,
        error: &wasmtime::Error,
    ) -> LoadError {
        let fault = classify(error, store.data(), self.limits, self.limits.load_fuel);
        LoadError::Fault { stage, fault }
    }
}

fn settings_error(errors: Vec<contract::SettingError>) -> LoadError {
    // What a guest wrote is shown to a person: without control characters.
    let clean = |text: String| text.replace(|c: char| c.is_control(), " ");
    let errors = errors
        .into_iter()
        .take(32)
        .map(|e| SettingError { path: clean(e.path), message: clean(e.message) })
        .collect();
    LoadError::Settings { errors }
}

/// What a call's error means.
pub(crate) fn classify(
    error: &wasmtime::Error,
    state: &StoreState,
    limits: &Limits,
    fuel: u64,
) -> Fault {
    use wasmtime::Trap;
    if let Some(AbiError::TooLarge) = error.downcast_ref() {
        return too_large(limits);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Fault::Fuel(fuel),
        Some(Trap::StackOverflow) => Fault::Stack,
        Some(_) if state.memory_refused => Fault::Memory(state.memory_bytes),
        Some(trap) => Fault::Trap(trap.to_string()),
        // Not a trap: the host could not read what the guest answered.
        None => {
            let reason = format!("{error:#}");
            if reason.contains("fuel allocated for hostcalls") {
                too_large(limits)
            } else {
                Fault::MalformedVerdict(reason)
            }
        }
    }
}

fn too_large(limits: &Limits) -> Fault {
    Fault::OutputTooLarge(format!("at most {} bytes are read", limits.output_bytes))
}

fn check_is_component(bytes: &[u8]) -> Result<(), LoadError> {
    let reason = match bytes {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            "it is a core module; a policy is a component that exports the contract \
             (`tokenward-policy-build` makes one)"
        }
        [0, b'a', b's', b'm', ..] => "it is of an unknown version of the binary format",
        [] => "the file is empty",
        _ => "it does not begin with the bytes of WebAssembly's binary format",
    };
    Err(LoadError::NotAComponent { reason: reason.into() })
}

/// Refuses imports by name, and versions of the contract that are not
/// accepted, before anything is compiled.
fn check_contract(component: &[u8], drafts: Drafts) -> Result<Version, LoadError> {
    use wasmparser::{ComponentExternalKind, Parser, Payload};
    let broken = |error: wasmparser::BinaryReaderError| LoadError::NotAComponent {
        reason: error.to_string(),
    };
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let (mut contracts, mut accepted) = (0_usize, None);
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(broken)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import.map_err(broken)?.name.name.escape_debug().to_string());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(broken)?;
                    let is_instance = export.kind == ComponentExternalKind::Instance;
                    contracts += usize::from(export.name.name.starts_with(INTERFACE));
                    let version = Version::of_export(export.name.name).filter(|_| is_instance);
                    accepted = accepted.or(version.filter(|v| v.is_accepted(drafts)));
                    exports.push(export.name.name.escape_debug().to_string());
                }
            }
            _ => {}
        }
    }
    match (imports.is_empty(), contracts, accepted) {
        (false, ..) => Err(LoadError::Imports { names: imports }),
        // One and no more: of two that are both accepted, the types of one could
        // be checked and the other be called.
        (true, 1, Some(version)) => Ok(version),
        (true, ..) => {
            let accepted = drafts.accepted_versions();
            Err(LoadError::Contract { found: exports, accepted })
        }
    }
}

fn prepare(
    descriptor: Descriptor,
    reads: Reads,
    original: &[u8],
    memory_bytes: usize,
    compiled: Compiled,
) -> Result<LoadedPolicy, LoadError> {
    let code = match compiled {
        Compiled::Component(component) => prepare_component(&component)?,
        Compiled::Lean(module, exports, pristine) => {
            Code::Lean(LeanPolicy::new(&module, &exports, pristine)?)
        }
    };
    let digest = component_digest(original);
    Ok(LoadedPolicy { descriptor, reads, digest, memory_bytes, code })
}

fn prepare_component(compiled: &Component) -> Result<Code, LoadError> {
    let pre = Linker::new(compiled.engine())
        .instantiate_pre(compiled)
        .map_err(LoadError::wasmtime("the configured component cannot be linked"))?;
    let lost = || LoadError::Wasmtime {
        context: "the configured component does not fit the contract",
        reason: "it lost an export".into(),
    };
    let (_, interface) = compiled
        .component_type()
        .exports(compiled.engine())
        .find(|(name, _)| Version::of_export(name).is_some())
        .and_then(|(name, _)| compiled.get_export(None, name))
        .ok_or_else(lost)?;
    let (_, evaluate) = compiled.get_export(Some(&interface), "evaluate").ok_or_else(lost)?;
    let memory_size = compiled.resources_required().and_then(|needs| {
        let pages = usize::try_from(needs.max_initial_memory_size.unwrap_or_default()).ok()?;
        pages.checked_mul(PAGE)
    });
    Ok(Code::Component { pre, evaluate, memory_size })
}

/// Everything that the compiled code depends on.
fn cache_name(engine: &Inner, component: &[u8], settings: &str, memory_bytes: usize) -> String {
    let mut hasher = Sha256Hasher(digest::Context::new(&digest::SHA256));
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    SHAPE_RULES.hash(&mut hasher);
    engine.serving.precompile_compatibility_hash().hash(&mut hasher);
    let limits = &engine.config.limits;
    (memory_bytes, limits.load_fuel).hash(&mut hasher);
    (engine.config.calls, engine.config.instances, engine.config.drafts).hash(&mut hasher);
    component.hash(&mut hasher);
    settings.hash(&mut hasher);
    format!("{}.policy", hex(hasher.0.finish().as_ref()))
}

struct Sha256Hasher(digest::Context);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0 // never asked for: the whole digest is taken
    }
}

/// What a cache entry holds beside code.
#[derive(Serialize, Deserialize)]
struct Head<D, R, E> {
    descriptor: D,
    reads: R,
    /// Of a core module; none of a component.
    exports: Option<E>,
    /// Of a core module without its memory: the size of that, and where what it begins with starts,
    /// and how long that is, which follows the head.
    pristine: Option<(usize, usize, usize)>,
}

fn to_cache(
    descriptor: &Descriptor,
    reads: &Reads,
    compiled: &Compiled,
) -> wasmtime::Result<Vec<u8>> {
    let (code, exports, pristine) = match compiled {
        Compiled::Component(component) => (component.serialize()?, None, None),
        Compiled::Lean(module, exports, pristine) => {
            (module.serialize()?, Some(exports), pristine.as_ref())
        }
    };
    let content = pristine.map(|pristine| &*pristine.content).unwrap_or_default();
    let pristine = pristine.map(|p| (p.size, p.start, p.content.len()));
    let head = serde_json::to_vec(&Head { descriptor, reads, exports, pristine })?;
    let length = (head.len() as u64).to_le_bytes();
    Ok([&length[..], &head, content, &code].concat())
}

#[allow(unsafe_code)]
fn from_cache(
    engine: &Inner,
    component: &[u8],
    memory_bytes: usize,
    entry: &[u8],
) -> Option<LoadedPolicy> {
    let (length, rest) = entry.split_first_chunk::<8>()?;
    let (head, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let Head { descriptor, reads, exports, pristine } = serde_json::from_slice(head).ok()?;
    let (content, code) = rest.split_at_checked(pristine.map_or(0, |(_, _, length)| length))?;
    let pristine =
        pristine.map(|(size, start, _)| Pristine { size, start, content: content.into() });
    // Sound: the cache vouched, with a key that only this user can read, that
    // this library wrote these bytes under this name, which holds wasmtime's
    // compatibility hash; wasmtime checks its own version and settings as well.
    let compiled = unsafe {
        match exports {
            None => Compiled::Component(Component::deserialize(&engine.serving, code).ok()?),
            Some(exports) => {
                let module = Module::deserialize(&engine.serving, code).ok()?;
                Compiled::Lean(module, exports, pristine)
            }
        }
    };
    prepare(descriptor, reads, component, memory_bytes, compiled).ok()
}
