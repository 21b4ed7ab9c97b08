//! The signature algorithms that are known, and the keys that each takes.

use tokenward_policy::Key;

/// A JWS signature algorithm (RFC 7518 section 3.1, RFC 8037, RFC 9864).
#[derive(Debug)]
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
}

/// The keys that an algorithm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Rsa,
    /// An `EC` key on this curve.
    Ec(&'static str),
    Ed25519,
    /// A secret of at least so many bits: the size of the hash (RFC 7518 section 3.2).
    Secret(u32),
}

/// Every algorithm, but for `none`.
const ALL: [Algorithm; 14] = [
    Algorithm { name: "RS256", takes: Takes::Rsa },
    Algorithm { name: "RS384", takes: Takes::Rsa },
    Algorithm { name: "RS512", takes: Takes::Rsa },
    Algorithm { name: "PS256", takes: Takes::Rsa },
    Algorithm { name: "PS384", takes: Takes::Rsa },
    Algorithm { name: "PS512", takes: Takes::Rsa },
    Algorithm { name: "ES256", takes: Takes::Ec("P-256") },
    Algorithm { name: "ES384", takes: Takes::Ec("P-384") },
    Algorithm { name: "ES512", takes: Takes::Ec("P-521") },
    Algorithm { name: "EdDSA", takes: Takes::Ed25519 },
    Algorithm { name: "Ed25519", takes: Takes::Ed25519 },
    Algorithm { name: "HS256", takes: Takes::Secret(256) },
    Algorithm { name: "HS384", takes: Takes::Secret(384) },
    Algorithm { name: "HS512", takes: Takes::Secret(512) },
];

impl Algorithm {
    /// The algorithm of this name, which is case-sensitive (RFC 7515 section 4.1.1).
    pub(crate) fn of(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|algorithm| algorithm.name == name)
    }

    /// Those that sign with a private key.
    pub(crate) fn asymmetric() -> impl Iterator<Item = &'static Self> {
        ALL.iter().filter(|algorithm| !algorithm.is_symmetric())
    }

    /// Whether whoever verifies can sign as well.
    pub(crate) fn is_symmetric(&self) -> bool {
        matches!(self.takes, Takes::Secret(_))
    }
}

impl Takes {
    /// Whether a key is of the type and on the curve, whatever its size.
    pub(crate) fn suits(self, key: &Key) -> bool {
        match self {
            Self::Rsa => key.key_type == "RSA",
            Self::Ec(curve) => key.key_type == "EC" && key.curve.as_deref() == Some(curve),
            Self::Ed25519 => key.key_type == "OKP" && key.curve.as_deref() == Some("Ed25519"),
            Self::Secret(_) => key.key_type == "oct",
        }
    }

    /// In words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Rsa => "an RSA key",
            Self::Ec("P-256") => "an EC key on P-256",
            Self::Ec("P-384") => "an EC key on P-384",
            Self::Ec(_) => "an EC key on P-521",
            Self::Ed25519 => "an OKP key on Ed25519",
            Self::Secret(_) => "a shared secret",
        }
    }
}

/// Whether a name means that the token is not signed. Some verifiers compare in
/// any case of letters, and were deceived by `nOnE`.
pub(crate) fn is_none(name: &str) -> bool {
    name.eq_ignore_ascii_case("none")
}
