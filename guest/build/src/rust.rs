//! Policies in Rust: cargo, with the flags that keep a policy small.
//!
//! - a stack of 16 KiB, first in memory: the smallest memory that works, and an
//!   overflow traps at address zero rather than running into data;
//! - `panic = "abort"`, one codegen unit, link-time optimization: size;
//! - no growth of the stack, no threads, no table growth: nothing to reset
//!   between two requests but one page or two of memory;
//! - relocations, and a segment for each piece of data: so that what only a panic
//!   needs can be told from the rest, and is left out.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, BuiltPolicy, Keep, STACK_BYTES, TARGET, tool, trim, wrap};

const PROFILE: &str = "tokenward-policy";

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
            Ok(BuiltPolicy { package, component, stopped: Vec::new() })
        })
        .collect()
}

/// Where the build scripts of a workspace build policies: in one folder, so that what policies have in
/// common is compiled once. `out` is what cargo gives a build script as `OUT_DIR`.
#[must_use]
pub fn shared_folder(out: &Path) -> PathBuf {
    // `out` is `PROFILE/build/PACKAGE/out`.
    out.ancestors().nth(3).unwrap_or(out).join("policies")
}

/// Builds the policy of a folder.
pub(crate) fn build(folder: &Path, package: &str, keep: Keep) -> Result<BuiltPolicy, BuildError> {
    let whole = tool::own(folder, "")?;
    let target = whole.join("target/tokenward");
    check_target()?;
    let mut command = cargo(&whole.join("Cargo.toml"), &[package], &target, keep);
    tool::run(command.arg("--quiet"), folder)?;
    let module = built(package, &target, keep)?;
    let component = wrap(package, &module)?;
    Ok(BuiltPolicy { package: package.to_owned(), component, stopped: Vec::new() })
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
    let mut command = cargo(manifest, packages, target_dir, Keep::Nothing);
    let status = command.status().map_err(|source| BuildError::Tool {
        tool: command.get_program().to_string_lossy().into(),
        source,
    })?;
    if !status.success() {
        return Err(BuildError::Cargo { packages: packages.join(", ") });
    }
    let build =
        |package: &&str| Ok(((*package).to_owned(), built(package, target_dir, Keep::Nothing)?));
    packages.iter().map(build).collect()
}

/// What cargo made of a package.
fn built(package: &str, target_dir: &Path, keep: Keep) -> Result<Vec<u8>, BuildError> {
    let file = format!("{}.wasm", package.replace('-', "_"));
    let path = target_dir.join(TARGET).join(PROFILE).join(file);
    let module = match std::fs::read(&path) {
        Ok(module) => module,
        Err(source) => return Err(BuildError::Module { path, source }),
    };
    if keep == Keep::Messages {
        return Ok(module);
    }
    trim::trim(&module)
        .map_err(|reason| BuildError::Component { package: package.to_owned(), reason })
}

fn program(variable: &str, default: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| default.into())
}

fn check_target() -> Result<(), BuildError> {
    let rustc = program("RUSTC", "rustc");
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|source| BuildError::Tool { tool: rustc.to_string_lossy().into(), source })?;
    let folder = String::from_utf8_lossy(&output.stdout);
    let has_std = std::fs::read_dir(folder.trim())
        .is_ok_and(|entries| entries.flatten().any(|e| e.path().extension().is_some()));
    if output.status.success() && has_std { Ok(()) } else { Err(BuildError::TargetMissing) }
}

fn cargo(manifest: &Path, packages: &[&str], target_dir: &Path, keep: Keep) -> Command {
    let mut command = Command::new(program("CARGO", "cargo"));
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
    command.env("CARGO_ENCODED_RUSTFLAGS", rustflags(manifest, keep).join("\u{1f}"));
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
    command
}

fn rustflags(manifest: &Path, keep: Keep) -> Vec<String> {
    let mut flags = vec![
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        "-Clink-arg=--stack-first".to_owned(),
        "-Clink-arg=--emit-relocs".to_owned(),
        "-Clink-arg=--no-merge-data-segments".to_owned(),
    ];
    if keep == Keep::Messages {
        flags.push("--cfg=tokenward_messages".to_owned());
    }
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
