//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{Claim, Input, Phase, Policy, Value, Verdict, configure};

use crate::Secrets;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<Secrets>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<Secrets>(&[]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<Secrets>(CASES);
}

#[test]
fn the_schema_lists_the_detectors() {
    let schema = Secrets::descriptor().settings_schema;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let listed = schema["properties"]["except-detectors"]["items"]["enum"].as_array();
    let listed: Vec<&str> = listed.expect("a list").iter().filter_map(|id| id.as_str()).collect();
    let asked: Vec<&str> = crate::ASKED.iter().map(|(_, id, _)| *id).collect();
    assert_eq!(listed, asked);
}

fn judge(settings: &str, claims: Vec<Claim>) -> Verdict {
    let policy = configure::<Secrets>(settings).expect("settings");
    policy.evaluate(&Input {
        phase: Phase::Use,
        now: None,
        token: None,
        claims,
        request: None,
        signals: Vec::new(),
        facts: Vec::new(),
    })
}

#[test]
fn messages_tell_the_detector_and_never_the_value() {
    let text =
        |path: &str, text: &str| Claim { path: path.into(), value: Value::Text(text.into()) };
    // In parts, so that no line looks like a live key.
    let key = ["AKIA", "QQQQQQQQQQQQQQQQ"].concat();
    let claims = vec![
        text("/password", "hunter2"),
        text("/a", &key),
        text("/b", "cGFzc3dvcmQ9aHVudGVyMg=="),
        text("/c", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA"),
        text(&["/", &key].concat(), "x"),
    ];
    let found = judge("{}", claims).findings;
    let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "holds a password (by its name; detector `password`)",
            "holds a key of a cloud service (found in the value; detector `cloud-key`)",
            "holds a password (found in the decoded value; detector `password`)",
            "holds a token (JWT) (found in the value; detector `jwt`)",
            "holds a key of a cloud service (at a member name at the top level that holds data \
             itself; detector `cloud-key`)",
        ]
    );
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,40}",
        "(password|secret|token)[=: ]{1,2}[a-z0-9]{0,12}",
        Just("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA".to_owned()),
        Just("postgres://app:s3cret@db/x".to_owned()),
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        text.clone().prop_map(Value::Text),
        prop::collection::vec(text.clone(), 0..4).prop_map(Value::Texts),
        text.prop_map(Value::Json),
    ]
}

fn claims() -> impl Strategy<Value = Vec<Claim>> {
    let path = prop_oneof![
        ".{0,20}",
        "(/[a-z0-9~_]{0,12}){0,4}",
        Just("/password".to_owned()),
        Just("/jwk/kty".to_owned()),
        Just("/jwk/d".to_owned()),
        Just("/software_statement".to_owned()),
    ];
    let claim = (path, value()).prop_map(|(path, value)| Claim { path, value });
    prop::collection::vec(claim, 0..12)
}

proptest! {
    /// Whatever comes, an answer comes, and each finding stands at a claim or above it.
    #[test]
    fn any_claims_are_judged(claims in claims(), settings in prop_oneof![
        Just("{}"),
        Just(r#"{"min-confidence":"low","nested-tokens":"advise","withhold":true}"#),
        Just(r#"{"permit":["/jwk/**"],"except-detectors":["password"],"nested-token-claims":["*"]}"#),
    ]) {
        let paths: Vec<String> = claims.iter().map(|claim| claim.path.clone()).collect();
        let verdict = judge(settings, claims);
        for finding in &verdict.findings {
            let at = finding.claim.as_deref().expect("a claim");
            prop_assert!(paths.iter().any(|path| path.starts_with(at)), "{}", at);
        }
    }

    /// More claims never make a verdict milder.
    #[test]
    fn more_claims_never_help(claims in claims(), more in claims()) {
        let denials = |claims: Vec<Claim>| {
            let denied = judge("{}", claims).findings;
            denied.iter().filter(|f| f.effect == tokenward_policy::Effect::Deny).count()
        };
        let all: Vec<Claim> = claims.iter().chain(&more).cloned().collect();
        prop_assert!(denials(claims).min(1) <= denials(all));
    }

    /// A claim that says that it is a password is found, whatever it holds, and never quoted.
    #[test]
    fn every_password_is_found(text in "[!-~]{12,40}") {
        prop_assume!(text.bytes().any(|b| b.is_ascii_alphanumeric() && b != b'x' && b != b'X'));
        let claim = Claim { path: "/user/password".into(), value: Value::Text(text.clone()) };
        let found = judge("{}", vec![claim]).findings;
        prop_assert_eq!(found.len(), 1);
        prop_assert!(!found.iter().any(|finding| finding.message.contains(&text)));
    }
}
