//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{Claim, Input, Phase, Policy, Value, Verdict, configure};

use crate::CardholderData;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<CardholderData>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<CardholderData>(&[]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<CardholderData>(CASES);
}

#[test]
fn the_schema_lists_the_detectors() {
    let schema = CardholderData::descriptor().settings_schema;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let listed = schema["properties"]["except-detectors"]["items"]["enum"].as_array();
    let listed: Vec<&str> = listed.expect("a list").iter().filter_map(|id| id.as_str()).collect();
    let asked: Vec<&str> = crate::ASKED.iter().map(|(_, id, _)| *id).collect();
    assert_eq!(listed, asked);
}

fn judge(settings: &str, claims: Vec<Claim>) -> Verdict {
    let policy = configure::<CardholderData>(settings).expect("settings");
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
    let claims = vec![
        text("/card_number", "4111111111111111"),
        text("/a", "4111111111111111"),
        text("/b", "NDExMTExMTExMTExMTExMQ=="),
        text("/cvv", "123"),
        text("/4111111111111111", "x"),
    ];
    let found = judge("{}", claims).findings;
    let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "holds a card number (by its name and its value; detector `pan`)",
            "holds a card number (found in the value; detector `pan`)",
            "holds a card number (found in the decoded value; detector `pan`)",
            "holds a card verification code (by its name; detector `card-code`)",
            "holds a card number (at a member name at the top level that holds data itself; \
             detector `pan`)",
        ]
    );
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,40}",
        "[0-9*x -]{0,24}",
        Just("4111111111111111".to_owned()),
        Just("411111******1111".to_owned()),
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
        Just("/card_number".to_owned()),
        Just("/card/expiry".to_owned()),
        Just("/card/0/cvv".to_owned()),
        Just("/cardholder".to_owned()),
    ];
    let claim = (path, value()).prop_map(|(path, value)| Claim { path, value });
    prop::collection::vec(claim, 0..12)
}

proptest! {
    /// Whatever comes, an answer comes, and each finding stands at a claim or above it.
    #[test]
    fn any_claims_are_judged(claims in claims(), settings in prop_oneof![
        Just("{}"),
        Just(r#"{"min-confidence":"low","test-cards":"advise","withhold":true}"#),
        Just(r#"{"card-details":"deny","permit":["/card/**"],"leading-digits":0}"#),
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

    /// A valid card number is found in any of the usual groupings.
    #[test]
    fn every_card_number_is_found(body in 0u64..1_000_000_000_000, grouped in any::<bool>()) {
        let mut digits = format!("453{body:012}");
        let sum: u32 = digits.bytes().rev().enumerate().map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * if place % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        }).sum();
        digits.push_str(&((10 - sum % 10) % 10).to_string());
        let text = if grouped {
            digits.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c)).collect::<Vec<_>>().join(" ")
        } else {
            digits
        };
        let found = judge("{}", vec![Claim { path: "/x".into(), value: Value::Text(text.clone()) }]);
        prop_assert_eq!(found.findings.len(), 1);
        prop_assert!(!found.findings.iter().any(|f| f.message.contains(&text)));
    }
}
