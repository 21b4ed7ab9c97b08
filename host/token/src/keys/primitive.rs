//! The signature primitive. Everything around it is checked elsewhere.
//!
//! `jsonwebtoken` does the verifying, through its provider for AWS-LC by name:
//! its default provider panics when a dependent crate turns on another one.
//! It has no ES512; for that AWS-LC is called directly. Keeping the other keys
//! in AWS-LC's parsed form saves nothing that can be measured (ES256, RS256).

use aws_lc_rs::signature::ParsedPublicKey;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use crate::algorithm::Algorithm;

/// A key in the form in which the primitive takes it.
pub(super) enum Primitive {
    Provider(DecodingKey),
    P521(ParsedPublicKey),
}

impl Primitive {
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self::Provider(DecodingKey::from_rsa_raw_components(n, e))
    }

    pub(super) fn ec(point: &[u8]) -> Self {
        Self::Provider(DecodingKey::from_ec_der(point))
    }

    pub(super) fn p521(key: ParsedPublicKey) -> Self {
        Self::P521(key)
    }

    pub(super) fn ed25519(key: &[u8]) -> Self {
        Self::Provider(DecodingKey::from_ed_der(key))
    }

    pub(super) fn secret(secret: &[u8]) -> Self {
        Self::Provider(DecodingKey::from_secret(secret))
    }

    /// Whether this is the signature of the message. A key of another kind
    /// than the algorithm's verifies nothing.
    pub(super) fn verifies(&self, alg: Algorithm, message: &[u8], signature: &Vec<u8>) -> bool {
        match (self, provider_algorithm(alg)) {
            (Self::Provider(key), Some(algorithm)) => {
                (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key)
                    .is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
            }
            (Self::P521(key), None) => key.verify_sig(message, signature).is_ok(),
            _ => false,
        }
    }
}

fn provider_algorithm(algorithm: Algorithm) -> Option<jsonwebtoken::Algorithm> {
    Some(match algorithm {
        Algorithm::HS256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::HS384 => jsonwebtoken::Algorithm::HS384,
        Algorithm::HS512 => jsonwebtoken::Algorithm::HS512,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::RS384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::RS512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::PS384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::PS512 => jsonwebtoken::Algorithm::PS512,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::ES384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::ES512 => return None,
    })
}
