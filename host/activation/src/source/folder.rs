//! A folder: one that somebody works on, or one into which packed bundles are put.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use tokenward::packed::{CaseFile, PACKED_EXTENSION, PackedBundle};
use tokenward::{Bundle, MANIFEST_FILE};

use super::{Fetched, Source, SourceError, file};

/// Bytes of a case file.
const CASE_LIMIT: u64 = 4 << 20;

/// A folder. With a `bundle.toml` in it, that bundle, packed anew whenever a file
/// of it changes: nobody signed it, so that it is only taken where nothing is
/// verified ([`Verification::Unsigned`](crate::Verification::Unsigned)). Without one: the packed bundle of the latest
/// version among the files `*.bundle`, whoever signed it: if it is refused, those of
/// earlier versions are not tried, and the status says why.
#[derive(Debug)]
pub struct FolderSource {
    path: PathBuf,
    name: String,
    last: Vec<u8>,
}

impl FolderSource {
    /// This folder.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { name: format!("folder {}", path.display()), path, last: Vec::new() }
    }

    fn pack(&self) -> Result<Vec<u8>, SourceError> {
        let bundle = Bundle::from_folder(&self.path)?;
        Ok(PackedBundle::pack(&bundle, self.cases()?)?.to_bytes()?)
    }

    fn cases(&self) -> Result<Vec<CaseFile>, SourceError> {
        let folder = self.path.join("cases");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut cases = Vec::new();
        for path in self.files_in(&folder, "toml")? {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_owned();
            let unreachable = |reason: String| SourceError::Unreachable {
                source_name: path.display().to_string(),
                reason,
            };
            let bytes = fs::metadata(&path).map_err(|error| unreachable(error.to_string()))?.len();
            if bytes > CASE_LIMIT {
                let (source_name, limit) = (path.display().to_string(), CASE_LIMIT);
                return Err(SourceError::TooLarge { source_name, bytes, limit });
            }
            let text = fs::read_to_string(&path).map_err(|error| unreachable(error.to_string()))?;
            cases.push((name, text));
        }
        Ok(cases)
    }

    /// The bytes of the latest version. A file that is no bundle is passed over,
    /// unless there is no other: somebody may be writing it.
    fn latest(&self) -> Result<Option<Vec<u8>>, SourceError> {
        let mut latest: Option<(PackedBundle, Vec<u8>)> = None;
        let mut unread: Option<SourceError> = None;
        for path in self.files_in(&self.path, PACKED_EXTENSION)? {
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

    fn files_in(&self, folder: &Path, extension: &str) -> Result<Vec<PathBuf>, SourceError> {
        let unreachable = |error: std::io::Error| SourceError::Unreachable {
            source_name: self.name.clone(),
            reason: error.to_string(),
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreachable)? {
            let path = entry.map_err(unreachable)?.path();
            if path.extension() == Some(OsStr::new(extension)) && path.is_file() {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
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
        // By its content: a folder has many files, of which each may be replaced.
        let digest = tokenward::component_digest(&bytes).into_bytes();
        if digest == self.last {
            return Ok(Fetched::Unchanged);
        }
        self.last = digest;
        Ok(Fetched::Bundle(bytes))
    }

    fn forget(&mut self) {
        self.last.clear();
    }
}
