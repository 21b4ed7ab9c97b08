//! Lines into a file, of which there may be several, one after the other.

mod open;
mod rotate;

pub(crate) use rotate::numbered;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use self::open::{Opened, open};
use super::writer::LineWriter;
use super::{Lines, Sink, SinkError, Step};
use crate::config::Rotate;
use crate::error::OpenError;

/// A regular file that is only appended to. It is locked (`flock`) for as long as it is open.
///
/// When another program moved the file away, lines follow it until [`Sink::reopen`]; when it was
/// deleted, or writing failed for another reason than a full disk, the file is opened anew.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    file: LineWriter<File>,
    rotate: Option<Rotate>,
    sync: bool,
    found_torn: bool,
    /// Whether the file is to be opened anew before it is written to.
    broken: bool,
}

impl FileSink {
    /// Opens the file, which is made if it is not there. `sync`: lines are kept when they are on the
    /// disk.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(path: &Path, sync: bool, rotate: Option<Rotate>) -> Result<Self, OpenError> {
        let Opened { file, torn } = open(path, open::AtStart::Yes)?;
        let mut file = LineWriter::new(file, torn);
        // If the disk is full, the first line that fits does it.
        let _ = file.end_torn();
        if sync {
            open::sync_folder(path)
                .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        }
        Ok(Self { path: path.to_owned(), file, rotate, sync, found_torn: torn, broken: false })
    }

    /// Whether the file ended in the middle of a line when it was opened.
    #[must_use]
    pub fn found_torn(&self) -> bool {
        self.found_torn
    }

    /// Sees that there is a file to write to, and says how long it is.
    fn usable(&mut self) -> io::Result<u64> {
        let facts = self.file.stream.metadata();
        if !self.broken
            && let Ok(facts) = &facts
            && !open::is_deleted(facts)
        {
            return Ok(facts.len());
        }
        self.turn_to_path()?;
        Ok(self.file.stream.metadata()?.len())
    }

    /// Goes on with the file that has the path now, which may be the same.
    fn turn_to_path(&mut self) -> io::Result<()> {
        if self.has_path() {
            if !self.broken {
                return Ok(());
            }
            // The same file, opened anew, could not be locked otherwise.
            let _ = self.file.stream.unlock();
        }
        let Opened { file, torn } = open(&self.path, open::AtStart::No).map_err(to_io)?;
        if self.sync {
            open::sync_folder(&self.path)?;
        }
        if !self.broken {
            // What was written to the other file stays there, as whole as it can be.
            let _ = self.file.end_torn();
        }
        self.file = LineWriter::new(file, torn);
        self.broken = false;
        Ok(())
    }

    /// Whether the path is that of the open file.
    fn has_path(&self) -> bool {
        let facts = (self.path.symlink_metadata(), self.file.stream.metadata());
        matches!(facts, (Ok(at_path), Ok(open)) if open::is_same(&at_path, &open))
    }

    /// Begins another file.
    fn begin_another(&mut self, keep: u32) -> io::Result<()> {
        // Another program may have done it.
        if self.has_path() {
            rotate::shift(&self.path, keep)?;
        }
        self.turn_to_path()
    }

    /// Lines that all go to the file that is open.
    fn write_here(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        let result = self.file.write(lines);
        if let Err(SinkError { source, .. }) = &result {
            use io::ErrorKind::{QuotaExceeded, StorageFull, WouldBlock};
            self.broken = !matches!(source.kind(), StorageFull | QuotaExceeded | WouldBlock);
        }
        if !self.sync {
            return result;
        }
        let (kept, unsure) = match &result {
            Ok(()) => (lines.len(), 0),
            Err(error) => (error.kept, error.unsure),
        };
        match self.file.stream.sync_data() {
            Ok(()) => result,
            Err(source) => {
                Err(SinkError { kept: 0, unsure: kept + unsure, step: Step::Sync, source })
            }
        }
    }
}

impl Sink for FileSink {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        let mut length =
            self.usable().map_err(|source| SinkError::nothing_kept(Step::Open, source))?;
        let mut rest = lines;
        let mut not_rotated = None;
        while !rest.is_empty() {
            let mut fit = rest.len();
            if let Some(Rotate { bytes, keep }) = self.rotate.filter(|_| not_rotated.is_none()) {
                let room = usize::try_from(bytes.saturating_sub(length)).unwrap_or(usize::MAX);
                fit = rest.whole_in(room);
                if fit == 0 && length > 0 {
                    // Without another file, this one grows: that is no reason to lose a record.
                    match self.begin_another(keep) {
                        Ok(()) => length = self.file.stream.metadata().map_or(0, |f| f.len()),
                        Err(source) => not_rotated = Some(source),
                    }
                    // Should another program have put a full file there, it is written to once.
                    if length == 0 || not_rotated.is_some() {
                        continue;
                    }
                }
                fit = fit.max(1);
            }
            let before = lines.len() - rest.len();
            let (here, after) = rest.split_at(fit);
            if let Err(error) = self.write_here(here) {
                return Err(SinkError { kept: before + error.kept, ..error });
            }
            length += here.bytes().len() as u64;
            rest = after;
        }
        match not_rotated {
            None => Ok(()),
            Some(source) => {
                Err(SinkError { kept: lines.len(), unsure: 0, step: Step::Rotate, source })
            }
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.turn_to_path()
    }
}

fn to_io(error: OpenError) -> io::Error {
    match error {
        OpenError::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::FileSink;
    use crate::error::OpenError;
    use crate::sink::{LineEnd, Lines, Sink};

    #[test]
    fn a_file_that_failed_is_opened_anew_and_stays_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut sink = FileSink::open(&path, true, None).unwrap();
        let line = |seq| LineEnd { seq, end: 2 };
        sink.write(Lines::new(b"a\n", 0, &[line(1)])).unwrap();
        sink.broken = true;
        sink.write(Lines::new(b"b\n", 0, &[line(2)])).unwrap();
        assert!(!sink.broken);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\nb\n");
        let error = FileSink::open(&path, false, None).unwrap_err();
        assert!(matches!(error, OpenError::InUse { .. }), "{error}");
        // Should it be another one by then, that one is written to.
        sink.broken = true;
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        sink.write(Lines::new(b"c\n", 0, &[line(3)])).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "c\n");
    }
}
