//! What a token is for, from its `typ` and its claims.

use std::fmt;
use std::str::FromStr;

use crate::error::TokenError;
use crate::json::{Json, Object};

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// An access token (RFC 6749 section 1.4, RFC 9068).
    Access,
    /// A refresh token (RFC 6749 section 1.5).
    Refresh,
    /// An ID token (OpenID Connect Core section 2).
    Id,
    /// Any other kind, by the subtype of its `typ`, for instance
    /// `secevent+jwt`; `unknown` for one that a claim marks and nobody knows.
    Other(String),
}

impl TokenKind {
    /// Its name: `access`, `refresh`, `id`, or the subtype.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Id => "id",
            Self::Other(subtype) => subtype,
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no token kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no token kind; accepted are `access`, `refresh`, `id`, and the subtype of \
     another `typ`, for instance `logout+jwt`"
)]
pub struct UnknownKind {
    name: String,
}

impl FromStr for TokenKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        match name {
            "access" => Ok(Self::Access),
            "refresh" => Ok(Self::Refresh),
            "id" => Ok(Self::Id),
            other => match from_subtype(other) {
                Some(Typ::Kind(kind @ Self::Other(_))) => Ok(kind),
                _ => Err(UnknownKind { name: name.chars().take(64).collect() }),
            },
        }
    }
}

/// What `typ` says.
#[derive(Debug, PartialEq, Eq)]
enum Typ {
    /// Absent, or `JWT`: nothing.
    Unspecific,
    Kind(TokenKind),
}

/// The kind of a token.
///
/// `typ` decides if it is specific. Otherwise claims that issuers mark kinds
/// with do: `token_use` and `typ`, and then those which only one kind has. A
/// token that nothing marks is an access token.
pub(crate) fn of(typ: Option<&str>, claims: &Object) -> Result<TokenKind, TokenError> {
    let accepted = "JWT, at+jwt, rt+jwt, refresh+jwt, or another subtype that ends in +jwt";
    let typ = match typ {
        None => Typ::Unspecific,
        Some(typ) => normalize(typ).ok_or(TokenError::TypNotAllowed { accepted })?,
    };
    let mut kind = match typ {
        Typ::Unspecific => None,
        Typ::Kind(kind) => Some(kind),
    };
    for claim in ["token_use", "typ"] {
        let Some(marked) = marked_kind(claim, claims.get(claim)) else { continue };
        match &kind {
            Some(known) if *known != marked => {
                return Err(TokenError::KindContradictory { claim });
            }
            _ => kind = Some(marked),
        }
    }
    Ok(kind.unwrap_or_else(|| by_typical_claims(claims)))
}

/// Whether `typ` is that of an RFC 9068 access token.
pub(crate) fn is_rfc9068(typ: Option<&str>) -> bool {
    typ.and_then(normalize) == Some(Typ::Kind(TokenKind::Access))
}

/// `typ` is a media type, without regard to case, from which `application/`
/// may be left out (RFC 7515 section 4.1.9).
fn normalize(typ: &str) -> Option<Typ> {
    let lower = typ.to_ascii_lowercase();
    from_subtype(lower.strip_prefix("application/").unwrap_or(&lower))
}

fn from_subtype(subtype: &str) -> Option<Typ> {
    Some(match subtype {
        "jwt" => Typ::Unspecific,
        "at+jwt" => Typ::Kind(TokenKind::Access),
        "rt+jwt" | "refresh+jwt" => Typ::Kind(TokenKind::Refresh),
        other => {
            let stem = other.strip_suffix("+jwt")?;
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
            let named = (1..=64).contains(&stem.len()) && stem.bytes().all(plain);
            return named.then(|| Typ::Kind(TokenKind::Other(other.to_owned())));
        }
    })
}

/// What `token_use` (Amazon Cognito) or `typ` (Keycloak) says. A value that is
/// not known marks a kind that nobody accepts unless asked to.
fn marked_kind(claim: &str, value: Option<&Json>) -> Option<TokenKind> {
    let kind = match (claim, value?.as_str()) {
        ("token_use", Some("access")) | ("typ", Some("Bearer" | "DPoP")) => TokenKind::Access,
        ("token_use", Some("refresh")) | ("typ", Some("Refresh" | "Offline")) => TokenKind::Refresh,
        ("token_use", Some("id")) | ("typ", Some("ID")) => TokenKind::Id,
        ("typ", Some("Logout")) => TokenKind::Other("logout+jwt".to_owned()),
        ("typ", Some("JWT" | "jwt")) => return None,
        _ => TokenKind::Other("unknown".to_owned()),
    };
    Some(kind)
}

fn by_typical_claims(claims: &Object) -> TokenKind {
    let has = |name: &str| claims.contains(name);
    if has("events") {
        TokenKind::Other("secevent+jwt".to_owned())
    } else if has("htm") || has("htu") {
        TokenKind::Other("dpop+jwt".to_owned())
    } else if has("status_list") {
        TokenKind::Other("statuslist+jwt".to_owned())
    } else if ["nonce", "at_hash", "c_hash", "s_hash"].into_iter().any(has) {
        TokenKind::Id
    } else {
        TokenKind::Access
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, of};
    use crate::json::Object;

    #[test]
    fn kinds_are_told_apart() {
        let none: &[(&str, &str)] = &[];
        for (typ, claims, expected) in [
            (None, none, Ok("access")),
            (Some("JWT"), none, Ok("access")),
            (Some("application/jwt"), none, Ok("access")),
            (Some("at+jwt"), none, Ok("access")),
            (Some("Application/AT+JWT"), none, Ok("access")),
            (Some("rt+jwt"), none, Ok("refresh")),
            (Some("refresh+jwt"), none, Ok("refresh")),
            (Some("logout+jwt"), none, Ok("logout+jwt")),
            (Some("application/secevent+jwt"), none, Ok("secevent+jwt")),
            (None, &[("nonce", "n")], Ok("id")),
            (None, &[("at_hash", "h")], Ok("id")),
            (None, &[("typ", "Bearer"), ("nonce", "n")], Ok("access")),
            (Some("JWT"), &[("typ", "ID")], Ok("id")),
            (Some("JWT"), &[("typ", "Offline")], Ok("refresh")),
            (None, &[("token_use", "id")], Ok("id")),
            (None, &[("token_use", "access")], Ok("access")),
            (None, &[("token_use", "what")], Ok("unknown")),
            (None, &[("events", "e"), ("nonce", "n")], Ok("secevent+jwt")),
            (None, &[("htm", "GET")], Ok("dpop+jwt")),
            (Some("at+jwt"), &[("nonce", "n")], Ok("access")),
            (Some("at+jwt"), &[("token_use", "id")], Err("kind_contradictory")),
            (None, &[("token_use", "id"), ("typ", "Bearer")], Err("kind_contradictory")),
            (Some("JOSE"), none, Err("typ_not_allowed")),
            (Some(""), none, Err("typ_not_allowed")),
            (Some("+jwt"), none, Err("typ_not_allowed")),
            (Some("text/at+jwt"), none, Err("typ_not_allowed")),
            (Some("at+jwt;a=b"), none, Err("typ_not_allowed")),
            (Some("at+jwt\0"), none, Err("typ_not_allowed")),
        ] {
            let claims = Object::from_pairs(claims.iter().copied());
            let kind = of(typ, &claims);
            let got = kind.as_ref().map(TokenKind::name).map_err(super::TokenError::code);
            assert_eq!(got, expected, "{typ:?} {claims:?}");
        }
    }

    #[test]
    fn kinds_are_read_by_name() {
        for (name, accepted) in [
            ("access", true),
            ("id", true),
            ("logout+jwt", true),
            ("at+jwt", false),
            ("jwt", false),
            ("Access", false),
            ("", false),
        ] {
            assert_eq!(name.parse::<TokenKind>().is_ok(), accepted, "{name}");
        }
    }
}
