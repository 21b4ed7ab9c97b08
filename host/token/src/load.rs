//! Reading trust and keys from files: the one module here that touches the disk.

use std::fmt::Display;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::keys::{KeyError, KeySet};
use crate::trust::{FILES_ALONE, KeySource, Trust, TrustError, keys_of_file};

/// The largest file that is read.
const MAX_BYTES: u64 = 1 << 20;

/// Why a file of trust or keys is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It cannot be read.
    #[error("`{}` cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is no key file, or its keys are refused.
    #[error("`{}` {error}", path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// Why.
        error: KeyError,
    },
    /// It is no trust file, or its rules are refused.
    #[error("`{}`: {error}", path.display())]
    Trust {
        /// The file.
        path: PathBuf,
        /// Why.
        error: TrustError,
    },
}

/// Reads a trust file whose keys are all in files. Those are relative to the
/// folder it lies in. What is fetched over the network is refused.
///
/// # Errors
///
/// [`LoadError`].
pub fn trust_file(path: &Path) -> Result<Trust, LoadError> {
    trust_file_with(path, |_, _| Err(FILES_ALONE))
}

/// Reads a trust file whose keys may be fetched over the network. Key files are
/// relative to the folder it lies in; for other keys, `remote` is asked as by
/// [`Trust::from_toml_with`].
///
/// # Errors
///
/// [`LoadError`].
pub fn trust_file_with<E: Display>(
    path: &Path,
    mut remote: impl FnMut(&str, KeySource<'_>) -> Result<KeySet, E>,
) -> Result<Trust, LoadError> {
    let bytes = read(path)?;
    let text = String::from_utf8(bytes).map_err(|_| LoadError::Read {
        path: path.to_owned(),
        error: io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"),
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Trust::from_toml_with(&text, |issuer, source| match source {
        KeySource::File(file) => keys_of_file(file, |file| read_bounded(&folder.join(file))),
        other => remote(issuer, other).map_err(|error| error.to_string()),
    })
    .map_err(|error| LoadError::Trust { path: path.to_owned(), error })
}

/// Reads a key file: a PEM public key, a JWK or a JWKS.
///
/// # Errors
///
/// [`LoadError`].
pub fn key_file(path: &Path) -> Result<KeySet, LoadError> {
    KeySet::parse(&read(path)?).map_err(|error| LoadError::Keys { path: path.to_owned(), error })
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    read_bounded(path).map_err(|error| LoadError::Read { path: path.to_owned(), error })
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 1 MiB"));
    }
    Ok(bytes)
}
