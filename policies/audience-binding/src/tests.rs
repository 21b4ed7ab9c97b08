//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{
    assert_rules_are_told, assert_schema_is_that_of, run_cases, summary,
};
use tokenward_policy::{
    Binding, Claim, ClaimSelector, Input, Phase, Policy, Request, RequestParts, Token, TokenKind,
    TokenParts, Value, configure,
};

use crate::AudienceBinding;
use crate::audience::{are_more_than, is_wildcard};
use crate::subject::told_by;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<AudienceBinding>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<AudienceBinding>(&[(
        "/properties/sensitive/items",
        r#"{"sensitive":[{"?":0}]}"#,
    )]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<AudienceBinding>(CASES);
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let reads = |settings: &str| configure::<AudienceBinding>(settings).expect("settings").reads();
    assert_eq!(reads("{}"), AudienceBinding::descriptor().reads);
    let at = |paths: &[&str]| -> Vec<ClaimSelector> {
        paths.iter().map(|path| ClaimSelector::At((*path).into())).collect()
    };
    let bound = ["/aud", "/cnf", "/cnf/jkt", "/cnf/x5t#S256"];
    let all = [bound.as_slice(), &["/sub", "/client_id", "/jti"]].concat();
    assert_eq!(reads("{}").claims, at(&all));
    let least = reads(r#"{"opaque-subject":"ignore","require-jti":"ignore"}"#);
    assert_eq!(least.claims, at(&bound));
    assert_eq!((least.token, least.time), (TokenParts::BINDING, false));
    let parts = |route: &str| reads(&format!(r#"{{"sensitive":[{route}]}}"#)).request;
    assert_eq!(reads("{}").request, RequestParts::empty());
    assert_eq!(parts(r#"{"path":"/a"}"#), RequestParts::PATH);
    assert_eq!(
        parts(r#"{"path":"/a","methods":["GET"]}"#),
        RequestParts::PATH | RequestParts::METHOD
    );
    assert_eq!(parts(r#"{"path":"/a","host":"h.x"}"#), RequestParts::PATH | RequestParts::HOST);
}

fn input(binding: Option<Binding>, claims: &[(&str, Value)], request: Option<Request>) -> Input {
    Input {
        phase: Phase::Use,
        now: None,
        token: Some(Token {
            kind: TokenKind::Access,
            header: Vec::new(),
            key: None,
            encryption: None,
            binding,
        }),
        claims: claims
            .iter()
            .map(|(path, value)| Claim { path: (*path).into(), value: value.clone() })
            .collect(),
        request,
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

fn request(method: Option<&str>, host: Option<&str>, path: Option<&str>) -> Request {
    Request {
        method: method.map(Into::into),
        scheme: None,
        host: host.map(Into::into),
        path: path.map(Into::into),
        query: Vec::new(),
        headers: Vec::new(),
        client_address: None,
        token_location: None,
        tls: None,
        cookies: Vec::new(),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// Settings that look at nothing but the binding.
const ONLY_BINDING: &str =
    r#""require-audience":"ignore","opaque-subject":"ignore","require-jti":"ignore""#;

/// A request of which a needed part is not known is refused.
#[test]
fn an_unknown_part_is_refused() {
    let policy = configure::<AudienceBinding>(&format!(
        r#"{{{ONLY_BINDING},"sensitive":[{{"path":"/a","methods":["GET"],"host":"a.x"}}]}}"#
    ))
    .expect("settings");
    for (request, part) in [
        (Some(request(None, Some("a.x"), Some("/b"))), "the method of the request is not known"),
        (Some(request(Some("GET"), None, Some("/b"))), "the host of the request is not known"),
        (Some(request(Some("GET"), Some("a.x"), None)), "the path of the request is not known"),
        (None, "the request is not known"),
    ] {
        let verdict = policy.evaluate(&input(None, &[], request));
        assert_eq!(summary(&verdict), ["deny high unknown-request"]);
        assert!(verdict.findings.iter().all(|f| f.message.starts_with(part)), "{part}");
    }
}

/// A host that does not say whether there was a proof has verified none.
#[test]
fn a_proof_that_is_not_told_is_none() {
    let policy = configure::<AudienceBinding>(&format!("{{{ONLY_BINDING}}}")).expect("settings");
    let cnf = [("/cnf", Value::Json(r#"{"kid":"k"}"#.into()))];
    let verdict = policy.evaluate(&input(None, &cnf, None));
    assert_eq!(summary(&verdict), ["deny high unproven-binding /cnf"]);
    let verdict = policy.evaluate(&Input { token: None, ..input(None, &cnf, None) });
    assert_eq!(summary(&verdict), ["deny high unproven-binding /cnf"]);
    let verdict = policy.evaluate(&input(Some(Binding::Dpop), &cnf, None));
    assert!(verdict.findings.is_empty());
}

#[test]
fn messages_name_the_settings_only() {
    let policy = configure::<AudienceBinding>(
        r#"{"max-audiences":2,"sensitive":[{"path":"/x/{id}","methods":["GET"]}]}"#,
    )
    .expect("settings");
    let claims = [
        ("/aud", Value::Texts(["secret*", "ACCOUNT", "secret"].map(Into::into).into())),
        ("/sub", text("secret@example.com")),
    ];
    let request = request(Some("GET"), None, Some("/x/secret"));
    let verdict = policy.evaluate(&input(None, &claims, Some(request)));
    let messages: Vec<&str> = verdict.findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "an audience holds an asterisk, is empty, or is the start of a URI alone",
            "the audience `account` names no one recipient",
            "the token has more than 2 different audiences",
            "the subject's identifier holds an e-mail address",
            "the token has no identifier, so that it cannot be revoked by itself",
            "the token is bound to no key, as is needed by `GET /x/{id}`",
        ]
    );
}

/// No setting that loads makes a verdict that the host refuses.
#[test]
fn verdicts_keep_to_the_limits_of_the_host() {
    let generic = "g".repeat(256);
    let settings = serde_json::json!({
        "generic-audiences": [generic],
        "sensitive": [{ "path": format!("/{}", "é".repeat(511)), "host": "h".repeat(512) }],
    });
    let policy = configure::<AudienceBinding>(&settings.to_string()).expect("settings");
    let path = format!("/{}", "é".repeat(511));
    let request = request(None, Some(&"h".repeat(512)), Some(&path));
    let verdict = policy.evaluate(&input(None, &[("/aud", text(&generic))], Some(request)));
    assert_eq!(
        summary(&verdict),
        [
            "advise low generic-audience /aud",
            "advise low missing-jti /jti",
            "deny high unbound-token",
        ]
    );
    assert!(verdict.findings.iter().all(|f| f.message.len() <= 1024));
    assert!(verdict.findings.last().is_some_and(|f| f.message.ends_with('…')));
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let paths = |settings: serde_json::Value| -> Vec<String> {
        let errors = configure::<AudienceBinding>(&settings.to_string()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.path).collect()
    };
    let texts = |count: usize| -> Vec<String> { (0..count).map(|n| format!("/{n}")).collect() };
    assert!(paths(serde_json::json!({ "generic-audiences": texts(64) })).is_empty());
    assert_eq!(
        paths(serde_json::json!({ "generic-audiences": texts(65) })),
        ["/generic-audiences"]
    );
    assert!(paths(serde_json::json!({ "generic-audiences": ["a".repeat(256)] })).is_empty());
    assert_eq!(
        paths(serde_json::json!({ "generic-audiences": ["a".repeat(257)] })),
        ["/generic-audiences/0"]
    );
    let routes = |count: usize| {
        let routes: Vec<_> =
            texts(count).iter().map(|path| serde_json::json!({ "path": path })).collect();
        paths(serde_json::json!({ "sensitive": routes }))
    };
    assert!(routes(512).is_empty());
    assert_eq!(routes(513), ["/sensitive"]);
}

#[test]
fn wildcards() {
    for (audience, expected) in [
        ("*", true),
        ("a*b", true),
        ("", true),
        ("  ", true),
        ("/", true),
        ("https://", true),
        (" https:// ", true),
        ("api:", true),
        ("https://a", false),
        ("a/", false),
        ("urn:a", false),
        (".", false),
    ] {
        assert_eq!(is_wildcard(audience), expected, "{audience}");
    }
}

#[test]
fn different_audiences_are_counted() {
    for (max, audiences, expected) in [
        (1, &["a"] as &[&str], false),
        (1, &["a", "a"], false),
        (1, &["a", "b"], true),
        (2, &["b", "a", "b", "a"], false),
        (2, &["c", "a", "b"], true),
        (2, &["a", "a", "b", "b", "c"], true),
    ] {
        assert_eq!(are_more_than(max, audiences), expected, "{max} {audiences:?}");
    }
}

/// A long hostile claim costs time in proportion to its length.
#[test]
fn hostile_lengths_are_judged() {
    let policy = configure::<AudienceBinding>("{}").expect("settings");
    for long in ["a ".repeat(8192), "4111 ".repeat(3277), "a@".repeat(8192), " ".repeat(16384)] {
        let many = Value::Texts(long.chars().map(String::from).collect());
        let claims = [("/aud", many), ("/sub", text(&long)), ("/jti", text(&long))];
        policy.evaluate(&input(None, &claims, None));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        "zq.*".prop_map(Value::Text),
        "zq[a-z]{1,8}@[a-z]{1,8}\\.com".prop_map(Value::Text),
        "zq[a-z]{1,8} [A-Z][a-z]{1,8}".prop_map(Value::Text),
        prop::collection::vec("zq.{0,4}|api|\\*", 1..6).prop_map(Value::Texts),
        "[\\[{]zq.*".prop_map(Value::Json),
    ]
}

proptest! {
    /// Whatever comes, an answer comes; an unbound or unproven token never
    /// passes where proof is needed; and no message repeats what the token or
    /// the request says.
    #[test]
    fn never_panics_and_never_quotes(
        aud in any_value(), sub in any_value(), jti in any_value(), cnf in prop::option::of(any_value()),
        jkt in prop::option::of(any_value()), path in ".*",
    ) {
        let policy = configure::<AudienceBinding>(r#"{"sensitive":[{"path":"/**"}]}"#)
            .expect("settings");
        let mut claims = vec![("/aud", aud), ("/sub", sub), ("/jti", jti)];
        claims.extend(cnf.map(|cnf| ("/cnf", cnf)));
        claims.extend(jkt.map(|jkt| ("/cnf/jkt", jkt)));
        let path = format!("/zq{path}");
        let request = request(Some("zq"), None, Some(&path));
        let verdict = policy.evaluate(&input(Some(Binding::None), &claims, Some(request)));
        prop_assert!(verdict.findings.iter().any(|f| f.effect == tokenward_policy::Effect::Deny));
        prop_assert!(verdict.findings.iter().all(|f| !f.message.contains("zq")));
    }

    /// Identifiers made by machines pass.
    #[test]
    fn opaque_identifiers_pass(
        hex in "[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{64}",
        uuid in "[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        ulid in "01[0-9A-HJKMNP-TV-Z]{24}", prefix in "auth0|google-oauth2|windowslive|waad",
        number in 0u64..1_000_000_000,
    ) {
        prop_assert_eq!(told_by(&uuid), None);
        prop_assert_eq!(told_by(&ulid), None);
        let prefixed = format!("{prefix}|{hex}");
        prop_assert_eq!(told_by(&prefixed), None);
        let numbered = format!("user:{number}");
        prop_assert_eq!(told_by(&numbered), None);
    }
}
