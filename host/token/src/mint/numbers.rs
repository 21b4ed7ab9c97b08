//! The numbers of a private key: read from JWK and PKCS#8, or generated.

use aws_lc_rs::encoding::{AsBigEndian as _, AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use zeroize::Zeroizing;

use super::MintError;
use super::signer::ecdsa;
use crate::algorithm::{Algorithm, Family};
use crate::base64url;
use crate::json::Object;
use crate::keys::{
    Curve, DerReader, EC_OID, ED25519_OID, Material, OBJECT_ID, OCTET_STRING, RSA_OID, pem_blocks,
    pem_curve, required_bytes, required_str,
};

type Secret = Zeroizing<Vec<u8>>;

/// The names of an RSA key's private numbers, in the order of PKCS#1 (RFC 8017
/// appendix A.1.2).
pub(super) const RSA_PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

/// The numbers of a private key. That they belong together is for the signer to check.
pub(super) enum PrivateNumbers {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
        /// By [`RSA_PRIVATE`].
        private: [Secret; 6],
    },
    Ec {
        curve: Curve,
        /// Uncompressed.
        point: Vec<u8>,
        d: Secret,
    },
    Ed25519 {
        x: [u8; 32],
        seed: Secret,
    },
    Secret(Secret),
}

impl PrivateNumbers {
    pub(super) fn generate(algorithm: Algorithm) -> Result<Self, MintError> {
        match algorithm.family() {
            Family::Hmac => {
                let mut secret = Zeroizing::new(vec![0; algorithm.hash_bytes()]);
                aws_lc_rs::rand::fill(&mut secret).map_err(|_| MintError::Library)?;
                Ok(Self::Secret(secret))
            }
            Family::Rsa => Self::generate_rsa(2048),
            Family::Ed => {
                Self::from_ed(&Ed25519KeyPair::generate().map_err(|_| MintError::Library)?)
            }
            Family::Ec => {
                let curve = Curve::of(algorithm).ok_or(MintError::Library)?;
                let pair = EcdsaKeyPair::generate(ecdsa(curve)).map_err(|_| MintError::Library)?;
                Self::from_ec(curve, &pair)
            }
        }
    }

    pub(super) fn generate_rsa(bits: u32) -> Result<Self, MintError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => return Err(MintError::RsaSize { bits }),
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| MintError::Library)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| MintError::Library)?;
        Self::from_pkcs8(der.as_ref())
    }

    pub(super) fn from_jwk(jwk: &Object) -> Result<Self, MintError> {
        let secret = |member| required_bytes(jwk, member).map(Zeroizing::new);
        match required_str(jwk, "kty")? {
            "RSA" => {
                let [d, p, q, dp, dq, qi] = RSA_PRIVATE.map(secret);
                Ok(Self::Rsa {
                    n: required_bytes(jwk, "n")?,
                    e: required_bytes(jwk, "e")?,
                    private: [d?, p?, q?, dp?, dq?, qi?],
                })
            }
            "EC" => {
                let curve = Curve::from_name(required_str(jwk, "crv")?)
                    .ok_or_else(|| refused("its `crv` is not P-256, P-384 or P-521"))?;
                let (x, y) = (required_bytes(jwk, "x")?, required_bytes(jwk, "y")?);
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                Ok(Self::Ec { curve, point, d: secret("d")? })
            }
            "OKP" if required_str(jwk, "crv")? == "Ed25519" => {
                let x = <[u8; 32]>::try_from(required_bytes(jwk, "x")?);
                let x = x.map_err(|_| refused("its `x` is not 32 bytes long"))?;
                Ok(Self::Ed25519 { x, seed: secret("d")? })
            }
            "oct" => Ok(Self::Secret(secret("k")?)),
            _ => Err(refused("its `kty` is not RSA, EC, oct, or OKP with Ed25519")),
        }
    }

    pub(super) fn from_pem(text: &str) -> Result<Self, MintError> {
        let blocks = pem_blocks(text).map_err(|error| refused(&error.to_string()))?;
        match blocks.iter().find(|block| block.label == "PRIVATE KEY") {
            Some(block) => Self::from_pkcs8(&block.der),
            None => Err(refused(
                "it has no block `PRIVATE KEY`; `openssl pkcs8 -topk8 -nocrypt` makes one",
            )),
        }
    }

    /// `PrivateKeyInfo` (RFC 5958 section 2).
    fn from_pkcs8(der: &[u8]) -> Result<Self, MintError> {
        let parts = || {
            let mut info = DerReader::new(der).sequence()?;
            info.unsigned()?;
            let mut algorithm = info.sequence()?;
            Some((algorithm.value(OBJECT_ID)?, algorithm, info.value(OCTET_STRING)?))
        };
        let (oid, mut parameters, key) = parts().ok_or_else(|| refused("its DER is malformed"))?;
        match oid {
            RSA_OID => rsa_numbers(key).ok_or_else(|| refused("its RSA numbers are malformed")),
            EC_OID => {
                let curve = pem_curve(&mut parameters)
                    .ok_or_else(|| refused("its curve is not P-256, P-384 or P-521"))?;
                let pair = EcdsaKeyPair::from_pkcs8(ecdsa(curve), der);
                Self::from_ec(curve, &pair.map_err(|_| MintError::Inconsistent)?)
            }
            // With or without the public key, which older writers leave out.
            ED25519_OID => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
                Self::from_ed(&pair.map_err(|_| MintError::Inconsistent)?)
            }
            _ => Err(refused("its algorithm is not RSA, EC or Ed25519")),
        }
    }

    fn from_ec(curve: Curve, pair: &EcdsaKeyPair) -> Result<Self, MintError> {
        let d = pair.private_key().as_be_bytes().map_err(|_| MintError::Library)?;
        let point = pair.public_key().as_ref().to_vec();
        Ok(Self::Ec { curve, point, d: Zeroizing::new(d.as_ref().to_vec()) })
    }

    fn from_ed(pair: &Ed25519KeyPair) -> Result<Self, MintError> {
        let seed = pair.seed().and_then(|seed| seed.as_be_bytes());
        let seed = seed.map_err(|_| MintError::Library)?;
        let x = <[u8; 32]>::try_from(pair.public_key().as_ref());
        let x = x.map_err(|_| MintError::Library)?;
        Ok(Self::Ed25519 { x, seed: Zeroizing::new(seed.as_ref().to_vec()) })
    }

    /// The public part, checked as a key to verify with is.
    pub(super) fn public(&self) -> Result<Material, MintError> {
        Ok(match self {
            Self::Rsa { n, e, .. } => Material::rsa(n.clone(), e.clone())?,
            Self::Ec { curve, point, .. } => Material::ec(*curve, point.clone())?,
            Self::Ed25519 { x, .. } => Material::ed25519(*x)?,
            Self::Secret(secret) => Material::secret(secret.to_vec())?,
        })
    }

    /// The members of the public JWK; of a secret, its type alone.
    pub(super) fn public_members(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Secret(_) => vec![("kty", "oct".to_owned())],
            _ => self.public().map(|material| material.members()).unwrap_or_default(),
        }
    }

    /// The members that only the private JWK has.
    pub(super) fn private_members(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Rsa { private, .. } => {
                let values = private.iter().map(|number| base64url::encode(number));
                RSA_PRIVATE.into_iter().zip(values).collect()
            }
            Self::Ec { d: secret, .. } | Self::Ed25519 { seed: secret, .. } => {
                vec![("d", base64url::encode(secret))]
            }
            Self::Secret(secret) => vec![("k", base64url::encode(secret))],
        }
    }
}

/// `RSAPrivateKey` (RFC 8017 appendix A.1.2) with two primes.
fn rsa_numbers(der: &[u8]) -> Option<PrivateNumbers> {
    let mut numbers = DerReader::new(der).sequence()?;
    // Version 0: two primes.
    if !numbers.unsigned()?.is_empty() {
        return None;
    }
    let (n, e) = (numbers.unsigned()?.to_vec(), numbers.unsigned()?.to_vec());
    let mut next = || numbers.unsigned().map(|number| Zeroizing::new(number.to_vec()));
    let private = [next()?, next()?, next()?, next()?, next()?, next()?];
    numbers.is_at_end().then_some(PrivateNumbers::Rsa { n, e, private })
}

fn refused(problem: &str) -> MintError {
    MintError::NotAPrivateKey { problem: problem.to_owned() }
}
