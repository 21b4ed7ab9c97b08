//! PEM (RFC 7468) with a public key in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::der::{NULL, OBJECT_ID, Reader};
use super::{Curve, KeyError, Material};

pub(crate) const RSA_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
pub(crate) const EC_OID: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub(crate) const ED25519_OID: &[u8] = &[0x2b, 0x65, 0x70];
const P256_OID: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384_OID: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
const P521_OID: &[u8] = &[0x2b, 0x81, 4, 0, 0x23];

/// One block of a PEM text.
pub(crate) struct PemBlock {
    /// What stands after `BEGIN`.
    pub(crate) label: String,
    /// What it holds.
    pub(crate) der: Zeroizing<Vec<u8>>,
}

/// The one public key of a PEM text.
pub(super) fn read_public(text: &str) -> Result<Material, KeyError> {
    // Before the contents, so that a broken private key is still called one.
    if text.contains("PRIVATE KEY-----") {
        let advice = "`openssl pkey -in FILE -pubout`";
        return Err(KeyError::PrivateKey { advice });
    }
    let blocks = blocks(text)?;
    let [block] = blocks.as_slice() else {
        return Err(malformed("it must hold exactly one key; for several use a JWKS"));
    };
    match block.label.as_str() {
        "PUBLIC KEY" => subject_public_key_info(&block.der),
        "RSA PUBLIC KEY" => rsa_public_key(&block.der),
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Err(KeyError::Certificate),
        _ => Err(malformed("its label is neither `PUBLIC KEY` nor `RSA PUBLIC KEY`")),
    }
}

/// Every block of a PEM text. Text between blocks is ignored.
pub(crate) fn blocks(text: &str) -> Result<Vec<PemBlock>, KeyError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) =
            after.split_once("-----").ok_or(malformed("a `BEGIN` line is not closed"))?;
        let end = format!("-----END {label}-----");
        let (body, after) =
            after.split_once(end.as_str()).ok_or(malformed("there is no fitting `END` line"))?;
        let digits: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let der = STANDARD
            .decode(digits.as_bytes())
            .map_err(|_| malformed("what stands between the lines is not base64"))?;
        blocks.push(PemBlock { label: label.to_owned(), der: Zeroizing::new(der) });
        rest = after;
    }
    Ok(blocks)
}

/// `SubjectPublicKeyInfo` (RFC 5280 section 4.1, RFC 8410).
fn subject_public_key_info(der: &[u8]) -> Result<Material, KeyError> {
    let parts = || {
        let mut outer = Reader::new(der);
        let mut info = outer.sequence()?;
        let mut algorithm = info.sequence()?;
        let oid = algorithm.value(OBJECT_ID)?;
        let key = info.bits()?;
        (outer.is_at_end() && info.is_at_end()).then_some((oid, algorithm, key))
    };
    let (oid, mut parameters, key) = parts().ok_or(malformed("its DER is malformed"))?;
    match oid {
        RSA_OID if parameters.value(NULL) == Some(&[]) && parameters.is_at_end() => {
            rsa_public_key(key)
        }
        EC_OID => {
            let curve = curve(&mut parameters)
                .ok_or_else(|| unsupported("its curve is not P-256, P-384 or P-521"))?;
            Material::ec(curve, key.to_vec())
        }
        ED25519_OID if parameters.is_at_end() => match <[u8; 32]>::try_from(key) {
            Ok(key) => Material::ed25519(key),
            Err(_) => Err(malformed("its Ed25519 key is not 32 bytes long")),
        },
        RSA_OID | ED25519_OID => Err(malformed("its algorithm parameters are not those of it")),
        _ => Err(unsupported("its algorithm is not RSA, EC or Ed25519")),
    }
}

/// The curve that algorithm parameters name, and nothing after it.
pub(crate) fn curve(parameters: &mut Reader<'_>) -> Option<Curve> {
    let curve = match parameters.value(OBJECT_ID)? {
        P256_OID => Curve::P256,
        P384_OID => Curve::P384,
        P521_OID => Curve::P521,
        _ => return None,
    };
    parameters.is_at_end().then_some(curve)
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa_public_key(der: &[u8]) -> Result<Material, KeyError> {
    let parts = || {
        let mut outer = Reader::new(der);
        let mut numbers = outer.sequence()?;
        let (n, e) = (numbers.unsigned()?, numbers.unsigned()?);
        (outer.is_at_end() && numbers.is_at_end()).then(|| (n.to_vec(), e.to_vec()))
    };
    let (n, e) = parts().ok_or(malformed("its DER is malformed"))?;
    Material::rsa(n, e)
}

fn malformed(problem: &'static str) -> KeyError {
    KeyError::MalformedPem { problem }
}

fn unsupported(reason: &str) -> KeyError {
    KeyError::Unsupported { reason: reason.to_owned() }
}
