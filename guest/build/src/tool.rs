//! Running the tools of a language.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::BuildError;

/// Where a language's tool leaves what it makes, in a policy's folder.
const BUILD: &str = "build";
/// There: the file from which the tools were installed.
const KEPT_LIST: &str = "installed";

/// Whether a program of this name can be started.
pub(crate) fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a tool in the policy's folder, quietly: what it said is shown where it fails.
pub(crate) fn run(command: &mut Command, folder: &Path) -> Result<(), BuildError> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = command.current_dir(folder).stdin(Stdio::null()).output();
    let output = output.map_err(|source| BuildError::Tool { tool: tool.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(BuildError::Failed { tool, said: String::from_utf8_lossy(&said).trim().to_owned() })
}

/// A program of the policy's folder, by its path from anywhere.
pub(crate) fn own(folder: &Path, program: &str) -> Result<PathBuf, BuildError> {
    let path = folder.canonicalize().map(|folder| folder.join(program));
    path.map_err(|source| BuildError::File { path: folder.to_owned(), source })
}

/// A file of the build folder, by its path in the policy's folder. The folder is there.
pub(crate) fn file(folder: &Path, name: &str) -> Result<PathBuf, BuildError> {
    let build = folder.join(BUILD);
    std::fs::create_dir_all(&build)
        .map_err(|source| BuildError::File { path: build.clone(), source })?;
    Ok(Path::new(BUILD).join(name))
}

/// Writes the contract where the tool will find it, by its path in the policy's folder.
pub(crate) fn contract(folder: &Path) -> Result<PathBuf, BuildError> {
    let file = file(folder, "policy.wit")?;
    let path = folder.join(&file);
    std::fs::write(&path, crate::CONTRACT).map_err(|source| BuildError::File { path, source })?;
    Ok(file)
}

/// Whether the tools that this file names are to be installed: they were not, or from another one.
pub(crate) fn is_stale(folder: &Path, list: &str, installed: &str) -> Result<bool, BuildError> {
    let wanted = made(folder, Path::new(list))?;
    let kept = std::fs::read(folder.join(file(folder, KEPT_LIST)?)).ok();
    Ok(!folder.join(installed).exists() || kept.is_some_and(|kept| kept != wanted))
}

/// Keeps the file from which the tools were installed.
pub(crate) fn keep_list(folder: &Path, list: &str) -> Result<(), BuildError> {
    let path = folder.join(file(folder, KEPT_LIST)?);
    let wanted = made(folder, Path::new(list))?;
    std::fs::write(&path, wanted).map_err(|source| BuildError::File { path, source })
}

/// What the tool made.
pub(crate) fn made(folder: &Path, file: &Path) -> Result<Vec<u8>, BuildError> {
    let path = folder.join(file);
    std::fs::read(&path).map_err(|source| BuildError::File { path, source })
}
