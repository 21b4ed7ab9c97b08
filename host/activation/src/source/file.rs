//! A packed bundle in a file, which somebody replaces.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use tokenward::packed::PACKED_LIMIT;

use super::{Fetched, Source, SourceError};

/// A file that holds a packed bundle. It is told by its content whether it is
/// another: times and sizes may be the same. Replace it as a whole, by renaming: one
/// that is half written is refused, and read again.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    name: String,
    last: Option<String>,
}

impl FileSource {
    /// This file.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { name: format!("file {}", path.display()), path, last: None }
    }
}

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let bytes = read(&self.path, &self.name)?;
        let digest = tokenward::component_digest(&bytes);
        if self.last.as_ref() == Some(&digest) {
            return Ok(Fetched::Unchanged);
        }
        self.last = Some(digest);
        Ok(Fetched::Bundle(bytes))
    }

    fn forget(&mut self) {
        self.last = None;
    }
}

/// A file's content, if it is no larger than a bundle may be.
pub(super) fn read(path: &Path, name: &str) -> Result<Vec<u8>, SourceError> {
    let unreachable = |error: std::io::Error| SourceError::Unreachable {
        source_name: name.to_owned(),
        reason: error.to_string(),
    };
    let too_large =
        |bytes| SourceError::TooLarge { source_name: name.to_owned(), bytes, limit: PACKED_LIMIT };
    let file = File::open(path).map_err(unreachable)?;
    let said = file.metadata().map_err(unreachable)?.len();
    if said > PACKED_LIMIT {
        return Err(too_large(said));
    }
    let mut bytes = Vec::new();
    file.take(PACKED_LIMIT + 1).read_to_end(&mut bytes).map_err(unreachable)?;
    if bytes.len() as u64 > PACKED_LIMIT {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}
