//! A case as the host is given it, and a verdict of the SDK as the engine's.

use serde_json::{Value as Json, json};
use tokenward_engine::{
    Binding, Cookie, Encryption, Phase, RequestFacts, SameSite, Signal, Signals, Tls,
    TokenLocation, Verdict,
};
use tokenward_policy as sdk;
use tokenward_policy::testing::Case;
use tokenward_token::TokenKind;
use tokenward_token::json::{JsonLimits, parse_strict};

use crate::support::{Given, object};

pub(super) fn given(case: &Case) -> Given {
    Given {
        phase: match case.phase() {
            sdk::Phase::Issue => Phase::Issue,
            sdk::Phase::Use => Phase::Use,
            sdk::Phase::Refresh => Phase::Refresh,
            sdk::Phase::Login => Phase::Login,
        },
        now: case.now,
        kind: (!case.no_token).then(|| match case.kind.as_str() {
            "access" => TokenKind::Access,
            "refresh" => TokenKind::Refresh,
            "id" => TokenKind::Id,
            other => TokenKind::Other(other.to_owned()),
        }),
        header: object(&case.header),
        key: case.key.clone(),
        encryption: case.encryption.as_ref().map(|given| Encryption {
            algorithm: given.algorithm.clone(),
            content: given.content.clone(),
        }),
        binding: match case.binding() {
            sdk::Binding::None => Binding::None,
            sdk::Binding::Dpop => Binding::Dpop,
            sdk::Binding::MutualTls => Binding::MutualTls,
        },
        claims: object(&case.claims),
        request: case.request.as_ref().map(|text| request(text, case)),
        signals: signals(&case.signals),
        facts: object(&case.facts),
    }
}

fn request(text: &str, case: &Case) -> RequestFacts {
    let (method, url) = text.split_once(' ').expect("METHOD URL");
    let facts = RequestFacts::new(method, url).expect("a request");
    let headers = case.headers.iter();
    let facts = headers.fold(facts, |f, (n, v)| f.with_header(n, v).expect("a header"));
    let facts = case.client_address.as_ref().map_or(facts.clone(), |address| {
        facts.with_client_address(address.parse().expect("an address"))
    });
    let facts = case.token_location().map_or(facts.clone(), |location| {
        facts.with_token_location(match location {
            sdk::TokenLocation::AuthorizationHeader => TokenLocation::AuthorizationHeader,
            sdk::TokenLocation::Body => TokenLocation::Body,
            sdk::TokenLocation::Query => TokenLocation::Query,
            sdk::TokenLocation::Cookie => TokenLocation::Cookie,
            sdk::TokenLocation::OtherHeader => TokenLocation::OtherHeader,
        })
    });
    let facts = case.tls.as_ref().map_or(facts.clone(), |tls| {
        facts.with_tls(Tls {
            version: tls.version.clone(),
            cipher: tls.cipher.clone(),
            client_certificate: tls.client_certificate,
        })
    });
    case.cookies.iter().map(|cookie| cookie.narrow(&case.name)).fold(facts, |facts, cookie| {
        facts.with_cookie(Cookie {
            name: cookie.name,
            http_only: cookie.http_only,
            secure: cookie.secure,
            same_site: match cookie.same_site {
                sdk::SameSite::Unset => SameSite::Unset,
                sdk::SameSite::None => SameSite::None,
                sdk::SameSite::Lax => SameSite::Lax,
                sdk::SameSite::Strict => SameSite::Strict,
            },
            max_age: cookie.max_age,
        })
    })
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
pub(super) fn engine_verdict(verdict: &sdk::Verdict) -> Verdict {
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
