//! Writes the two files of a new key, the private one for its owner alone.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokenward::mint::{MintError, PrivateKey};

/// What to do with a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Present {
    /// Leave it, and say so.
    Refuse,
    /// Replace it.
    Replace,
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Owner,
    All,
}

/// Writes `NAME.private.jwk` and, for a key that has a public part,
/// `NAME.public.jwk`. Answers what to say about them.
pub(crate) fn write(name: &Path, key: &PrivateKey, present: Present) -> anyhow::Result<String> {
    let private = with_suffix(name, ".private.jwk");
    let public = with_suffix(name, ".public.jwk");
    let public_jwk = match key.public_jwk() {
        Ok(jwk) => Some(jwk),
        Err(MintError::NoPublicKey) => None,
        Err(error) => return Err(error.into()),
    };
    // Both are looked at first, so that a refusal leaves nothing half done.
    if present == Present::Refuse {
        for file in [&private, &public] {
            if file.symlink_metadata().is_ok() {
                bail!("`{}` is there already; `--force` replaces it", file.display());
            }
        }
    }
    create(&private, &key.private_jwk(), Readers::Owner, present)?;
    let Some(jwk) = public_jwk else {
        return Ok(format!(
            "wrote `{0}`, a shared secret: keep it; verify with `tokenward check --key {0}`",
            private.display()
        ));
    };
    create(&public, &jwk, Readers::All, present)?;
    Ok(format!(
        "wrote `{}` (keep it secret) and `{1}`; verify with `tokenward check --key {1}`",
        private.display(),
        public.display()
    ))
}

fn with_suffix(name: &Path, suffix: &str) -> PathBuf {
    let mut file = OsString::from(name);
    file.push(suffix);
    PathBuf::from(file)
}

/// Creates a file, which gets its mode before its content. One that is there
/// is taken away first: its mode and whoever has it open do not matter then.
fn create(file: &Path, jwk: &str, readers: Readers, present: Present) -> anyhow::Result<()> {
    let name = || format!("`{}`", file.display());
    if present == Present::Replace {
        match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(name);
            }
            _ => {}
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut stream = options.open(file).with_context(name)?;
    stream.write_all(jwk.as_bytes()).and_then(|()| stream.write_all(b"\n")).with_context(name)
}
