//! Each policy says the same natively and as a component, called directly and
//! as one: on its whole case table, and on random inputs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};
use tokenward_engine::{
    Calls, EngineConfig, LoadError, Outcome, Phase, PolicySet, RequestFacts, Signal, Signals,
    Verdict,
};
use tokenward_policy::testing::{Case, load_cases};
use tokenward_policy::{self as sdk, Policy};
use tokenward_token::TokenKind;
use tokenward_token::json::{JsonLimits, parse_strict};

use crate::support::{Given, both_engines, engine_with, object};

fn folder(policy: &str) -> String {
    format!("{}/../policies/{policy}", env!("CARGO_MANIFEST_DIR"))
}

fn component(policy: &str) -> &'static [u8] {
    tokenward::built_in_policy(policy).expect("a built-in policy")
}

/// Runs the case table of a policy as a component, and beside it natively.
fn whole_table<P: Policy>(policy: &str) {
    let engines = both_engines();
    let mut sets: BTreeMap<String, Result<[PolicySet; 2], Vec<String>>> = BTreeMap::new();
    let mut failures = String::new();
    let mut only_native = 0;
    let cases = load_cases(format!("{}/cases", folder(policy)));
    assert!(!cases.is_empty());
    for case in &cases {
        let result = case.check(|settings| {
            let set = sets.entry(settings.to_owned()).or_insert_with(|| {
                let [direct, as_component] = engines.each_ref().map(|engine| {
                    match engine.load(component(policy), settings) {
                        Ok(policy) => Ok::<_, Vec<_>>(engine.assemble(vec![policy])),
                        Err(LoadError::Settings { errors }) => {
                            Err(errors.into_iter().map(|e| e.path).collect())
                        }
                        Err(other) => panic!("{}: {other}", case.name),
                    }
                });
                Ok([direct?, as_component?])
            });
            let sets = set.as_ref().map_err(Clone::clone)?;
            let native = native::<P>(settings, case);
            if reaches_policies(case) {
                let native = engine_verdict(&native);
                assert_eq!(by_component(&sets[0], case), native, "{}, direct", case.name);
                assert_eq!(by_component(&sets[1], case), native, "{}, component", case.name);
            } else {
                // What the host lets no policy see: what the policy makes of it
                // all the same is tested natively.
                only_native += 1;
            }
            Ok(native)
        });
        if let Err(difference) = result {
            let _ = write!(failures, "\n- {}\n{difference}", case.name);
        }
    }
    assert!(failures.is_empty(), "{policy} as a component:{failures}");
    assert!(only_native * 10 <= cases.len(), "{only_native} cases were not run as a component");
    println!(
        "{policy}: {} cases, {} settings, {only_native} only natively",
        cases.len(),
        sets.len()
    );
}

/// Compares the two on random inputs, for each of these settings.
fn random_inputs<P: Policy>(policy: &str, settings: &[Json]) {
    for settings in settings {
        let settings = settings.to_string();
        let sets = both_engines().map(|engine| {
            let loaded = engine.load(component(policy), &settings).expect("it loads");
            engine.assemble(vec![loaded])
        });
        assert_eq!(sets[0].policies()[0].calls(), Calls::Direct);
        // The same policy, asked for room string by string, as the ABI has it.
        let [engine, _] = both_engines();
        let loaded = engine.load(&without_arena(component(policy)), &settings).expect("it loads");
        assert_eq!(loaded.calls(), Calls::Direct);
        let by_realloc = engine.assemble(vec![loaded]);
        let mut runner =
            TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&random_case(), |case| {
            let native = engine_verdict(&native::<P>(&settings, &case));
            prop_assert_eq!(by_component(&sets[0], &case), native.clone());
            prop_assert_eq!(by_component(&by_realloc, &case), native.clone());
            prop_assert_eq!(by_component(&sets[1], &case), native);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{policy} with {settings}: {error}"));
    }
}

/// The component with the export renamed by which it takes its input in one block.
fn without_arena(component: &[u8]) -> Vec<u8> {
    let name = b"tokenward:arena";
    let mut renamed = component.to_vec();
    let at = renamed.windows(name.len()).position(|w| w == name).expect("the export");
    renamed[at] = b'T';
    renamed
}

/// What the policy says natively, if it is meant for the case's phase.
fn native<P: Policy>(settings: &str, case: &Case) -> sdk::Verdict {
    let phase = match case.phase() {
        sdk::Phase::Issue => sdk::Phases::ISSUE,
        sdk::Phase::Use => sdk::Phases::USE,
        sdk::Phase::Refresh => sdk::Phases::REFRESH,
        sdk::Phase::Login => sdk::Phases::LOGIN,
    };
    if P::descriptor().phases & phase != phase {
        return sdk::Verdict::permit();
    }
    let policy = sdk::configure::<P>(settings).expect("settings that the component took");
    policy.evaluate(&case.input(&policy.reads()))
}

fn by_component(set: &PolicySet, case: &Case) -> Verdict {
    let [evaluation] = given(case).judge(set).try_into().expect("one policy");
    match evaluation.outcome {
        Outcome::Judged(verdict) => (*verdict).clone(),
        Outcome::NotAsked => Verdict::default(),
        other => panic!("{}: {other:?}", case.name),
    }
}

/// Whether the case's claims can be those of a verified token, and its request
/// reaches policies as it is written.
fn reaches_policies(case: &Case) -> bool {
    let claims = parse_strict(case.claims.as_bytes(), &JsonLimits::default()).is_ok();
    let request = case.request.as_ref().is_none_or(|text| {
        let (method, url) = text.split_once(' ').expect("METHOD URL");
        let facts = RequestFacts::new(method, url);
        facts.is_ok_and(|facts| {
            let (_, rest) = url.split_once("://").expect("a scheme");
            let raw = rest.find('/').map_or("/", |at| &rest[at..]);
            let host = rest.split(['/', ':']).next();
            facts.path() == raw.split('?').next() && facts.host() == host
        })
    });
    claims && request
}

fn given(case: &Case) -> Given {
    Given {
        phase: match case.phase() {
            sdk::Phase::Issue => Phase::Issue,
            sdk::Phase::Use => Phase::Use,
            sdk::Phase::Refresh => Phase::Refresh,
            sdk::Phase::Login => Phase::Login,
        },
        now: case.now,
        kind: match case.kind.as_str() {
            "access" => TokenKind::Access,
            "refresh" => TokenKind::Refresh,
            "id" => TokenKind::Id,
            other => TokenKind::Other(other.to_owned()),
        },
        header: object(&case.header),
        claims: object(&case.claims),
        request: case.request.as_ref().map(|text| {
            let (method, url) = text.split_once(' ').expect("METHOD URL");
            let facts = RequestFacts::new(method, url).expect("a request");
            case.headers.iter().fold(facts, |f, (n, v)| f.with_header(n, v).expect("a header"))
        }),
        signals: signals(&case.signals),
        facts: object(&case.facts),
    }
}

fn signals(text: &str) -> Signals {
    let parsed: serde_json::Map<String, Json> = serde_json::from_str(text).expect("signals");
    let mut signals = Signals::none();
    for (name, json) in parsed {
        let field = |key: &str| json.get(key);
        let value = field("value").unwrap_or(&json).to_string();
        signals.insert(
            name,
            Signal {
                value: parse_strict(value.as_bytes(), &JsonLimits::default()).expect("a value"),
                confidence: field("confidence")
                    .and_then(Json::as_u64)
                    .map_or(100, |c| u8::try_from(c).expect("a percentage")),
                age_seconds: field("age").and_then(Json::as_u64),
                source: field("source").and_then(Json::as_str).map(str::to_owned),
            },
        );
    }
    signals
}

/// The SDK's verdict as the engine's.
fn engine_verdict(verdict: &sdk::Verdict) -> Verdict {
    use tokenward_engine as e;
    Verdict {
        findings: verdict
            .findings
            .iter()
            .map(|f| e::Finding {
                rule: f.rule.clone(),
                severity: match f.severity {
                    sdk::Severity::Info => e::Severity::Info,
                    sdk::Severity::Low => e::Severity::Low,
                    sdk::Severity::Medium => e::Severity::Medium,
                    sdk::Severity::High => e::Severity::High,
                    sdk::Severity::Critical => e::Severity::Critical,
                },
                effect: match f.effect {
                    sdk::Effect::Advise => e::Effect::Advise,
                    sdk::Effect::Require => e::Effect::Require,
                    sdk::Effect::Deny => e::Effect::Deny,
                },
                claim: f.claim.clone(),
                message: f.message.clone(),
            })
            .collect(),
        requirements: verdict
            .requirements
            .iter()
            .map(|r| match r {
                sdk::Requirement::StepUp(s) => e::Requirement::StepUp(e::StepUp {
                    acr_values: s.acr_values.clone(),
                    max_age: s.max_age,
                }),
                sdk::Requirement::Scope(scopes) => e::Requirement::Scope(scopes.clone()),
                sdk::Requirement::Withhold(paths) => e::Requirement::Withhold(paths.clone()),
                sdk::Requirement::Other(fact) => panic!("an unknown obligation, {}", fact.name),
            })
            .collect(),
        risk: verdict.risk.as_ref().map(|risk| e::Risk {
            score: risk.score,
            factors: risk
                .factors
                .iter()
                .map(|f| e::RiskFactor {
                    signal: f.signal.clone(),
                    points: f.points,
                    reason: f.reason.clone(),
                })
                .collect(),
        }),
        valid_until: verdict.valid_until,
        facts: verdict.facts.iter().map(|fact| (fact.name.clone(), value(&fact.value))).collect(),
    }
}

fn value(value: &sdk::Value) -> Json {
    match value {
        sdk::Value::Null => Json::Null,
        sdk::Value::Boolean(boolean) => json!(boolean),
        sdk::Value::Integer(integer) => json!(integer),
        sdk::Value::Number(number) => json!(number),
        sdk::Value::Text(text) | sdk::Value::Json(text) => json!(text),
        sdk::Value::Texts(texts) => json!(texts),
    }
}

// ------------------------------------------------------------- random inputs

fn random_case() -> impl Strategy<Value = Case> {
    let names = prop_oneof![
        Just("sub"),
        Just("scope"),
        Just("scp"),
        Just("aud"),
        Just("exp"),
        Just("iat"),
        Just("nbf"),
        Just("auth_time"),
        Just("email"),
        Just("name"),
        Just("patient"),
        Just("card_number"),
        Just("ssn"),
        Just("order_id"),
        Just("a/b"),
        Just("m~n"),
        Just("é"),
    ];
    let claims = prop::collection::btree_map(names, random_value(), 0..12);
    let kind = prop_oneof![Just("access"), Just("refresh"), Just("id"), Just("logout+jwt")];
    let phase = prop_oneof![Just("issue"), Just("use"), Just("refresh"), Just("login")];
    let request = prop::option::of(prop_oneof![
        Just("GET https://api.example/records/7"),
        Just("POST https://api.example/records"),
        Just("DELETE https://other.example/admin/users"),
        Just("GET http://api.example/"),
    ]);
    let signal_names = prop_oneof![
        Just("unusual-location"),
        Just("unusual-time"),
        Just("failed-attempts"),
        Just("new-device"),
        Just("ip-reputation"),
        Just("impossible-travel"),
    ];
    let signal = (random_scalar(), 0u8..=100, prop::option::of(0u64..10_000)).prop_map(
        |(value, confidence, age)| match age {
            Some(age) => json!({"value": value, "confidence": confidence, "age": age}),
            None => json!({"value": value, "confidence": confidence}),
        },
    );
    let signals = prop::collection::btree_map(signal_names, signal, 0..6);
    (claims, kind, phase, request, signals, 1_699_999_000i64..1_700_100_000).prop_map(
        |(claims, kind, phase, request, signals, now)| Case {
            name: "random".into(),
            settings: None,
            kind: kind.into(),
            phase: phase.into(),
            now,
            claims: json!(claims).to_string(),
            header: "{}".into(),
            request: request.map(str::to_owned),
            headers: BTreeMap::new(),
            signals: json!(signals).to_string(),
            facts: "{}".into(),
            expect: Vec::new(),
            expect_risk: None,
            expect_valid_until: None,
            expect_setting_errors: Vec::new(),
        },
    )
}

fn random_scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-5i64..20).prop_map(Json::from),
        (1_699_990_000i64..1_700_200_000).prop_map(Json::from),
        (-1e6f64..1e6).prop_map(Json::from),
        "[ -~]{0,24}".prop_map(Json::from),
        prop_oneof![
            Just("records:read records:write"),
            Just("*"),
            Just("alice@example.com"),
            Just("4111 1111 1111 1111"),
            Just("123-45-6789"),
            Just("+1 202 555 0143"),
            Just("GB82 WEST 1234 5698 7654 32"),
            Just("550e8400-e29b-41d4-a716-446655440000"),
            Just("YWxpY2VAZXhhbXBsZS5jb20"),
            Just("alice%40example.com"),
            Just("\u{202e}x"),
        ]
        .prop_map(Json::from),
    ]
}

fn random_value() -> impl Strategy<Value = Json> {
    random_scalar().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec("[a-z:@.]{0,12}", 1..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z/~]{1,8}", inner, 0..4).prop_map(|m| json!(m)),
        ]
    })
}

// --------------------------------------------------------------------- tests

#[test]
fn claim_minimization_table() {
    whole_table::<claim_minimization::ClaimMinimization>("claim-minimization");
}

#[test]
fn scope_check_table() {
    whole_table::<scope_check::ScopeCheck>("scope-check");
}

#[test]
fn lifetime_limits_table() {
    whole_table::<lifetime_limits::LifetimeLimits>("lifetime-limits");
}

#[test]
fn risk_score_table() {
    whole_table::<risk_score::RiskScore>("risk-score");
}

#[test]
fn claim_minimization_random() {
    let settings = [json!({}), json!({"unlisted": "deny", "min-confidence": "low"})];
    random_inputs::<claim_minimization::ClaimMinimization>("claim-minimization", &settings);
}

#[test]
fn scope_check_random() {
    let routes = json!({"unmatched": "deny", "routes": [
        {"methods": ["GET"], "path": "/records/{id}", "all-of": ["records:read"]},
        {"path": "/records", "any-of": ["records:write", "admin"]},
    ]});
    random_inputs::<scope_check::ScopeCheck>("scope-check", &[json!({}), routes]);
}

#[test]
fn lifetime_limits_random() {
    let strict = json!({"max-session-age": 28800, "missing-iat": "deny"});
    random_inputs::<lifetime_limits::LifetimeLimits>("lifetime-limits", &[json!({}), strict]);
}

#[test]
fn risk_score_random() {
    let settings = [json!({}), json!({"profile": "classic"}), json!({"unknown": "trip"})];
    random_inputs::<risk_score::RiskScore>("risk-score", &settings);
}

/// The schema that a policy publishes and the settings that it takes agree.
#[test]
fn settings_schemas_are_what_the_policies_take() {
    let engine = engine_with(EngineConfig::one_shot());
    for (policy, bytes) in tokenward::built_in_policies() {
        let schema = engine.describe(bytes).expect("it describes itself").settings_schema;
        let validator = jsonschema::draft202012::new(&schema)
            .unwrap_or_else(|error| panic!("{policy}: its schema is none: {error}"));
        for case in load_cases(format!("{}/cases", folder(policy))) {
            let settings: Json = serde_json::from_str(&case.settings_json()).expect("settings");
            let accepted = case.expect_setting_errors.is_empty();
            // A schema cannot say everything that a policy checks, but what a
            // policy takes its schema takes.
            if accepted {
                assert!(validator.is_valid(&settings), "{policy}, {}: {settings}", case.name);
            }
        }
        assert!(!validator.is_valid(&json!({"no-such-setting": 1})), "{policy}");
    }
}
