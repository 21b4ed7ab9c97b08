//! The requests that are judged, and the policies that judge them.

use std::fmt::Write as _;

use tokenward::{Bundle, BundleManifest, RequestFacts, Signals};
use tokenward_engine::{Binding, KeyFacts, Phase, PolicyInput, Tls, TokenFacts, TokenLocation};
use tokenward_token::TokenKind;
use tokenward_token::json::{Json, JsonLimits, Object, parse_strict};

use crate::sixteen::SIXTEEN;

pub(crate) const NOW: i64 = 1_800_000_100;

/// Settings of each policy, three different ones.
pub(crate) const SETTINGS: [(&str, [&str; 3]); 4] = [
    (
        "claim-minimization",
        [
            "{}",
            r#"{"unlisted":"deny","allow":["@standard","plan","region","feature*","ctx_*"]}"#,
            r#"{"profiles":[{"kind":"id","allow":["locale"]}],"detect":{"network":"deny"}}"#,
        ],
    ),
    (
        "scope-check",
        [
            r#"{"routes":[{"methods":["GET"],"path":"/records/{id}","all-of":["records:read"]},
                {"methods":["POST"],"path":"/records","all-of":["records:write"]}]}"#,
            r#"{"unmatched":"deny","routes":[{"path":"/records/**","any-of":["records:read","x"]}]}"#,
            "{}",
        ],
    ),
    (
        "lifetime-limits",
        ["{}", r#"{"max-lifetime":{"access":900}}"#, r#"{"max-session-age":28800}"#],
    ),
    (
        "risk-score",
        [r#"{"profile":"weighted"}"#, r#"{"profile":"classic"}"#, r#"{"combine":"noisy-or"}"#],
    ),
];

/// Policies with their settings.
pub(crate) type Policies = Vec<(&'static str, &'static str)>;

/// Four policies, so many times with other settings each time.
pub(crate) fn repeated(rounds: usize) -> Policies {
    let round = |round| SETTINGS.iter().filter_map(move |(n, all)| Some((*n, *all.get(round)?)));
    (0..rounds).flat_map(round).collect()
}

/// Every built-in policy once.
pub(crate) fn sixteen() -> Policies {
    let mut built_in = tokenward::built_in_policies().map(|(name, _)| name);
    assert!(SIXTEEN.iter().all(|(name, _)| built_in.next() == Some(name)), "all are measured");
    assert_eq!(built_in.next(), None, "all are measured");
    SIXTEEN.to_vec()
}

/// The same as a bundle.
pub(crate) fn bundle(policies: &[(&str, &str)]) -> Bundle {
    versioned(policies, "1.0.0")
}

/// The same as a bundle of this version.
pub(crate) fn versioned(policies: &[(&str, &str)], version: &str) -> Bundle {
    let mut manifest = format!("name='bench'\nversion='{version}'\ntitle='bench'\n");
    for (index, (name, settings)) in policies.iter().enumerate() {
        let settings: serde_json::Value = serde_json::from_str(settings).expect("settings");
        let settings = toml_inline(&settings);
        let _ =
            write!(manifest, "[[policy]]\nmodule='{name}'\nid='p{index}'\nsettings={settings}\n");
    }
    let manifest = BundleManifest::parse(&manifest, "bench").expect("a manifest");
    Bundle::from_manifest(manifest, None).expect("a bundle")
}

fn toml_inline(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            let members = members.iter().map(|(n, v)| format!("{n:?}={}", toml_inline(v)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(toml_inline).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// Whether the two claims of the smallest token have `iat` and `exp` beside them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    Given,
    Missing,
}

/// A harmless claims set of 2 or 30 claims.
fn claims(count: usize, times: Times) -> String {
    let mut claims = serde_json::Map::new();
    let mut put = |name: String, value: serde_json::Value| claims.insert(name, value);
    put("iat".into(), 1_800_000_000.into());
    put("exp".into(), 1_800_000_600.into());
    put("sub".into(), "550e8400-e29b-41d4-a716-446655440000".into());
    put("scope".into(), "records:read records:list".into());
    if count > 2 {
        put("iss".into(), "https://idp.example/realms/main".into());
        put("aud".into(), "https://api.example".into());
        put("jti".into(), "01HF7Y7S5T3Q9V2Z8X4W6K1M0N".into());
        put("client_id".into(), "backoffice-7".into());
        put("auth_time".into(), 1_799_999_000.into());
        put("acr".into(), "urn:example:mfa".into());
        put("amr".into(), serde_json::json!(["pwd", "otp"]));
        put("roles".into(), serde_json::json!(["reader", "auditor"]));
        put("tenant".into(), "acme-eu-1".into());
        put("plan".into(), "enterprise".into());
        put("region".into(), "eu-central-1".into());
    }
    let mut index = 0;
    while claims.len() < count {
        let value = format!("value-{index:04}-{:08x}", index * 2_654_435_761_u64 % 0xffff_ffff);
        claims.insert(format!("ctx_{index}"), value.into());
        index += 1;
    }
    if times == Times::Missing {
        claims.remove("iat");
        claims.remove("exp");
    }
    serde_json::Value::Object(claims).to_string()
}

/// One request with everything that is told of it.
pub(crate) struct Subject {
    pub(crate) claims: Object,
    pub(crate) text: String,
    pub(crate) request: RequestFacts,
    pub(crate) signals: Signals,
    kind: TokenKind,
    header: Object,
    facts: Object,
}

/// The header of the token, the key that it was verified with, the transport,
/// and what the gateway knows of the session and of consent.
pub(crate) const HEADER: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#;
pub(crate) const KEY: KeyFacts<'_> = KeyFacts {
    id: Some("k1"),
    key_type: "EC",
    curve: Some("P-256"),
    bits: 256,
    age_seconds: Some(86_400),
};
pub(crate) const TLS: [&str; 2] = ["1.3", "TLS_AES_128_GCM_SHA256"];
pub(crate) const REQUEST: [&str; 2] = ["GET", "https://api.example/records/7"];
pub(crate) const SIGNALS: &str =
    r#"{"unusual-location":false,"unusual-time":false,"failed-attempts":1,"new-device":false}"#;
pub(crate) const FACTS: &str = r#"{"session.active":1,"session.started-at":1799999000,"session.last-seen-at":1800000090,"session.state":"active","consent.purposes":["care"],"consent.given-at":1790000000}"#;

impl Subject {
    pub(crate) fn new(count: usize, times: Times) -> Self {
        let text = claims(count, times);
        let [version, cipher] = TLS.map(|text| Some(text.to_owned()));
        let [method, url] = REQUEST;
        let signals = object(SIGNALS).iter().fold(Signals::none(), |signals, (name, value)| {
            signals.with(name.to_owned(), value.clone())
        });
        Self {
            claims: object(&text),
            text,
            request: RequestFacts::new(method, url)
                .expect("a request")
                .with_tls(Tls { version, cipher, client_certificate: false })
                .with_token_location(TokenLocation::AuthorizationHeader),
            signals,
            kind: TokenKind::Access,
            header: object(HEADER),
            facts: object(FACTS),
        }
    }

    pub(crate) fn input(&self) -> PolicyInput<'_> {
        PolicyInput {
            phase: Phase::Use,
            now: NOW,
            token: Some(TokenFacts {
                kind: &self.kind,
                header: &self.header,
                key: Some(KEY),
                encryption: None,
                binding: Binding::None,
            }),
            claims: &self.claims,
            request: Some(&self.request),
            signals: &self.signals,
            facts: &self.facts,
        }
    }
}

fn object(text: &str) -> Object {
    match parse_strict(text.as_bytes(), &JsonLimits::default()).expect("JSON") {
        Json::Object(object) => object,
        _ => panic!("an object"),
    }
}
