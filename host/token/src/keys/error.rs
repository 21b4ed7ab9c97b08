//! Why a key or a file of keys is refused.

use crate::algorithm::{Algorithm, list};
use crate::json::JsonError;

/// Why a key or a file of keys is refused. It holds no key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is neither PEM nor JSON.
    #[error("is not a key file; accepted are a PEM public key, a JWK and a JWKS")]
    NotAKeyFile,
    /// The text is larger than accepted.
    #[error("has more than {limit} bytes, the accepted maximum for a key file")]
    TooLarge {
        /// The maximum in bytes.
        limit: usize,
    },
    /// The text is not strict JSON.
    #[error("{0}")]
    NotJson(JsonError),
    /// The file has a private key.
    #[error("is a private key; give the public key only: {advice}")]
    PrivateKey {
        /// How to get the public key.
        advice: &'static str,
    },
    /// The file is a certificate.
    #[error(
        "is a certificate, whose validity would not be checked; give its public key: \
         `openssl x509 -in FILE -pubkey -noout`"
    )]
    Certificate,
    /// PEM or the DER in it is malformed, or there is more than one key.
    #[error("is not a PEM public key: {problem}")]
    MalformedPem {
        /// What is wrong.
        problem: &'static str,
    },
    /// A JWK member is missing or malformed.
    #[error("has a JWK member `{member}` that {problem}")]
    MalformedJwk {
        /// Which.
        member: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// The key is none that could verify a signature here.
    #[error("is no key for verifying signatures here: {reason}")]
    Unsupported {
        /// Why.
        reason: String,
    },
    /// The key is too weak to be trusted.
    #[error("is a weak key: {reason}")]
    Weak {
        /// Why.
        reason: &'static str,
    },
    /// A secret is shorter than the hash (RFC 7518 section 3.2).
    #[error("is a secret too short for {algorithm}, which takes at least {bytes} bytes")]
    ShortSecret {
        /// The algorithm.
        algorithm: Algorithm,
        /// The least length in bytes.
        bytes: usize,
    },
    /// `alg` does not fit the key.
    #[error("names `alg` {algorithm}, which {key} cannot do")]
    AlgMismatch {
        /// The algorithm.
        algorithm: Algorithm,
        /// The key's type and curve.
        key: String,
    },
    /// A key without `alg` could be used with several of the accepted algorithms.
    #[error(
        "names no `alg`, and more than one of the accepted algorithms fits ({}); \
         accept one of them, or name `alg` in the JWK",
        list(accepted)
    )]
    SeveralAlgorithms {
        /// What is accepted.
        accepted: Vec<Algorithm>,
    },
    /// Two keys of a set have one `kid`.
    #[error("has two keys with `kid` `{kid}`")]
    DuplicateKid {
        /// The `kid`.
        kid: String,
    },
    /// A set has shared secrets beside public keys.
    #[error("has shared secrets beside public keys; keep them in separate sets")]
    MixedSet,
    /// A set has no key that can be used.
    #[error("has no key that can verify signatures here{}", skipped_list(skipped))]
    NoUsableKey {
        /// Why each key was skipped.
        skipped: Vec<String>,
    },
    /// A key of a set is refused.
    #[error("has, as key {number}{}, one that {error}", kid_text(kid.as_ref()))]
    InSet {
        /// Its place in the set, from 1.
        number: usize,
        /// Its `kid`, if it has a valid one.
        kid: Option<String>,
        /// Why.
        error: Box<KeyError>,
    },
}

impl KeyError {
    /// The stable code of this kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAKeyFile => "key_not_a_key_file",
            Self::TooLarge { .. } => "key_file_too_large",
            Self::NotJson(_) => "key_not_json",
            Self::PrivateKey { .. } => "key_private",
            Self::Certificate => "key_certificate",
            Self::MalformedPem { .. } => "key_malformed_pem",
            Self::MalformedJwk { .. } => "key_malformed_jwk",
            Self::Unsupported { .. } => "key_unsupported",
            Self::Weak { .. } => "key_weak",
            Self::ShortSecret { .. } => "key_short_secret",
            Self::AlgMismatch { .. } => "key_alg_mismatch",
            Self::SeveralAlgorithms { .. } => "key_several_algorithms",
            Self::DuplicateKid { .. } => "key_duplicate_kid",
            Self::MixedSet => "key_mixed_set",
            Self::NoUsableKey { .. } => "key_none_usable",
            Self::InSet { error, .. } => error.code(),
        }
    }

    /// Whether a set that has such a key is still usable: the key is sound but
    /// for another purpose or algorithm.
    pub(super) fn is_skippable(&self) -> bool {
        matches!(self, Self::Unsupported { .. })
    }
}

fn kid_text(kid: Option<&String>) -> String {
    kid.map_or_else(String::new, |kid| format!(" (`{kid}`)"))
}

fn skipped_list(skipped: &[String]) -> String {
    if skipped.is_empty() { String::new() } else { format!(": {}", skipped.join("; ")) }
}
