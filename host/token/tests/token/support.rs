//! Keys, claims and trust that the tests share.

use std::path::PathBuf;
use std::sync::LazyLock;

use tokenward_token::mint::PrivateKey;
use tokenward_token::{
    Algorithm, Issuer, Json, KeySet, Object, ParseLimits, TokenError, Trust, UnixTime,
    UnverifiedToken, VerifiedToken,
};

pub(crate) const NOW: UnixTime = UnixTime(1_700_000_000);
pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const AUDIENCE: &str = "https://api.example";
pub(crate) const OTHER_ISSUER: &str = "https://other.example";

/// The issuer's ES256 key, `kid` `es`.
pub(crate) static ES: LazyLock<PrivateKey> = LazyLock::new(|| key(Algorithm::ES256, "es"));

/// The issuer's RS256 key, `kid` `rs`.
pub(crate) static RS: LazyLock<PrivateKey> = LazyLock::new(|| key(Algorithm::RS256, "rs"));

/// The other issuer's ES256 key, `kid` `es` too.
pub(crate) static OTHER_ES: LazyLock<PrivateKey> = LazyLock::new(|| key(Algorithm::ES256, "es"));

/// Trust in both issuers.
pub(crate) static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    Trust::builder()
        .issuer(Issuer::new(ISSUER, key_set(&[&ES, &RS]), [AUDIENCE]))
        .issuer(Issuer::new(OTHER_ISSUER, key_set(&[&OTHER_ES]), [AUDIENCE]))
        .build()
        .unwrap()
});

pub(crate) fn key(algorithm: Algorithm, kid: &str) -> PrivateKey {
    PrivateKey::generate(algorithm).unwrap().with_kid(kid).unwrap()
}

/// The JWKS of these keys, read as a file is.
pub(crate) fn key_set(keys: &[&PrivateKey]) -> KeySet {
    let jwks: Vec<String> = keys.iter().map(|key| key.public_jwk().unwrap()).collect();
    KeySet::parse(format!("{{\"keys\":[{}]}}", jwks.join(",")).as_bytes()).unwrap()
}

/// The claims of a good access token.
pub(crate) fn claims() -> Object {
    let mut claims = Object::new();
    claims.set("iss", ISSUER);
    claims.set("sub", "alice");
    claims.set("aud", AUDIENCE);
    claims.set("exp", Json::Integer(NOW.0 + 300));
    claims.set("iat", Json::Integer(NOW.0));
    claims.set("jti", "t-1");
    claims.set("client_id", "shop");
    claims
}

/// The header of a good access token of [`ES`].
pub(crate) fn header() -> Object {
    Object::from_pairs([("alg", "ES256"), ("typ", "at+jwt"), ("kid", "es")])
}

/// A good token.
pub(crate) fn token() -> String {
    ES.sign(&header(), &claims()).unwrap()
}

/// A token of [`ES`] with one more, or another, header member.
pub(crate) fn token_with_header(member: &str, value: impl Into<Json>) -> String {
    let mut header = header();
    header.set(member, value);
    ES.sign(&header, &claims()).unwrap()
}

/// A token of [`ES`] with one more, or another, claim.
pub(crate) fn token_with_claim(claim: &str, value: impl Into<Json>) -> String {
    let mut claims = claims();
    claims.set(claim, value);
    ES.sign(&header(), &claims).unwrap()
}

/// A token of [`ES`] with this text as its claims.
pub(crate) fn token_with_claims_text(text: impl AsRef<[u8]>) -> String {
    ES.sign_parts(header().to_compact().as_bytes(), text.as_ref()).unwrap()
}

/// A token of [`ES`] with this text as its header.
pub(crate) fn token_with_header_text(text: impl AsRef<[u8]>) -> String {
    ES.sign_parts(text.as_ref(), claims().to_compact().as_bytes()).unwrap()
}

/// The three parts of a token.
pub(crate) fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

pub(crate) fn verify_by(trust: &Trust, token: &[u8]) -> Result<VerifiedToken, TokenError> {
    UnverifiedToken::parse(token, &ParseLimits::default())?.verify(trust, NOW)
}

/// `accepted`, or the code of the refusal.
pub(crate) fn outcome_by(trust: &Trust, token: impl AsRef<[u8]>) -> &'static str {
    verify_by(trust, token.as_ref()).map_or_else(|error| error.code(), |_| "accepted")
}

/// `accepted`, or the code of the refusal, by [`TRUST`].
pub(crate) fn outcome(token: impl AsRef<[u8]>) -> &'static str {
    outcome_by(&TRUST, token)
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// A file of the published vectors; none if they are not at hand, which is a
/// failure where everything must run.
pub(crate) fn vector_file(name: &str) -> Option<serde_json::Value> {
    let folder = std::env::var_os("TOKENWARD_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(text) => Some(serde_json::from_slice(&text).unwrap()),
        Err(error) => {
            let message = format!("vectors not run: `{}`: {error}", path.display());
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
            println!("{message}");
            None
        }
    }
}
