//! Compiles the guests of the tests to components.

use std::path::PathBuf;
use std::{env, fs, process};

fn main() {
    if let Err(message) = run() {
        println!("cargo::error={message}");
        process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..");
    for input in ["wit", "guest/sdk", "tests/guests", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    let guests =
        ["draft-guest", "hostile-guest", "importing-guest", "lying-guest", "wrong-contract-guest"];
    let modules = tokenward_policy_build::build_modules(
        &root.join("Cargo.toml"),
        &guests,
        &tokenward_policy_build::shared_folder(&out),
    )
    .map_err(|error| error.to_string())?;
    for (package, module) in modules {
        // Not `wrap`: it refuses the import that the host is to refuse.
        let component = wit_component::ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .and_then(|mut encoder| encoder.encode())
            .map_err(|error| format!("{package}: {error:#}"))?;
        for (extension, content) in [("wasm", component), ("module.wasm", module)] {
            let file = out.join(format!("{package}.{extension}"));
            fs::write(&file, content).map_err(|e| format!("{}: {e}", file.display()))?;
        }
    }
    Ok(())
}
