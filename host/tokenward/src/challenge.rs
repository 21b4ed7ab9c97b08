//! The challenge that tells a client what to do: RFC 6750 section 3, RFC 9470 section 3.

use std::fmt::{self, Write};

use serde::Serialize;
use tokenward_engine::StepUp;

/// A challenge for the `WWW-Authenticate` header. `Display` writes its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum Challenge {
    /// No token was given: RFC 6750 section 3.1 wants no error code then.
    #[serde(rename = "none")]
    TokenMissing,
    /// The token is malformed, expired, revoked or otherwise not accepted. The
    /// detail is for the record only.
    InvalidToken,
    /// The token lacks these scopes.
    InsufficientScope {
        /// The scopes.
        scopes: Vec<String>,
    },
    /// The authentication behind the token does not suffice (RFC 9470).
    InsufficientUserAuthentication {
        /// Acceptable authentication contexts, best first.
        acr_values: Vec<String>,
        /// The most seconds since the authentication.
        max_age: Option<u64>,
    },
}

impl Challenge {
    pub(crate) fn step_up(step_up: &StepUp) -> Self {
        let StepUp { acr_values, max_age } = step_up.clone();
        Self::InsufficientUserAuthentication { acr_values, max_age }
    }
}

impl fmt::Display for Challenge {
    /// Nothing needs escaping: the engine lets only characters through that
    /// can stand in a quoted string as they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        match self {
            Self::TokenMissing => Ok(()),
            Self::InvalidToken => f.write_str(
                " error=\"invalid_token\", error_description=\"the access token is not accepted\"",
            ),
            Self::InsufficientScope { scopes } => {
                f.write_str(
                    " error=\"insufficient_scope\", \
                     error_description=\"the access token lacks a scope\", scope=\"",
                )?;
                write_list(f, scopes)
            }
            Self::InsufficientUserAuthentication { acr_values, max_age } => {
                f.write_str(
                    " error=\"insufficient_user_authentication\", \
                     error_description=\"a stronger or more recent authentication is required\"",
                )?;
                if !acr_values.is_empty() {
                    f.write_str(", acr_values=\"")?;
                    write_list(f, acr_values)?;
                }
                max_age.map_or(Ok(()), |age| write!(f, ", max_age=\"{age}\""))
            }
        }
    }
}

/// Writes the items and the closing quote.
fn write_list(f: &mut fmt::Formatter<'_>, items: &[String]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_char(' ')?;
        }
        f.write_str(item)?;
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_written_as_the_standards_say() {
        let cases = [
            (Challenge::TokenMissing, "Bearer"),
            (
                Challenge::InvalidToken,
                "Bearer error=\"invalid_token\", \
                 error_description=\"the access token is not accepted\"",
            ),
            (
                Challenge::InsufficientScope { scopes: vec!["a:read".into(), "b".into()] },
                "Bearer error=\"insufficient_scope\", \
                 error_description=\"the access token lacks a scope\", scope=\"a:read b\"",
            ),
            (
                Challenge::InsufficientUserAuthentication {
                    acr_values: vec!["urn:x:mfa".into()],
                    max_age: Some(5),
                },
                "Bearer error=\"insufficient_user_authentication\", error_description=\"a stronger \
                 or more recent authentication is required\", acr_values=\"urn:x:mfa\", max_age=\"5\"",
            ),
        ];
        for (challenge, expected) in cases {
            assert_eq!(challenge.to_string(), expected);
        }
    }
}
