//! The requests that are judged, and the policies that judge them.

use tokenward::{Bundle, BundleManifest, RequestFacts, Signals};
use tokenward_engine::{Binding, Phase, PolicyInput, TokenFacts};
use tokenward_token::TokenKind;
use tokenward_token::json::{Json, JsonLimits, Object, parse_strict};

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

/// The policies with their settings: 4, or 12.
pub(crate) fn policies(rounds: usize) -> impl Iterator<Item = (&'static str, &'static str)> {
    (0..rounds).flat_map(|round| {
        SETTINGS.iter().filter_map(move |(name, all)| Some((*name, *all.get(round)?)))
    })
}

/// The same as a bundle.
pub(crate) fn bundle(rounds: usize) -> Bundle {
    let mut manifest = String::from("name='bench'\nversion='1.0.0'\ntitle='bench'\n");
    for (index, (name, settings)) in policies(rounds).enumerate() {
        let settings: serde_json::Value = serde_json::from_str(settings).expect("settings");
        let settings = toml_inline(&settings);
        manifest.push_str(&format!(
            "[[policy]]\nmodule='{name}'\nid='p{index}'\nsettings={settings}\n"
        ));
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

/// A harmless claims set of 2 or 30 claims beside the times.
pub(crate) fn claims(count: usize) -> String {
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
    if count == 2 {
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

impl Subject {
    pub(crate) fn new(count: usize) -> Self {
        let text = claims(count);
        let parsed = parse_strict(text.as_bytes(), &JsonLimits::default()).expect("claims");
        let Json::Object(claims) = parsed else { panic!("an object") };
        let signals = Signals::none()
            .with("unusual-location", Json::Bool(false))
            .with("unusual-time", Json::Bool(false))
            .with("failed-attempts", Json::Integer(1))
            .with("new-device", Json::Bool(false));
        Self {
            claims,
            text,
            request: RequestFacts::new("GET", "https://api.example/records/7").expect("a request"),
            signals,
            kind: TokenKind::Access,
            header: Object::default(),
            facts: Object::default(),
        }
    }

    pub(crate) fn input(&self) -> PolicyInput<'_> {
        PolicyInput {
            phase: Phase::Use,
            now: NOW,
            token: Some(TokenFacts {
                kind: &self.kind,
                header: &self.header,
                key: None,
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
