//! The layer below JWT: compact JWS (RFC 7515) with any payload.

use std::fmt;
use std::sync::Arc;

use crate::base64url::{self, Base64Error};
use crate::digest::TokenDigest;
use crate::error::{Part, TokenError};
use crate::header;
use crate::json::{Json, JsonLimits, Object};
use crate::keys::{Key, KeySet, VerificationKey};

/// Bounds that hold before a signature is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseLimits {
    /// The most bytes of a token.
    pub max_bytes: usize,
    /// Bounds of the header's and the payload's JSON, each by itself.
    pub json: JsonLimits,
}

impl Default for ParseLimits {
    /// 16 KiB; JSON as [`JsonLimits::default`].
    fn default() -> Self {
        Self { max_bytes: 16 * 1024, json: JsonLimits::default() }
    }
}

/// A well-formed compact JWS of which nothing is known to be true.
///
/// `Debug` shows its digest only.
#[derive(Clone)]
pub struct UnverifiedJws {
    header: Object,
    payload: Vec<u8>,
    signature: Vec<u8>,
    /// `header.payload`, as it was signed.
    signing_input: Vec<u8>,
    digest: TokenDigest,
}

impl UnverifiedJws {
    /// Takes the compact serialization apart (RFC 7515 section 7.1).
    ///
    /// # Errors
    ///
    /// The codes from `token_too_large` to `b64_unsupported`.
    pub fn parse(token: &[u8], limits: &ParseLimits) -> Result<Self, TokenError> {
        if token.len() > limits.max_bytes {
            return Err(TokenError::TooLarge { limit: limits.max_bytes });
        }
        let [header, payload, signature] = split(token)?;
        let header = decode(Part::Header, header)?;
        let header = TokenError::read_object(Part::Header, &header, &limits.json)?;
        header::check_shape(&header)?;
        let signed = token.len().saturating_sub(signature.len() + 1);
        Ok(Self {
            header,
            payload: decode(Part::Payload, payload)?,
            signature: decode(Part::Signature, signature)?,
            signing_input: token.get(..signed).unwrap_or_default().to_vec(),
            digest: TokenDigest::of(token),
        })
    }

    /// The header, of which nothing is known to be true.
    #[must_use]
    pub fn header(&self) -> &Object {
        &self.header
    }

    /// The payload, of which nothing is known to be true.
    #[must_use]
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// The digest of the whole token.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        self.digest
    }

    /// The `alg` of the header as it stands there, if it is a string.
    #[must_use]
    pub fn algorithm_name(&self) -> Option<&str> {
        self.header.get("alg").and_then(Json::as_str)
    }

    /// Checks the header and the signature by the one key of the set that
    /// `kid` and `alg` pick.
    ///
    /// # Errors
    ///
    /// The codes from `b64_unsupported` to `kid_invalid`, and from
    /// `key_not_found` to `signature_invalid`.
    pub fn verify(self, keys: &KeySet) -> Result<VerifiedJws, TokenError> {
        let facts = header::check(&self.header, keys.algorithms())?;
        let key = keys.select(facts.algorithm, facts.kid)?;
        let proof = SignatureVerified::check(key, &self.signing_input, &self.signature)?;
        Ok(VerifiedJws {
            key: Arc::clone(key),
            header: self.header,
            payload: self.payload,
            digest: self.digest,
            _proof: proof,
        })
    }
}

impl fmt::Debug for UnverifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedJws({})", self.digest)
    }
}

/// Proof that a signature was verified. Only the check makes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignatureVerified(());

impl SignatureVerified {
    fn check(key: &Key, message: &[u8], signature: &Vec<u8>) -> Result<Self, TokenError> {
        let (algorithm, expected) = (key.algorithm(), key.signature_bytes());
        if signature.is_empty() {
            return Err(TokenError::SignatureMissing);
        }
        if signature.len() != expected {
            return Err(TokenError::SignatureMalformed { algorithm, expected });
        }
        if !key.verifies(message, signature) {
            return Err(TokenError::SignatureInvalid);
        }
        Ok(Self(()))
    }
}

/// A JWS whose signature was verified.
///
/// `Debug` shows its digest only.
pub struct VerifiedJws {
    header: Object,
    payload: Vec<u8>,
    key: Arc<Key>,
    digest: TokenDigest,
    _proof: SignatureVerified,
}

impl VerifiedJws {
    /// The signed payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signed header.
    #[must_use]
    pub fn header(&self) -> &Object {
        &self.header
    }

    /// The key that verified it.
    #[must_use]
    pub fn key(&self) -> &VerificationKey {
        self.key.facts()
    }

    /// The digest of the whole token.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        self.digest
    }
}

impl fmt::Debug for VerifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedJws({})", self.digest)
    }
}

/// The three parts. What has five is encrypted; what starts with a brace is in
/// the JSON serialization.
fn split(token: &[u8]) -> Result<[&[u8]; 3], TokenError> {
    if token.first() == Some(&b'{') {
        return Err(TokenError::JsonSerialization);
    }
    let mut parts = token.split(|byte| *byte == b'.');
    let found = [parts.next(), parts.next(), parts.next(), parts.next(), parts.next()];
    match (found, parts.next()) {
        ([Some(header), Some(payload), Some(signature), None, None], _) => {
            if header.is_empty() {
                return Err(TokenError::MalformedCompact { part: Part::Header });
            }
            Ok([header, payload, signature])
        }
        ([Some(_), Some(_), Some(_), Some(_), Some(_)], None) => Err(TokenError::UnexpectedJwe),
        ([Some(_), None, ..], _) => Err(TokenError::MalformedCompact { part: Part::Header }),
        ([Some(_), Some(_), None, ..], _) => {
            Err(TokenError::MalformedCompact { part: Part::Payload })
        }
        _ => Err(TokenError::MalformedCompact { part: Part::Signature }),
    }
}

fn decode(part: Part, text: &[u8]) -> Result<Vec<u8>, TokenError> {
    base64url::decode(text).map_err(|error| match error {
        Base64Error::Alphabet => TokenError::MalformedCompact { part },
        Base64Error::NotCanonical => TokenError::NonCanonicalBase64 { part },
    })
}
