//! Opens a log's file, and nothing else in its place.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use crate::error::OpenError;

/// How often, and how long between, a file that another process uses is asked for: the process
/// before may be about to end.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Whether a file may be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AtStart {
    Yes,
    No,
}

pub(super) struct Opened {
    /// Open to append to, and locked.
    pub(super) file: File,
    /// It ends in the middle of a line.
    pub(super) torn: bool,
}

pub(super) fn open(path: &Path, start: AtStart) -> Result<Opened, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let mut tries = 0;
    loop {
        refuse_others(path)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        owner_only(&mut options);
        let mut file = options.open(path).map_err(io)?;
        let facts = file.metadata().map_err(io)?;
        if !facts.is_file() {
            return Err(OpenError::NotAFile { path: path.to_owned() });
        }
        let wait = match file.try_lock() {
            // Until it was locked, another process may have rotated it.
            Ok(()) => !path.symlink_metadata().is_ok_and(|at| is_same(&at, &facts)),
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(source)) => return Err(io(source)),
        };
        if !wait {
            let torn = is_torn(&mut file).map_err(io)?;
            return Ok(Opened { file, torn });
        }
        if start == AtStart::No || tries == LOCK_TRIES {
            return Err(OpenError::InUse { path: path.to_owned() });
        }
        tries += 1;
        std::thread::sleep(LOCK_PAUSE);
    }
}

/// What is no regular file is refused before it is opened: that could wait, or do something.
fn refuse_others(path: &Path) -> Result<(), OpenError> {
    let path_of = || path.to_owned();
    match path.symlink_metadata() {
        Ok(facts) if facts.is_symlink() => Err(OpenError::Symlink { path: path_of() }),
        Ok(facts) if !facts.is_file() => Err(OpenError::NotAFile { path: path_of() }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(source) => Err(OpenError::Io { path: path_of(), source }),
    }
}

fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Makes names of files survive a crash of the machine.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    // What became a link or a pipe since it was looked at is neither followed nor waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    options.mode(0o600).custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
fn owner_only(_: &mut OpenOptions) {}

/// Whether both are of one file.
#[cfg(unix)]
pub(super) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
pub(super) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.created().ok() == other.created().ok()
}

/// Whether no name leads to the file any more.
#[cfg(unix)]
pub(super) fn is_deleted(facts: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    facts.nlink() == 0
}

#[cfg(not(unix))]
pub(super) fn is_deleted(_: &Metadata) -> bool {
    false
}
