//! Policies in JavaScript: componentize-qjs, from npm, puts QuickJS and the
//! policy's modules into a component, in the state in which they have run.

use std::path::Path;
use std::process::Command;

use crate::{BuildError, WORLD, tool};

const TOOL: &str = "node_modules/.bin/componentize-qjs";
/// What names its version.
const LIST: &str = "package.json";
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

pub(crate) fn build(folder: &Path) -> Result<Vec<u8>, BuildError> {
    if tool::is_stale(folder, LIST, TOOL)? {
        if !tool::is_there(NPM) {
            return Err(BuildError::ToolMissing {
                tool: "npm".into(),
                advice: "install Node.js 18 or later".into(),
            });
        }
        let install = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
        tool::run(Command::new(NPM).args(install), folder)?;
    }
    tool::keep_list(folder, LIST)?;
    let (contract, out) = (tool::contract(folder)?, tool::file(folder, "policy.wasm")?);
    let mut command = Command::new(tool::own(folder, TOOL)?);
    command.arg("--wit").arg(contract).args(["--world", WORLD]);
    command.args(["--js", "src/policy.js", "--module-root", "."]);
    // No promises: the contract's functions answer at once.
    command.args(["--sync", "--opt-size"]).arg("--output").arg(&out);
    tool::run(&mut command, folder)?;
    tool::made(folder, &out)
}
