//! Turns policies into components: drives the ordinary tools of their language,
//! wraps or folds what these make, and refuses imports.

mod c;
mod fold;
mod javascript;
mod python;
mod rust;
mod short;
mod tool;
mod trim;

use std::path::{Path, PathBuf};

pub use rust::{build_modules, build_policies, shared_folder};

/// The target that policies are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The bytes of stack that a policy has.
pub const STACK_BYTES: u32 = 16 * 1024;

/// The contract, as the tools of other languages want it: a file of WIT.
const CONTRACT: &str = include_str!("../../../wit/policy.wit");
/// What a policy is, in the contract.
const WORLD: &str = "policy-module";

/// What a policy is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, by cargo.
    Rust,
    /// JavaScript, by componentize-qjs: a component with QuickJS in it.
    JavaScript,
    /// Python, by componentize-py: a component with CPython in it.
    Python,
    /// C, by clang or zig.
    C,
}

impl Language {
    /// Every language, with the file that shows that a folder is a policy in it.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Rust, "Cargo.toml"),
        (Self::JavaScript, "package.json"),
        (Self::Python, "policy.py"),
        (Self::C, "src/policy.c"),
    ];

    /// The language of the policy in this folder.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(_, file)| folder.join(file).is_file());
        found.map(|(language, _)| language)
    }
}

/// What is kept of what only tells an author what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: the policy that is shipped.
    Nothing,
    /// The messages of panics, with file and line.
    Messages,
}

/// Why a policy could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The compilation target is not installed.
    #[error("the target {TARGET} is not installed; run `rustup target add {TARGET}`")]
    TargetMissing,
    /// A tool could not be started.
    #[error("`{tool}` could not be started: {source}")]
    Tool {
        /// The program.
        tool: String,
        /// Why.
        source: std::io::Error,
    },
    /// A tool that the language needs is not there.
    #[error("`{tool}` was not found; {advice}")]
    ToolMissing {
        /// The program.
        tool: String,
        /// How to get it.
        advice: String,
    },
    /// A tool failed.
    #[error("`{tool}` failed")]
    Failed {
        /// The program.
        tool: String,
        /// What it wrote.
        said: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Cargo failed; its own message went before.
    #[error("cargo could not build {packages}; its message is above")]
    Cargo {
        /// The packages that were to be built.
        packages: String,
    },
    /// The compiled module could not be read.
    #[error("{path}: {source}; a policy crate needs `crate-type = [\"cdylib\", \"rlib\"]`", path = path.display())]
    Module {
        /// Where it was expected.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The module imports something.
    #[error(
        "policy `{package}` imports {imports}; a policy may import nothing: no WASI, clock, \
         randomness or host function (time is `now` in its input)"
    )]
    Imports {
        /// The package.
        package: String,
        /// The imports by name.
        imports: String,
    },
    /// The module is not one that a component can be made of.
    #[error("policy `{package}` is not a policy module: {reason}")]
    Component {
        /// The package.
        package: String,
        /// Why.
        reason: String,
    },
}

/// A built policy.
#[derive(Debug, Clone)]
pub struct BuiltPolicy {
    /// Its package, or its folder.
    pub package: String,
    /// The component.
    pub component: Vec<u8>,
    /// What its language's runtime would import, and is stopped at: a call of it traps. Interfaces
    /// of WASI, by name.
    pub stopped: Vec<String>,
}

/// Builds the policy in a folder, as `tokenward policy new` writes one. `package` is a crate's name;
/// other languages do without.
///
/// # Errors
///
/// See [`BuildError`].
pub fn build(
    language: Language,
    folder: &Path,
    package: &str,
    keep: Keep,
) -> Result<BuiltPolicy, BuildError> {
    let wasm = match language {
        Language::Rust => return rust::build(folder, package, keep),
        Language::JavaScript => javascript::build(folder)?,
        Language::Python => python::build(folder)?,
        Language::C => c::build(folder, keep)?,
    };
    let (component, stopped) = fold(package, &wasm)?;
    Ok(BuiltPolicy { package: package.to_owned(), component, stopped })
}

/// Wraps a core module into a component.
///
/// # Errors
///
/// [`BuildError::Imports`] and [`BuildError::Component`].
pub fn wrap(package: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let not_a_policy = |reason: String| BuildError::Component { package: package.into(), reason };
    let mut imports = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|error| not_a_policy(error.to_string()))?;
        if let wasmparser::Payload::ImportSection(section) = payload {
            for import in section.into_imports() {
                let import = import.map_err(|error| not_a_policy(error.to_string()))?;
                imports.push(format!("`{}#{}`", import.module, import.name));
            }
        }
    }
    if !imports.is_empty() {
        return Err(BuildError::Imports { package: package.into(), imports: imports.join(", ") });
    }
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .debug_names(false)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| not_a_policy(format!("{error:#}")))?;
    short::shorten(&component).map_err(not_a_policy)
}

/// Makes a policy of what another language's tool made: a component, or a core module of one.
///
/// What it imports is no longer imported: a call of it traps. The names of what it imported are
/// in the answer, as `interface#function`.
///
/// # Errors
///
/// [`BuildError::Component`].
pub fn fold(package: &str, wasm: &[u8]) -> Result<(Vec<u8>, Vec<String>), BuildError> {
    let not_a_policy = |reason| BuildError::Component { package: package.into(), reason };
    let folded = fold::fold(wasm).map_err(not_a_policy)?;
    Ok((wrap(package, &folded.module)?, folded.stopped))
}
