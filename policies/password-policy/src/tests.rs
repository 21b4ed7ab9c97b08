//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{Effect, Fact, Input, Phase, Phases, Policy, Value, Verdict, configure};

use crate::PasswordPolicy;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<PasswordPolicy>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<PasswordPolicy>(&[]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<PasswordPolicy>(CASES);
}

/// Each bound and each choice of the schema is the policy's: it is taken, and
/// what lies beside it is not.
#[test]
fn the_schema_bounds_what_the_settings_bound() {
    let schema: Json = serde_json::from_str(include_str!("../settings.schema.json")).expect("JSON");
    let properties = schema["properties"].as_object().expect("properties");
    let wrong = |name: &str, value: &Json| {
        let settings = json!({"profile": "classic", name: value});
        let settings = if name == "profile" { json!({ name: value }) } else { settings };
        let errors = configure::<PasswordPolicy>(&settings.to_string()).err().unwrap_or_default();
        assert!(errors.iter().all(|error| error.path.starts_with(&format!("/{name}"))));
        !errors.is_empty()
    };
    for (name, property) in properties {
        let numbers = property["anyOf"].as_array().into_iter().flatten().chain([property]);
        for bounds in numbers {
            let (Some(least), Some(most)) =
                (bounds["minimum"].as_i64(), bounds["maximum"].as_i64())
            else {
                continue;
            };
            assert!(!wrong(name, &json!(least)) && !wrong(name, &json!(most)), "{name}");
            assert!(wrong(name, &json!(least - 1)) && wrong(name, &json!(most + 1)), "{name}");
        }
        let property =
            if property["$ref"].is_string() { &schema["$defs"]["reaction"] } else { property };
        for choice in property["enum"].as_array().into_iter().flatten() {
            assert!(!wrong(name, choice), "{name}: {choice}");
        }
        assert!(!wrong(name, &property["default"]), "{name}");
        assert!(wrong(name, &json!("?")) && wrong(name, &json!(0.5)), "{name}");
    }
    for class in properties["classes"]["anyOf"][1]["items"]["enum"].as_array().expect("classes") {
        assert!(!wrong("classes", &json!([class])), "{class}");
    }
}

#[test]
fn errors_say_what_is_accepted() {
    let message = |settings: &str| {
        let errors = configure::<PasswordPolicy>(settings).err().unwrap_or_default();
        errors.into_iter().map(|error| error.message).collect::<String>()
    };
    for (settings, accepted) in [
        (r#"{"max-age":0}"#, "a number of seconds from 1 to 315360000, or `unlimited`"),
        (r#"{"classes":true}"#, "a number from 0 to 4, or a list of one or more"),
        (
            r#"{"classes":5}"#,
            "a number from 0 to 4, or a list of one or more different ones of `lower`",
        ),
        (r#"{"min-length":7}"#, "give 8 to 64 characters"),
        (r#"{"password-methods":[""]}"#, "is empty"),
        (r#"{"password-methods":["PWD"]}"#, "means a password already"),
    ] {
        assert!(message(settings).contains(accepted), "{}", message(settings));
    }
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let facts = |settings: &str| {
        let reads = configure::<PasswordPolicy>(settings).expect("settings").reads();
        assert!(!reads.time && reads.claims.is_empty());
        let (always, more) = reads.facts.split_at(2);
        assert_eq!(always, ["login.method", "password.length"]);
        more.join(" ").replace("password.", "")
    };
    assert_eq!(facts("{}"), "breached common contains-name");
    assert_eq!(facts(r#"{"profile":"classic"}"#), "lower upper digit symbol age");
    assert_eq!(facts(r#"{"profile":"classic","classes":0,"max-age":"unlimited"}"#), "");
    assert_eq!(facts(r#"{"profile":"classic","classes":1,"max-age":null}"#).len(), 28);
    assert_eq!(
        facts(r#"{"classes":["digit","letter"],"breached":"ignore","common":"advise"}"#),
        "lower upper digit common contains-name"
    );
    for (class, needed) in
        [("lower", "lower"), ("upper", "upper"), ("letter", "lower upper"), ("symbol", "symbol")]
    {
        let settings = format!(r#"{{"profile":"classic","classes":["{class}"]}}"#);
        assert_eq!(facts(&settings), format!("{needed} age"));
    }
    assert_eq!(PasswordPolicy::descriptor().phases, Phases::LOGIN);
    assert_eq!(
        configure::<PasswordPolicy>("{}").expect("settings").reads(),
        PasswordPolicy::descriptor().reads
    );
}

/// A host that gives a list without items, which the contract does not have, exempts nothing.
#[test]
fn a_list_without_methods_exempts_nothing() {
    let verdict = judge("{}", vec![("login.method", Value::Texts(Vec::new()))]);
    let rules: Vec<_> = verdict.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["malformed", "unknown-password"]);
}

/// Whoever adds to a name that is exempt, or takes from it, is not exempt.
#[test]
fn only_whole_names_are_exempt() {
    let is_exempt = |method: &str| {
        judge("{}", vec![("login.method", Value::Text(method.into()))]) == Verdict::permit()
    };
    for name in ["otp", "webauthn", "magic-link", "mtls"] {
        assert!(is_exempt(name), "{name}");
        let longer = [[name, "2"].concat(), [" ", name].concat(), [name, ",pwd"].concat()];
        assert!(longer.iter().all(|other| !is_exempt(other)), "{name}");
        assert!((1..name.len()).all(|end| !is_exempt(&name[..end])), "{name}");
    }
}

fn judge(settings: &str, facts: Vec<(&str, Value)>) -> Verdict {
    let fact = |(name, value): (&str, Value)| Fact { name: name.into(), value };
    configure::<PasswordPolicy>(settings).expect("settings").evaluate(&Input {
        phase: Phase::Login,
        now: None,
        token: None,
        claims: Vec::new(),
        request: None,
        signals: Vec::new(),
        facts: facts.into_iter().map(fact).collect(),
    })
}

#[test]
fn messages_say_what_is_wrong() {
    let messages = |settings: &str, facts: Vec<(&str, Value)>| -> Vec<String> {
        judge(settings, facts).findings.into_iter().map(|finding| finding.message).collect()
    };
    let classic = r#"{"profile":"classic","max-length":64,"password-methods":[]}"#;
    assert_eq!(
        messages(classic, Vec::new()),
        ["not known: `password.length`, `password.lower`, `password.upper`, `password.digit`, \
             `password.symbol`, `password.age`"]
    );
    assert_eq!(
        messages(
            classic,
            vec![
                ("login.method", Value::Integer(1)),
                ("password.length", Value::Integer(65)),
                ("password.digit", Value::Boolean(false)),
                ("password.symbol", Value::Integer(1)),
                ("password.age", Value::Integer(7_776_001)),
            ]
        ),
        [
            "`login.method` is not a text, or it is empty",
            "the password is longer than 64 characters",
            "`password.symbol` is neither `true` nor `false`",
            "the password has fewer than 4 of lower-case letters, upper-case letters, digits and \
             symbols",
            "the password is older than 7776000 seconds",
        ]
    );
    assert_eq!(
        messages(
            r#"{"classes":["letter","digit","symbol"],"min-length":8}"#,
            vec![
                ("password.length", Value::Integer(7)),
                ("password.lower", Value::Boolean(true)),
                ("password.digit", Value::Boolean(false)),
                ("password.breached", Value::Boolean(true)),
                ("password.common", Value::Boolean(true)),
                ("password.contains-name", Value::Boolean(true)),
            ]
        ),
        [
            "the password is shorter than 8 characters",
            "the password lacks one of: letters, digits, symbols",
            "the password is known from a breach",
            "the password is a common one",
            "the password contains the name of its user or of the service",
        ]
    );
    // Of two letters one is enough: that the other is not known is not told.
    assert_eq!(
        messages(
            r#"{"profile":"classic","max-age":"unlimited","classes":["letter","digit"]}"#,
            vec![("password.length", Value::Integer(12)), ("password.upper", Value::Boolean(true))]
        ),
        ["not known: `password.digit`"]
    );
    assert_eq!(
        messages(
            r#"{"profile":"classic","max-age":"unlimited","classes":["lower","upper"]}"#,
            Vec::new()
        ),
        ["not known: `password.length`, `password.lower`, `password.upper`"]
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
        Just(Value::Text("password".into())),
        Just(Value::Texts(vec![SECRET.into(), "Pwd".into()])),
        Just(Value::Json(format!("{{\"{SECRET}\":1}}"))),
    ]
}

const NAMES: [&str; 10] = [
    "login.method",
    "password.length",
    "password.lower",
    "password.upper",
    "password.digit",
    "password.symbol",
    "password.age",
    "password.breached",
    "password.common",
    "password.contains-name",
];

fn any_settings() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("{}"),
        Just(r#"{"profile":"classic"}"#),
        Just(r#"{"classes":3,"unknown":"ignore","max-age":60,"expired":"advise"}"#),
        Just(r#"{"profile":"classic","classes":["letter","symbol"],"common":"advise"}"#),
        Just(r#"{"unknown":"advise","max-length":64,"breached":"advise","classes":1}"#),
    ]
}

proptest! {
    /// Whatever comes, an answer comes, and quotes nothing of it.
    #[test]
    fn never_panics_and_never_quotes(
        values in proptest::array::uniform10(proptest::option::of(any_value())),
        settings in any_settings(),
    ) {
        let facts = NAMES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
        let findings = judge(settings, facts.collect()).findings;
        prop_assert!(findings.iter().all(|finding| !finding.message.contains(SECRET)));
    }

    /// What is told of a good password may be left out, but then it is not fine:
    /// one fact less makes of a permit a refusal, if the policy reads it.
    #[test]
    fn nothing_that_decides_may_be_left_out(
        without in 0usize..9, settings in prop_oneof![
            Just("{}"), Just(r#"{"profile":"classic"}"#),
            Just(r#"{"classes":["lower","digit"],"max-age":60}"#),
        ],
    ) {
        let good = [
            Value::Integer(12), Value::Boolean(true), Value::Boolean(true), Value::Boolean(true),
            Value::Boolean(true), Value::Integer(60), Value::Boolean(false),
            Value::Boolean(false), Value::Boolean(false),
        ];
        let reads = configure::<PasswordPolicy>(settings).expect("settings").reads().facts;
        let mut facts: Vec<_> = NAMES.into_iter().skip(1).zip(good).collect();
        prop_assert_eq!(judge(settings, facts.clone()), Verdict::permit());
        let (name, _) = facts.remove(without);
        let denied = judge(settings, facts).findings.iter().any(|f| f.effect == Effect::Deny);
        prop_assert_eq!(denied, reads.iter().any(|read| read == name));
    }

    /// A longer, younger password with more classes is never judged worse.
    #[test]
    fn better_never_harms(
        length in 0i64..64, more in 0i64..20, age in 0i64..8_000_000, less in 0i64..8_000_000,
        classes in any::<[bool; 4]>(), added in any::<[bool; 4]>(),
        settings in prop_oneof![Just(r#"{"profile":"classic"}"#),
            Just(r#"{"classes":2}"#), Just(r#"{"classes":["letter","symbol"],"max-age":60}"#)],
    ) {
        let findings = |length: i64, age: i64, classes: [bool; 4]| {
            let mut facts = vec![
                ("password.length", Value::Integer(length)),
                ("password.age", Value::Integer(age)),
            ];
            let names = NAMES.into_iter().skip(2);
            facts.extend(names.zip(classes.map(Value::Boolean)));
            judge(settings, facts).findings.len()
        };
        let mut with = classes;
        for (class, added) in with.iter_mut().zip(added) {
            *class |= added;
        }
        prop_assert!(
            findings(length + more, (age - less).max(0), with) <= findings(length, age, classes)
        );
    }
}
