//! Compiles the first-party policies to components and embeds them, with the
//! bundles that name them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// A file, by its name without its ending.
type NamedFile = (String, PathBuf);
/// A bundle's name, and its case files.
type Cases = (String, Vec<NamedFile>);

#[path = "src/coverage.rs"]
#[allow(unreachable_pub, dead_code, reason = "the library exports and uses all of it")]
mod coverage;

fn main() {
    if let Err(message) = run() {
        // One line for the person who builds; cargo shows standard error whole.
        eprintln!("error: {message}");
        println!("cargo::error={message}");
        process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    for input in ["wit", "guest", "policies", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }

    let folder = root.join("policies");
    let names = policy_names(&folder)?;
    check_coverage(&root, &names)?;
    let packages: Vec<&str> = names.iter().map(String::as_str).collect();
    let built = tokenward_policy_build::build_policies(
        &root.join("Cargo.toml"),
        &packages,
        &tokenward_policy_build::shared_folder(&out),
    )
    .map_err(|error| error.to_string())?;

    let mut generated = String::from("pub(crate) static POLICIES: &[(&str, &[u8])] = &[\n");
    for policy in &built {
        let file = out.join(format!("{}.wasm", policy.package));
        write(&file, &policy.component)?;
        let (name, file) = (&policy.package, literal(&file)?);
        let _ = writeln!(generated, "    ({name:?}, include_bytes!({file})),");
    }
    generated.push_str("];\npub(crate) static BUNDLES: &[(&str, &str)] = &[\n");
    let bundles = toml_files(&folder.join("bundles"))?;
    for (name, file) in &bundles {
        let file = literal(file)?;
        let _ = writeln!(generated, "    ({name:?}, include_str!({file})),");
    }
    generated.push_str("];\npub(crate) static CASES: &[(&str, &[(&str, &str)])] = &[\n");
    for (bundle, files) in case_files(&folder.join("bundles/cases"), &bundles)? {
        let _ = writeln!(generated, "    ({bundle:?}, &[");
        for (name, file) in files {
            let (name, file) = (format!("{name}.toml"), literal(&file)?);
            let _ = writeln!(generated, "        ({name:?}, include_str!({file})),");
        }
        generated.push_str("    ]),\n");
    }
    generated.push_str("];\n");
    write(&out.join("embedded.rs"), generated.as_bytes())?;
    write(&out.join("policy_cases.rs"), policy_cases(&folder, &names)?.as_bytes())
}

/// Stops the build where the table of requirements has a row that nobody
/// answers, or that nothing tests.
fn check_coverage(root: &Path, policies: &[String]) -> Result<(), String> {
    let file = root.join("policies/controls.toml");
    let context = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(&file).map_err(|error| context(&error))?;
    let table = coverage::CoverageTable::parse(&text).map_err(|error| context(&error))?;
    let problems = table.problems(policies, &|path| root.join(path).exists());
    if problems.is_empty() { Ok(()) } else { Err(context(&problems.join("; "))) }
}

/// The case tables of every policy, as a constant.
fn policy_cases(folder: &Path, names: &[String]) -> Result<String, String> {
    let mut generated = String::from("static CASES: &[(&str, &[(&str, &str)])] = &[\n");
    for name in names {
        let _ = writeln!(generated, "    ({name:?}, &[");
        let cases = folder.join(name).join("cases");
        let files = if cases.is_dir() { entries(&cases)? } else { Vec::new() };
        for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "toml")) {
            let absolute =
                fs::canonicalize(file).map_err(|e| format!("{}: {e}", file.display()))?;
            let (name, file) = (file_name(file), literal(&absolute)?);
            let _ = writeln!(generated, "        ({name:?}, include_str!({file})),");
        }
        generated.push_str("    ]),\n");
    }
    generated.push_str("];\n");
    Ok(generated)
}

/// Every folder of `policies/` with a manifest is a policy, and its package has the folder's name.
fn policy_names(folder: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for path in entries(folder)? {
        if path.join("Cargo.toml").is_file() {
            names.push(file_name(&path));
        }
    }
    Ok(names)
}

/// The case files of each bundle: a folder with the bundle's name holds them.
fn case_files(folder: &Path, bundles: &[NamedFile]) -> Result<Vec<Cases>, String> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut cases = Vec::new();
    for path in entries(folder)? {
        let name = file_name(&path);
        if !bundles.iter().any(|(bundle, _)| *bundle == name) {
            return Err(format!("{}: no bundle is called `{name}`", path.display()));
        }
        cases.push((name, toml_files(&path)?));
    }
    Ok(cases)
}

/// The files of a folder that end in `.toml`, by their names without it.
fn toml_files(folder: &Path) -> Result<Vec<NamedFile>, String> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if let Some(name) = file_name(&path).strip_suffix(".toml") {
            let absolute =
                fs::canonicalize(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            files.push((name.to_owned(), absolute));
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let context = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(context)?;
    let mut paths =
        entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(context)?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A path as a string literal of Rust.
fn literal(path: &Path) -> Result<String, String> {
    path.to_str()
        .map(|text| format!("{text:?}"))
        .ok_or_else(|| format!("{}: the path is not UTF-8", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}
