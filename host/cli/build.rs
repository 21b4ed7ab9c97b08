//! Lists the files of the SDK, which `tokenward policy new` writes beside a policy.

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
        writeln!(list, "    ({name:?}, include_str!({path:?})),").expect("a string takes it");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("sdk_files.rs");
    fs::write(out, list).expect("the list is written");
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
