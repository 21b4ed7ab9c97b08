//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{Effect, Fact, Input, Phase, Phases, Policy, Value, configure};

use crate::ReissueRate;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<ReissueRate>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<ReissueRate>(&[(
        "/properties/limits/items",
        r#"{"limits":[{"?":0}]}"#,
    )]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<ReissueRate>(CASES);
}

fn errors(settings: &Json) -> Vec<String> {
    let errors = configure::<ReissueRate>(&settings.to_string()).err().unwrap_or_default();
    errors.into_iter().map(|error| error.path).collect()
}

/// Each bound and each choice of the schema is the policy's: it is taken, and
/// what lies beside it is not.
#[test]
fn the_schema_bounds_what_the_settings_bound() {
    let schema: Json = serde_json::from_str(include_str!("../settings.schema.json")).expect("JSON");
    let limits = &schema["properties"]["limits"];
    for (name, property) in limits["items"]["properties"].as_object().expect("properties") {
        let wrong = |value: i64| {
            let mut limit = json!({"window": 60});
            if name == "window" {
                limit["max"] = json!(1);
            }
            limit[name] = json!(value);
            let errors = errors(&json!({"limits": [limit]}));
            assert!(errors.is_empty() || errors == [format!("/limits/0/{name}")], "{errors:?}");
            !errors.is_empty()
        };
        let bound = |bound: &str| property[bound].as_i64().expect("a bound");
        let (least, most) = (bound("minimum"), bound("maximum"));
        assert!(!wrong(least) && !wrong(most), "{name}");
        assert!(wrong(least - 1) && wrong(most + 1) && wrong(1 << 40), "{name}");
    }
    let many = |count: u64| -> Json {
        (1..=count).map(|n| json!({"window": n, "max": n})).collect::<Vec<_>>().into()
    };
    let most = limits["maxItems"].as_u64().expect("a bound");
    assert!(errors(&json!({"limits": many(most)})).is_empty());
    assert_eq!(errors(&json!({"limits": many(most + 1)})), ["/limits"]);
    for name in ["reuse", "unknown", "unknown-reuse"] {
        for choice in schema["properties"][name]["enum"].as_array().expect("choices") {
            assert!(errors(&json!({ name: choice })).is_empty(), "{name}: {choice}");
        }
        assert_eq!(errors(&json!({ name: "?" })), [format!("/{name}")]);
    }
}

#[test]
fn is_asked_where_tokens_are_issued() {
    assert_eq!(ReissueRate::descriptor().phases, Phases::ISSUE | Phases::REFRESH);
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let facts = |settings: &str| {
        let reads = configure::<ReissueRate>(settings).expect("settings").reads();
        assert!(!reads.time && reads.claims.is_empty());
        reads.facts
    };
    assert_eq!(facts("{}"), ["refresh.reused", "reissues.60s", "reissues.3600s"]);
    assert_eq!(facts("{}"), ReissueRate::descriptor().reads.facts);
    assert_eq!(facts(r#"{"limits":[]}"#), ["refresh.reused"]);
    assert_eq!(
        facts(
            r#"{"limits":[{"window":10,"max-addresses":2},{"window":9,"alert":1},
                {"window":86400,"max":5,"max-addresses":3}]}"#
        ),
        [
            "refresh.reused",
            "reissues.addresses.10s",
            "reissues.9s",
            "reissues.86400s",
            "reissues.addresses.86400s",
        ]
    );
}

fn input(phase: Phase, facts: Vec<(&str, Value)>) -> Input {
    let fact = |(name, value): (&str, Value)| Fact { name: name.into(), value };
    Input {
        phase,
        now: None,
        token: None,
        claims: Vec::new(),
        request: None,
        signals: Vec::new(),
        facts: facts.into_iter().map(fact).collect(),
    }
}

const ALL: &str = r#"{"limits":[{"window":60,"alert":5,"max":10,"max-addresses":2},
    {"window":3600,"alert":30,"max":60,"max-addresses":4}]}"#;

#[test]
fn messages_say_what_is_wrong() {
    let messages = |facts: Vec<(&str, Value)>| -> Vec<String> {
        let policy = configure::<ReissueRate>(ALL).expect("settings");
        let verdict = policy.evaluate(&input(Phase::Refresh, facts));
        verdict.findings.into_iter().map(|finding| finding.message).collect()
    };
    assert_eq!(
        messages(Vec::new()),
        [
            "not known: `refresh.reused`",
            "not known: `reissues.60s`, `reissues.addresses.60s`, `reissues.3600s`, \
             `reissues.addresses.3600s`",
        ]
    );
    assert_eq!(
        messages(vec![
            ("refresh.reused", Value::Integer(0)),
            ("reissues.60s", Value::Integer(5)),
            ("reissues.addresses.60s", Value::Integer(3)),
            ("reissues.3600s", Value::Integer(60)),
            ("reissues.addresses.3600s", Value::Number(2.5)),
        ]),
        [
            "`refresh.reused` is neither `true` nor `false`",
            "more than 5 tokens within 60 seconds",
            "more than 2 addresses that ask for tokens within 60 seconds",
            "more than 60 tokens within 3600 seconds",
            "`reissues.addresses.3600s` is not a count",
        ]
    );
}

/// What no message may quote.
const SECRET: &str = "zqxj";

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        (0i64..70).prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        Just(Value::Text(SECRET.into())),
        Just(Value::Texts(vec![SECRET.into()])),
        Just(Value::Json(format!("{{\"{SECRET}\":1}}"))),
    ]
}

const NAMES: [&str; 5] = [
    "refresh.reused",
    "reissues.60s",
    "reissues.addresses.60s",
    "reissues.3600s",
    "reissues.addresses.3600s",
];

proptest! {
    /// Whatever comes, an answer comes, quotes nothing of it, and says one
    /// thing at most about each fact.
    #[test]
    fn never_panics_and_never_quotes(
        values in proptest::array::uniform5(proptest::option::of(any_value())),
        issue in any::<bool>(), settings in prop_oneof![Just("{}"), Just(ALL)],
    ) {
        let policy = configure::<ReissueRate>(settings).expect("settings");
        let phase = if issue { Phase::Issue } else { Phase::Refresh };
        let facts = NAMES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
        let findings = policy.evaluate(&input(phase, facts.collect())).findings;
        prop_assert!(findings.iter().all(|finding| !finding.message.contains(SECRET)));
        prop_assert!(findings.len() <= NAMES.len());
    }

    /// Fewer tokens from fewer addresses are never judged worse.
    #[test]
    fn fewer_never_harm(
        tokens in 0i64..80, addresses in 0i64..8, fewer in 0i64..80, fewer_addresses in 0i64..8,
    ) {
        let policy = configure::<ReissueRate>(ALL).expect("settings");
        let weight = |tokens: i64, addresses: i64| -> usize {
            let counts = [Value::Integer(tokens), Value::Integer(addresses)];
            let facts = NAMES.into_iter().skip(1).zip(counts.iter().cycle().cloned()).collect();
            let findings = policy.evaluate(&input(Phase::Issue, facts)).findings;
            findings.iter().map(|f| if f.effect == Effect::Deny { 100 } else { 1 }).sum()
        };
        let less = weight((tokens - fewer).max(0), (addresses - fewer_addresses).max(0));
        prop_assert!(less <= weight(tokens, addresses));
    }
}
