//! Why keys could not be fetched, and why they cannot be kept at all.

use std::path::PathBuf;

use tokenward_token::json::JsonError;
use tokenward_token::{KeyError, TrustError};

use crate::source::SourceError;

/// Why a fetch brought no keys. It holds nothing of a body but the `kid` of a
/// key that is refused, and no query of an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Nobody answers, or no encrypted connection comes about.
    #[error("`{address}` cannot be reached: {reason}")]
    Unreachable {
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The whole fetch took longer than it may.
    #[error(
        "`{address}` took longer than {milliseconds} ms, the accepted maximum for all of a fetch"
    )]
    Timeout {
        /// The address of the source.
        address: String,
        /// The maximum.
        milliseconds: u128,
    },
    /// The connection ended before the answer did.
    #[error("the answer of `{address}` broke off after {bytes} bytes: {reason}")]
    CutShort {
        /// The address.
        address: String,
        /// What had come until then.
        bytes: usize,
        /// Why.
        reason: String,
    },
    /// The answer is not 200.
    #[error("`{address}` answers with status {status}; expected is 200")]
    Status {
        /// The address.
        address: String,
        /// The status.
        status: u16,
        /// After how many seconds it wants to be asked again (`Retry-After`).
        retry_after: Option<u64>,
    },
    /// The answer is larger than it may be.
    #[error("the answer of `{address}` has more than {limit} bytes, the accepted maximum")]
    TooLarge {
        /// The address.
        address: String,
        /// The maximum in bytes.
        limit: usize,
    },
    /// The answer sends elsewhere.
    #[error("`{address}` redirects to `{to}`, which is not followed: {reason}")]
    Redirect {
        /// The address.
        address: String,
        /// Where to.
        to: String,
        /// Why not.
        reason: &'static str,
    },
    /// The answer is not strict JSON.
    #[error("the answer of `{address}` {error}")]
    NotJson {
        /// The address.
        address: String,
        /// What is wrong, and where.
        error: JsonError,
    },
    /// An issuer's metadata is not what the standards say.
    #[error("the metadata at `{address}` {problem}")]
    Metadata {
        /// The address.
        address: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The metadata is another issuer's (RFC 8414 section 3.3).
    #[error(
        "the metadata at `{address}` is of another issuer than the configured one{}; both must be \
         equal to the last byte",
        if *.slash { ": one of them has a `/` at its end" } else { "" }
    )]
    IssuerMismatch {
        /// The address.
        address: String,
        /// Whether they differ in a `/` at the end alone.
        slash: bool,
    },
    /// The set is refused.
    #[error("the JWKS at `{address}` {error}")]
    Keys {
        /// The address.
        address: String,
        /// Why.
        error: KeyError,
    },
    /// The keys do not fit the rules of the issuer in the trust file.
    #[error("the JWKS at `{address}` is refused: {error}")]
    Rules {
        /// The address.
        address: String,
        /// Why.
        error: TrustError,
    },
    /// A fault of this program.
    #[error("the fetch ended in a fault of this program")]
    Internal,
}

impl FetchError {
    /// The stable code of this kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::CutShort { .. } => "cut_short",
            Self::Status { .. } => "status",
            Self::TooLarge { .. } => "too_large",
            Self::Redirect { .. } => "redirect",
            Self::NotJson { .. } => "not_json",
            Self::Metadata { .. } => "metadata",
            Self::IssuerMismatch { .. } => "issuer_mismatch",
            Self::Keys { .. } => "keys",
            Self::Rules { .. } => "rules",
            Self::Internal => "internal",
        }
    }

    /// Every code.
    pub const ALL_CODES: [&'static str; 12] = [
        "unreachable",
        "timeout",
        "cut_short",
        "status",
        "too_large",
        "redirect",
        "not_json",
        "metadata",
        "issuer_mismatch",
        "keys",
        "rules",
        "internal",
    ];

    /// Whether there was no whole answer: another address of the same host
    /// would not be answered either.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::CutShort { .. } | Self::Timeout { .. })
    }

    /// Seconds that the server wants not to be asked.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Why keys cannot be kept like this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting is out of its range.
    #[error("`{setting}` is {given}; accepted is {accepted}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it is.
        given: String,
        /// What it may be.
        accepted: &'static str,
    },
    /// A source is not accepted.
    #[error("the source of the keys of issuer `{issuer}` {error}")]
    Source {
        /// The issuer.
        issuer: String,
        /// Why.
        error: SourceError,
    },
    /// There is a source of an issuer that is not trusted.
    #[error("there is a source for the keys of issuer `{issuer}`, which the trust does not have")]
    UnknownIssuer {
        /// The issuer.
        issuer: String,
    },
    /// An issuer with shared secrets has a source.
    #[error("the keys of issuer `{issuer}` are shared secrets, which are not fetched")]
    Symmetric {
        /// The issuer.
        issuer: String,
    },
    /// An issuer has no keys, and there is no source of any.
    #[error("issuer `{issuer}` has no keys, and there is no source for them")]
    NoSource {
        /// The issuer.
        issuer: String,
    },
    /// The file of first-seen times is there and cannot be used: the ages of
    /// all keys would be lost.
    #[error("the key inventory `{}` cannot be used: {reason}", path.display())]
    Inventory {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl ConfigError {
    /// The stable code of this kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "setting",
            Self::Source { error, .. } => error.code(),
            Self::UnknownIssuer { .. } => "issuer_unknown",
            Self::Symmetric { .. } => "symmetric",
            Self::NoSource { .. } => "source_missing",
            Self::Inventory { .. } => "inventory",
        }
    }
}
