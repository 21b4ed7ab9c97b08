//! Why trust is refused: what is wrong in a trust file or in an issuer's rules.

use std::fmt::Display;

/// Why a trust file, or an issuer that was built, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", place.as_ref().map_or_else(String::new, |place| format!("{place}: ")))]
pub struct TrustError {
    place: Option<String>,
    problem: String,
}

impl TrustError {
    /// About the setting of an issuer.
    pub(super) fn setting(issuer: &str, setting: &str, problem: impl Display) -> Self {
        let place = Some(format!("issuer `{}`, `{setting}`", shown(issuer)));
        Self { place, problem: problem.to_string() }
    }

    /// About the file as a whole, or a line that the problem itself names.
    pub(super) fn file(problem: impl Display) -> Self {
        Self { place: None, problem: problem.to_string().trim_end().to_owned() }
    }

    pub(super) fn unknown_issuer(issuer: &str) -> Self {
        Self::file(format_args!("there is no issuer `{}`", shown(issuer)))
    }

    pub(super) fn duplicate_issuer(issuer: &str) -> Self {
        Self::setting(issuer, "issuer", "is there twice; list its audiences and keys together")
    }

    pub(super) fn no_issuer() -> Self {
        Self::file("there is no issuer; name at least one, with `[[issuer]]`")
    }
}

fn shown(issuer: &str) -> String {
    issuer.chars().take(100).flat_map(char::escape_debug).collect()
}
