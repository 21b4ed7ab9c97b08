//! Lists the files of the SDKs, which `tokenward policy new` writes beside a policy, and makes the
//! part of C's that follows from the contract.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../..");
    let mut files = Vec::new();
    for folder in ["guest/derive", "guest/sdk"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        files.push(PathBuf::from(folder).join("Cargo.toml"));
        collect(&root, &Path::new(folder).join("src"), &mut files);
    }
    files.push(PathBuf::from("wit/policy.wit"));
    println!("cargo::rerun-if-changed={}", root.join("wit/policy.wit").display());
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let path = root.join(&file).canonicalize().expect("a file of the SDK");
        let name = file.to_str().expect("UTF-8").replace('\\', "/");
        let path = path.to_str().expect("UTF-8");
        writeln!(list, "    ({:?}, include_str!({path:?})),", format!(".tokenward/sdk/{name}"))
            .expect("a string takes it");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("sdk_files.rs"), list).expect("the list is written");
    c_bindings(&root.join("wit/policy.wit"), &out);
}

/// `contract.h` and `contract.c`, with short names: one contract is all that a policy has.
fn c_bindings(contract: &Path, out: &Path) {
    let text = fs::read_to_string(contract).expect("the contract");
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("policy.wit", &text).expect("the contract is WIT");
    let world = resolve.select_world(&[package], None).expect("it has a world");
    let version = resolve.packages[package].name.version.as_ref().expect("it has a version");
    let options = wit_bindgen_c::Opts {
        // The component's type is added when it is put together.
        no_object_file: true,
        rename: vec![(format!("tokenward:policy/policy@{version}"), "tw".into())],
        rename_world: Some("contract".into()),
        ..Default::default()
    };
    let mut files = wit_bindgen_core::Files::default();
    options.build().generate(&mut resolve, world, &mut files).expect("bindings for C");
    for (name, content) in files.iter() {
        let text = std::str::from_utf8(content).expect("UTF-8");
        let short = text
            .replace("exports_tw_", "tw_")
            .replace("EXPORTS_TW_", "TW_")
            .replace("contract_", "tw_");
        // What pulls in an object file, of which there is none.
        let lines = short.lines().filter(|line| !line.contains("component_type_object"));
        let mut whole: String = lines.flat_map(|line| [line, "\n"]).collect();
        if let Some(start) = whole.find("// Ensure that the *_component_type.o") {
            whole.truncate(start);
        }
        fs::write(out.join(name), whole).expect("a file of bindings");
    }
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root.join(folder)).expect("a folder of the SDK") {
        let entry = entry.expect("an entry");
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            collect(root, &path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}
