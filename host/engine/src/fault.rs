//! What can go wrong with a policy while it judges: never a denial, never a permit.

use serde::Serialize;

/// What a policy itself said of what went wrong with it: the message of a panic
/// or of an exception.
///
/// It may quote claims. It is for the policy's author to see, and stands in no
/// text, no record and no log that this library writes: only [`as_str`](Self::as_str)
/// gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnWords(String);

/// Bytes of [`OwnWords`].
pub(crate) const MOST_WORDS: usize = 4096;

impl OwnWords {
    pub(crate) fn new(words: &str) -> Self {
        let plain = |c: char| c == '\n' || !c.is_control();
        let mut text: String = words.chars().filter(|c| plain(*c)).collect();
        text.truncate(text.floor_char_boundary(MOST_WORDS));
        Self(text)
    }

    /// The words: without control characters but for line feeds, 4 KiB at most.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for OwnWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for OwnWords {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// A policy that gave no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum Fault {
    /// It trapped: a panic, an access out of bounds, an unreachable instruction.
    #[error("the policy trapped: {0}")]
    Trap(String),
    /// It says itself that it could not judge: an exception that nothing caught,
    /// or a panic of a policy that keeps its messages.
    #[error("the policy raised an error of its own")]
    Raised(OwnWords),
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
            Self::Raised(_) => "raised",
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
