//! Files of a bundle, no larger than they may be.

use std::fs;
use std::path::Path;

use crate::error::BundleError;

/// Bytes that a manifest may have.
pub(crate) const MANIFEST_LIMIT: u64 = 1 << 20;

pub(crate) fn text(path: &Path, limit: u64) -> Result<String, BundleError> {
    String::from_utf8(bytes(path, limit)?).map_err(|_| BundleError::Manifest {
        place: format!("`{}`", path.display()),
        message: "it is not UTF-8 text".into(),
    })
}

pub(crate) fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, BundleError> {
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
