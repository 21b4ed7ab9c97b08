//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{
    Claim, ClaimSelector, Encryption, Input, Phase, Phases, Policy, Token, TokenKind, TokenParts,
    Value, configure,
};

use crate::{EncryptionRequired, sensitive};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<EncryptionRequired>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<EncryptionRequired>(&[]);
}

#[test]
fn is_asked_in_every_phase_but_login() {
    let phases = Phases::ISSUE | Phases::USE | Phases::REFRESH;
    assert_eq!(EncryptionRequired::descriptor().phases, phases);
}

#[test]
fn the_cases_tell_every_rule() {
    assert_rules_are_told::<EncryptionRequired>(CASES);
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let claims = |settings: &str| -> Vec<String> {
        let reads = configure::<EncryptionRequired>(settings).expect("settings").reads();
        assert!(!reads.time && reads.token == TokenParts::ENCRYPTION && reads.header.is_empty());
        let paths = reads.claims.into_iter().map(|selector| match selector {
            ClaimSelector::At(path) => path,
            ClaimSelector::Below(path) => panic!("all below {path}"),
        });
        paths.collect()
    };
    assert_eq!(claims("{}").len(), sensitive::DEFAULT.len());
    assert!(!claims("{}").contains(&"/aud".to_owned()));
    assert_eq!(claims(r#"{"claims":["a","/b/c"]}"#), ["/a", "/b/c"]);
    assert_eq!(claims(r#"{"claims":["a"],"exempt-audiences":["x"]}"#), ["/a", "/aud"]);
    assert_eq!(claims(r#"{"claims":["aud"],"exempt-audiences":["x"]}"#), ["/aud"]);
    assert_eq!(claims(r#"{"require":"never","always-audiences":["x"]}"#), ["/aud"]);
    assert!(claims(r#"{"require":"always","exempt-kinds":["id"]}"#).is_empty());
    assert!(claims(r#"{"require":"never"}"#).is_empty());
    let default = configure::<EncryptionRequired>("{}").expect("settings").reads();
    assert_eq!(default, EncryptionRequired::descriptor().reads);
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let paths = |settings: serde_json::Value| -> Vec<String> {
        let errors = configure::<EncryptionRequired>(&settings.to_string()).err();
        errors.unwrap_or_default().into_iter().map(|error| error.path).collect()
    };
    let texts = |count: usize, after: &str| -> Vec<String> {
        (0..count).map(|n| format!("{n}{after}")).collect()
    };
    for (list, after) in [
        ("claims", ""),
        ("always-kinds", "+jwt"),
        ("always-audiences", ""),
        ("exempt-kinds", "+jwt"),
        ("exempt-audiences", ""),
    ] {
        assert!(paths(serde_json::json!({ list: texts(200, after) })).is_empty(), "{list}");
        assert_eq!(paths(serde_json::json!({ list: texts(201, after) })), [format!("/{list}")]);
    }
    let long = |list: &str, length: usize| paths(serde_json::json!({ list: ["a".repeat(length)] }));
    assert!(long("claims", 256).is_empty() && long("exempt-audiences", 1024).is_empty());
    assert_eq!(long("claims", 257), ["/claims/0"]);
    assert_eq!(long("exempt-audiences", 1025), ["/exempt-audiences/0"]);
}

/// What a person reads, whole.
#[test]
fn messages_say_why() {
    let message = |settings: &str, aud: &str, encryption: Option<(&str, &str)>| -> Vec<String> {
        let policy = configure::<EncryptionRequired>(settings).expect("settings");
        let encryption = encryption.map(|(a, c)| encrypted(a, c));
        let claims = [("/aud", Value::Text(aud.into())), ("/email", Value::Text("m".into()))];
        let input = input(Some(TokenKind::Id), encryption, &claims);
        policy.evaluate(&input).findings.into_iter().map(|f| f.message).collect()
    };
    assert_eq!(
        message("{}", "a", None),
        ["the claim is sensitive, and the token is not encrypted"]
    );
    assert_eq!(
        message(r#"{"require":"always"}"#, "a", None),
        ["the token is not encrypted, which every token must be"]
    );
    assert_eq!(
        message(r#"{"always-kinds":["id"]}"#, "a", None),
        ["the token is not encrypted, which its kind must be"]
    );
    assert_eq!(
        message(r#"{"always-audiences":["a"]}"#, "a", None),
        ["the token is not encrypted, which those for its audience must be"]
    );
    assert_eq!(
        message("{}", "a", Some(("RSA1_5", "A128CBC"))),
        [
            "the key management algorithm RSA1_5 is not allowed",
            "the content encryption algorithm is not one that is known",
        ]
    );
    assert_eq!(
        message(r#"{"content-algorithms":["A256GCM"]}"#, "a", Some(("secret", "A128GCM"))),
        [
            "the key management algorithm is not one that is known",
            "the content encryption algorithm A128GCM is not allowed",
        ]
    );
}

/// Of algorithms that are known and never allowed, the reason is told.
#[test]
fn setting_errors_say_why() {
    for (algorithm, expected) in [
        ("RSA1_5", "is broken; it is never allowed"),
        ("RSA-OAEP", "uses SHA-1; what happens then is for `rsa-oaep-sha1` to say"),
        ("none", "is not an algorithm that is known here; see RFC 7518 sections 4.1 and 5.1"),
    ] {
        let settings = format!(r#"{{"key-algorithms":["ECDH-ES","{algorithm}"]}}"#);
        let errors = configure::<EncryptionRequired>(&settings).err().expect("errors");
        let told: Vec<_> = errors.iter().map(|e| (e.path.as_str(), e.message.as_str())).collect();
        assert_eq!(told, [("/key-algorithms/1", expected)]);
    }
}

/// The contract gives no empty list of texts; if one came, it would exempt nothing.
#[test]
fn an_audience_of_no_texts_is_not_known() {
    let policy =
        configure::<EncryptionRequired>(r#"{"exempt-audiences":["a"]}"#).expect("settings");
    let claims = [("/aud", Value::Texts(Vec::new())), ("/email", Value::Boolean(true))];
    let verdict = policy.evaluate(&input(Some(TokenKind::Id), None, &claims));
    assert_eq!(verdict.findings.len(), 1);
}

fn encrypted(algorithm: &str, content: &str) -> Encryption {
    Encryption { algorithm: algorithm.into(), content: content.into() }
}

fn input(kind: Option<TokenKind>, enc: Option<Encryption>, claims: &[(&str, Value)]) -> Input {
    let claim =
        |(path, value): &(&str, Value)| Claim { path: (*path).into(), value: value.clone() };
    Input {
        phase: Phase::Use,
        now: None,
        token: kind.map(|kind| Token {
            kind,
            header: Vec::new(),
            key: None,
            encryption: enc,
            binding: None,
        }),
        claims: claims.iter().map(claim).collect(),
        request: None,
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        "(secret-marker.*)?".prop_map(Value::Text),
        prop::collection::vec("(a|b|secret-marker)", 0..4).prop_map(Value::Texts),
        prop::sample::select(vec!["[]", "{}", "[null]"]).prop_map(|json| Value::Json(json.into())),
    ]
}

fn any_kind() -> impl Strategy<Value = Option<TokenKind>> {
    prop::sample::select(vec![
        None,
        Some(TokenKind::Access),
        Some(TokenKind::Id),
        Some(TokenKind::Refresh),
        Some(TokenKind::Other("secret-marker".into())),
    ])
}

fn any_encryption() -> impl Strategy<Value = Option<Encryption>> {
    let name = prop::sample::select(vec![
        "RSA1_5",
        "RSA-OAEP",
        "dir",
        "A256GCM",
        "A128CBC-HS256",
        "secret-marker",
        "",
    ]);
    prop::option::of((name.clone(), name).prop_map(|(a, c)| encrypted(a, c)))
}

fn any_settings() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{}",
        r#"{"require":"always","exempt-kinds":["id"],"exempt-audiences":["a","b"]}"#,
        r#"{"require":"never","always-kinds":["id"],"always-audiences":["a"],"effect":"advise"}"#,
        r#"{"claims":["email","/a/b"],"always-audiences":["a"],"exempt-kinds":["access"]}"#,
    ])
}

proptest! {
    /// Whatever comes, an answer comes: at most one finding for each claim and
    /// one for each algorithm, without a word of the token.
    #[test]
    fn answers_within_bounds(
        settings in any_settings(), kind in any_kind(), encryption in any_encryption(),
        aud in any_value(), email in any_value(), nested in any_value(), ssn in any_value(),
    ) {
        let policy = configure::<EncryptionRequired>(settings).expect("settings");
        let claims = [("/email", email), ("/a/b", nested), ("/ssn", ssn), ("/aud", aud)];
        let rules = EncryptionRequired::descriptor().rules;
        let findings = policy.evaluate(&input(kind, encryption, &claims)).findings;
        prop_assert!(findings.len() <= 3);
        for (index, finding) in findings.iter().enumerate() {
            prop_assert!(rules.iter().any(|rule| rule.id == finding.rule));
            prop_assert!(!finding.message.contains("secret-marker"));
            for other in findings.iter().skip(index + 1) {
                prop_assert!((&other.rule, &other.claim) != (&finding.rule, &finding.claim));
            }
        }
    }

    /// Sound encryption is never judged worse than none, and never faulted.
    #[test]
    fn sound_encryption_always_passes(
        settings in any_settings(), kind in any_kind(), aud in any_value(), email in any_value(),
    ) {
        let Some(kind) = kind else { return Ok(()) };
        let policy = configure::<EncryptionRequired>(settings).expect("settings");
        let claims = [("/email", email), ("/aud", aud)];
        let sound = Some(encrypted("ECDH-ES", "A256GCM"));
        prop_assert!(policy.evaluate(&input(Some(kind), sound, &claims)).findings.is_empty());
    }
}
