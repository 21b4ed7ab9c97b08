//! Keeps compiled policies on disk between processes.
//!
//! Loading compiled code is running it, so an entry counts only if this
//! process's user wrote it: each carries an HMAC-SHA-256 under a key that only
//! that user can read, over its name and content; the folder must belong to the
//! user and be writable by no one else. The name holds everything that the code
//! depends on: wasmtime's compatibility hash, the component, its settings and
//! the limits it was loaded under. Whatever is wrong with an entry, the policy
//! is compiled anew.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::{digest, hmac, rand};

const TAG_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
const KEY_FILE: &str = "key";

/// A folder of compiled policies.
#[derive(Clone)]
pub struct CompilationCache {
    folder: PathBuf,
    key: Arc<hmac::Key>,
}

impl std::fmt::Debug for CompilationCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompilationCache").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Why a folder cannot be a cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder or its key cannot be read or made.
    #[error("cache folder `{}`: {source}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can write to it, or it is another's.
    #[error(
        "cache folder `{}` is not safe: {reason}; accepted: a folder of this user that no one else \
         can write to", folder.display()
    )]
    Unsafe {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
}

impl CompilationCache {
    /// The cache in this folder, which is made if need be, with a key of its
    /// own in the file `key`, readable by the user only.
    ///
    /// # Errors
    ///
    /// See [`CacheError`].
    pub fn in_folder(folder: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let folder = folder.into();
        let io = |source| CacheError::Io { folder: folder.clone(), source };
        make_private_folder(&folder).map_err(io)?;
        check_private(&folder, 0o022)?;
        let key_file = folder.join(KEY_FILE);
        let key = match fs::read(&key_file) {
            Ok(key) if key.len() == KEY_BYTES => {
                check_private(&key_file, 0o077)?;
                key
            }
            _ => new_key(&folder).map_err(io)?,
        };
        Ok(Self { folder, key: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &key)) })
    }

    /// The content of this name, if it is there, whole, and ours.
    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let mut content = fs::read(self.folder.join(name)).ok()?;
        let split = content.len().checked_sub(TAG_BYTES)?;
        let tag = content.split_off(split);
        hmac::verify(&self.key, &message(name, &content), &tag).ok()?;
        Some(content)
    }

    /// Keeps this content. That it cannot be kept is no error: it is made anew.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let tag = hmac::sign(&self.key, &message(name, content));
        let _ = write_private(&self.folder, name, &[content, tag.as_ref()]);
    }
}

fn message(name: &str, content: &[u8]) -> Vec<u8> {
    let digest = digest::digest(&digest::SHA256, content);
    [name.as_bytes(), b"\0", digest.as_ref()].concat()
}

fn new_key(folder: &Path) -> io::Result<Vec<u8>> {
    let mut key = vec![0; KEY_BYTES];
    rand::fill(&mut key).map_err(|_| io::Error::other("no randomness"))?;
    write_private(folder, KEY_FILE, &[&key])?;
    // Another process may have been faster: what is on disk counts.
    fs::read(folder.join(KEY_FILE))
}

/// Writes a file so that readers see all of it or nothing.
fn write_private(folder: &Path, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let mut unique = [0; 8];
    rand::fill(&mut unique).map_err(|_| io::Error::other("no randomness"))?;
    let temporary = folder.join(format!("{name}.{:016x}.tmp", u64::from_le_bytes(unique)));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        parts.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, folder.join(name)));
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
/// That it is the user's own, and that no one else has any of these rights.
fn check_private(path: &Path, forbidden: u32) -> Result<(), CacheError> {
    use std::os::unix::fs::MetadataExt;
    let unsafe_because = |reason| CacheError::Unsafe { folder: path.to_owned(), reason };
    let metadata = fs::symlink_metadata(path)
        .map_err(|source| CacheError::Io { folder: path.to_owned(), source })?;
    if metadata.is_symlink() {
        return Err(unsafe_because("it is a symbolic link"));
    }
    if metadata.uid() != process_user() {
        return Err(unsafe_because("it belongs to another user"));
    }
    if metadata.mode() & forbidden != 0 {
        return Err(unsafe_because("others can write to it, or read its key"));
    }
    Ok(())
}

#[cfg(unix)]
fn process_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn check_private(_path: &Path, _forbidden: u32) -> Result<(), CacheError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, CompilationCache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompilationCache::in_folder(folder.path().join("cache")).unwrap();
        (folder, cache)
    }

    #[test]
    fn entries_come_back_to_another_process_of_the_user() {
        let (_folder, cache) = cache();
        cache.put("name", b"content");
        let again = CompilationCache::in_folder(&cache.folder).unwrap();
        assert_eq!(again.get("name").as_deref(), Some(&b"content"[..]));
        assert_eq!(again.get("other"), None);
    }

    #[test]
    fn no_changed_byte_is_accepted() {
        let (_folder, cache) = cache();
        cache.put("name", b"content");
        let path = cache.folder.join("name");
        let whole = fs::read(&path).unwrap();
        for index in 0..whole.len() {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            fs::write(&path, changed).unwrap();
            assert_eq!(cache.get("name"), None, "byte {index}");
        }
        fs::write(&path, &whole[..10]).unwrap();
        assert_eq!(cache.get("name"), None, "truncated");
        fs::write(cache.folder.join("other"), &whole).unwrap();
        assert_eq!(cache.get("other"), None, "renamed");
    }

    #[test]
    fn another_key_does_not_vouch() {
        let (_folder, cache) = cache();
        cache.put("name", b"content");
        fs::remove_file(cache.folder.join(KEY_FILE)).unwrap();
        let again = CompilationCache::in_folder(&cache.folder).unwrap();
        assert_eq!(again.get("name"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, cache) = cache();
        fs::set_permissions(&cache.folder, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = CompilationCache::in_folder(&cache.folder);
        assert!(matches!(refused, Err(CacheError::Unsafe { .. })), "{refused:?}");
    }
}
