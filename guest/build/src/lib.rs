//! Turns policy crates into components: drives cargo with the flags that keep a
//! policy small, wraps the module, and refuses imports.
//!
//! The flags, and what they are for:
//!
//! - a stack of 16 KiB, first in memory: the smallest memory that works, and an
//!   overflow traps at address zero rather than running into data;
//! - `panic = "abort"`, one codegen unit, link-time optimization: size;
//! - no growth of the stack, no threads, no table growth: nothing to reset
//!   between two requests but one page or two of memory;
//! - relocations, and a segment for each piece of data: so that what only a panic
//!   needs can be told from the rest, and is left out.

mod short;
mod trim;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that policies are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The bytes of stack that a policy has.
pub const STACK_BYTES: u32 = 16 * 1024;

const PROFILE: &str = "tokenward-policy";

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
    #[error("policy `{package}` is not a policy module: {reason}; does it call `export_policy!`?")]
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
    /// The package it comes from.
    pub package: String,
    /// The component.
    pub component: Vec<u8>,
}

/// Builds the packages of one workspace or crate into components.
///
/// `manifest` is a `Cargo.toml`; `target_dir` is a folder for cargo's output,
/// best not the one of a cargo that is running.
///
/// # Errors
///
/// See [`BuildError`].
pub fn build_policies(
    manifest: &Path,
    packages: &[&str],
    target_dir: &Path,
) -> Result<Vec<BuiltPolicy>, BuildError> {
    build_modules(manifest, packages, target_dir)?
        .into_iter()
        .map(|(package, module)| {
            let component = wrap(&package, &module)?;
            Ok(BuiltPolicy { package, component })
        })
        .collect()
}

/// Builds the packages into core modules, without what only a panic needs: the
/// first half of [`build_policies`].
///
/// # Errors
///
/// See [`BuildError`].
pub fn build_modules(
    manifest: &Path,
    packages: &[&str],
    target_dir: &Path,
) -> Result<Vec<(String, Vec<u8>)>, BuildError> {
    check_target()?;
    run_cargo(manifest, packages, target_dir)?;
    packages
        .iter()
        .map(|package| {
            let file = format!("{}.wasm", package.replace('-', "_"));
            let path = target_dir.join(TARGET).join(PROFILE).join(file);
            let module = match std::fs::read(&path) {
                Ok(module) => module,
                Err(source) => return Err(BuildError::Module { path, source }),
            };
            let package = (*package).to_owned();
            match trim::trim(&module) {
                Ok(module) => Ok((package, module)),
                Err(reason) => Err(BuildError::Component { package, reason }),
            }
        })
        .collect()
}

fn tool(variable: &str, default: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| default.into())
}

fn check_target() -> Result<(), BuildError> {
    let rustc = tool("RUSTC", "rustc");
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|source| BuildError::Tool { tool: rustc.to_string_lossy().into(), source })?;
    let folder = String::from_utf8_lossy(&output.stdout);
    let has_std = std::fs::read_dir(folder.trim())
        .is_ok_and(|entries| entries.flatten().any(|e| e.path().extension().is_some()));
    if output.status.success() && has_std { Ok(()) } else { Err(BuildError::TargetMissing) }
}

fn run_cargo(manifest: &Path, packages: &[&str], target_dir: &Path) -> Result<(), BuildError> {
    let cargo = tool("CARGO", "cargo");
    let mut command = Command::new(&cargo);
    command.arg("build").arg("--lib").arg("--manifest-path").arg(manifest);
    command.args(["--target", TARGET, "--profile", PROFILE]);
    for setting in [
        "inherits=\"release\"",
        "opt-level=\"z\"",
        "lto=true",
        "codegen-units=1",
        "panic=\"abort\"",
        "debug=false",
        // Names and relocations go when the module is trimmed.
        "strip=\"none\"",
        "overflow-checks=true",
    ] {
        command.arg("--config").arg(format!("profile.{PROFILE}.{setting}"));
    }
    for package in packages {
        command.args(["--package", package]);
    }
    command.env("CARGO_TARGET_DIR", target_dir);
    command.env("CARGO_ENCODED_RUSTFLAGS", rustflags(manifest).join("\u{1f}"));
    // What an outer cargo, clippy or coverage run has set is not meant for the guest.
    for variable in [
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_RUSTFLAGS",
        "CLIPPY_ARGS",
        "RUSTDOCFLAGS",
        "__CARGO_DEFAULT_LIB_METADATA",
    ] {
        command.env_remove(variable);
    }
    let status = command
        .status()
        .map_err(|source| BuildError::Tool { tool: cargo.to_string_lossy().into(), source })?;
    if status.success() { Ok(()) } else { Err(BuildError::Cargo { packages: packages.join(", ") }) }
}

fn rustflags(manifest: &Path) -> Vec<String> {
    let mut flags = vec![
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        "-Clink-arg=--stack-first".to_owned(),
        "-Clink-arg=--emit-relocs".to_owned(),
        "-Clink-arg=--no-merge-data-segments".to_owned(),
    ];
    // Panic messages name source files: the same bytes whatever the folder.
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo_home =
        std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home.map(|h| h.join(".cargo")));
    let workspace = manifest.canonicalize().ok().and_then(|m| m.parent().map(Path::to_path_buf));
    for (folder, name) in [(cargo_home, "cargo"), (workspace, "src")] {
        if let Some(folder) = folder {
            flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
        }
    }
    flags
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
        .and_then(wit_component::ComponentEncoder::encode)
        .map_err(|error| not_a_policy(format!("{error:#}")))?;
    short::shorten(&component).map_err(not_a_policy)
}
