//! The playground: a page on the admin listener that shows how a token is judged, step by step. Its
//! own key signs tokens that it mints; it lives in memory, and no gateway's trust holds it.

mod check;
mod examples;
mod page;
mod steps;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::mint::PrivateKey;
use tokenward::{
    Algorithm, Authorizer, Bundle, BundleVersion, EngineConfig, Json, Object, Trust, UnixTime,
    built_in_bundles,
};

pub(crate) use check::CheckRequest;
pub(crate) use page::PAGE;

/// How long a minted token lives, in seconds, where its claims do not say.
const TTL: i64 = 900;

/// Facts that built-in policies read, of the session and of consent.
const FACTS: [&str; 9] = [
    "session.active",
    "session.started-at",
    "session.last-seen-at",
    "session.state",
    "consent.purposes",
    "consent.given-at",
    "consent.expires-at",
    "consent.withdrawn-at",
    "consent.version",
];

/// Why something that was typed in is not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaygroundError {
    #[error("the claims {0}; accepted: a JSON object")]
    Claims(String),
    #[error("the claims are of type {0}; accepted: a JSON object")]
    NoObject(&'static str),
    #[error("the token cannot be made: {0}")]
    Mint(#[from] tokenward::mint::MintError),
    #[error("the bundle `{name}` is not known; accepted: {accepted}")]
    Bundle { name: String, accepted: String },
    #[error("the bundle cannot be loaded: {0}")]
    Load(String),
    #[error("the phase `{0}` is not known; accepted: use, refresh, issue")]
    Phase(String),
    #[error("the keys `{0}` are not known; accepted: playground, server")]
    Keys(String),
    #[error("the request is not accepted: {0}")]
    Request(String),
    #[error("the signal `{name}` is not accepted: the value {problem}")]
    Signal { name: String, problem: String },
    #[error("the fact `{name}` is not accepted: the value {problem}")]
    Fact { name: String, problem: String },
}

impl PlaygroundError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Claims(_) | Self::NoObject(_) => "claims",
            Self::Mint(_) => "mint",
            Self::Bundle { .. } => "bundle_unknown",
            Self::Load(_) => "bundle_load",
            Self::Phase(_) => "phase_unknown",
            Self::Keys(_) => "keys_unknown",
            Self::Request(_) => "request",
            Self::Signal { .. } => "signal",
            Self::Fact { .. } => "fact",
        }
    }
}

/// What the page asks.
pub(crate) struct Playground {
    key: PrivateKey,
    trust: Trust,
    /// Bundles that were asked for, loaded.
    loaded: Mutex<BTreeMap<String, Arc<Authorizer>>>,
}

impl Playground {
    pub(crate) fn new() -> Result<Self, PlaygroundError> {
        let key = PrivateKey::generate(Algorithm::ES256)?.with_kid("playground")?;
        let trust = Trust::key_only(key.key_set()?);
        Ok(Self { key, trust, loaded: Mutex::default() })
    }

    /// The trust in tokens that are minted here.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// What can be chosen.
    pub(crate) fn options(active: &BundleVersion) -> Value {
        let mut bundles: Vec<Value> = built_in_bundles()
            .filter_map(|name| {
                let bundle = Bundle::built_in(name).ok()?;
                let manifest = bundle.manifest();
                Some(json!({
                    "name": manifest.name,
                    "title": manifest.title,
                    "version": manifest.version,
                    "digest": bundle.digest(),
                    "active": bundle.digest() == active.digest,
                }))
            })
            .collect();
        if !bundles.iter().any(|bundle| bundle["active"] == true) {
            let name = format!("{} (active)", active.name);
            let (version, digest) = (&active.version, &active.digest);
            let title = "The active bundle";
            bundles.insert(0, json!({
                "name": name, "title": title, "version": version, "digest": digest, "active": true,
            }));
        }
        json!({
            "bundles": bundles,
            "phases": ["use", "refresh", "issue"],
            "facts": FACTS,
            "examples": examples::all(),
        })
    }

    /// Signs claims; `iat` and `exp` are filled in.
    pub(crate) fn mint(&self, typ: Option<&str>, claims: &Value) -> Result<Value, PlaygroundError> {
        let mut claims = object(claims)?;
        let now = UnixTime::now();
        for (name, time) in [("iat", now), ("exp", now.plus(TTL))] {
            if !claims.contains(name) {
                claims.set(name, Json::Integer(time.seconds()));
            }
        }
        let token = self.key.mint(typ, &claims)?;
        Ok(json!({ "token": token, "claims": value(&Json::Object(claims)) }))
    }

    /// The bundle of this name, loaded; the active one as it serves.
    fn bundle(
        &self,
        name: &str,
        serving: &Arc<Authorizer>,
    ) -> Result<Arc<Authorizer>, PlaygroundError> {
        let active = serving.active();
        if name.strip_suffix(" (active)").is_some_and(|name| name == active.name) {
            return Ok(Arc::clone(serving));
        }
        let built_in = Bundle::built_in(name).map_err(|_| PlaygroundError::Bundle {
            name: name.chars().take(64).flat_map(char::escape_debug).collect(),
            accepted: built_in_bundles().collect::<Vec<_>>().join(", "),
        })?;
        if built_in.digest() == active.digest {
            return Ok(Arc::clone(serving));
        }
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(authorizer) = loaded.get(name) {
            return Ok(Arc::clone(authorizer));
        }
        let authorizer = Authorizer::builder()
            .engine(EngineConfig::one_shot())
            .build(self.trust.clone(), &built_in)
            .map_err(|error| PlaygroundError::Load(error.to_string()))?;
        let authorizer = Arc::new(authorizer);
        loaded.insert(name.to_owned(), Arc::clone(&authorizer));
        Ok(authorizer)
    }
}

/// Claims by the rules of tokens, of JSON that was read by the rules of JSON.
fn object(claims: &Value) -> Result<Object, PlaygroundError> {
    match strict(claims).map_err(PlaygroundError::Claims)? {
        Json::Object(claims) => Ok(claims),
        other => Err(PlaygroundError::NoObject(other.type_name())),
    }
}

fn strict(json: &Value) -> Result<Json, String> {
    parse_strict(json.to_string().as_bytes(), &JsonLimits::default()).map_err(|e| e.to_string())
}

fn value(json: &Json) -> Value {
    serde_json::from_str(&json.to_compact()).unwrap_or_default()
}
