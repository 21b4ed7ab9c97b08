//! Key material: the numbers of a key, and the checks that they are sound.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    EcdsaVerificationAlgorithm, ParsedPublicKey,
};
use zeroize::Zeroizing;

use super::{KeyError, KeyType, Primitive, weak};
use crate::algorithm::{Algorithm, Family};
use crate::base64url;
use crate::digest::sha256;

/// The smallest and the largest accepted RSA modulus, in bits.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// A curve of ECDSA keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.name() == name)
    }

    pub(crate) fn of(algorithm: Algorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.algorithm() == algorithm)
    }

    /// Bytes of one coordinate.
    pub(crate) fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    pub(crate) fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::ES256,
            Self::P384 => Algorithm::ES384,
            Self::P521 => Algorithm::ES512,
        }
    }

    fn bits(self) -> u32 {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    fn verification(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
            Self::P521 => &ECDSA_P521_SHA512_FIXED,
        }
    }
}

/// The numbers of a key. Made by the checking functions only.
pub(crate) enum Material {
    /// Big-endian, no leading zero byte.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// Uncompressed: `04`, x, y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519([u8; 32]),
    Secret(Zeroizing<Vec<u8>>),
}

impl Material {
    /// An RSA key: big-endian numbers without leading zero bytes.
    pub(crate) fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Self, KeyError> {
        let bits = bits_of(&n);
        if bits < *RSA_BITS.start() {
            return Err(KeyError::Weak { reason: "its modulus has fewer than 2048 bits" });
        }
        if bits > *RSA_BITS.end() {
            return Err(KeyError::Unsupported { reason: "its modulus exceeds 8192 bits".into() });
        }
        if n.last().is_none_or(|last| last % 2 == 0) {
            return Err(KeyError::Weak { reason: "its modulus is even" });
        }
        match e.as_slice() {
            [1, 0, 1] => {}
            [.., last] if last % 2 == 0 => {
                return Err(KeyError::Weak { reason: "its exponent is even" });
            }
            small if bits_of(small) < 17 => {
                return Err(KeyError::Weak { reason: "its exponent is below 65537" });
            }
            // What the primitive takes.
            large if bits_of(large) > 33 => {
                let reason = "its exponent exceeds 33 bits".into();
                return Err(KeyError::Unsupported { reason });
            }
            _ => {}
        }
        if weak::has_roca_fingerprint(&n) {
            return Err(KeyError::Weak { reason: "its modulus is of the ROCA kind" });
        }
        Ok(Self::Rsa { n, e })
    }

    /// A point in uncompressed form (`04`, x, y), checked to lie on the curve.
    pub(crate) fn ec(curve: Curve, point: Vec<u8>) -> Result<Self, KeyError> {
        let expected = 1 + 2 * curve.coordinate_bytes();
        if point.len() != expected || point.first() != Some(&4) {
            return Err(KeyError::Weak { reason: "its point has not the form of its curve" });
        }
        parse_point(curve, &point)?;
        Ok(Self::Ec { curve, point })
    }

    pub(crate) fn ed25519(key: [u8; 32]) -> Result<Self, KeyError> {
        if weak::is_small_order_point(&key) {
            return Err(KeyError::Weak { reason: "its point is of small order" });
        }
        Ok(Self::Ed25519(key))
    }

    /// A shared secret, of at least the shortest length that any HMAC takes.
    pub(crate) fn secret(secret: Vec<u8>) -> Result<Self, KeyError> {
        let (algorithm, bytes) = (Algorithm::HS256, Algorithm::HS256.hash_bytes());
        if secret.len() < bytes {
            return Err(KeyError::ShortSecret { algorithm, bytes });
        }
        Ok(Self::Secret(Zeroizing::new(secret)))
    }

    pub(super) fn primitive(&self) -> Result<Primitive, KeyError> {
        Ok(match self {
            Self::Rsa { n, e } => Primitive::rsa(n, e),
            Self::Ec { curve: Curve::P521, point } => {
                Primitive::p521(parse_point(Curve::P521, point)?)
            }
            Self::Ec { point, .. } => Primitive::ec(point),
            Self::Ed25519(key) => Primitive::ed25519(key),
            Self::Secret(secret) => Primitive::secret(secret),
        })
    }

    /// The algorithm of a key that names none.
    pub(crate) fn default_algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::RS256,
            Self::Ec { curve, .. } => curve.algorithm(),
            Self::Ed25519(_) => Algorithm::EdDSA,
            Self::Secret(_) => Algorithm::HS256,
        }
    }

    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => algorithm.family() == Family::Rsa,
            Self::Ec { curve, .. } => algorithm == curve.algorithm(),
            Self::Ed25519(_) => algorithm == Algorithm::EdDSA,
            Self::Secret(_) => algorithm.is_symmetric(),
        }
    }

    pub(crate) fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa { .. } => KeyType::Rsa,
            Self::Ec { .. } => KeyType::Ec,
            Self::Ed25519(_) => KeyType::Okp,
            Self::Secret(_) => KeyType::Oct,
        }
    }

    pub(crate) fn curve_name(&self) -> Option<&'static str> {
        match self {
            Self::Ec { curve, .. } => Some(curve.name()),
            Self::Ed25519(_) => Some("Ed25519"),
            Self::Rsa { .. } | Self::Secret(_) => None,
        }
    }

    pub(crate) fn bits(&self) -> u32 {
        match self {
            Self::Rsa { n, .. } => bits_of(n),
            Self::Ec { curve, .. } => curve.bits(),
            Self::Ed25519(_) => 256,
            Self::Secret(secret) => u32::try_from(secret.len() * 8).unwrap_or(u32::MAX),
        }
    }

    /// The type and curve or size, for messages.
    pub(crate) fn describe(&self) -> String {
        match self.curve_name() {
            Some(curve) => format!("{} {curve}", self.key_type()),
            None => format!("{} of {} bits", self.key_type(), self.bits()),
        }
    }

    pub(super) fn signature_bytes(&self) -> usize {
        match self {
            Self::Rsa { n, .. } => n.len(),
            Self::Ec { curve, .. } => 2 * curve.coordinate_bytes(),
            Self::Ed25519(_) => 64,
            Self::Secret(_) => 0,
        }
    }

    /// The JWK members that make up the key, in the order of RFC 7638: by name.
    pub(crate) fn members(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Rsa { n, e } => vec![
                ("e", base64url::encode(e)),
                ("kty", "RSA".to_owned()),
                ("n", base64url::encode(n)),
            ],
            Self::Ec { curve, point } => {
                let (x, y) = point
                    .split_first()
                    .and_then(|(_, xy)| xy.split_at_checked(curve.coordinate_bytes()))
                    .unwrap_or_default();
                vec![
                    ("crv", curve.name().to_owned()),
                    ("kty", "EC".to_owned()),
                    ("x", base64url::encode(x)),
                    ("y", base64url::encode(y)),
                ]
            }
            Self::Ed25519(key) => vec![
                ("crv", "Ed25519".to_owned()),
                ("kty", "OKP".to_owned()),
                ("x", base64url::encode(key)),
            ],
            Self::Secret(secret) => {
                vec![("k", base64url::encode(secret)), ("kty", "oct".to_owned())]
            }
        }
    }

    /// RFC 7638, with SHA-256, in base64url.
    pub(crate) fn thumbprint(&self) -> String {
        let members = crate::json::Object::from_pairs(self.members());
        let text = Zeroizing::new(members.to_compact());
        base64url::encode(&sha256(text.as_bytes()))
    }
}

fn parse_point(curve: Curve, point: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    ParsedPublicKey::new(curve.verification(), point)
        .map_err(|_| KeyError::Weak { reason: "its point is not on its curve" })
}

/// The bits of a big-endian number without leading zero bytes.
fn bits_of(number: &[u8]) -> u32 {
    let leading = number.first().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(leading)
}
