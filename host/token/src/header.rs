//! The JOSE header: what it may say, and that it brings nothing dangerous.

use crate::algorithm::{Algorithm, list};
use crate::error::TokenError;
use crate::json::{Json, Object};
use crate::keys::check_kid;

/// Members that bring or name a key. They never lead to one; a token that has
/// one is refused, so that nobody behind us is led by them either.
const KEY_MEMBERS: [&str; 4] = ["jwk", "jku", "x5u", "x5c"];

/// What a checked header says.
pub(crate) struct HeaderFacts<'h> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<&'h str>,
}

/// What makes the parts after the header mean something else than a signed
/// payload. It is looked at before they are.
pub(crate) fn check_shape(header: &Object) -> Result<(), TokenError> {
    if header.contains("b64") {
        return Err(TokenError::B64Unsupported);
    }
    if header.contains("enc") {
        return Err(TokenError::UnexpectedJwe);
    }
    Ok(())
}

/// Checks everything that a header may not say, and finds what it must say.
pub(crate) fn check<'h>(
    header: &'h Object,
    accepted: &[Algorithm],
) -> Result<HeaderFacts<'h>, TokenError> {
    check_shape(header)?;
    if header.contains("crit") {
        return Err(TokenError::CritPresent);
    }
    if header.contains("zip") {
        return Err(TokenError::ZipPresent);
    }
    if let Some(member) = KEY_MEMBERS.into_iter().find(|member| header.contains(member)) {
        return Err(TokenError::EmbeddedKey { member });
    }
    string(header, "typ")?;
    let name = string(header, "alg")?.ok_or(TokenError::AlgMissing)?;
    if name.eq_ignore_ascii_case("none") {
        return Err(TokenError::AlgNone);
    }
    let algorithm = Algorithm::from_name(name)
        .filter(|algorithm| accepted.contains(algorithm))
        .ok_or_else(|| TokenError::AlgNotAllowed { accepted: list(accepted) })?;
    let kid = string(header, "kid")?;
    if kid.is_some_and(|kid| !check_kid(kid)) {
        return Err(TokenError::KidInvalid);
    }
    Ok(HeaderFacts { algorithm, kid })
}

/// A member that must be a string if it is there.
pub(crate) fn string<'h>(
    header: &'h Object,
    member: &'static str,
) -> Result<Option<&'h str>, TokenError> {
    match header.get(member) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(TokenError::HeaderType { member }),
    }
}
