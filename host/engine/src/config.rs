//! What an engine can be told: limits, instances, memory of verdicts.

use wasmtime::{Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::cache::CompilationCache;
use crate::versions::Drafts;

/// Limits of one policy in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Fuel of one evaluation: about one unit a WebAssembly instruction.
    pub fuel: u64,
    /// Fuel of `describe` and of `configure`, which run when a bundle is loaded.
    pub load_fuel: u64,
    /// Bytes of linear memory, a multiple of 64 KiB.
    pub memory_bytes: usize,
    /// The most that [`Engine::load_with_memory`](crate::Engine::load_with_memory)
    /// may grant one policy in the place of `memory_bytes`.
    pub max_memory_bytes: usize,
    /// Bytes of the stack that compiled code runs on.
    pub stack_bytes: usize,
    /// Bytes of host memory that reading one verdict may take.
    pub output_bytes: usize,
    /// Findings in one verdict; as many requirements, risk factors and facts.
    pub findings: usize,
    /// Bytes of one message.
    pub message_bytes: usize,
    /// Bytes of one JSON Pointer to a claim: that of any claim of a token that
    /// the parser's own limits let through.
    pub pointer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 200_000_000,
            load_fuel: 1_000_000_000,
            memory_bytes: 16 << 20,
            max_memory_bytes: 256 << 20,
            stack_bytes: 256 << 10,
            output_bytes: 512 << 10,
            findings: 256,
            message_bytes: 1024,
            pointer_bytes: 32 << 10,
        }
    }
}

/// Whether verdicts are remembered: a policy is a pure function of its declared
/// input, so the same input has the same verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryOfVerdicts {
    /// Every policy runs for every request.
    Off,
    /// At most this many bytes of inputs and verdicts are kept per policy set.
    Bytes(usize),
}

/// Who makes new instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill {
    /// The request that needs one: nothing runs in the background.
    Inline,
    /// A thread of the engine, off the requests' path, which keeps this many
    /// requests' worth of instances ready for each policy set. A request that
    /// finds none ready makes its own.
    Background {
        /// How many.
        ready: usize,
    },
}

/// How policies are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Calls {
    /// A policy that is one core module without imports is called without the
    /// component around it; every other one as a component.
    Direct,
    /// Every policy is called as a component.
    Component,
}

/// What becomes of a store when its request is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instances {
    /// It is thrown away with its instances.
    Fresh,
    /// If every instance in it is called directly and none faulted, another request may use it.
    /// Such instances share one memory: before one judges, all that can be changed in it, memory and
    /// globals, is given the state that it was made with. A policy for which this cannot be, or
    /// whose memory is large, has a store of its own, and that is thrown away.
    Restored,
}

/// What the code of policies is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compilation {
    /// To run fast: policies that serve requests.
    Optimized,
    /// To be compiled fast: policies that run a few times, as in tests.
    Quick,
}

/// What an engine is made with.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Limits of each policy.
    pub limits: Limits,
    /// Instances that can exist at once: policies in a set, times requests
    /// being evaluated or kept ready, over all sets.
    pub max_instances: u32,
    /// Who makes new instances.
    pub refill: Refill,
    /// How policies are called.
    pub calls: Calls,
    /// What becomes of instances when a request is over.
    pub instances: Instances,
    /// What policies are compiled for.
    pub compilation: Compilation,
    /// Whether verdicts are remembered.
    pub memory: MemoryOfVerdicts,
    /// Whether policies of an unreleased version of the contract are taken.
    pub drafts: Drafts,
    /// Where compiled policies are kept between processes.
    pub cache: Option<CompilationCache>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            limits: Limits::default(),
            max_instances: 2048,
            refill: Refill::Background { ready: (cores * 2).clamp(4, 32) },
            calls: Calls::Direct,
            instances: Instances::Restored,
            compilation: Compilation::Optimized,
            memory: MemoryOfVerdicts::Bytes(8 << 20),
            drafts: Drafts::Refused,
            cache: None,
        }
    }
}

impl EngineConfig {
    /// For a process that answers one request and ends, such as a command.
    #[must_use]
    pub fn one_shot() -> Self {
        Self {
            max_instances: 256,
            refill: Refill::Inline,
            instances: Instances::Fresh,
            memory: MemoryOfVerdicts::Off,
            ..Self::default()
        }
    }

    /// For policies that serve requests.
    pub(crate) fn serving(&self) -> Config {
        let mut config = self.common();
        let slots = self.max_instances;
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(slots)
            .total_core_instances(slots)
            .total_memories(slots)
            .total_tables(slots.saturating_mul(2))
            .max_core_instances_per_component(CORE_INSTANCES)
            .max_memories_per_component(1)
            .max_tables_per_component(CORE_INSTANCES)
            .max_tables_per_module(CORE_INSTANCES)
            .max_unused_warm_slots(slots)
            .max_memory_size(self.limits.memory_bytes.max(self.limits.max_memory_bytes))
            .linear_memory_keep_resident(KEEP_RESIDENT)
            .table_elements(TABLE_ELEMENTS)
            .table_keep_resident(4096 * size_of::<usize>());
        // A bundle's policies run one after the other, each once: what their
        // code takes in the caches costs more than an instruction saved.
        config.cranelift_opt_level(match self.compilation {
            Compilation::Optimized => OptLevel::SpeedAndSize,
            Compilation::Quick => OptLevel::None,
        });
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        config
    }

    /// For the one run of `describe` and `configure`: compiled fast, not well.
    pub(crate) fn loading(&self) -> Config {
        let mut config = self.common();
        config.cranelift_opt_level(OptLevel::None);
        config
    }

    fn common(&self) -> Config {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .concurrency_support(false)
            .max_wasm_stack(self.limits.stack_bytes)
            .cranelift_nan_canonicalization(true)
            .wasm_simd(false)
            .wasm_relaxed_simd(false)
            .wasm_backtrace_max_frames(None);
        config
    }
}

/// Core instances and tables that one policy may have: a component has a few
/// where shims stand between its modules. Its memory is one, so that the limit
/// of a memory is that of a policy.
pub(crate) const CORE_INSTANCES: u32 = 8;

/// Entries of one table: an interpreter has about six thousand functions that
/// are called through it.
pub(crate) const TABLE_ELEMENTS: usize = 16 << 10;

/// Memory that is reset by copying rather than by a system call: that of a
/// policy as the SDK builds it, with some to spare.
pub(crate) const KEEP_RESIDENT: usize = 256 << 10;
