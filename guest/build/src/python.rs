//! Policies in Python: componentize-py, from PyPI, puts CPython and the policy's
//! modules into a component, in the state in which they have been imported.

use std::path::Path;
use std::process::Command;

use crate::{BuildError, WORLD, tool};

const VENV: &str = ".venv";
/// What names its version.
const LIST: &str = "requirements.txt";
const BIN: &str = if cfg!(windows) { "Scripts" } else { "bin" };
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

pub(crate) fn build(folder: &Path) -> Result<Vec<u8>, BuildError> {
    let componentize = format!("{VENV}/{BIN}/componentize-py");
    if tool::is_stale(folder, LIST, &componentize)? {
        if !tool::is_there(PYTHON) {
            return Err(BuildError::ToolMissing {
                tool: PYTHON.into(),
                advice: "install Python 3.10 or later".into(),
            });
        }
        tool::run(Command::new(PYTHON).args(["-m", "venv", VENV]), folder)?;
        let pip = tool::own(folder, &format!("{VENV}/{BIN}/pip"))?;
        let install = ["install", "--quiet", "--disable-pip-version-check", "-r"];
        tool::run(Command::new(pip).args(install).arg(LIST), folder)?;
    }
    tool::keep_list(folder, LIST)?;
    let (contract, out) = (tool::contract(folder)?, tool::file(folder, "policy.wasm")?);
    let mut command = Command::new(tool::own(folder, &componentize)?);
    command.arg("--quiet").arg("--wit-path").arg(contract).args(["--world", WORLD]);
    command
        .args(["componentize", "--stub-wasi", "policy", "-p", ".", "-p", ".tokenward/sdk", "-o"])
        .arg(&out);
    tool::run(&mut command, folder)?;
    tool::made(folder, &out)
}
