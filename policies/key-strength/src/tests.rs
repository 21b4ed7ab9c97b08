//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{
    Effect, Fact, Input, Key, Phase, Phases, Policy, Reads, Token, TokenKind, TokenParts, Value,
    configure,
};

use crate::KeyStrength;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<KeyStrength>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<KeyStrength>(&[]);
}

#[test]
fn is_asked_in_every_phase_but_login() {
    let phases = Phases::ISSUE | Phases::USE | Phases::REFRESH;
    assert_eq!(KeyStrength::descriptor().phases, phases);
}

#[test]
fn the_cases_tell_every_rule() {
    assert_rules_are_told::<KeyStrength>(CASES);
}

#[test]
fn reads_the_algorithm_and_the_key_and_nothing_else() {
    let expected = Reads::nothing().and_header(["alg"]).and_token(TokenParts::KEY);
    assert_eq!(KeyStrength::descriptor().reads, expected);
    assert_eq!(configure::<KeyStrength>("{}").expect("settings").reads(), expected);
}

/// What a person reads, whole.
#[test]
fn messages_say_what_is_wrong_and_what_is_asked() {
    for (settings, alg, key, expected) in [
        ("{}", "nOne", ("RSA", None, 2048), "the algorithm is `none`: the token is not signed"),
        ("{}", "XS256", ("RSA", None, 2048), "the signature algorithm is not one that is known"),
        (
            r#"{"algorithms":["ES256"]}"#,
            "RS256",
            ("RSA", None, 2048),
            "the token is signed with RS256, which is not allowed",
        ),
        (
            "{}",
            "HS256",
            ("oct", None, 256),
            "whoever verifies the token could have made it: the signature is by a shared secret",
        ),
        ("{}", "RS256", ("RSA", None, 1024), "the RSA key has fewer than 2048 bits"),
        (
            r#"{"advise-rsa-bits":3072}"#,
            "RS256",
            ("RSA", None, 2048),
            "the RSA key has fewer than 3072 bits",
        ),
        (
            r#"{"symmetric":"ignore"}"#,
            "HS384",
            ("oct", None, 256),
            "the secret has fewer than 384 bits",
        ),
        ("{}", "RS256", ("EC", None, 0), "the key is not what RS256 takes: an RSA key"),
        ("{}", "ES256", ("RSA", None, 0), "the key is not what ES256 takes: an EC key on P-256"),
        ("{}", "ES384", ("RSA", None, 0), "the key is not what ES384 takes: an EC key on P-384"),
        ("{}", "ES512", ("RSA", None, 0), "the key is not what ES512 takes: an EC key on P-521"),
        (
            "{}",
            "EdDSA",
            ("OKP", Some("X25519"), 0),
            "the key is not what EdDSA takes: an OKP key on Ed25519",
        ),
        (
            r#"{"symmetric":"ignore"}"#,
            "HS256",
            ("RSA", None, 0),
            "the key is not what HS256 takes: a shared secret",
        ),
    ] {
        let policy = configure::<KeyStrength>(settings).expect("settings");
        let header = Some(Value::Text(alg.into()));
        let key = key_of(key.0, key.1.map(str::to_owned), key.2, None);
        let verdict = policy.evaluate(&input(Phase::Use, header, Some(key)));
        let messages: Vec<_> = verdict.findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(messages, [expected], "{alg}");
    }
}

#[test]
fn a_finding_says_which_is_not_known() {
    let policy = configure::<KeyStrength>(r#"{"max-key-age":60}"#).expect("settings");
    let message = |header: Option<Value>, key: Option<Key>| {
        let verdict = policy.evaluate(&input(Phase::Use, header, key));
        verdict.findings.into_iter().map(|f| f.message).collect::<Vec<_>>()
    };
    let alg = || Some(Value::Text("RS256".into()));
    let key = || Some(key_of("RSA", None, 2048, Some(61)));
    assert_eq!(message(None, None), ["neither the signature algorithm nor the key is known"]);
    assert_eq!(message(alg(), None), ["the key is not known"]);
    assert_eq!(
        message(None, key()),
        ["the signature algorithm is not known", "the key is older than 60 seconds"]
    );
}

fn key_of(key_type: &str, curve: Option<String>, bits: u32, age_seconds: Option<u64>) -> Key {
    Key { id: None, key_type: key_type.into(), curve, bits, age_seconds }
}

fn input(phase: Phase, alg: Option<Value>, key: Option<Key>) -> Input {
    Input {
        phase,
        now: None,
        token: Some(Token {
            kind: TokenKind::Access,
            header: alg.map(|value| Fact { name: "alg".into(), value }).into_iter().collect(),
            key,
            encryption: None,
            binding: None,
        }),
        claims: Vec::new(),
        request: None,
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

fn any_alg() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        1 => Just(None),
        6 => prop::sample::select(vec![
            "RS256", "RS512", "PS384", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256",
            "HS512", "none", "None", "secret-marker",
        ])
        .prop_map(|name| Some(Value::Text(name.into()))),
        1 => ".*".prop_map(|text| Some(Value::Text(text))),
        1 => any::<i64>().prop_map(|integer| Some(Value::Integer(integer))),
        1 => prop::collection::vec(".*", 1..3).prop_map(|texts| Some(Value::Texts(texts))),
    ]
}

fn any_key() -> impl Strategy<Value = Option<Key>> {
    let key_type = prop::sample::select(vec!["RSA", "EC", "OKP", "oct", "secret-marker"]);
    let curve = prop::option::of(prop::sample::select(vec![
        "P-256",
        "P-384",
        "P-521",
        "Ed25519",
        "secret-marker",
    ]));
    let bits = prop_oneof![0u32..9000, any::<u32>()];
    let age = prop::option::of(prop_oneof![0u64..40_000_000, any::<u64>()]);
    prop::option::of((key_type, curve, bits, age).prop_map(|(key_type, curve, bits, age)| {
        key_of(key_type, curve.map(str::to_owned), bits, age)
    }))
}

fn any_settings() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{}",
        r#"{"symmetric":"deny","unknown-age":"deny","key-age-effect":"deny"}"#,
        r#"{"algorithms":["ES256"],"symmetric":"ignore","min-hmac-bits":1024,"unknown-key":"ignore"}"#,
        r#"{"advise-rsa-bits":4096,"min-rsa-bits":3072,"unknown-key":"advise"}"#,
    ])
}

proptest! {
    /// Whatever comes, an answer comes, with at most one finding for the
    /// algorithm, the key and its age, and no word of the token in it.
    #[test]
    fn answers_within_bounds(settings in any_settings(), alg in any_alg(), key in any_key()) {
        let policy = configure::<KeyStrength>(settings).expect("settings");
        for phase in [Phase::Issue, Phase::Use, Phase::Refresh] {
            let verdict = policy.evaluate(&input(phase, alg.clone(), key.clone()));
            prop_assert!(verdict.findings.len() <= 3);
            let ids = KeyStrength::descriptor().rules;
            for finding in &verdict.findings {
                prop_assert!(ids.iter().any(|rule| rule.id == finding.rule));
                prop_assert!(!finding.message.contains("secret-marker"));
                prop_assert!(finding.message.len() < 200);
            }
        }
    }

    /// What passes without remark by default is one of the sound combinations.
    #[test]
    fn nothing_unsound_passes_by_default(alg in any_alg(), key in any_key()) {
        let policy = configure::<KeyStrength>("{}").expect("settings");
        let verdict = policy.evaluate(&input(Phase::Use, alg.clone(), key.clone()));
        if verdict.findings.iter().any(|finding| finding.effect == Effect::Deny) {
            return Ok(());
        }
        let (Some(Value::Text(alg)), Some(key)) = (alg, key) else {
            return Err(TestCaseError::fail("it passed without algorithm or key"));
        };
        let curve = key.curve.as_deref();
        let sound = match (alg.get(..2), key.key_type.as_str()) {
            (Some("RS" | "PS"), "RSA") => key.bits >= 2048,
            (Some("ES"), "EC") => matches!(
                (alg.as_str(), curve),
                ("ES256", Some("P-256")) | ("ES384", Some("P-384")) | ("ES512", Some("P-521"))
            ),
            (Some("Ed"), "OKP") => curve == Some("Ed25519"),
            (Some("HS"), "oct") => alg.get(2..).is_some_and(|n| n.parse().is_ok_and(|n: u32| key.bits >= n)),
            _ => false,
        };
        prop_assert!(sound, "{alg} with {key:?}");
    }

    /// More bits, or fewer seconds, never make a key worse.
    #[test]
    fn a_better_key_is_never_judged_worse(
        settings in any_settings(), alg in any_alg(), key in any_key(), more in 0u32..5000, less in 0u64..50_000_000,
    ) {
        let Some(key) = key else { return Ok(()) };
        let better = Key {
            bits: key.bits.saturating_add(more),
            age_seconds: key.age_seconds.map(|age| age.saturating_sub(less)),
            ..key.clone()
        };
        let policy = configure::<KeyStrength>(settings).expect("settings");
        let count = |key: Key| policy.evaluate(&input(Phase::Use, alg.clone(), Some(key))).findings.len();
        prop_assert!(count(better) <= count(key));
    }
}
