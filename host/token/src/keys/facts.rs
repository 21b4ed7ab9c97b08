//! What may be told about a key: never its material.

use std::fmt;

use crate::time::UnixTime;

/// The type of a key, by its JWK name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// An elliptic curve key (`EC`).
    Ec,
    /// An RSA key (`RSA`).
    Rsa,
    /// An Edwards curve key (`OKP`).
    Okp,
    /// A shared secret (`oct`).
    Oct,
}

impl KeyType {
    /// The JWK name: `EC`, `RSA`, `OKP` or `oct`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ec => "EC",
            Self::Rsa => "RSA",
            Self::Okp => "OKP",
            Self::Oct => "oct",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The key that verified a token, without its material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationKey {
    pub(super) id: Option<String>,
    pub(super) key_type: KeyType,
    pub(super) curve: Option<&'static str>,
    pub(super) bits: u32,
    pub(super) created: Option<UnixTime>,
    pub(super) thumbprint: String,
}

impl VerificationKey {
    /// The `kid`, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The type.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The curve, for `EC` and `OKP`, for instance `P-256`.
    #[must_use]
    pub fn curve(&self) -> Option<&'static str> {
        self.curve
    }

    /// The size in bits: the modulus, the curve's field, or the secret.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// When the key was created or first seen, if that is known.
    #[must_use]
    pub fn created(&self) -> Option<UnixTime> {
        self.created
    }

    /// Seconds since the key was created or first seen, if that is known and
    /// not in the future.
    #[must_use]
    pub fn age_seconds(&self, now: UnixTime) -> Option<u64> {
        now.since(self.created?)
    }

    /// The JWK thumbprint (RFC 7638) with SHA-256, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }
}
