//! Policies in C: clang with lld, or zig, for bare WebAssembly; what they need of
//! a C library is in the SDK.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, Keep, STACK_BYTES, tool};

const SDK: &str = ".tokenward/sdk";

pub(crate) fn build(folder: &Path, keep: Keep) -> Result<Vec<u8>, BuildError> {
    let out = tool::file(folder, "policy.wasm")?;
    let mut command = compiler()?;
    command.args(["-std=c11", "-Wall", "-Wextra", "-mbulk-memory", "-nostdlib"]);
    // A loop of the SDK that copies is not to become a call of itself.
    command.arg("-fno-builtin");
    command.arg("-I").arg(format!("{SDK}/include")).arg("-I").arg(SDK);
    command.args(["-Wl,--no-entry", "-Wl,--stack-first", "-Wl,--gc-sections"]);
    command.arg(format!("-Wl,-z,stack-size={STACK_BYTES}"));
    match keep {
        Keep::Nothing => command.arg("-Wl,--strip-all"),
        Keep::Messages => command.args(["-DTOKENWARD_MESSAGES", "-Wl,--export=tokenward_panic"]),
    };
    for sources in ["src", SDK] {
        command.args(c_files(folder, Path::new(sources))?);
    }
    command.arg("-o").arg(&out);
    tool::run(&mut command, folder)?;
    tool::made(folder, &out)
}

/// What `CC` names, or what there is.
fn compiler() -> Result<Command, BuildError> {
    let clang = |program: &str| {
        let mut command = Command::new(program);
        command.arg("--target=wasm32-unknown-unknown");
        // Only the compiler is to know that this is optimized: told so itself, the driver would run
        // whatever `wasm-opt` there is over the result.
        command.args(["-Xclang", "-Os"]);
        command
    };
    if let Ok(own) = env::var("CC")
        && own.contains("clang")
    {
        return Ok(clang(&own));
    }
    if tool::is_there("clang") {
        return Ok(clang("clang"));
    }
    let mut zig = Command::new("zig");
    // Zig has no flag `--version`, but a command of that name.
    let found = Command::new("zig").arg("version").output().is_ok_and(|o| o.status.success());
    if found {
        zig.args(["cc", "--target=wasm32-freestanding", "-Os"]);
        return Ok(zig);
    }
    Err(BuildError::ToolMissing {
        tool: "clang".into(),
        advice: "install clang and lld (Debian: `apt install clang lld`), or zig".into(),
    })
}

/// The C files of a folder within the policy's, sorted.
fn c_files(folder: &Path, sources: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let path = folder.join(sources);
    let told = |source| BuildError::File { path: path.clone(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(told)? {
        let name = entry.map_err(told)?.file_name();
        if Path::new(&name).extension().is_some_and(|extension| extension == "c") {
            files.push(sources.join(name));
        }
    }
    files.sort();
    Ok(files)
}
