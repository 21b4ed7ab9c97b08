//! Loads policy components, limits them, and evaluates them.
//!
//! The life of a policy is in the names: [`Engine::load`] checks a component,
//! configures it once and snapshots the configured memory into a
//! [`LoadedPolicy`]; [`Engine::assemble`] puts several into a [`PolicySet`],
//! which keeps instances ready; [`PolicySet::evaluate`] gives each request a
//! store of its own, narrows the input to what each policy declared, and
//! answers one [`Evaluation`] per policy, in order. A fault of one policy leaves
//! the others' verdicts standing.
//!
//! This is the only crate that names wasmtime.

mod anatomy;
mod bindings;
mod cache;
mod config;
mod descriptor;
mod error;
mod facts;
mod fault;
mod host;
mod lean;
mod load;
mod memory;
mod narrow;
mod pointer;
mod ready;
mod set;
mod snapshot;
mod verdict;
mod versions;

pub use anatomy::Anatomy;
pub use cache::{CacheError, CompilationCache};
pub use config::{Calls, Compilation, EngineConfig, Instances, Limits, MemoryOfVerdicts, Refill};
pub use descriptor::{ClaimSelector, Descriptor, Phase, Reads, RequestPart, Rule, TokenPart};
pub use error::{LoadError, SettingError};
pub use facts::{
    Binding, Cookie, Encryption, KeyFacts, PolicyInput, RequestError, RequestFacts, SameSite,
    Signal, Signals, Tls, TokenFacts, TokenLocation,
};
pub use fault::{Fault, OwnWords};
pub use host::Engine;
pub use load::{LoadedPolicy, component_digest};
pub use pointer::is_json_pointer;
pub use set::{Evaluation, MemoryUse, Outcome, PolicySet};
pub use verdict::{Effect, Finding, Requirement, Risk, RiskFactor, Severity, StepUp, Verdict};

pub use versions::Drafts;

/// The contract versions that this engine accepts, as a person writes them.
pub const ACCEPTED_CONTRACTS: &str = "tokenward:policy@0.1";
