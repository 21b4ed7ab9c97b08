//! The header is written by hand: it is compared with the source, with the library, and with the tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "c/compiler.rs"]
#[allow(dead_code, reason = "the programs are the other tests'")]
mod compiler;
#[path = "header/parse.rs"]
mod parse;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use compiler::{Build, built, compiler as c_compiler, library_folder, missing, package};
use parse::{c_constants, c_functions, rust_constants, rust_functions};

fn header() -> String {
    std::fs::read_to_string(package().join("include/tokenward.h")).unwrap()
}

/// All files of a folder with this ending, one after the other.
fn all(folder: &str, ending: &str) -> String {
    let files = std::fs::read_dir(package().join(folder)).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|found| found == ending));
    files.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn functions_are_those_of_the_source() {
    let (c, rust) = (c_functions(&header()), rust_functions(&all("src", "rs")));
    assert!(c.len() > 80, "{}", c.len());
    assert_eq!(c.keys().collect::<Vec<_>>(), rust.keys().collect::<Vec<_>>());
    for (name, declared) in &c {
        let defined = &rust[name];
        assert!(declared.fits(defined), "`{name}` is {declared:?} in C, and {defined:?} in Rust");
    }
}

#[test]
fn constants_are_those_of_the_source() {
    let (c, rust) = (c_constants(&header()), rust_constants(&all("src", "rs")));
    assert!(c.len() > 40, "{}", c.len());
    assert_eq!(c, rust);
}

#[test]
fn the_library_has_these_functions_and_no_others() {
    if library_folder().is_none() {
        return;
    }
    let library = built("libtokenward_c.so");
    let Some(symbols) = printed("nm", &["-D", "--defined-only"], &library) else { return };
    let exported: BTreeSet<String> = symbols
        .lines()
        .filter_map(|line| line.rsplit_once(" T ").or_else(|| line.rsplit_once(" D ")))
        .map(|(_, name)| name.to_owned())
        .collect();
    assert_eq!(exported, c_functions(&header()).into_keys().collect());

    let Some(dynamic) = printed("readelf", &["-d"], &library) else { return };
    let abi = header().lines().find_map(|line| {
        line.strip_prefix("#define TOKENWARD_ABI_VERSION ").map(|number| number.trim().to_owned())
    });
    let soname = format!("[libtokenward_c.so.{}]", abi.unwrap());
    assert!(dynamic.contains(&soname), "{soname}: {dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}

fn printed(program: &str, arguments: &[&str], library: &Path) -> Option<String> {
    match Command::new(program).args(arguments).arg(library).output() {
        Ok(ran) if ran.status.success() => Some(String::from_utf8(ran.stdout).unwrap()),
        _ => {
            missing(program);
            None
        }
    }
}

#[test]
fn every_function_is_called_by_a_test() {
    let programs = all("tests", "c") + &all("tests", "h") + &all("examples", "c");
    for name in c_functions(&header()).keys() {
        assert!(programs.contains(&format!("{name}(")), "no test calls `{name}`");
    }
}

#[test]
fn no_panic_passes_the_border() {
    // What neither can fail nor panic, and asks nobody.
    let plain = ["tokenward_version", "tokenward_abi_version", "tokenward_outcome_name"];
    let plain = [&plain[..], &["tokenward_severity_name"]].concat();
    for (name, function) in rust_functions(&all("src", "rs")) {
        let caught = ["border::", "fill(", "lend(", "lend_once(", "lend_claim("];
        let guarded = caught.iter().any(|way| function.body.contains(way));
        assert!(guarded || plain.contains(&name.as_str()), "`{name}` lets panics pass");
    }
}

#[test]
fn it_compiles_as_c_and_as_c_plus_plus() {
    let header = package().join("include/tokenward.h");
    let check = |compiler: &str, language: &str, standard: &str| {
        let mut command = Command::new(compiler);
        command.args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-x", language]);
        let ran = command.arg(format!("-std={standard}")).arg(&header).output().unwrap();
        assert!(ran.status.success(), "{compiler} {standard}: {ran:?}");
    };
    let Some(compiler) = c_compiler(Build::Plain) else { return };
    check(compiler, "c", "c99");
    check(compiler, "c", "c11");
    let exists = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    match ["c++", "clang++", "g++"].into_iter().find(exists) {
        Some(compiler) => check(compiler, "c++", "c++11"),
        None => missing("a C++ compiler"),
    }
}
