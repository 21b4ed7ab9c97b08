//! The contract: what was released of it is frozen.

use std::collections::BTreeSet;
use std::path::Path;

use tokenward_engine::{Calls, Drafts, EngineConfig, LoadError};
use tokenward_tests::{DRAFT, HOSTILE, WRONG_CONTRACT};

use crate::support::{Given, engine, engine_with, outcome};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Released {
    released: Vec<Version>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    package: String,
    file: String,
    sha256: String,
}

#[test]
fn released_versions_are_frozen() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let text = std::fs::read_to_string(folder.join("released.toml")).unwrap();
    let Released { released } = toml::from_str(&text).unwrap();
    assert!(released.iter().any(|version| version.package == "tokenward:policy@0.1.0"));
    let mut packages = BTreeSet::new();
    for Version { package, file, sha256 } in released {
        let content = std::fs::read(folder.join(&file)).unwrap();
        assert_eq!(
            tokenward::component_digest(&content),
            format!("sha256:{sha256}"),
            "`wit/{file}` was changed, and {package} is released: put it back, and write a new \
             version into a file of its own"
        );
        let declared = format!("package {package};");
        assert!(String::from_utf8(content).unwrap().lines().any(|line| line == declared));
        assert!(packages.insert(package), "a version is released once");
    }
}

/// The draft is no released version, and none is written into its place.
#[test]
fn the_draft_is_not_released() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let draft = std::fs::read_to_string(folder.join("draft/policy.wit")).unwrap();
    let package = draft.lines().find_map(|line| line.strip_prefix("package ")).unwrap();
    assert_eq!(package, "tokenward:policy@0.2.0;");
    let released = std::fs::read_to_string(folder.join("released.toml")).unwrap();
    assert!(!released.contains(package.trim_end_matches(';')));
}

/// Two versions at once: the host picks by what a component exports. A policy of 0.1 judges beside
/// one of the draft, whichever way they are called.
#[test]
fn a_policy_of_the_draft_judges_beside_one_of_0_1() {
    for calls in [Calls::Direct, Calls::Component] {
        let drafts = Drafts::Accepted;
        let engine = engine_with(EngineConfig { drafts, calls, ..EngineConfig::default() });
        let load = |component, settings| engine.load(component, settings).unwrap();
        let set = engine.assemble(vec![
            load(HOSTILE, r#"{"evaluate":"deny"}"#),
            load(DRAFT, "{}"),
            load(DRAFT, r#"{"claim":"/phone"}"#),
            load(HOSTILE, "{}"),
        ]);
        assert!(set.policies().iter().all(|policy| policy.calls() == calls));
        let deprecated = |at: usize| set.policies()[at].descriptor().deprecated.clone();
        assert_eq!(deprecated(0), None);
        assert_eq!(deprecated(1).as_deref(), Some("use `claim-minimization`"));
        for (claims, expected) in [
            (r#"{"email":"a"}"#, ["finding", "finding", "permit", "permit"]),
            (r#"{"phone":"1"}"#, ["finding", "permit", "finding", "permit"]),
        ] {
            let outcomes: Vec<_> = Given::claims(claims).judge(&set).iter().map(outcome).collect();
            assert_eq!(outcomes, expected, "{calls:?}");
        }
        let found = Given::claims(r#"{"phone":"1"}"#).judge(&set);
        let verdict = found[2].outcome.verdict().unwrap();
        assert_eq!(verdict.findings[0].claim.as_deref(), Some("/phone"));
        let LoadError::Settings { errors } = engine.load(DRAFT, "{\"other\":1}").unwrap_err()
        else {
            panic!("its settings are refused");
        };
        assert_eq!(errors[0].path, "/claim");
    }
}

#[test]
fn what_is_not_accepted_is_told_with_what_is() {
    let refused = engine().load(DRAFT, "{}").unwrap_err().to_string();
    let expected = "the component exports `tokenward:policy/policy@0.2.0`; accepted: \
        `tokenward:policy@0.1`";
    assert_eq!(refused, expected);
    let drafts = Drafts::Accepted;
    let engine = engine_with(EngineConfig { drafts, ..EngineConfig::one_shot() });
    let refused = engine.load(WRONG_CONTRACT, "{}").unwrap_err().to_string();
    assert!(
        refused.ends_with(
            "accepted: `tokenward:policy@0.1, and the draft of \
        tokenward:policy@0.2`"
        ),
        "{refused}"
    );
}
