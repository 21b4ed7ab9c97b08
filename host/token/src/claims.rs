//! Claims: what a signed token must say to be accepted, at a moment, by an issuer's rules.

use crate::error::TokenError;
use crate::json::{Json, Object};
use crate::kind::{self, TokenKind};
use crate::text::{self, TextFault};
use crate::time::UnixTime;
use crate::trust::{Audiences, Issuer, Kinds, Profile};

/// Registered claims that are strings, and may not hide anything.
const STRING_CLAIMS: [&str; 8] = ["iss", "sub", "jti", "client_id", "azp", "sid", "nonce", "acr"];

/// What RFC 9068 section 2.2 requires.
const RFC9068_CLAIMS: [&str; 7] = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];

/// Proof that the claims were validated. Only [`validate`] makes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimsValidated(());

/// What validation found out.
pub(crate) struct ValidClaims {
    pub(crate) proof: ClaimsValidated,
    pub(crate) kind: TokenKind,
    pub(crate) expires_at: UnixTime,
}

/// The issuer that a token names, if it names one. Nothing is known of it yet.
pub(crate) fn claimed_issuer(claims: &Object) -> Result<Option<&str>, TokenError> {
    match claims.get("iss") {
        None => Ok(None),
        Some(Json::String(issuer)) => Ok(Some(issuer)),
        Some(_) => Err(TokenError::IssuerType),
    }
}

/// Validates the claims of a token whose signature was verified.
pub(crate) fn validate(
    header: &Object,
    claims: &Object,
    issuer: &Issuer,
    now: UnixTime,
) -> Result<ValidClaims, TokenError> {
    let typ = header.get("typ").and_then(Json::as_str);
    let kind = check_kind(typ, claims, issuer)?;
    if issuer.profile == Profile::Rfc9068 && kind == TokenKind::Access {
        check_rfc9068(typ, claims)?;
    }
    check_audience(claims, &issuer.audiences)?;
    let expires_at = check_times(claims, issuer, now)?;
    check_texts(claims)?;
    Ok(ValidClaims { proof: ClaimsValidated(()), kind, expires_at })
}

fn check_kind(
    typ: Option<&str>,
    claims: &Object,
    issuer: &Issuer,
) -> Result<TokenKind, TokenError> {
    let kind = kind::of(typ, claims)?;
    match &issuer.kinds {
        Kinds::Any => Ok(kind),
        Kinds::Only(accepted) if accepted.contains(&kind) => Ok(kind),
        Kinds::Only(accepted) => {
            let names: Vec<&str> = accepted.iter().map(TokenKind::name).collect();
            Err(TokenError::WrongKind { kind, accepted: names.join(", ") })
        }
    }
}

fn check_rfc9068(typ: Option<&str>, claims: &Object) -> Result<(), TokenError> {
    if !kind::is_rfc9068(typ) {
        return Err(TokenError::TypNotAllowed { accepted: "at+jwt, as RFC 9068 requires" });
    }
    match RFC9068_CLAIMS.into_iter().find(|claim| !claims.contains(claim)) {
        Some(claim) => Err(TokenError::ProfileClaimMissing { claim }),
        None => Ok(()),
    }
}

fn check_audience(claims: &Object, accepted: &Audiences) -> Result<(), TokenError> {
    let audiences: Vec<&str> = match claims.get("aud") {
        None => Vec::new(),
        Some(Json::String(audience)) => vec![audience],
        Some(Json::Array(items)) => {
            let strings: Option<_> = items.iter().map(Json::as_str).collect();
            strings.ok_or(TokenError::AudienceType)?
        }
        Some(_) => return Err(TokenError::AudienceType),
    };
    for audience in &audiences {
        text_fault("aud", text::check_visible(audience))?;
    }
    let Audiences::OneOf(accepted) = accepted else { return Ok(()) };
    if audiences.is_empty() {
        return Err(TokenError::AudienceMissing);
    }
    if audiences.iter().any(|audience| accepted.iter().any(|a| a == audience)) {
        Ok(())
    } else {
        Err(TokenError::AudienceMismatch)
    }
}

fn check_times(claims: &Object, issuer: &Issuer, now: UnixTime) -> Result<UnixTime, TokenError> {
    let expires = moment(claims, "exp", TokenError::ExpType)?.ok_or(TokenError::ExpMissing)?;
    let not_before = moment(claims, "nbf", TokenError::NbfType)?;
    let issued_at = moment(claims, "iat", TokenError::IatType)?;
    moment(claims, "auth_time", TokenError::AuthTimeType)?;
    let skew = i64::from(issuer.skew);
    if now >= expires.plus(skew) {
        return Err(TokenError::Expired);
    }
    if not_before.is_some_and(|nbf| now.plus(skew) < nbf) {
        return Err(TokenError::NotYetValid);
    }
    if issued_at.is_some_and(|iat| now.plus(skew) < iat) {
        return Err(TokenError::IssuedInFuture);
    }
    if issued_at.is_some_and(|iat| expires <= iat) {
        return Err(TokenError::LifetimeNegative);
    }
    if let Some(maximum) = issuer.max_lifetime {
        let lifetime = expires.since(issued_at.ok_or(TokenError::IatMissing)?);
        if lifetime.is_none_or(|seconds| seconds > maximum) {
            return Err(TokenError::LifetimeTooLong { maximum });
        }
    }
    Ok(expires)
}

/// A `NumericDate`, narrower than RFC 7519 section 2: whole and not negative.
fn moment(claims: &Object, claim: &str, error: TokenError) -> Result<Option<UnixTime>, TokenError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Json::Integer(seconds)) if *seconds >= 0 => Ok(Some(UnixTime(*seconds))),
        Some(_) => Err(error),
    }
}

fn check_texts(claims: &Object) -> Result<(), TokenError> {
    for claim in STRING_CLAIMS {
        match claims.get(claim) {
            None => {}
            // People and machines are told apart by it.
            Some(Json::String(text)) if claim == "sub" => {
                text_fault(claim, text::check_identifier(text))?;
            }
            Some(Json::String(text)) => text_fault(claim, text::check_visible(text))?,
            Some(_) => return Err(TokenError::ClaimType { claim }),
        }
    }
    // Issuers differ in its type; as a string it may not hide anything either.
    match claims.get("scope") {
        Some(Json::String(text)) => text_fault("scope", text::check_visible(text)),
        _ => Ok(()),
    }
}

fn text_fault(claim: &'static str, checked: Result<(), TextFault>) -> Result<(), TokenError> {
    checked.map_err(|fault| match fault {
        TextFault::Control => TokenError::ControlCharacter { claim },
        TextFault::Format => TokenError::FormatCharacter { claim },
        TextFault::Confusable => TokenError::ConfusableCharacter { claim },
    })
}
