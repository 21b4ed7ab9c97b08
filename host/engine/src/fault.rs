//! What can go wrong with a policy while it judges: never a denial, never a permit.

use serde::Serialize;

/// A policy that gave no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum Fault {
    /// It trapped: a panic, an access out of bounds, an unreachable instruction.
    #[error("the policy trapped: {0}")]
    Trap(String),
    /// It used up its fuel.
    #[error("the policy used up its fuel of {0} units")]
    Fuel(u64),
    /// It asked for more memory than it may have.
    #[error("the policy asked for more than its {0} bytes of memory")]
    Memory(usize),
    /// It recursed too deeply.
    #[error("the policy used up its stack")]
    Stack,
    /// Its verdict is larger than a verdict may be.
    #[error("the policy's verdict is too large: {0}")]
    OutputTooLarge(String),
    /// Its verdict breaks the contract.
    #[error("the policy's verdict is malformed: {0}")]
    MalformedVerdict(String),
    /// It asks for an obligation that this host does not know.
    #[error("the policy requires `{0}`, which this host does not know")]
    UnknownObligation(String),
    /// No instance could be made.
    #[error("no instance of the policy could be made: {0}")]
    Instance(String),
}

impl Fault {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::Fuel(_) => "fuel",
            Self::Memory(_) => "memory",
            Self::Stack => "stack",
            Self::OutputTooLarge(_) => "output-too-large",
            Self::MalformedVerdict(_) => "malformed-verdict",
            Self::UnknownObligation(_) => "unknown-obligation",
            Self::Instance(_) => "instance",
        }
    }
}
