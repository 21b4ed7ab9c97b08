//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{
    assert_rules_are_told, assert_schema_is_that_of, read_settings, run_cases, summary,
};
use tokenward_policy::{
    Claim, ClaimSelector, Fact, Input, Phase, Policy, Request, RequestParts, Value, Verdict,
    configure,
};

use crate::{Consent, Exemption};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
const NOW: i64 = 1_700_000_000;

#[test]
fn cases() {
    run_cases::<Consent>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<Consent>(&[
        ("/properties/routes/items", r#"{"routes":[{"?":0}]}"#),
        ("/properties/scope-purposes/items", r#"{"scope-purposes":[{"?":0}]}"#),
        ("/properties/exempt-purposes/items", r#"{"exempt-purposes":[{"?":0}]}"#),
    ]);
}

#[test]
fn the_schema_names_every_legal_basis() {
    let schema = Consent::descriptor().settings_schema;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let bases = &schema["properties"]["exempt-purposes"]["items"]["properties"]["basis"]["enum"];
    let bases = bases.as_array().expect("a list");
    assert_eq!(bases.len(), 5);
    for name in bases {
        let text = format!(r#"{{"purpose":"a","basis":{name}}}"#);
        let read = read_settings::<Exemption>(&text).expect("a basis");
        assert_eq!(read.basis.as_str(), name);
    }
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<Consent>(CASES);
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let reads = |settings: &str| configure::<Consent>(settings).expect("settings").reads();
    assert_eq!(reads("{}"), Consent::descriptor().reads);
    let at = |paths: &[&str]| -> Vec<ClaimSelector> {
        paths.iter().map(|path| ClaimSelector::At((*path).into())).collect()
    };
    assert_eq!(reads("{}").claims, at(&["/purpose"]));
    let scopes = r#""scope-purposes":[{"scope":"a","purposes":["x"]}]"#;
    assert_eq!(reads(&format!("{{{scopes}}}")).claims, at(&["/purpose", "/scope", "/scp"]));
    assert_eq!(
        reads(&format!(r#"{{"purpose-claims":["/scope"],{scopes}}}"#)).claims,
        at(&["/scope", "/scp"])
    );
    let version = "consent.version".to_owned();
    assert!(!reads("{}").facts.contains(&version));
    assert!(reads(r#"{"versions":["1"]}"#).facts.contains(&version));
    let parts = |route: &str| reads(&format!(r#"{{"routes":[{route}]}}"#)).request;
    assert_eq!(reads("{}").request, RequestParts::empty());
    assert_eq!(parts(r#"{"path":"/a"}"#), RequestParts::PATH);
    assert_eq!(
        parts(r#"{"path":"/a","methods":["GET"],"host":"h.x"}"#),
        RequestParts::PATH | RequestParts::METHOD | RequestParts::HOST
    );
}

fn input(now: Option<i64>, claims: &[(&str, Value)], facts: &[(&str, Value)]) -> Input {
    Input {
        phase: Phase::Use,
        now,
        token: None,
        claims: claims
            .iter()
            .map(|(path, value)| Claim { path: (*path).into(), value: value.clone() })
            .collect(),
        request: None,
        signals: Vec::new(),
        facts: facts
            .iter()
            .map(|(name, value)| Fact { name: (*name).into(), value: value.clone() })
            .collect(),
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

/// A request of which a needed part is not known is refused.
#[test]
fn an_unknown_part_is_refused() {
    let policy = configure::<Consent>(
        r#"{"routes":[{"path":"/a","methods":["GET"],"host":"a.x","purposes":["p"]}]}"#,
    )
    .expect("settings");
    for (request, part) in [
        (Some(request(None, Some("a.x"), Some("/a"))), "the method of the request is not known"),
        (Some(request(Some("GET"), None, Some("/a"))), "the host of the request is not known"),
        (Some(request(Some("GET"), Some("a.x"), None)), "the path of the request is not known"),
        (None, "the request is not known"),
    ] {
        let verdict = policy.evaluate(&Input { request, ..input(Some(NOW), &[], &[]) });
        assert_eq!(summary(&verdict), ["deny high unknown-request"]);
        assert!(verdict.findings.iter().all(|f| f.message.starts_with(part)), "{part}");
    }
}

#[test]
fn without_the_time_that_it_needs_it_denies() {
    let policy = configure::<Consent>("{}").expect("settings");
    let facts = [("consent.purposes", text("a"))];
    let verdict = policy.evaluate(&input(None, &[("/purpose", text("a"))], &facts));
    assert_eq!(summary(&verdict), ["deny high unknown-consent"]);
    assert!(policy.evaluate(&input(None, &[], &facts)).findings.is_empty());
}

/// Wherever the scope stands in the list.
#[test]
fn every_scope_is_found() {
    let policy = configure::<Consent>(
        r#"{"scope-purposes":[{"scope":"c","purposes":["x"]},{"scope":"a","purposes":["x"]},
            {"scope":"d","purposes":["x"]},{"scope":"b","purposes":["x"]}]}"#,
    )
    .expect("settings");
    for (scope, expected) in [("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 0)] {
        let facts = [("consent.purposes", text("y"))];
        let verdict = policy.evaluate(&input(Some(NOW), &[("/scope", text(scope))], &facts));
        assert_eq!(verdict.findings.len(), expected, "{scope}");
    }
}

#[test]
fn the_legal_basis_is_recorded() {
    let policy = configure::<Consent>(
        r#"{"exempt-purposes":[{"purpose":"a","basis":"contract"},{"purpose":"b","basis":"public-task"}]}"#,
    )
    .expect("settings");
    let facts = |purposes: &str| {
        policy.evaluate(&input(Some(NOW), &[("/purpose", text(purposes))], &[])).facts
    };
    assert_eq!(
        facts("b c a"),
        [Fact {
            name: "legal-basis".into(),
            value: Value::Texts(vec!["b: public-task".into(), "a: contract".into()]),
        }]
    );
    assert!(facts("c").is_empty());
}

#[test]
fn messages_name_purposes_of_the_settings_only() {
    let policy = configure::<Consent>(
        r#"{"always":["a"],"routes":[{"path":"/x/{id}","methods":["GET"],"purposes":["b","c","d"]}],
            "max-age":10,"versions":["1"]}"#,
    )
    .expect("settings");
    let messages = |purpose: &str, facts: &[(&str, Value)]| -> Vec<String> {
        let request = Some(request(Some("GET"), None, Some("/x/secret")));
        let input = Input { request, ..input(Some(NOW), &[("/purpose", text(purpose))], facts) };
        policy.evaluate(&input).findings.into_iter().map(|f| f.message).collect()
    };
    let none = [("consent.purposes", Value::Json("[]".into()))];
    assert_eq!(
        messages("secret b", &none),
        [
            "the token is not for `c`, `d`, which `GET /x/{id}` serves",
            "the subject has not consented to `b`, `a`, `c` and 1 more and 1 purpose that the token names",
        ]
    );
    assert_eq!(
        messages("", &none),
        [
            "the token names no purpose, and one is served by `GET /x/{id}`",
            "the subject has not consented to `a`, `b`, `c` and 1 more",
        ]
    );
    assert_eq!(
        messages("b c d s t", &[("consent.purposes", text("a b c d"))]),
        [
            "the subject has not consented to 2 purposes that the token names",
            "not known: `consent.given-at`, `consent.version`",
        ]
    );
    assert_eq!(
        messages(
            "b c d",
            &[("consent.purposes", text("a b c d")), ("consent.given-at", Value::Integer(0))]
        ),
        [
            "the subject's consent was given longer ago than 10 seconds",
            "not known: `consent.version`",
        ]
    );
    assert_eq!(
        messages(
            "b c d",
            &[("consent.given-at", Value::Null), ("consent.expires-at", text("secret"))]
        ),
        [
            "the fact `consent.expires-at` cannot be read",
            "not known: `consent.purposes`, `consent.given-at`, `consent.version`",
        ]
    );
}

/// No setting that loads makes a verdict that the host refuses.
#[test]
fn verdicts_keep_to_the_limits_of_the_host() {
    let words = |letter: &str| -> Vec<String> {
        (100..164).map(|n| format!("{n}{}", letter.repeat(253))).collect()
    };
    let exempt: Vec<_> = words("e")
        .into_iter()
        .map(|purpose| serde_json::json!({"purpose": purpose, "basis": "legitimate-interests"}))
        .collect();
    let claims: Vec<String> = (0..8).map(|n| format!("/{n}")).collect();
    let scopes: Vec<_> = words("e")
        .chunks(8)
        .map(|purposes| serde_json::json!({ "scope": purposes[0], "purposes": purposes }))
        .collect();
    let settings = serde_json::json!({
        "routes": [{
            "path": format!("/{}", "é".repeat(511)), "host": "h".repeat(512),
            "purposes": words("r").split_off(56),
        }],
        "always": words("a"), "purpose-claims": claims, "exempt-purposes": exempt,
        "scope-purposes": scopes,
        "scope-claims": claims, "missing-purpose": "deny",
    });
    let policy = configure::<Consent>(&settings.to_string()).expect("settings");
    let path = format!("/{}", "é".repeat(511));
    let mut found = Vec::new();
    for value in [Value::Texts(words("e")), Value::Null, text("")] {
        let given: Vec<(&str, Value)> =
            claims.iter().map(|claim| (claim.as_str(), value.clone())).collect();
        let facts = [("consent.purposes", Value::Json("[]".into()))];
        let request = Some(request(None, Some(&"h".repeat(512)), Some(&path)));
        let verdict = policy.evaluate(&Input { request, ..input(Some(NOW), &given, &facts) });
        assert!(verdict.findings.len() <= 256 && verdict.facts.len() <= 256);
        assert!(verdict.findings.iter().all(|f| f.message.len() <= 1024));
        for fact in &verdict.facts {
            assert!(fact.value.texts().count() <= 256);
            assert!(fact.value.texts().all(|text| text.len() <= 1024));
        }
        found.extend(verdict.findings.into_iter().map(|f| f.rule));
    }
    for rule in ["purpose-not-covered", "missing-purpose", "consent-missing", "malformed-purpose"] {
        assert!(found.iter().any(|found| found == rule), "{rule}");
    }
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let paths = |settings: serde_json::Value| -> Vec<String> {
        let errors = configure::<Consent>(&settings.to_string()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.path).collect()
    };
    let texts = |count: usize| -> Vec<String> { (0..count).map(|n| format!("/{n}")).collect() };
    for (list, most) in
        [("purpose-claims", 8), ("scope-claims", 8), ("always", 64), ("versions", 64)]
    {
        assert!(paths(serde_json::json!({ list: texts(most) })).is_empty(), "{list}");
        assert_eq!(paths(serde_json::json!({ list: texts(most + 1) })), [format!("/{list}")]);
    }
    let served = |count: usize| {
        paths(serde_json::json!({
            "routes": [{ "path": "/a", "purposes": texts(count) }],
            "scope-purposes": [{ "scope": "a", "purposes": texts(count) }],
        }))
    };
    assert!(served(8).is_empty());
    assert_eq!(served(9), ["/routes/0/purposes", "/scope-purposes/0/purposes"]);
    for list in ["always", "versions"] {
        assert!(paths(serde_json::json!({ list: ["a".repeat(256)] })).is_empty(), "{list}");
        assert_eq!(paths(serde_json::json!({ list: ["a".repeat(257)] })), [format!("/{list}/0")]);
    }
    assert!(paths(serde_json::json!({ "purpose-claims": ["/".repeat(1024)] })).is_empty());
    assert_eq!(
        paths(serde_json::json!({ "purpose-claims": ["/".repeat(1025)] })),
        ["/purpose-claims/0"]
    );
    let each = |list: &str, count: usize, item: &dyn Fn(&String) -> serde_json::Value| {
        paths(serde_json::json!({ list: texts(count).iter().map(item).collect::<Vec<_>>() }))
    };
    let route = |path: &String| serde_json::json!({ "path": path });
    assert!(each("routes", 512, &route).is_empty());
    assert_eq!(each("routes", 513, &route), ["/routes"]);
    let scope = |scope: &String| serde_json::json!({ "scope": scope, "purposes": ["x"] });
    assert!(each("scope-purposes", 256, &scope).is_empty());
    assert_eq!(each("scope-purposes", 257, &scope), ["/scope-purposes"]);
    let exempt = |purpose: &String| serde_json::json!({ "purpose": purpose, "basis": "contract" });
    assert!(each("exempt-purposes", 64, &exempt).is_empty());
    assert_eq!(each("exempt-purposes", 65, &exempt), ["/exempt-purposes"]);
}

/// A long hostile claim costs time in proportion to its length.
#[test]
fn hostile_lengths_are_judged() {
    let scopes: Vec<_> = (0..256)
        .map(|n| {
            let purposes: Vec<String> = (0..8).map(|p| format!("{n}-{p}")).collect();
            serde_json::json!({ "scope": format!("{n}"), "purposes": purposes })
        })
        .collect();
    let settings = serde_json::json!({ "scope-purposes": scopes }).to_string();
    let policy = configure::<Consent>(&settings).expect("settings");
    let all = (0..4096).fold(String::new(), |all, n| all + &(n % 256).to_string() + " ");
    for long in ["1 ".repeat(8192), all, "ab ".repeat(5461), " ".repeat(16384)] {
        let claims = [("/purpose", text(&long)), ("/scope", text(&long)), ("/scp", text(&long))];
        let consented = (0..256).fold(String::new(), |all, n| all + &n.to_string() + "-1 ");
        policy.evaluate(&input(Some(NOW), &claims, &[("consent.purposes", text(&consented))]));
    }
}

/// Absent, or near now.
fn near_now() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        6 => (-1500i64..1500).prop_map(|by| Value::Integer(NOW + by)),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        "zq[a-z ]{0,8}".prop_map(Value::Text),
        prop::collection::vec("zq.{0,4}|a|", 1..6).prop_map(Value::Texts),
        "[\\[{]zq.*".prop_map(Value::Json),
    ]
}

const TIMED: &str = r#"{"max-age":700,"skew":30,"versions":["1"]}"#;

proptest! {
    /// A verdict holds at every second until it says that it may change, and
    /// there it does.
    #[test]
    fn a_verdict_holds_exactly_as_long_as_it_says(
        given in near_now(), expires in near_now(), withdrawn in near_now(),
        version in prop_oneof![Just(Value::Null), (0i64..2).prop_map(Value::Integer)],
        purposes in prop_oneof![Just("a"), Just("a b"), Just("c")],
        settings in prop_oneof![Just("{}"), Just(TIMED)],
    ) {
        let policy = configure::<Consent>(settings).expect("settings");
        let facts = [
            ("consent.purposes", text(purposes)), ("consent.given-at", given),
            ("consent.expires-at", expires), ("consent.withdrawn-at", withdrawn),
            ("consent.version", version),
        ];
        let at = |now: i64| policy.evaluate(&input(Some(now), &[("/purpose", text("a b"))], &facts));
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

    /// Whatever comes, an answer comes; without consent to `needed` nothing
    /// passes; and no message repeats what the token or the registry says.
    #[test]
    fn never_panics_and_never_quotes(
        now in any::<i64>(), purpose in any_value(), scope in any_value(),
        purposes in any_value(), given in any_value(), expires in any_value(),
        withdrawn in any_value(), version in any_value(),
    ) {
        let policy = configure::<Consent>(
            r#"{"always":["needed"],"scope-purposes":[{"scope":"a","purposes":["b"]}],
                "max-age":700,"versions":["1"]}"#,
        ).expect("settings");
        let claims = [("/purpose", purpose), ("/scope", scope)];
        let facts = [
            ("consent.purposes", purposes), ("consent.given-at", given),
            ("consent.expires-at", expires), ("consent.withdrawn-at", withdrawn),
            ("consent.version", version),
        ];
        let verdict = policy.evaluate(&input(Some(now), &claims, &facts));
        prop_assert!(verdict.findings.iter().any(|f| f.effect == tokenward_policy::Effect::Deny));
        prop_assert!(verdict.findings.iter().all(|f| !f.message.contains("zq")));
        prop_assert!(verdict.valid_until.is_some_and(|until| until > now || now == i64::MAX));
    }

    /// Consent to more never harms.
    #[test]
    fn more_consent_never_harms(
        needed in prop::collection::vec("[a-d]", 0..4), held in prop::collection::vec("[a-d]", 0..4),
        more in "[a-d]",
    ) {
        let policy = configure::<Consent>("{}").expect("settings");
        let passes = |held: &str| {
            let claims = [("/purpose", text(&needed.join(" ")))];
            policy.evaluate(&input(Some(NOW), &claims, &[("consent.purposes", text(held))])).findings.is_empty()
        };
        let held = held.join(" ");
        let longer = format!("{held} {more}");
        prop_assert!(passes(&longer) || !passes(&held));
        prop_assert!(passes(&needed.join(" ")));
    }
}
