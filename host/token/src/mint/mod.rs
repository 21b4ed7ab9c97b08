//! Minting: private keys and signed tokens, for the command line, tests and benches.
//!
//! ```
//! use tokenward_token::{Algorithm, Object, mint::PrivateKey};
//!
//! let key = PrivateKey::generate(Algorithm::ES256)?;
//! let claims = Object::from_pairs([("sub", "alice")]);
//! let token = key.mint(Some("at+jwt"), &claims)?;
//! assert_eq!(token.split('.').count(), 3);
//! # Ok::<(), tokenward_token::mint::MintError>(())
//! ```

mod numbers;
mod signer;

use std::fmt;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::json::{JsonLimits, Object, parse_strict};
use crate::keys::{Key, KeyError, KeySet, check_kid};
use numbers::PrivateNumbers;
use signer::Signer;

/// Why a private key is refused or a token cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// The text is neither a private JWK nor PKCS#8 in PEM.
    #[error("the key is not a private JWK, nor a PEM `PRIVATE KEY` (PKCS#8): {problem}")]
    NotAPrivateKey {
        /// What is wrong.
        problem: String,
    },
    /// The key is sound in form, but refused.
    #[error("the key {0}")]
    Refused(KeyError),
    /// The private and the public numbers do not belong together.
    #[error("the key's private and public numbers do not belong together")]
    Inconsistent,
    /// An RSA key of this size cannot be generated.
    #[error("an RSA key of {bits} bits cannot be generated; accepted are 2048, 3072 and 4096")]
    RsaSize {
        /// The size asked for.
        bits: u32,
    },
    /// A shared secret has no public key.
    #[error("the key is a shared secret and has no public key")]
    NoPublicKey,
    /// The `kid` is not 1 to 256 printable ASCII characters.
    #[error("the `kid` is not 1 to 256 printable ASCII characters")]
    Kid,
    /// The cryptographic library failed: no randomness, or no memory.
    #[error("the cryptographic library failed")]
    Library,
}

impl From<KeyError> for MintError {
    fn from(error: KeyError) -> Self {
        Self::Refused(error)
    }
}

/// A key that signs tokens, with its public part.
///
/// `Debug` shows the facts of the public part.
pub struct PrivateKey {
    numbers: PrivateNumbers,
    signer: Signer,
    /// The public part; for a shared secret, the secret.
    key: Key,
}

impl PrivateKey {
    /// Generates a key for an algorithm: RSA with 2048 bits, a secret as long
    /// as the hash. Its `kid` is its thumbprint (RFC 7638).
    ///
    /// # Errors
    ///
    /// [`MintError::Library`].
    pub fn generate(algorithm: Algorithm) -> Result<Self, MintError> {
        Self::new(PrivateNumbers::generate(algorithm)?, Some(algorithm), None)
    }

    /// Generates an RSA key of 2048, 3072 or 4096 bits.
    ///
    /// # Errors
    ///
    /// [`MintError::RsaSize`]; [`MintError::Refused`] if the algorithm is not RSA's.
    pub fn generate_rsa(algorithm: Algorithm, bits: u32) -> Result<Self, MintError> {
        Self::new(PrivateNumbers::generate_rsa(bits)?, Some(algorithm), None)
    }

    /// Reads a private JWK, or PKCS#8 in PEM, told apart by what it holds.
    ///
    /// # Errors
    ///
    /// [`MintError`].
    pub fn parse(text: &str) -> Result<Self, MintError> {
        if text.trim_start().starts_with('{') { Self::from_jwk(text) } else { Self::from_pem(text) }
    }

    /// Reads a private JWK (RFC 7517). Without `kid` it gets its thumbprint.
    ///
    /// # Errors
    ///
    /// [`MintError`].
    pub fn from_jwk(text: &str) -> Result<Self, MintError> {
        let refused = |problem: String| MintError::NotAPrivateKey { problem };
        let json = parse_strict(text.as_bytes(), &JsonLimits::default())
            .map_err(|error| refused(error.to_string()))?;
        let jwk = json.as_object().ok_or_else(|| refused("it is no JSON object".to_owned()))?;
        let text_of = |member: &str| jwk.get(member).and_then(crate::Json::as_str);
        let algorithm = match text_of("alg") {
            None => None,
            Some(name) => Some(name.parse().map_err(|e| refused(format!("{e}")))?),
        };
        let kid = text_of("kid").map(str::to_owned);
        Self::new(PrivateNumbers::from_jwk(jwk)?, algorithm, kid)
    }

    /// Reads a private key in PKCS#8 (RFC 5958) and PEM. Its `kid` is its
    /// thumbprint; an RSA key is for RS256.
    ///
    /// # Errors
    ///
    /// [`MintError`].
    pub fn from_pem(text: &str) -> Result<Self, MintError> {
        Self::new(PrivateNumbers::from_pem(text)?, None, None)
    }

    /// Uses the key for this algorithm.
    ///
    /// # Errors
    ///
    /// [`MintError::Refused`], if the key cannot do it.
    pub fn with_algorithm(self, algorithm: Algorithm) -> Result<Self, MintError> {
        Ok(Self { key: self.key.declare(algorithm)?, ..self })
    }

    /// Gives the key this `kid`.
    ///
    /// # Errors
    ///
    /// [`MintError::Kid`].
    pub fn with_kid(self, kid: &str) -> Result<Self, MintError> {
        if !check_kid(kid) {
            return Err(MintError::Kid);
        }
        Ok(Self { key: self.key.with_id(Some(kid.to_owned())), ..self })
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// The `kid`.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.key.id().unwrap_or_default()
    }

    /// The private JWK as JSON text. It is a secret: write it where only its
    /// owner reads.
    #[must_use]
    pub fn private_jwk(&self) -> String {
        let mut jwk = self.described_jwk();
        for (member, value) in self.numbers.private_members() {
            jwk.set(member, value);
        }
        jwk.to_compact()
    }

    /// Signs a message that is no token: see [`Key::verifies_message`].
    ///
    /// # Errors
    ///
    /// [`MintError::Library`].
    pub fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, MintError> {
        self.signer.sign(self.algorithm(), message)
    }

    /// The public JWK as JSON text.
    ///
    /// # Errors
    ///
    /// [`MintError::NoPublicKey`], for a shared secret.
    pub fn public_jwk(&self) -> Result<String, MintError> {
        if self.key.is_symmetric() {
            return Err(MintError::NoPublicKey);
        }
        Ok(self.described_jwk().to_compact())
    }

    /// A set of the one key with which tokens of this key are verified: the
    /// public key, or the shared secret.
    ///
    /// # Errors
    ///
    /// [`MintError::Refused`].
    pub fn key_set(&self) -> Result<KeySet, MintError> {
        Ok(KeySet::from_keys([self.key.clone()])?)
    }

    /// Signs a token with the header `alg`, `typ` if given, and `kid`. What
    /// the claims say is the caller's.
    ///
    /// # Errors
    ///
    /// [`MintError::Library`].
    pub fn mint(&self, typ: Option<&str>, claims: &Object) -> Result<String, MintError> {
        let mut header = Object::from_pairs([("alg", self.algorithm().name())]);
        if let Some(typ) = typ {
            header.set("typ", typ);
        }
        header.set("kid", self.kid());
        self.sign(&header, claims)
    }

    /// Signs a token with exactly this header. Nothing is checked: a header
    /// that names another algorithm makes a token that nobody accepts.
    ///
    /// # Errors
    ///
    /// [`MintError::Library`].
    pub fn sign(&self, header: &Object, claims: &Object) -> Result<String, MintError> {
        self.sign_parts(header.to_compact().as_bytes(), claims.to_compact().as_bytes())
    }

    /// Signs a compact JWS of exactly these bytes. Nothing is checked.
    ///
    /// # Errors
    ///
    /// [`MintError::Library`].
    pub fn sign_parts(&self, header: &[u8], payload: &[u8]) -> Result<String, MintError> {
        let mut token = base64url::encode(header);
        token.push('.');
        token.push_str(&base64url::encode(payload));
        let signature = self.signer.sign(self.algorithm(), token.as_bytes())?;
        token.push('.');
        token.push_str(&base64url::encode(&signature));
        Ok(token)
    }

    fn new(
        numbers: PrivateNumbers,
        algorithm: Option<Algorithm>,
        kid: Option<String>,
    ) -> Result<Self, MintError> {
        let mut key = Key::new(numbers.public()?)?;
        key = key.clone().declare(algorithm.unwrap_or_else(|| key.algorithm()))?;
        let kid = kid.unwrap_or_else(|| key.thumbprint().to_owned());
        let signer = Signer::new(&numbers)?;
        Self { numbers, signer, key }.with_kid(&kid)
    }

    /// The public members with `alg`, `use` and `kid`.
    fn described_jwk(&self) -> Object {
        let mut jwk = Object::new();
        for (member, value) in self.numbers.public_members() {
            jwk.set(member, value);
        }
        jwk.set("kid", self.kid());
        jwk.set("use", "sig");
        jwk.set("alg", self.algorithm().name());
        jwk
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateKey").field(&self.key).finish()
    }
}
