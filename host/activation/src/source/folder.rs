//! A folder: one that somebody works on, or one into which packed bundles are put.

use std::path::{Path, PathBuf};

use tokenward::packed::{PACKED_EXTENSION, PackedBundle, cases_in};
use tokenward::{Bundle, MANIFEST_FILE, files_in};

use super::{Fetched, Source, SourceError, file};

/// A folder. With a `bundle.toml` in it, that bundle, packed anew whenever a file
/// of it changes: nobody signed it, so that it is only taken where nothing is
/// verified ([`Verification::Unsigned`](crate::Verification::Unsigned)). Without one:
/// the packed bundle of the latest version among the files `*.bundle`, whoever signed it: if it is refused, those of
/// earlier versions are not tried, and the status says why.
#[derive(Debug)]
pub struct FolderSource {
    path: PathBuf,
    name: String,
    last: Option<String>,
}

impl FolderSource {
    /// This folder.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { name: format!("folder {}", path.display()), path, last: None }
    }

    fn pack(&self) -> Result<Vec<u8>, SourceError> {
        let bundle = Bundle::from_folder(&self.path)?;
        Ok(PackedBundle::pack(&bundle, cases_in(&self.path)?)?.to_bytes()?)
    }

    /// The bytes of the latest version. A file that is no bundle is passed over,
    /// unless there is no other: somebody may be writing it.
    fn latest(&self) -> Result<Option<Vec<u8>>, SourceError> {
        let mut latest: Option<(PackedBundle, Vec<u8>)> = None;
        let mut unread: Option<SourceError> = None;
        for path in files_in(&self.path, PACKED_EXTENSION)? {
            let bytes = match file::read(&path, &path.display().to_string()) {
                Ok(bytes) => bytes,
                Err(error) => {
                    unread = Some(error);
                    continue;
                }
            };
            match PackedBundle::read(&bytes) {
                Ok(packed) => {
                    let newer =
                        latest.as_ref().is_none_or(|(other, _)| packed.is_newer_than(other));
                    if newer {
                        latest = Some((packed, bytes));
                    }
                }
                Err(error) => unread = Some(error.into()),
            }
        }
        match (latest, unread) {
            (Some((_, bytes)), _) => Ok(Some(bytes)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }
}

impl Source for FolderSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let bytes = if self.path.join(MANIFEST_FILE).is_file() {
            Some(self.pack()?)
        } else {
            self.latest()?
        };
        let Some(bytes) = bytes else { return Ok(Fetched::Unchanged) };
        Ok(Fetched::by_content(bytes, &mut self.last))
    }

    fn forget(&mut self) {
        self.last = None;
    }
}
