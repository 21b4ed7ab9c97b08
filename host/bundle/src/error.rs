//! Why a bundle cannot be read.

use std::path::PathBuf;

/// Why a bundle cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// No built-in bundle has this name, and it is no folder.
    #[error("unknown bundle `{name}`; accepted: {accepted}, or a folder that holds `bundle.toml`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names of the built-in bundles.
        accepted: String,
    },
    /// A file cannot be read.
    #[error("`{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is larger than a bundle's file may be.
    #[error("`{}` has {bytes} bytes; at most {limit} are accepted", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The manifest is not TOML, or not a manifest.
    #[error("{place}: {message}")]
    Manifest {
        /// The file, with the line and column where they are known.
        place: String,
        /// What is wrong, and what is accepted.
        message: String,
    },
}
