//! A packed bundle in a file, which somebody replaces.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokenward::packed::PACKED_LIMIT;

use super::{Fetched, Source, SourceError};

/// A file that holds a packed bundle. It is read again when its time or its size
/// is another. Replace it as a whole, by renaming: one that is half written is
/// refused, and read again.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    name: String,
    last: Option<Sign>,
}

/// What can be seen of a file from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign {
    modified: Option<SystemTime>,
    bytes: u64,
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
        let (sign, bytes) = read(&self.path, &self.name, self.last.as_ref())?;
        self.last = Some(sign);
        Ok(bytes.map_or(Fetched::Unchanged, Fetched::Bundle))
    }

    fn forget(&mut self) {
        self.last = None;
    }
}

/// A file's content, unless it looks as it did.
pub(super) fn read(
    path: &Path,
    name: &str,
    last: Option<&Sign>,
) -> Result<(Sign, Option<Vec<u8>>), SourceError> {
    let unreachable = |error: std::io::Error| SourceError::Unreachable {
        source_name: name.to_owned(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(unreachable)?;
    let metadata = file.metadata().map_err(unreachable)?;
    let sign = Sign { modified: metadata.modified().ok(), bytes: metadata.len() };
    if last == Some(&sign) {
        return Ok((sign, None));
    }
    let too_large =
        |bytes| SourceError::TooLarge { source_name: name.to_owned(), bytes, limit: PACKED_LIMIT };
    if metadata.len() > PACKED_LIMIT {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::new();
    file.take(PACKED_LIMIT + 1).read_to_end(&mut bytes).map_err(unreachable)?;
    if bytes.len() as u64 > PACKED_LIMIT {
        return Err(too_large(bytes.len() as u64));
    }
    Ok((sign, Some(bytes)))
}
