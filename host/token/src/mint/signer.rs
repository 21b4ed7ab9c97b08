//! Signing, by AWS-LC.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use zeroize::Zeroizing;

use super::MintError;
use super::numbers::PrivateNumbers;
use crate::algorithm::Algorithm;
use crate::keys::Curve;

/// A private key in the form in which it signs.
pub(super) enum Signer {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Hmac(Zeroizing<Vec<u8>>),
}

impl Signer {
    /// Checks that the numbers belong together.
    pub(super) fn new(numbers: &PrivateNumbers) -> Result<Self, MintError> {
        let inconsistent = |_| MintError::Inconsistent;
        Ok(match numbers {
            PrivateNumbers::Rsa { n, e, private: [d, p, q, dp, dq, qi] } => {
                let components = KeyPairComponents {
                    public_key: PublicKeyComponents { n, e },
                    d,
                    p,
                    q,
                    dP: dp,
                    dQ: dq,
                    qInv: qi,
                };
                Self::Rsa(RsaKeyPair::from_components(&components).map_err(inconsistent)?)
            }
            PrivateNumbers::Ec { curve, point, d } => {
                let pair = EcdsaKeyPair::from_private_key_and_public_key(ecdsa(*curve), d, point);
                Self::Ec(pair.map_err(inconsistent)?)
            }
            PrivateNumbers::Ed25519 { x, seed } => {
                let pair = Ed25519KeyPair::from_seed_and_public_key(seed, x);
                Self::Ed(pair.map_err(inconsistent)?)
            }
            PrivateNumbers::Secret(secret) => Self::Hmac(secret.clone()),
        })
    }

    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, MintError> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let encoding = rsa_encoding(algorithm).ok_or(MintError::Library)?;
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(encoding, &random, message, &mut signature);
                signed.map(|()| signature).map_err(|_| MintError::Library)
            }
            Self::Ec(pair) => {
                let signed = pair.sign(&random, message);
                signed.map(|s| s.as_ref().to_vec()).map_err(|_| MintError::Library)
            }
            Self::Ed(pair) => {
                let signed = pair.try_sign(message);
                signed.map(|s| s.as_ref().to_vec()).map_err(|_| MintError::Library)
            }
            Self::Hmac(secret) => {
                let hash = match algorithm {
                    Algorithm::HS256 => hmac::HMAC_SHA256,
                    Algorithm::HS384 => hmac::HMAC_SHA384,
                    Algorithm::HS512 => hmac::HMAC_SHA512,
                    _ => return Err(MintError::Library),
                };
                Ok(hmac::sign(&hmac::Key::new(hash, secret), message).as_ref().to_vec())
            }
        }
    }
}

/// The signing algorithm of a curve.
pub(super) fn ecdsa(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        Curve::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    Some(match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_SHA512,
        Algorithm::PS256 => &RSA_PSS_SHA256,
        Algorithm::PS384 => &RSA_PSS_SHA384,
        Algorithm::PS512 => &RSA_PSS_SHA512,
        _ => return None,
    })
}
