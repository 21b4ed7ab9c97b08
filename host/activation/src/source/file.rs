//! A packed bundle in a file, which somebody replaces.

use std::path::{Path, PathBuf};

use tokenward::packed::PACKED_LIMIT;
use tokenward::{BundleError, read_file};

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
        Ok(Fetched::by_content(read(&self.path, &self.name)?, &mut self.last))
    }

    fn forget(&mut self) {
        self.last = None;
    }
}

/// A file's content, if it is no larger than a bundle may be.
pub(super) fn read(path: &Path, name: &str) -> Result<Vec<u8>, SourceError> {
    let source_name = name.to_owned();
    read_file(path, PACKED_LIMIT).map_err(|error| match error {
        BundleError::TooLarge { bytes, limit, .. } => {
            SourceError::TooLarge { source_name, bytes, limit }
        }
        BundleError::Read { source, .. } => {
            SourceError::Unreachable { source_name, reason: source.to_string() }
        }
        other => SourceError::Unreachable { source_name, reason: other.to_string() },
    })
}
