//! What is loaded, what is refused, and what is kept between processes.

use tokenward_engine::{CompilationCache, EngineConfig, LoadError};
use tokenward_tests::{HOSTILE, IMPORTING, IMPORTING_MODULE, WRONG_CONTRACT};

use crate::support::{Given, engine, engine_with, outcome};

#[test]
fn an_import_is_refused_by_name() {
    let error = engine().load(IMPORTING, "{}").expect_err("it imports");
    match &error {
        LoadError::Imports { names } => assert_eq!(names, &["wasi:clocks/wall-clock@0.2.0"]),
        other => panic!("{other:?}"),
    }
    let text = error.to_string();
    assert!(text.contains("a policy may import nothing"), "{text}");
}

#[test]
fn an_import_is_refused_when_the_component_is_made() {
    let error = tokenward_policy_build::wrap("importing-guest", IMPORTING_MODULE)
        .expect_err("it imports")
        .to_string();
    assert!(error.contains("`wasi:clocks/wall-clock@0.2.0#now`"), "{error}");
}

#[test]
fn another_contract_version_is_refused() {
    let error = engine().load(WRONG_CONTRACT, "{}").expect_err("it is of version 9");
    assert!(matches!(error, LoadError::Contract { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("`tokenward:policy/policy@9.0.0`"), "{text}");
    assert!(text.contains("accepted: `tokenward:policy@0.1`"), "{text}");
}

#[test]
fn what_is_no_component_is_refused_with_what_it_is() {
    let mut truncated = HOSTILE.to_vec();
    truncated.truncate(HOSTILE.len() / 2);
    for (bytes, expected) in [
        (&b""[..], "the file is empty"),
        (b"#!/bin/sh\n", "does not begin with"),
        (IMPORTING_MODULE, "it is a core module"),
        (b"\0asm\x0e\0\x01\0", "unknown version"),
        (&truncated, "unexpected end"),
    ] {
        let error = engine().load(bytes, "{}").expect_err("not a component").to_string();
        assert!(error.starts_with("not a WebAssembly component: "), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn wrong_settings_point_at_the_setting() {
    let error = engine().load(HOSTILE, r#"{"evaluate":"fly"}"#).expect_err("no such behaviour");
    match &error {
        LoadError::Settings { errors } => assert_eq!(errors[0].path, "/evaluate"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cached_policy_is_the_same_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = CompilationCache::in_folder(folder.path().join("cache")).expect("a cache");
    let entries = || {
        let entries = std::fs::read_dir(folder.path().join("cache")).expect("a folder");
        entries.flatten().filter(|e| e.path().extension().is_some_and(|e| e == "policy")).count()
    };
    let judge = |settings: &str| {
        let config = EngineConfig { cache: Some(cache.clone()), ..EngineConfig::one_shot() };
        let engine = engine_with(config);
        let policy = engine.load(HOSTILE, settings).expect("it loads");
        let description = format!("{:?} {:?}", policy.descriptor(), policy.reads());
        let set = engine.assemble(vec![policy]);
        (description, outcome(&Given::claims("{}").judge(&set)[0]))
    };
    let first = judge(r#"{"evaluate":"deny"}"#);
    assert_eq!(entries(), 1);
    assert_eq!(judge(r#"{"evaluate":"deny"}"#), first);
    assert_eq!(entries(), 1, "the second load came from the cache");
    assert_eq!(judge("{}").1, "permit", "other settings are another entry");
    assert_eq!(entries(), 2);
}

/// A policy's component with so many more core modules, each instantiated and
/// each with a memory of this many pages.
fn with_more_modules(count: u8, pages: u8) -> Vec<u8> {
    let module = [0, b'a', b's', b'm', 1, 0, 0, 0, 5, 3, 1, 0, pages];
    let mut component = HOSTILE.to_vec();
    for index in 1..=count {
        component.extend([1, u8::try_from(module.len()).expect("short")]);
        component.extend(module);
        // One core instance: of the module with this index, with no arguments.
        component.extend([2, 4, 1, 0, index, 0]);
    }
    component
}

#[test]
fn a_component_of_an_odd_layout_is_refused_and_nothing_panics() {
    for (count, pages) in [(1, 1), (1, 100), (20, 100), (90, 100)] {
        let error = engine().load(&with_more_modules(count, pages), "{}");
        let error = error.expect_err("two memories, or more").to_string();
        assert!(!error.is_empty() && !error.contains('\n'), "{error}");
        assert!(engine().describe(&with_more_modules(count, pages)).is_err());
    }
}

/// Of two versions of the contract, the types of one would be checked and the
/// other be called.
#[test]
fn a_component_with_two_versions_of_the_contract_is_refused() {
    assert!(engine().load(HOSTILE, "{}").is_ok());
    for name in ["tokenward:policy/policy@0.1.1", "tokenward:policy/policy@0.1.9+x"] {
        // An export section: one export, by its name, of the first instance, without a type.
        let mut section = vec![1, 0, u8::try_from(name.len()).expect("a short name")];
        section.extend(name.as_bytes());
        section.extend([5, 0, 0]);
        let mut component = HOSTILE.to_vec();
        component.extend([11, u8::try_from(section.len()).expect("a short section")]);
        component.extend(section);
        let error = engine().load(&component, "{}").expect_err("two versions");
        let LoadError::Contract { found, .. } = &error else { panic!("{error:?}") };
        assert!(found.iter().any(|other| other == name), "{error}");
    }
}
