//! Why a component cannot be loaded as a policy.

use crate::fault::Fault;

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting `{}`: {message}", if path.is_empty() { "/" } else { path })]
pub struct SettingError {
    /// JSON Pointer into the settings; empty for the settings as a whole.
    pub path: String,
    /// What is wrong, and what is accepted.
    pub message: String,
}

/// Why a component cannot be loaded as a policy.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are not a component.
    #[error("not a WebAssembly component: {reason}")]
    NotAComponent {
        /// What they are instead.
        reason: String,
    },
    /// The component imports something.
    #[error(
        "the component imports {}; a policy may import nothing: no WASI, clock, randomness or host \
         function (time is `now` in its input)",
        quoted(names)
    )]
    Imports {
        /// What it imports, by name.
        names: Vec<String>,
    },
    /// The component exports no policy of an accepted version.
    #[error("the component exports {}; accepted: `{accepted}`", quoted_or_nothing(found))]
    Contract {
        /// What it exports, by name.
        found: Vec<String>,
        /// The versions that are accepted.
        accepted: &'static str,
    },
    /// It faulted while it was loaded.
    #[error("in `{stage}`: {fault}")]
    Fault {
        /// `describe` or `configure`.
        stage: &'static str,
        /// What happened.
        fault: Fault,
    },
    /// Its description breaks the contract.
    #[error("the policy's description is malformed: {reason}")]
    Descriptor {
        /// What is wrong.
        reason: String,
    },
    /// More memory was asked for than a policy may have.
    #[error("{asked} bytes of memory are asked for it; at most {most} are accepted")]
    TooMuchMemory {
        /// What was asked for.
        asked: usize,
        /// The most that this engine grants.
        most: usize,
    },
    /// The settings are wrong.
    #[error("{}", joined(errors))]
    Settings {
        /// What is wrong with them.
        errors: Vec<SettingError>,
    },
    /// Wasmtime refused it, or this machine.
    #[error("{context}: {reason}")]
    Wasmtime {
        /// What was tried.
        context: &'static str,
        /// What wasmtime said.
        reason: String,
    },
}

impl LoadError {
    pub(crate) fn wasmtime(context: &'static str) -> impl FnOnce(wasmtime::Error) -> Self {
        move |error| Self::Wasmtime { context, reason: format!("{error:#}") }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn quoted_or_nothing(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { quoted(names) }
}

fn joined(errors: &[SettingError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
