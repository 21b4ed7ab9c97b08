//! Writes a packed bundle: the whole of it, or nothing.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tokenward::packed::PackedBundle;

/// Writes the file in place of what was there. Answers its size.
pub(super) fn write(path: &Path, packed: &PackedBundle) -> anyhow::Result<usize> {
    let bytes = packed.to_bytes()?;
    let place = || format!("`{}`", path.display());
    let beside = beside(path);
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(place)?;
    Ok(bytes.len())
}

/// A name in the same folder that nobody else has.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}
