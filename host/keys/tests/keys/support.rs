//! Keys, tokens and keepers that the tests share.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tokenward_keys::{Builder, IssuerStatus, Keeper, Settings, Source, Sources};
use tokenward_token::mint::PrivateKey;
use tokenward_token::{
    Algorithm, Issuer, Json, KeySet, Object, ParseLimits, Trust, TrustBuilder, UnixTime,
    UnverifiedToken,
};

pub(crate) const NOW: UnixTime = UnixTime(1_700_000_000);
pub(crate) const AUDIENCE: &str = "https://api.example";
pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const OTHER: &str = "https://other.example";

pub(crate) static A: LazyLock<PrivateKey> = LazyLock::new(|| key("a"));
pub(crate) static B: LazyLock<PrivateKey> = LazyLock::new(|| key("b"));

pub(crate) fn key(kid: &str) -> PrivateKey {
    PrivateKey::generate(Algorithm::ES256).unwrap().with_kid(kid).unwrap()
}

pub(crate) fn jwks(keys: &[&PrivateKey]) -> String {
    let jwks: Vec<String> = keys.iter().map(|key| key.public_jwk().unwrap()).collect();
    format!("{{\"keys\":[{}]}}", jwks.join(","))
}

/// The metadata of an issuer.
pub(crate) fn metadata(issuer: &str, jwks_uri: &str) -> String {
    let metadata = Object::from_pairs([
        ("issuer", issuer),
        ("authorization_endpoint", "https://idp.example/authorize"),
        ("jwks_uri", jwks_uri),
    ]);
    metadata.to_compact()
}

/// Trust in issuers that have no keys yet.
pub(crate) fn trust(issuers: &[&str]) -> Trust {
    let all = issuers.iter().map(|name| Issuer::new(*name, KeySet::unavailable(), [AUDIENCE]));
    all.fold(Trust::builder(), TrustBuilder::issuer).build().unwrap()
}

/// The sources of issuers: `discovery`, or the address of a JWKS.
pub(crate) fn sources(of: &[(&str, &str)]) -> Sources {
    let source = |from: &str| match from {
        "discovery" => Source::Discovery,
        address => Source::jwks(address).unwrap(),
    };
    of.iter().map(|(issuer, from)| ((*issuer).to_owned(), source(from))).collect()
}

/// Settings with which nothing but what a test does begins a fetch, except
/// after a failure.
pub(crate) fn settings() -> Settings {
    Settings { timeout: Duration::from_mins(1), ..Settings::default() }
}

pub(crate) fn builder(of: &[(&str, &str)]) -> Builder {
    let issuers: Vec<&str> = of.iter().map(|(issuer, _)| *issuer).collect();
    Keeper::builder(trust(&issuers), sources(of)).settings(settings()).clock(Arc::new(|| NOW))
}

/// A keeper of these issuers. It has fetched once.
pub(crate) async fn keeper(of: &[(&str, &str)]) -> Keeper {
    builder(of).start().await.unwrap()
}

/// A token of an issuer, signed by this key.
pub(crate) fn token(issuer: &str, key: &PrivateKey) -> String {
    let mut claims = Object::from_pairs([("iss", issuer), ("sub", "alice"), ("aud", AUDIENCE)]);
    claims.set("exp", Json::Integer(NOW.0 + 300));
    key.mint(Some("at+jwt"), &claims).unwrap()
}

/// `accepted`, or the code of the refusal.
pub(crate) fn outcome(trust: &Trust, issuer: &str, key: &PrivateKey) -> &'static str {
    UnverifiedToken::parse(token(issuer, key).as_bytes(), &ParseLimits::default())
        .and_then(|token| token.verify(trust, NOW))
        .map_or_else(|error| error.code(), |_| "accepted")
}

/// What the keeper's trust says of a token of [`ISSUER`].
pub(crate) fn verdict(keeper: &Keeper, key: &PrivateKey) -> &'static str {
    outcome(&keeper.trust(), ISSUER, key)
}

pub(crate) fn status(keeper: &Keeper, issuer: &str) -> IssuerStatus {
    let status = keeper.status();
    status.issuers.into_iter().find(|status| status.issuer == issuer).unwrap()
}

/// The code of the last error of [`ISSUER`], and the message, which holds no
/// word of a body.
pub(crate) fn error(keeper: &Keeper) -> (&'static str, String) {
    let error = status(keeper, ISSUER).error.unwrap();
    assert!(!error.message.contains("SECRET"), "{}", error.message);
    (error.code, error.message)
}

/// What was handed to `on_change`, in order.
#[derive(Clone, Default)]
pub(crate) struct Handed(Arc<Mutex<Vec<Trust>>>);

impl Handed {
    pub(crate) fn take(&self) -> impl FnMut(Trust) + Send + 'static {
        let all = Arc::clone(&self.0);
        move |trust| all.lock().unwrap().push(trust)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> Trust {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}
