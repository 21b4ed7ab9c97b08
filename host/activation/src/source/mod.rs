//! Where bundles come from.

mod file;
mod folder;
mod http;
mod oci;

pub use file::FileSource;
pub use folder::FolderSource;
pub use http::HttpSource;
pub use oci::{ARTIFACT_TYPE, LAYER_TYPE, OciSource, Pushed, RegistryLogin, push};

use tokenward::BundleError;
use tokenward::packed::PackError;

/// Somewhere that bundles come from. What it gives is believed by nobody: it is
/// verified.
pub trait Source: Send {
    /// What records call it.
    fn name(&self) -> &str;

    /// The bytes of a packed bundle, unless they are those that it gave last.
    ///
    /// # Errors
    ///
    /// [`SourceError`], if it cannot be reached or gives something that is no
    /// bundle.
    fn fetch(&mut self) -> Result<Fetched, SourceError>;

    /// Gives again what it gave last.
    fn forget(&mut self);

    /// Whether [`fetch`](Source::fetch) itself waits until there is news.
    fn waits(&self) -> bool {
        false
    }
}

/// What a source gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// What it gave last.
    Unchanged,
    /// The bytes of a packed bundle.
    Bundle(Vec<u8>),
}

impl Fetched {
    /// The bytes, unless they are those of which `last` is the digest; it is that of
    /// these afterwards.
    fn by_content(bytes: Vec<u8>, last: &mut Option<String>) -> Self {
        let digest = Some(tokenward::component_digest(&bytes));
        if *last == digest {
            return Self::Unchanged;
        }
        *last = digest;
        Self::Bundle(bytes)
    }
}

/// Why a source gives no bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It cannot be reached, or read.
    #[error("`{source_name}` cannot be read: {reason}")]
    Unreachable {
        /// The source.
        source_name: String,
        /// Why.
        reason: String,
    },
    /// It answers that there is no bundle, or not for us.
    #[error("`{source_name}` answers {status}")]
    Answer {
        /// The source.
        source_name: String,
        /// The HTTP status.
        status: u16,
    },
    /// It sends to another host, which nobody said is to be trusted.
    #[error("`{source_name}` redirects to `{to}`; only the same host is followed")]
    Redirect {
        /// The source.
        source_name: String,
        /// Where to: scheme, host and port.
        to: String,
    },
    /// It gives, or says that it gives, more than a bundle may have.
    #[error("`{source_name}` gives {bytes} bytes or more; at most {limit} are accepted")]
    TooLarge {
        /// The source.
        source_name: String,
        /// How many.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// It ended before it had given all that it said.
    #[error("`{source_name}` ended in the middle: {reason}")]
    CutShort {
        /// The source.
        source_name: String,
        /// What is known.
        reason: String,
    },
    /// The address is not one that is accepted.
    #[error("`{address}`: {reason}; accepted: `https://HOST/PATH`, or `http://` to this machine")]
    Address {
        /// The address.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// The reference to an artifact of a registry is not one that is accepted.
    #[error("`{address}`: {reason}; accepted: `REGISTRY/NAME:TAG` or `REGISTRY/NAME@sha256:HEX`")]
    Reference {
        /// The reference.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// What is there is no bundle of this project.
    #[error("`{source_name}` is no bundle: {reason}")]
    OtherArtifact {
        /// The source.
        source_name: String,
        /// What it is.
        reason: String,
    },
    /// The bundle in a folder cannot be read.
    #[error(transparent)]
    Folder(#[from] BundleError),
    /// The bundle in a folder cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl SourceError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "source-unreachable",
            Self::Answer { .. } => "source-answer",
            Self::Redirect { .. } => "source-redirect",
            Self::TooLarge { .. } => "source-too-large",
            Self::CutShort { .. } => "source-cut-short",
            Self::Address { .. } | Self::Reference { .. } => "source-address",
            Self::OtherArtifact { .. } => "source-other-artifact",
            Self::Folder(_) | Self::Pack(_) => "source-folder",
        }
    }
}
