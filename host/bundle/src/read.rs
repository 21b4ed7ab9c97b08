//! Files of a bundle, no larger than they may be.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::BundleError;

/// Bytes that a manifest may have.
pub(crate) const MANIFEST_LIMIT: u64 = 1 << 20;

pub(crate) fn text(path: &Path, limit: u64) -> Result<String, BundleError> {
    String::from_utf8(read_file(path, limit)?).map_err(|_| BundleError::Manifest {
        place: format!("`{}`", path.display()),
        message: "it is not UTF-8 text".into(),
    })
}

/// The content of a file of at most so many bytes.
///
/// # Errors
///
/// [`BundleError::Read`] and [`BundleError::TooLarge`].
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, BundleError> {
    use std::io::Read;
    let error = |source| BundleError::Read { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(error)?;
    let bytes = file.metadata().map_err(error)?.len();
    if bytes > limit {
        return Err(BundleError::TooLarge { path: path.to_owned(), bytes, limit });
    }
    let mut content = Vec::new();
    // The limit holds for what is read, not only for what was said of it.
    file.take(limit + 1).read_to_end(&mut content).map_err(error)?;
    if content.len() as u64 > limit {
        let bytes = content.len() as u64;
        return Err(BundleError::TooLarge { path: path.to_owned(), bytes, limit });
    }
    Ok(content)
}

/// The files of a folder with this ending, without a dot, in the order of their names.
///
/// # Errors
///
/// [`BundleError::Read`].
pub fn files_in(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, BundleError> {
    let error = |source| BundleError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.extension() == Some(OsStr::new(extension)) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
