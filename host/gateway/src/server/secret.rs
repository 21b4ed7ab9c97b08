//! Secrets in files: their digests are kept, and they are read again.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use tokenward::TokenDigest;

/// The shortest secret that is accepted.
const LEAST: usize = 16;

/// Why a file with a secret is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// It cannot be read.
    #[error("`{}` cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What it holds is too short to be a secret, or has several lines.
    #[error(
        "`{}` holds {bytes} bytes; accepted: a secret of at least {LEAST} bytes, in one line",
        path.display()
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// What is there.
        bytes: usize,
    },
}

/// A secret in a file, of which the digest is kept.
#[derive(Debug)]
pub(crate) struct Secret {
    path: PathBuf,
    digest: ArcSwapOption<[u8; 32]>,
}

impl Secret {
    pub(crate) fn load(path: PathBuf) -> Result<Self, SecretError> {
        let secret = Self { path, digest: ArcSwapOption::empty() };
        secret.reload()?;
        Ok(secret)
    }

    /// Reads the file again. If it is not accepted, what counted before counts.
    pub(crate) fn reload(&self) -> Result<(), SecretError> {
        let text = std::fs::read(&self.path)
            .map_err(|error| SecretError::Read { path: self.path.clone(), error })?;
        let secret = text.trim_ascii();
        if secret.len() < LEAST || secret.contains(&b'\n') {
            return Err(SecretError::Short { path: self.path.clone(), bytes: secret.len() });
        }
        self.digest.store(Some(Arc::new(*TokenDigest::of(secret).as_bytes())));
        Ok(())
    }

    /// This one, which is in no file.
    #[cfg(test)]
    pub(crate) fn of(secret: &[u8]) -> Self {
        let digest = Arc::new(*TokenDigest::of(secret).as_bytes());
        Self { path: PathBuf::new(), digest: ArcSwapOption::from(Some(digest)) }
    }

    /// Whether this is the secret; how long it takes says nothing of it.
    pub(crate) fn is(&self, given: &[u8]) -> bool {
        let expected = self.digest.load();
        let Some(expected) = expected.as_deref() else { return false };
        verify_slices_are_equal(TokenDigest::of(given).as_bytes(), expected).is_ok()
    }
}
