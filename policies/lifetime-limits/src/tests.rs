//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{
    Claim, ClaimSelector, Input, Phase, Policy, Token, TokenKind, Value, Verdict, configure,
};

use crate::LifetimeLimits;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<LifetimeLimits>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<LifetimeLimits>(&[
        ("/$defs/per-kind", r#"{"max-lifetime":{"?":0}}"#),
        ("/$defs/per-kind", r#"{"warn-lifetime":{"?":0}}"#),
        ("/$defs/per-kind", r#"{"max-remaining":{"?":0}}"#),
        ("/$defs/per-kind", r#"{"max-age-since-issue":{"?":0}}"#),
    ]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<LifetimeLimits>(CASES);
}

#[test]
fn a_finding_tells_the_limit() {
    assert_eq!(
        crate::rules::beyond("it lives longer than ", 900),
        "it lives longer than 900 seconds"
    );
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let reads = |settings: &str| configure::<LifetimeLimits>(settings).expect("settings").reads();
    let timeless = r#""future-times":"ignore","missing-iat":"deny""#;
    for (more, time) in [
        ("", false),
        (r#","warn-lifetime":{"access":60}"#, false),
        (r#","max-remaining":{"other":60}"#, true),
        (r#","max-remaining":{"other":"unlimited"}"#, false),
        (r#","max-age-since-issue":{"id":60}"#, true),
        (r#","max-session-age":60"#, true),
    ] {
        assert_eq!(reads(&format!("{{{timeless}{more}}}")).time, time, "{more}");
    }
    assert!(reads(r#"{"future-times":"ignore"}"#).time);
    assert!(reads(r#"{"missing-iat":"deny"}"#).time);
    assert_eq!(reads("{}"), LifetimeLimits::descriptor().reads);
    let auth_time = ClaimSelector::At("/auth_time".into());
    assert!(!reads("{}").claims.contains(&auth_time));
    assert!(reads(r#"{"max-session-age":60}"#).claims.contains(&auth_time));
}

/// Every setting that makes the policy look at the clock, at once.
const ALL: &str = r#"{"max-lifetime":{"access":900},"warn-lifetime":{"access":300},
    "max-remaining":{"access":600},"max-age-since-issue":{"access":500},
    "max-session-age":700,"skew":30}"#;
/// The same, but that `iat` may be missing.
const WITHOUT_AGE: &str = r#"{"max-lifetime":{"access":900},"warn-lifetime":{"access":300},
    "max-remaining":{"access":600},"max-session-age":700,"skew":30,"session-effect":"deny"}"#;

/// Times in the future are trusted, all but `auth_time`.
const TRUSTING: &str = r#"{"future-times":"ignore","max-session-age":700,"skew":30}"#;

const NOW: i64 = 1_700_000_000;

fn input(now: Option<i64>, claims: &[(&str, Option<Value>)]) -> Input {
    Input {
        phase: Phase::Use,
        now,
        token: Some(Token {
            kind: TokenKind::Access,
            header: Vec::new(),
            key: None,
            encryption: None,
            binding: None,
        }),
        claims: claims
            .iter()
            .filter_map(|(path, value)| {
                Some(Claim { path: (*path).to_owned(), value: value.clone()? })
            })
            .collect(),
        request: None,
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

#[test]
fn without_the_time_that_it_needs_it_denies() {
    let policy = configure::<LifetimeLimits>("{}").expect("settings");
    let verdict = policy.evaluate(&input(None, &[("/exp", Some(Value::Integer(NOW)))]));
    assert_eq!(verdict.findings.len(), 1);
    assert_eq!(verdict.findings.first().map(|f| f.rule.as_str()), Some("malformed-time"));
}

/// Absent, or near now, whole or with a fraction.
fn near_now() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        1 => Just(None),
        4 => (-1500i64..1500).prop_map(|by| Some(Value::Integer(NOW + by))),
        3 => (-1500i32..1500, 0u16..1000).prop_map(|(by, millis)| {
            let now = 1_700_000_000.0 + f64::from(by) + f64::from(millis) / 1000.0;
            Some(Value::Number(now))
        }),
    ]
}

fn any_value() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        any::<i64>().prop_map(|integer| Some(Value::Integer(integer))),
        any::<f64>().prop_map(|number| Some(Value::Number(number))),
        ".*".prop_map(|text| Some(Value::Text(text))),
    ]
}

proptest! {
    /// A verdict holds at every second until it says that it may change, and
    /// there it does.
    #[test]
    fn a_verdict_holds_exactly_as_long_as_it_says(
        exp in near_now(), iat in near_now(), nbf in near_now(), auth_time in near_now(),
        settings in prop_oneof![Just("{}"), Just(ALL), Just(WITHOUT_AGE), Just(TRUSTING)],
    ) {
        let policy = configure::<LifetimeLimits>(settings).expect("settings");
        let claims =
            [("/exp", exp), ("/iat", iat), ("/nbf", nbf), ("/auth_time", auth_time)];
        let at = |now: i64| policy.evaluate(&input(Some(now), &claims));
        let timeless = |verdict: Verdict| Verdict { valid_until: None, ..verdict };
        let verdict = at(NOW);
        let until = verdict.valid_until.expect("a horizon");
        prop_assert!(until > NOW);
        let expected = timeless(verdict);
        for now in NOW..until.min(NOW + 4000) {
            prop_assert_eq!(&timeless(at(now)), &expected, "at {}", now);
        }
        if until < i64::MAX {
            prop_assert_ne!(&timeless(at(until)), &expected, "at {}", until);
        }
    }

    /// Whatever comes, an answer comes, and it holds for a moment at least.
    #[test]
    fn never_panics(
        now in any::<i64>(),
        exp in any_value(), iat in any_value(), nbf in any_value(), auth_time in any_value(),
        settings in prop_oneof![Just("{}"), Just(ALL), Just(WITHOUT_AGE), Just(TRUSTING)],
    ) {
        let policy = configure::<LifetimeLimits>(settings).expect("settings");
        let claims =
            [("/exp", exp), ("/iat", iat), ("/nbf", nbf), ("/auth_time", auth_time)];
        let verdict = policy.evaluate(&input(Some(now), &claims));
        prop_assert!(verdict.valid_until.expect("a horizon") > now || now == i64::MAX);
    }

    /// A shorter life is never judged worse.
    #[test]
    fn a_shorter_lifetime_never_harms(life in 0i64..2000, less in 0i64..2000) {
        let policy = configure::<LifetimeLimits>(ALL).expect("settings");
        let denials = |life: i64| {
            let claims = [
                ("/exp", Some(Value::Integer(NOW + life))),
                ("/iat", Some(Value::Integer(NOW))),
                ("/auth_time", Some(Value::Integer(NOW))),
            ];
            policy.evaluate(&input(Some(NOW), &claims)).findings.len()
        };
        prop_assert!(denials((life - less).max(0)) <= denials(life));
    }
}
