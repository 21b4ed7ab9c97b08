//! The guides for authors show what happens: their console blocks are run, and the code that they
//! show is that of the templates.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console::{blocks, run_console};
use crate::support::World;

fn guest(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest").join(path)
}

fn shows_what_happens(language: &str, fence: &str, template: &str) {
    let page = std::fs::read_to_string(guest(&format!("guides/{language}.md"))).unwrap();
    let template = std::fs::read_to_string(guest(&format!("templates/{template}"))).unwrap();
    for excerpt in blocks(&page, fence) {
        assert!(template.contains(&excerpt), "the template has no\n{excerpt}");
    }
    let commands = run_console(&World::new(), &page);
    assert!(commands >= 15, "{commands} commands");
}

/// Whether the tools are there. In CI they must be.
fn have(tools: &[&str]) -> bool {
    let there = |tool: &&str| Command::new(tool).arg("--version").output().is_ok();
    let missing: Vec<_> = tools.iter().copied().filter(|tool| !there(tool)).collect();
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(missing.is_empty() || !in_ci, "missing: {}", missing.join(", "));
    if !missing.is_empty() {
        eprintln!("not run: {} missing", missing.join(", "));
    }
    missing.is_empty()
}

/// What is no verdict does not become one that permits, and a misspelt name is no silence.
#[test]
fn the_sdk_of_javascript_takes_no_nonsense() {
    if have(&["node"]) {
        let ran = Command::new("node").arg(guest("javascript/policy.test.mjs")).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn of_rust() {
    shows_what_happens("rust", "rust", "rust/src/lib.rs.in");
}

#[test]
fn of_c() {
    if have(&["clang", "wasm-ld"]) {
        shows_what_happens("c", "c", "c/src/policy.c.in");
    }
}

/// It brings an interpreter, which takes a while to build and to compile.
#[test]
fn of_javascript() {
    if have(&["node", "npm"]) {
        shows_what_happens("javascript", "js", "javascript/src/policy.js.in");
    }
}

/// The same, and several times as long: CI takes the time.
#[test]
fn of_python() {
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    if in_ci && have(&["python3"]) {
        shows_what_happens("python", "python", "python/policy.py.in");
    }
}
