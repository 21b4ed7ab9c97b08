//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{Claim, Input, Phase, Policy, Value, Verdict, configure};

use crate::HealthData;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<HealthData>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<HealthData>(&[]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<HealthData>(CASES);
}

fn judge(settings: &str, claims: Vec<Claim>) -> Verdict {
    let policy = configure::<HealthData>(settings).expect("settings");
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
        text("/email", "jane@example.com"),
        text("/a", "jane@example.com"),
        text("/b", "amFuZUBleGFtcGxlLmNvbQ=="),
        text("/diagnosis", "asthma"),
        text("/jane@example.com", "x"),
    ];
    let found = judge("{}", claims).findings;
    let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "holds an e-mail address (by its name and its value; detector `email`)",
            "holds an e-mail address (found in the value; detector `email`)",
            "holds an e-mail address (found in the decoded value; detector `email`)",
            "holds a diagnosis (by its name; detector `diagnosis`)",
            "holds an e-mail address (at a member name at the top level that holds data itself; \
             detector `email`)",
        ]
    );
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,40}",
        "[0-9 -]{0,14}",
        Just("jane@example.com".to_owned()),
        Just("1EG4-TE5-MK73".to_owned()),
        Just("Patient/7".to_owned()),
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
        Just("/patient".to_owned()),
        Just("/patient/name".to_owned()),
        Just("/fhirUser".to_owned()),
        Just("/email".to_owned()),
        Just("/x/diagnosis".to_owned()),
    ];
    let claim = (path, value()).prop_map(|(path, value)| Claim { path, value });
    prop::collection::vec(claim, 0..12)
}

proptest! {
    /// Whatever comes, an answer comes, and each finding stands at a claim or above it.
    #[test]
    fn any_claims_are_judged(claims in claims(), settings in prop_oneof![
        Just("{}"),
        Just(r#"{"min-confidence":"low","identifiers":"advise","withhold":true}"#),
        Just(r#"{"identifiers":"deny","permit":["/patient/**"],"except-detectors":["email"]}"#),
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

    /// Beside health information an e-mail address is denied, and never quoted.
    #[test]
    fn every_address_of_a_patient_is_found(local in "[a-z0-9]{2,20}", health_first in any::<bool>()) {
        let text = format!("{local}@example.com");
        let mut claims = vec![
            Claim { path: "/x".into(), value: Value::Text(text.clone()) },
            Claim { path: "/diagnosis".into(), value: Value::Text("y".into()) },
        ];
        if health_first {
            claims.reverse();
        }
        let found = judge("{}", claims).findings;
        prop_assert_eq!(found.len(), 2);
        prop_assert!(found.iter().all(|f| f.effect == tokenward_policy::Effect::Deny));
        prop_assert!(!found.iter().any(|finding| finding.message.contains(&text)));
    }
}
