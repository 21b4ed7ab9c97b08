//! JWK (RFC 7517, 7518 section 6, 8037): one object to one key.

use super::{Curve, Key, KeyError, Material};
use crate::algorithm::Algorithm;
use crate::base64url;
use crate::json::{Json, Object};
use crate::time::UnixTime;

/// The longest accepted `kid`.
const MAX_KID: usize = 256;

/// Members that only a private key has (RFC 7518 section 6).
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

pub(super) fn read(jwk: &Object) -> Result<Key, KeyError> {
    // First of all, so that a private key is refused even if it is not used.
    if PRIVATE_MEMBERS.iter().any(|member| jwk.contains(member)) {
        let advice = "take `d`, `p`, `q`, `dp`, `dq`, `qi` and `oth` out of the JWK";
        return Err(KeyError::PrivateKey { advice });
    }
    let id = kid(jwk)?;
    check_use(jwk)?;
    check_operations(jwk)?;
    let algorithm = algorithm(jwk)?;
    let mut key = Key::new(material(jwk)?)?.with_id(id);
    if let Some(algorithm) = algorithm {
        key = key.declare(algorithm)?;
    }
    Ok(match jwk.get("iat").and_then(Json::as_i64) {
        Some(created) => key.with_created(UnixTime(created)),
        None => key,
    })
}

/// The public key of a private one, if it is sound.
pub(super) fn public_half(jwk: &Object) -> Option<Key> {
    let public = jwk.iter().filter(|(name, _)| !PRIVATE_MEMBERS.contains(name));
    read(&Object::from_pairs(public.map(|(name, value)| (name.to_owned(), value.clone())))).ok()
}

/// Whether a `kid` is 1 to 256 printable ASCII characters.
pub(crate) fn check_kid(kid: &str) -> bool {
    (1..=MAX_KID).contains(&kid.len()) && kid.bytes().all(|b| (b' '..=b'~').contains(&b))
}

pub(crate) fn kid(jwk: &Object) -> Result<Option<String>, KeyError> {
    match optional_str(jwk, "kid")? {
        Some(kid) if check_kid(kid) => Ok(Some(kid.to_owned())),
        Some(_) => Err(malformed("kid", "is not 1 to 256 printable ASCII characters")),
        None => Ok(None),
    }
}

fn check_use(jwk: &Object) -> Result<(), KeyError> {
    match optional_str(jwk, "use")? {
        None | Some("sig") => Ok(()),
        Some(_) => Err(unsupported("its `use` is not `sig`")),
    }
}

fn check_operations(jwk: &Object) -> Result<(), KeyError> {
    let Some(operations) = jwk.get("key_ops") else { return Ok(()) };
    let names: Option<Vec<&str>> =
        operations.as_array().and_then(|items| items.iter().map(Json::as_str).collect());
    match names {
        Some(names) if names.contains(&"verify") => Ok(()),
        Some(_) => Err(unsupported("its `key_ops` do not have `verify`")),
        None => Err(malformed("key_ops", "is not an array of strings")),
    }
}

fn algorithm(jwk: &Object) -> Result<Option<Algorithm>, KeyError> {
    match optional_str(jwk, "alg")? {
        None => Ok(None),
        Some(name) => match Algorithm::from_name(name) {
            Some(algorithm) => Ok(Some(algorithm)),
            None => Err(unsupported("its `alg` is not an accepted signature algorithm")),
        },
    }
}

fn material(jwk: &Object) -> Result<Material, KeyError> {
    match required_str(jwk, "kty")? {
        "RSA" => Material::rsa(number(jwk, "n")?, number(jwk, "e")?),
        "EC" => ec(jwk),
        "OKP" => okp(jwk),
        "oct" => Material::secret(required_bytes(jwk, "k")?),
        _ => Err(unsupported("its `kty` is not RSA, EC, OKP or oct")),
    }
}

fn ec(jwk: &Object) -> Result<Material, KeyError> {
    let Some(curve) = Curve::from_name(required_str(jwk, "crv")?) else {
        return Err(unsupported("its `crv` is not P-256, P-384 or P-521"));
    };
    let mut point = vec![4];
    for member in ["x", "y"] {
        let coordinate = required_bytes(jwk, member)?;
        if coordinate.len() != curve.coordinate_bytes() {
            return Err(malformed(member, "has not the length of the curve's coordinates"));
        }
        point.extend_from_slice(&coordinate);
    }
    Material::ec(curve, point)
}

fn okp(jwk: &Object) -> Result<Material, KeyError> {
    if required_str(jwk, "crv")? != "Ed25519" {
        return Err(unsupported("its `crv` is not Ed25519"));
    }
    match <[u8; 32]>::try_from(required_bytes(jwk, "x")?) {
        Ok(key) => Material::ed25519(key),
        Err(_) => Err(malformed("x", "is not 32 bytes long")),
    }
}

/// A `Base64urlUInt` (RFC 7518 section 2): the shortest form, at least one byte.
fn number(jwk: &Object, member: &'static str) -> Result<Vec<u8>, KeyError> {
    let bytes = required_bytes(jwk, member)?;
    match bytes.first() {
        None | Some(0) => Err(malformed(member, "is zero, or has leading zero bytes")),
        Some(_) => Ok(bytes),
    }
}

pub(crate) fn required_bytes(jwk: &Object, member: &'static str) -> Result<Vec<u8>, KeyError> {
    base64url::decode(required_str(jwk, member)?.as_bytes())
        .map_err(|_| malformed(member, "is not canonical base64url without padding"))
}

pub(crate) fn required_str<'j>(jwk: &'j Object, member: &'static str) -> Result<&'j str, KeyError> {
    optional_str(jwk, member)?.ok_or_else(|| malformed(member, "is missing"))
}

fn optional_str<'j>(jwk: &'j Object, member: &'static str) -> Result<Option<&'j str>, KeyError> {
    match jwk.get(member) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(member, "is not a string")),
    }
}

fn malformed(member: &'static str, problem: &'static str) -> KeyError {
    KeyError::MalformedJwk { member, problem }
}

fn unsupported(reason: &str) -> KeyError {
    KeyError::Unsupported { reason: reason.to_owned() }
}
