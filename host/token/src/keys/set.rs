//! A set of keys of one issuer, and the choice of one for a token.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Key, KeyError};
use crate::algorithm::{Algorithm, list};
use crate::error::TokenError;
use crate::json::{Json, JsonLimits, Object, parse_strict};

/// The largest key file.
const MAX_BYTES: usize = 1 << 20;

/// Bounds of a key file's JSON: some hundred keys.
const LIMITS: JsonLimits = JsonLimits { max_depth: 8, max_values: 8192 };

/// The keys of one issuer: each `kid` once, shared secrets apart from public keys.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<Arc<Key>>,
    by_id: BTreeMap<String, Arc<Key>>,
    algorithms: Vec<Algorithm>,
    skipped: Vec<SkippedKey>,
}

/// A key of a JWKS that is not used, since it is for another purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its place in the set, from 1.
    pub number: usize,
    /// Its `kid`, if it has one.
    pub id: Option<String>,
    /// Why it is not used.
    pub reason: String,
}

impl KeySet {
    /// Reads a key file: a PEM public key, a JWK or a JWKS, told apart by what it holds.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what is accepted.
    pub fn parse(file: &[u8]) -> Result<Self, KeyError> {
        if file.len() > MAX_BYTES {
            return Err(KeyError::TooLarge { limit: MAX_BYTES });
        }
        let text = std::str::from_utf8(file).map_err(|_| KeyError::NotAKeyFile)?;
        if text.trim_start().starts_with('{') {
            return Self::from_json(text);
        }
        if text.contains("-----BEGIN ") {
            return Self::from_keys([Key::from_pem(text)?]);
        }
        Err(KeyError::NotAKeyFile)
    }

    /// Reads a JWK, or a JWKS (RFC 7517 section 5).
    ///
    /// Of a JWKS, keys of another type, curve, algorithm or use are skipped
    /// (see [`KeySet::skipped`]), since issuers publish such; a malformed,
    /// weak or private key is an error.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, KeyError> {
        let json = parse_strict(text.as_bytes(), &LIMITS).map_err(KeyError::NotJson)?;
        let Some(object) = json.as_object() else { return Err(KeyError::NotAKeyFile) };
        match object.get("keys") {
            None => Self::from_keys([Key::from_jwk(object)?]),
            Some(Json::Array(keys)) => Self::from_jwks(keys),
            Some(_) => Err(KeyError::MalformedJwk { member: "keys", problem: "is not an array" }),
        }
    }

    /// A set of these keys.
    ///
    /// # Errors
    ///
    /// [`KeyError::DuplicateKid`], [`KeyError::MixedSet`], [`KeyError::NoUsableKey`].
    pub fn from_keys(keys: impl IntoIterator<Item = Key>) -> Result<Self, KeyError> {
        Self::new(keys.into_iter().map(Arc::new).collect(), Vec::new())
    }

    /// Keeps the accepted algorithms only, and binds each key without `alg` to
    /// the one of them that it can do. Keys for other algorithms stay in the
    /// set, and verify nothing.
    ///
    /// # Errors
    ///
    /// [`KeyError::SeveralAlgorithms`]; [`KeyError::NoUsableKey`] if no key is
    /// for any of them; [`KeyError::ShortSecret`].
    pub fn with_algorithms(self, accepted: &[Algorithm]) -> Result<Self, KeyError> {
        let bound = self.keys().map(|key| key.clone().bind_to_allowed(accepted).map(Arc::new));
        let keys = bound.collect::<Result<Vec<_>, KeyError>>()?;
        let mut set = Self::new(keys, self.skipped)?;
        set.algorithms.retain(|algorithm| accepted.contains(algorithm));
        if set.algorithms.is_empty() {
            let skipped = vec![format!("its keys are for none of {}", list(accepted))];
            return Err(KeyError::NoUsableKey { skipped });
        }
        Ok(set)
    }

    /// The keys, in the order of the file.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Key> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// The algorithms that tokens may use: those of the keys, or fewer.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The keys that are not used, and why.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// Whether the keys are shared secrets.
    #[must_use]
    pub fn is_symmetric(&self) -> bool {
        self.keys().any(Key::is_symmetric)
    }

    /// The one key for a token's `alg` and `kid`.
    ///
    /// A `kid` is looked up in a map and never used otherwise. A key without
    /// `kid` (as from PEM) serves any `kid` that no key has. Without `kid`, or
    /// for such, exactly one key must fit the algorithm.
    pub(crate) fn select(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> Result<&Arc<Key>, TokenError> {
        if let Some(key) = kid.and_then(|kid| self.by_id.get(kid)) {
            return if key.algorithm() == algorithm {
                Ok(key)
            } else {
                Err(TokenError::AlgKeyMismatch { algorithm: key.algorithm() })
            };
        }
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.algorithm() == algorithm && (kid.is_none() || key.id().is_none()));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(TokenError::KeyAmbiguous),
            (None, _) => Err(TokenError::KeyNotFound),
        }
    }

    fn from_jwks(entries: &[Json]) -> Result<Self, KeyError> {
        let (mut keys, mut skipped) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let number = index + 1;
            let jwk = entry.as_object().ok_or(KeyError::MalformedJwk {
                member: "keys",
                problem: "has an item that is not an object",
            })?;
            match Key::from_jwk(jwk) {
                Ok(key) => keys.push(Arc::new(key)),
                Err(error) if error.is_skippable() => {
                    let id = valid_kid(jwk);
                    skipped.push(SkippedKey { number, id, reason: error.to_string() });
                }
                Err(error) => {
                    let (kid, error) = (valid_kid(jwk), Box::new(error));
                    return Err(KeyError::InSet { number, kid, error });
                }
            }
        }
        Self::new(keys, skipped)
    }

    fn new(keys: Vec<Arc<Key>>, skipped: Vec<SkippedKey>) -> Result<Self, KeyError> {
        let Some(first) = keys.first() else {
            let skipped = skipped.iter().map(|s| format!("key {} {}", s.number, s.reason));
            return Err(KeyError::NoUsableKey { skipped: skipped.collect() });
        };
        if keys.iter().any(|key| key.is_symmetric() != first.is_symmetric()) {
            return Err(KeyError::MixedSet);
        }
        let mut by_id = BTreeMap::new();
        for key in &keys {
            if let Some(kid) = key.id()
                && by_id.insert(kid.to_owned(), Arc::clone(key)).is_some()
            {
                return Err(KeyError::DuplicateKid { kid: kid.to_owned() });
            }
        }
        let mut algorithms: Vec<_> = keys.iter().map(|key| key.algorithm()).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        Ok(Self { keys, by_id, algorithms, skipped })
    }
}

fn valid_kid(jwk: &Object) -> Option<String> {
    super::jwk::kid(jwk).ok().flatten()
}
