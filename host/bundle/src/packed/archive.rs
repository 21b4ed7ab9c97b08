//! The archive of a packed bundle: tar, in one form.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::error::PackError;
use super::{CASES, SIGNATURES, STATEMENT};
use crate::bundle::COMPONENT_LIMIT;
use crate::manifest::show;
use crate::read::MANIFEST_LIMIT;

/// More entries than any bundle has.
const MOST: usize = 1024;

/// A block of tar, and what two of them end it with.
const BLOCK: usize = 512;

/// An entry to write.
pub(super) struct Entry<'a> {
    pub(super) name: String,
    pub(super) bytes: &'a [u8],
}

/// The entries of an archive, by name.
pub(super) struct Archive<'a> {
    entries: BTreeMap<String, &'a [u8]>,
}

/// The archive of these entries, as every machine writes it.
pub(super) fn write(entries: &[Entry<'_>]) -> Result<Vec<u8>, PackError> {
    let mut builder = tar::Builder::new(Vec::new());
    for Entry { name, bytes } in entries {
        check_name(name)?;
        check_size(name, bytes.len() as u64)?;
        let mut header = tar::Header::new_ustar();
        let unfit = |error: std::io::Error| PackError::Entry {
            entry: show(name),
            reason: format!("cannot be written: {error}"),
        };
        header.set_path(name).map_err(unfit)?;
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        builder.append(&header, *bytes).map_err(unfit)?;
    }
    builder.into_inner().map_err(|error| PackError::Archive { reason: error.to_string() })
}

impl<'a> Archive<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, PackError> {
        if !begins(bytes) {
            let reason = "it does not begin as one; a bundle's folder is given by its own name, and \
                          packed by `tokenward bundle build`";
            return Err(PackError::Archive { reason: reason.to_owned() });
        }
        let mut entries = BTreeMap::new();
        let mut archive = tar::Archive::new(bytes);
        let wrong = |error: std::io::Error| PackError::Archive { reason: error.to_string() };
        // As they stand in the file: what other programs read into a header is not asked for.
        for entry in archive.entries().map_err(wrong)?.raw(true) {
            let mut entry = entry.map_err(|error| cut_or(bytes, &error))?;
            let path = entry.path_bytes().into_owned();
            let Ok(name) = String::from_utf8(path) else {
                return Err(PackError::Archive { reason: "a name is not UTF-8".into() });
            };
            if entry.header().entry_type() != tar::EntryType::Regular {
                let reason = "is no regular file".to_owned();
                return Err(PackError::Entry { entry: show(&name), reason });
            }
            check_name(&name)?;
            let size = entry.header().entry_size().map_err(wrong)?;
            check_size(&name, size)?;
            let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
            let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
            let Some(content) = end.and_then(|end| bytes.get(start..end)) else {
                let reason = format!("`{name}` has {size} bytes, and the file ends before");
                return Err(PackError::Truncated { reason });
            };
            // The next header is where this ends.
            std::io::copy(&mut entry.by_ref().take(size), &mut std::io::sink())
                .map_err(|error| cut_or(bytes, &error))?;
            if entries.insert(name.clone(), content).is_some() {
                let reason = "is there twice".to_owned();
                return Err(PackError::Entry { entry: show(&name), reason });
            }
            if entries.len() > MOST {
                let reason = format!("it has more than {MOST} entries");
                return Err(PackError::Archive { reason });
            }
        }
        let ends =
            bytes.len() >= 2 * BLOCK && bytes.iter().rev().take(2 * BLOCK).all(|byte| *byte == 0);
        if !ends {
            let reason = "the blocks that end it are missing".to_owned();
            return Err(PackError::Truncated { reason });
        }
        Ok(Self { entries })
    }

    pub(super) fn get(&self, name: &str) -> Result<&'a [u8], PackError> {
        self.entries.get(name).copied().ok_or_else(|| PackError::Missing { entry: name.to_owned() })
    }

    /// An error if there is an entry of another name.
    pub(super) fn refuse_others(&self, expected: &[String]) -> Result<(), PackError> {
        match self.entries.keys().find(|name| !expected.contains(name)) {
            Some(name) => Err(PackError::Unnamed { entry: name.clone() }),
            None => Ok(()),
        }
    }
}

/// Whether a file begins as an archive does, or, where that is cut off, as one that was made here.
fn begins(bytes: &[u8]) -> bool {
    const MAGIC: &[u8] = b"ustar";
    match bytes.get(257..).and_then(|rest| rest.get(..MAGIC.len())) {
        Some(magic) => magic == MAGIC,
        None => bytes.iter().zip(STATEMENT.as_bytes()).all(|(byte, name)| byte == name),
    }
}

/// What the reader could not make sense of: the end of the file, or anything else.
fn cut_or(bytes: &[u8], error: &std::io::Error) -> PackError {
    // It may quote what stands in the file.
    let reason = error.to_string().chars().take(200).flat_map(char::escape_debug).collect();
    if error.kind() == std::io::ErrorKind::UnexpectedEof || !bytes.len().is_multiple_of(BLOCK) {
        PackError::Truncated { reason }
    } else {
        PackError::Archive { reason }
    }
}

fn check_name(name: &str) -> Result<(), PackError> {
    let plain = |part: &str, ending: &str| {
        part.strip_suffix(ending).is_some_and(|stem| {
            (1..=80).contains(&stem.len())
                && !stem.starts_with('.')
                && stem.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
    };
    let fits = match name {
        STATEMENT | SIGNATURES => true,
        _ => {
            name.strip_prefix("modules/").is_some_and(|rest| plain(rest, ".wasm"))
                || name.strip_prefix(CASES).is_some_and(|rest| plain(rest, ".toml"))
        }
    };
    if fits {
        return Ok(());
    }
    Err(PackError::Entry { entry: show(name), reason: "has no name of a bundle's entry".into() })
}

fn check_size(name: &str, bytes: u64) -> Result<(), PackError> {
    let limit = if name.starts_with("modules/") { COMPONENT_LIMIT } else { MANIFEST_LIMIT };
    if bytes > limit {
        return Err(PackError::EntryTooLarge { entry: show(name), bytes, limit });
    }
    Ok(())
}
