//! A set of keys of one issuer, and the choice of one for a token.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Key, KeyError};
use crate::algorithm::{Algorithm, list};
use crate::error::TokenError;
use crate::json::{Json, JsonLimits, Object, parse_strict};
use crate::time::UnixTime;

/// The largest key file.
const MAX_BYTES: usize = 1 << 20;

/// Bounds of a key file's JSON: some hundred keys.
const LIMITS: JsonLimits = JsonLimits { max_depth: 8, max_values: 8192 };

/// The keys of one issuer: each `kid` once, shared secrets apart from public keys.
/// It has a key, except while it is [unavailable](KeySet::unavailable).
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<Arc<Key>>,
    by_id: BTreeMap<String, Arc<Key>>,
    algorithms: Vec<Algorithm>,
    skipped: Vec<SkippedKey>,
}

const PUBLISHED_SECRET: &str = "it is a shared secret, and whoever reads the set has it";
const PUBLISHED_PRIVATE: &str = "its private half stands in the set as well";

/// A key of a JWKS that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its place in the set, from 1.
    pub number: usize,
    /// Its `kid`, if it has one.
    pub id: Option<String>,
    /// Why it is not used.
    pub reason: String,
    /// Whether nobody should publish such a key: it is malformed, weak, secret, or its private half
    /// is there. Otherwise it is for another purpose.
    pub unsound: bool,
}

/// What becomes of a set with a key that is malformed, weak or private.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unsound {
    /// It is refused: whoever wrote it is there to mend it.
    Refused,
    /// The key is skipped.
    Skipped,
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
            Some(Json::Array(keys)) => Self::from_jwks(keys, Unsound::Refused),
            Some(_) => Err(KeyError::MalformedJwk { member: "keys", problem: "is not an array" }),
        }
    }

    /// Reads a JWKS (RFC 7517 section 5), and nothing else: what is published
    /// at an issuer's `jwks_uri`. What is said of keys that are skipped by
    /// [`KeySet::from_json`] holds here for malformed, weak, private and secret
    /// keys too, as that section asks for: one of them keeps nobody from the
    /// others, nor in trust what was withdrawn. A key of which the private half
    /// stands in the set is skipped with it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse_jwks(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() > MAX_BYTES {
            return Err(KeyError::TooLarge { limit: MAX_BYTES });
        }
        let problem = match parse_strict(bytes, &LIMITS).map_err(KeyError::NotJson)? {
            Json::Object(object) => match object.get("keys") {
                Some(Json::Array(keys)) => return Self::from_jwks(keys, Unsound::Skipped),
                Some(_) => "is not an array",
                None => "is missing, as no JWKS has it",
            },
            _ => "is missing, since it is not an object",
        };
        Err(KeyError::MalformedJwk { member: "keys", problem })
    }

    /// A set of these keys.
    ///
    /// # Errors
    ///
    /// [`KeyError::DuplicateKid`], [`KeyError::MixedSet`], [`KeyError::NoUsableKey`].
    pub fn from_keys(keys: impl IntoIterator<Item = Key>) -> Result<Self, KeyError> {
        Self::new(keys.into_iter().map(Arc::new).collect(), Vec::new())
    }

    /// The set of an issuer whose keys are not there: not fetched yet, or not
    /// for so long that the last ones are no longer to be believed. It has no
    /// key, verifies nothing, and refuses every token with
    /// [`TokenError::KeysUnavailable`] whose `alg` the issuer accepts: every
    /// algorithm with public keys, or fewer by [`KeySet::with_algorithms`].
    #[must_use]
    pub fn unavailable() -> Self {
        Self {
            keys: Vec::new(),
            by_id: BTreeMap::new(),
            algorithms: Algorithm::asymmetric().collect(),
            skipped: Vec::new(),
        }
    }

    /// Whether the keys are there; see [`KeySet::unavailable`].
    #[must_use]
    pub fn is_available(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The same keys, each with the moment of its creation, or of its being
    /// first seen, that `created` knows of it. Where it knows none, nothing
    /// changes.
    #[must_use]
    pub fn with_created(mut self, created: impl Fn(&Key) -> Option<UnixTime>) -> Self {
        for key in &mut self.keys {
            let Some(moment) = created(key) else { continue };
            let dated = Arc::new(key.as_ref().clone().with_created(moment));
            if let Some(id) = dated.id() {
                self.by_id.insert(id.to_owned(), Arc::clone(&dated));
            }
            *key = dated;
        }
        self
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
        if !self.is_available() {
            let algorithms = self.algorithms.into_iter().filter(|a| accepted.contains(a));
            return Ok(Self { algorithms: algorithms.collect(), ..Self::unavailable() });
        }
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
        if !self.is_available() {
            return Err(TokenError::KeysUnavailable);
        }
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

    fn from_jwks(entries: &[Json], unsound: Unsound) -> Result<Self, KeyError> {
        let (mut keys, mut skipped) = (Vec::new(), Vec::new());
        let mut leaked = Vec::new();
        for (number, entry) in (1..).zip(entries) {
            let jwk = entry.as_object().ok_or(KeyError::MalformedJwk {
                member: "keys",
                problem: "has an item that is not an object",
            });
            let id = jwk.as_ref().ok().and_then(|jwk| valid_kid(jwk));
            let read = jwk.clone().and_then(Key::from_jwk);
            let (error, is_unsound) = match read {
                Ok(key) if unsound == Unsound::Skipped && key.is_symmetric() => {
                    (KeyError::Unsupported { reason: PUBLISHED_SECRET.to_owned() }, true)
                }
                Ok(key) => {
                    keys.push((number, Arc::new(key)));
                    continue;
                }
                Err(error) if error.is_skippable() => (error, false),
                Err(error) if unsound == Unsound::Skipped => (error, true),
                Err(error) if jwk.is_err() => return Err(error),
                Err(error) => {
                    return Err(KeyError::InSet { number, kid: id, error: Box::new(error) });
                }
            };
            if let (KeyError::PrivateKey { .. }, Ok(jwk)) = (&error, jwk) {
                leaked.extend(super::jwk::public_half(jwk).map(|key| key.thumbprint().to_owned()));
            }
            let reason = error.to_string();
            skipped.push(SkippedKey { number, id, reason, unsound: is_unsound });
        }
        // Whoever reads the set signs with such a key, under whatever name it stands there again.
        keys.retain(|(number, key): &(usize, Arc<Key>)| {
            let is_leaked = leaked.iter().any(|thumbprint| thumbprint == key.thumbprint());
            if is_leaked {
                let (id, reason) = (key.id().map(str::to_owned), PUBLISHED_PRIVATE.to_owned());
                skipped.push(SkippedKey { number: *number, id, reason, unsound: true });
            }
            !is_leaked
        });
        Self::new(keys.into_iter().map(|(_, key)| key).collect(), skipped)
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
