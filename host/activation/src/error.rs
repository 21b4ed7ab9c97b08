//! Why a bundle does not become the active one.

use std::path::PathBuf;

use tokenward::ActivateError;
use tokenward::packed::{PackError, VerifyError};
use tokenward_cases::CaseError;

use crate::source::SourceError;

/// Why a bundle does not become the active one. The one before stays active.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// It could not be fetched.
    #[error("the bundle cannot be fetched: {0}")]
    Source(#[from] SourceError),
    /// It is no whole packed bundle.
    #[error("the bundle is refused: {0}")]
    Pack(#[from] PackError),
    /// It is not to be trusted.
    #[error("the bundle is refused: {0}")]
    Verify(#[from] VerifyError),
    /// A source brings a bundle of another name than the active one.
    #[error(
        "the bundle is `{name}`, and the active one is `{active}`; name both in the trust file, or \
         activate it by hand"
    )]
    OtherName {
        /// Its name.
        name: String,
        /// That of the active one.
        active: String,
    },
    /// An operator went back from it.
    #[error(
        "the bundle {name} {version} is held back, as it was rolled back from; activate it by hand, \
         or publish a later version"
    )]
    Held {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
    /// Its own cases cannot be run.
    #[error("the bundle's own cases cannot be run: {0}")]
    Cases(#[from] CaseError),
    /// Its own cases come out otherwise than they say.
    #[error("{} of the bundle's own {all} cases fail, first: {}", failed.len(), failed.first().map_or("", String::as_str))]
    CasesFail {
        /// How many there are.
        all: usize,
        /// Those that fail, and how.
        failed: Vec<String>,
    },
    /// The engine cannot load it.
    #[error("the bundle cannot be loaded: {0}")]
    Load(#[from] ActivateError),
    /// It cannot be kept, so that a restart would not find it.
    #[error("the bundle cannot be kept: {0}")]
    Store(#[from] StoreError),
    /// There is none to go back to.
    #[error("there is no bundle to go back to{}", .wanted.as_ref().map_or(String::new(), |w| format!(" with the digest `{w}`; `history` lists them")))]
    NothingBefore {
        /// The digest that was asked for.
        wanted: Option<String>,
    },
    /// The system has no thread left.
    #[error("the bundle cannot be loaded: no thread can be started: {reason}")]
    NoThread {
        /// Why.
        reason: String,
    },
    /// No candidate is tried, so that none can be promoted.
    #[error("no candidate is tried, so that none can be promoted")]
    NothingToTry,
    /// The candidate judged fewer requests than it must have.
    #[error("the candidate judged {judged} requests; {needed} are needed")]
    TriedTooLittle {
        /// How many it judged.
        judged: u64,
        /// How many it must have judged.
        needed: u64,
    },
    /// The candidate says something else of too many requests.
    #[error("the candidate changes {changed} of {judged} decisions; accepted: a share of {most}")]
    ChangesTooMuch {
        /// How many it changes.
        changed: u64,
        /// How many it judged.
        judged: u64,
        /// The largest share that is accepted.
        most: f64,
    },
    /// Nothing was ever activated, and no source gives a bundle.
    #[error("there is no bundle to start with: {reason}")]
    NothingToStart {
        /// What was tried.
        reason: String,
    },
}

impl ActivationError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::Pack(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::OtherName { .. } => "other-name",
            Self::Held { .. } => "held-back",
            Self::Cases(_) => "cases-malformed",
            Self::CasesFail { .. } => "cases-fail",
            Self::Load(_) => "not-loaded",
            Self::Store(_) => "not-kept",
            Self::NothingBefore { .. } => "nothing-before",
            Self::NoThread { .. } => "no-thread",
            Self::NothingToTry => "nothing-to-try",
            Self::TriedTooLittle { .. } => "tried-too-little",
            Self::ChangesTooMuch { .. } => "changes-too-much",
            Self::NothingToStart { .. } => "nothing-to-start",
        }
    }

    /// Whether the same bundle will be refused again, so that it need not be
    /// fetched again. Of anything else nobody knows: a download may have been
    /// disturbed, or the clock wrong.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Held { .. }
                | Self::Verify(VerifyError::Older { .. } | VerifyError::VersionReused { .. })
        )
    }
}

/// Why the folder of bundles cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file of it cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process uses it.
    #[error("`{}` is in use by another process; give each its own folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// What it says of itself cannot be read. It is not thrown away: it knows
    /// which versions were accepted.
    #[error("`{}` is not what this version writes: {reason}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A bundle is not there any more, or is another one.
    #[error("`{}` is not the bundle that was kept there", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}
