//! The C tests, each a program.

use crate::compiler::{Build, Program};
use crate::world::World;

/// Compiles and runs `tests/NAME.c`, plainly and with sanitizers.
fn passes(name: &str) {
    let world = World::new();
    for build in [Build::Plain, Build::Sanitized] {
        let into = tempfile::tempdir().unwrap();
        let source = format!("tests/{name}.c");
        let Some(program) = Program::build(&source, build, into.path()) else { continue };
        let ran = program.run(&[world.path().into()]);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{name}, {build:?}: {}\n{said}", ran.status);
        assert!(said.is_empty(), "{name}, {build:?}: {said}");
    }
}

#[test]
fn a_request_passes() {
    passes("permit");
}

#[test]
fn requests_are_refused_with_reasons() {
    passes("refuse");
}

#[test]
fn misuse_permits_nothing() {
    passes("misuse");
}

#[test]
fn trust_is_read_and_replaced() {
    passes("trust");
}

#[test]
fn bundles_are_verified_and_activated() {
    passes("bundles");
}

#[test]
fn threads_decide_while_others_activate() {
    passes("threads");
}

#[test]
fn a_child_makes_its_own() {
    passes("fork");
}

#[test]
fn the_library_stays_when_it_is_unloaded() {
    passes("unload");
}

/// What a sanitizer is there to find, it finds: a decision that was not freed, and one that was used
/// afterwards.
#[test]
fn leaks_are_found() {
    let world = World::new();
    let into = tempfile::tempdir().unwrap();
    let Some(program) = Program::build("tests/leak.c", Build::Sanitized, into.path()) else {
        return;
    };
    for (what, found) in [("leak", "detected memory leaks"), ("use", "heap-use-after-free")] {
        let ran = program.run(&[world.path().into(), what.into()]);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success() && said.contains(found), "{what}: {} {said}", ran.status);
    }
    let ran = program.run(&[world.path().into(), "neither".into()]);
    assert!(ran.status.success(), "{ran:?}");
}
