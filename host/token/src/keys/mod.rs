//! Verification keys: each checked when it is loaded, each for one algorithm.

mod der;
mod error;
mod facts;
mod jwk;
mod material;
mod pem;
mod primitive;
mod set;
mod weak;

pub use error::KeyError;
pub use facts::{KeyType, VerificationKey};
pub use set::{KeySet, SkippedKey};

pub(crate) use der::{OBJECT_ID, OCTET_STRING, Reader as DerReader};
pub(crate) use jwk::{check_kid, required_bytes, required_str};
pub(crate) use material::{Curve, Material};
pub(crate) use pem::{EC_OID, ED25519_OID, RSA_OID, blocks as pem_blocks, curve as pem_curve};
use primitive::Primitive;

use std::fmt;
use std::sync::Arc;

use crate::algorithm::{Algorithm, Family};
use crate::json::Object;
use crate::time::UnixTime;

/// One public key or shared secret, checked, for one algorithm.
///
/// `Debug` shows its facts and no key material.
#[derive(Clone)]
pub struct Key {
    sound: Arc<Sound>,
    facts: VerificationKey,
    declared: Option<Algorithm>,
    algorithm: Algorithm,
}

/// Checked key material, and the form of it that verifies.
struct Sound {
    material: Material,
    primitive: Primitive,
}

impl Key {
    /// Reads one JWK (RFC 7517) from its object.
    ///
    /// # Errors
    ///
    /// What is wrong with it. A private key is refused.
    pub fn from_jwk(jwk: &Object) -> Result<Self, KeyError> {
        jwk::read(jwk)
    }

    /// Reads one public key from PEM text: `PUBLIC KEY` (RFC 7468 section 13)
    /// or `RSA PUBLIC KEY`.
    ///
    /// # Errors
    ///
    /// What is wrong with it. Private keys and certificates are refused, with
    /// advice.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::new(pem::read_public(text)?)
    }

    /// Says when the key was created or first seen.
    #[must_use]
    pub fn with_created(mut self, created: UnixTime) -> Self {
        self.facts.created = Some(created);
        self
    }

    /// The `kid`, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.facts.id()
    }

    /// The one algorithm for which the key is used.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The JWK thumbprint (RFC 7638) with SHA-256, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        self.facts.thumbprint()
    }

    /// What may be told about the key.
    #[must_use]
    pub fn facts(&self) -> &VerificationKey {
        &self.facts
    }

    pub(crate) fn new(material: Material) -> Result<Self, KeyError> {
        Ok(Self {
            facts: VerificationKey {
                id: None,
                key_type: material.key_type(),
                curve: material.curve_name(),
                bits: material.bits(),
                created: None,
                thumbprint: material.thumbprint(),
            },
            declared: None,
            algorithm: material.default_algorithm(),
            sound: Arc::new(Sound { primitive: material.primitive()?, material }),
        })
    }

    pub(crate) fn with_id(mut self, id: Option<String>) -> Self {
        self.facts.id = id;
        self
    }

    /// Binds the key to the algorithm that its `alg` names.
    pub(crate) fn declare(self, algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = Self { declared: Some(algorithm), ..self };
        key.bind(algorithm)
    }

    /// Binds a key without `alg` to the one algorithm of those allowed that it
    /// can do; one key is used with one algorithm (RFC 8725 section 3.1).
    pub(crate) fn bind_to_allowed(self, allowed: &[Algorithm]) -> Result<Self, KeyError> {
        if self.declared.is_some() {
            return Ok(self);
        }
        let mut fitting = allowed.iter().copied().filter(|a| self.sound.material.fits(*a));
        match (fitting.next(), fitting.next()) {
            (Some(_), Some(_)) => Err(KeyError::SeveralAlgorithms { accepted: allowed.to_vec() }),
            (Some(algorithm), None) => self.bind(algorithm),
            (None, _) => Ok(self),
        }
    }

    /// Whether this is the key's signature of a message that is no token: one
    /// that says of itself what it is, so that neither is taken for the other.
    #[must_use]
    pub fn verifies_message(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == self.signature_bytes() && self.verifies(message, &signature.to_vec())
    }

    pub(crate) fn is_symmetric(&self) -> bool {
        matches!(self.sound.material, Material::Secret(_))
    }

    /// The length in bytes of this key's signatures.
    pub(crate) fn signature_bytes(&self) -> usize {
        match self.algorithm.family() {
            Family::Hmac => self.algorithm.hash_bytes(),
            Family::Rsa | Family::Ec | Family::Ed => self.sound.material.signature_bytes(),
        }
    }

    /// Whether this is the key's signature of the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        self.sound.primitive.verifies(self.algorithm, message, signature)
    }

    fn bind(self, algorithm: Algorithm) -> Result<Self, KeyError> {
        let material = &self.sound.material;
        if !material.fits(algorithm) {
            return Err(KeyError::AlgMismatch { algorithm, key: material.describe() });
        }
        if let Material::Secret(secret) = material
            && secret.len() < algorithm.hash_bytes()
        {
            return Err(KeyError::ShortSecret { algorithm, bytes: algorithm.hash_bytes() });
        }
        Ok(Self { algorithm, ..self })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id())
            .field("type", &self.sound.material.describe())
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
