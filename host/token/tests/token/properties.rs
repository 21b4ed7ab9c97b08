//! Properties: no input panics, no changed token passes, strict JSON agrees with `serde_json`.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tokenward_token::json::{Json, JsonLimits, parse_strict};
use tokenward_token::{Key, KeySet, ParseLimits, Trust, UnixTime, UnverifiedToken};

use crate::support::{TRUST, base64url, outcome, token};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn parsing_never_panics(bytes in vec(any::<u8>(), 0..600)) {
        let _ = UnverifiedToken::parse(&bytes, &ParseLimits::default());
        let _ = parse_strict(&bytes, &JsonLimits::default());
        let _ = KeySet::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = text.parse::<UnixTime>();
        let _ = Trust::from_toml(&text, |_| Err::<Vec<u8>, _>("none"));
        let _ = Key::from_pem(&text);
    }

    #[test]
    fn tokens_of_arbitrary_parts_never_panic_and_never_pass(
        header in json_text(), payload in json_text(), signature in vec(any::<u8>(), 0..100),
    ) {
        let token = [base64url(header), base64url(payload), base64url(signature)].join(".");
        prop_assert_ne!(outcome(token), "accepted");
    }

    #[test]
    fn pem_of_arbitrary_bytes_never_panics(der in vec(any::<u8>(), 0..200)) {
        use base64::Engine as _;
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        let _ = KeySet::parse(
            format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----").as_bytes(),
        );
        let _ = tokenward_token::mint::PrivateKey::parse(
            &format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"),
        );
    }

    #[test]
    fn strict_json_reads_and_writes_what_serde_json_does(value in json_value()) {
        for text in [serde_json::to_string(&value), serde_json::to_string_pretty(&value)] {
            let limits = JsonLimits { max_depth: 16, max_values: 10_000 };
            let strict = parse_strict(text.unwrap().as_bytes(), &limits).unwrap();
            prop_assert_eq!(&to_serde(&strict), &value);
            let again: serde_json::Value = serde_json::from_str(&strict.to_compact()).unwrap();
            prop_assert_eq!(&again, &value);
        }
    }

    #[test]
    fn strict_json_accepts_nothing_that_serde_json_refuses(text in json_like()) {
        let serde = serde_json::from_str::<serde_json::Value>(&text);
        if let Ok(strict) = parse_strict(text.as_bytes(), &JsonLimits::default()) {
            prop_assert_eq!(to_serde(&strict), serde.unwrap());
        }
    }
}

#[test]
fn every_single_byte_change_of_a_valid_token_is_refused() {
    let good = token().into_bytes();
    assert_eq!(outcome(&good), "accepted");
    let mut codes = std::collections::BTreeMap::new();
    for at in 0..good.len() {
        for change in [1_u8, 2, 4, 8, 16, 32, 64, 128, 0x20 ^ 0x5f, good[at], good[at] ^ b'.'] {
            let mut changed = good.clone();
            changed[at] ^= change;
            if changed != good {
                let code = outcome(&changed);
                assert_ne!(code, "accepted", "byte {at} xor {change}");
                *codes.entry(code).or_insert(0) += 1;
            }
        }
    }
    println!("refusals of changed tokens: {codes:?}");
}

#[test]
fn every_cut_and_every_doubled_byte_of_a_valid_token_is_refused() {
    let good = token().into_bytes();
    for at in 0..good.len() {
        assert_ne!(outcome(&good[..at]), "accepted", "cut at {at}");
        let doubled = [&good[..=at], &good[at..]].concat();
        assert_ne!(outcome(doubled), "accepted", "doubled at {at}");
    }
}

#[test]
fn unverified_tokens_show_no_claim() {
    let text = token();
    let unverified = UnverifiedToken::parse(text.as_bytes(), &ParseLimits::default()).unwrap();
    let digest = unverified.digest();
    assert_eq!(format!("{unverified:?}"), format!("UnverifiedToken({digest})"));
    assert!(!format!("{:?}", unverified.claims()).contains("alice"));
    let verified = unverified.verify(&TRUST, crate::support::NOW).unwrap();
    assert_eq!(format!("{verified:?}"), format!("VerifiedToken({digest})"));
}

/// JSON text that is right, nearly right, or not at all.
fn json_text() -> impl Strategy<Value = String> {
    prop_oneof![json_value().prop_map(|value| value.to_string()), json_like(), any::<String>()]
}

/// Strings of JSON's own tokens.
fn json_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\\u0061\"",
        "\"\\ud800\"",
        "1",
        "-0",
        "1e400",
        "1.5",
        "null",
        "true",
        " ",
        "\"alg\"",
        "\"ES256\"",
        "\\",
        "\"",
        "9007199254740993",
    ]);
    vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let safe = 9_007_199_254_740_991_i64;
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-safe..=safe).prop_map(Into::into),
        (-1e15..1e15_f64).prop_map(Into::into),
        (-1.0..1.0_f64).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 60, 24, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Into::into),
            btree_map(any::<String>(), inner, 0..20)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn to_serde(json: &Json) -> serde_json::Value {
    match json {
        Json::Null => serde_json::Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Integer(number) => (*number).into(),
        Json::Number(number) => (*number).into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(to_serde).collect(),
        Json::Object(object) => serde_json::Value::Object(
            object.iter().map(|(name, value)| (name.to_owned(), to_serde(value))).collect(),
        ),
    }
}
