//! Where finished lines go.

mod file;
mod lines;
mod writer;

pub use file::FileSink;
pub(crate) use file::numbered;
pub(crate) use lines::LineEnd;
pub use lines::{Line, Lines};
pub use writer::WriterSink;

use std::fmt;
use std::io::{self, ErrorKind};

/// Takes finished lines: a file, a stream, a chain of signed checkpoints, a SIEM. One thread calls
/// it, and it may take its time: records wait in the queue meanwhile.
pub trait Sink: Send {
    /// Keeps lines, at least one, in the order in which they come, each after those of the calls
    /// before. It answers when they are kept as it promises; the file promises that they are on the
    /// disk, if it was opened so.
    ///
    /// What is neither kept nor unsure comes again in [`WhenFull::Drop`](crate::WhenFull::Drop); in
    /// [`WhenFull::Refuse`](crate::WhenFull::Refuse) its number comes again with another record.
    ///
    /// # Errors
    ///
    /// [`SinkError`]; it says how many lines are kept all the same.
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError>;

    /// Turns to what its name now means: somebody may have moved the file.
    ///
    /// # Errors
    ///
    /// Why that is not possible; then it stays with what it has.
    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why not all lines are kept as promised, or, if `kept` says that they are, what else went wrong.
#[derive(Debug, thiserror::Error)]
#[error("the decision log {step}: {source}")]
pub struct SinkError {
    /// How many of the first lines are kept as promised.
    pub kept: usize,
    /// How many of those after them are whole, but may not survive.
    pub unsure: usize,
    /// What failed.
    pub step: Step,
    /// Why.
    pub source: io::Error,
}

/// What a sink did when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// It opened what it writes to.
    Open,
    /// It wrote.
    Write,
    /// It brought to the disk what was written.
    Sync,
    /// It began another file. It goes on in the one that it has.
    Rotate,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "cannot be opened",
            Self::Write => "cannot be written",
            Self::Sync => "cannot be brought to the disk",
            Self::Rotate => "cannot be rotated",
        })
    }
}

impl SinkError {
    /// Nothing was kept.
    #[must_use]
    pub fn nothing_kept(step: Step, source: io::Error) -> Self {
        Self { kept: 0, unsure: 0, step, source }
    }

    /// A stable code: `disk-full`, `read-only`, `not-permitted`, `not-opened`, `not-written`,
    /// `not-synced` or `not-rotated`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match (self.source.kind(), self.step) {
            (_, Step::Rotate) => "not-rotated",
            (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => "disk-full",
            (ErrorKind::ReadOnlyFilesystem, _) => "read-only",
            (ErrorKind::PermissionDenied, _) => "not-permitted",
            (_, Step::Open) => "not-opened",
            (_, Step::Write) => "not-written",
            (_, Step::Sync) => "not-synced",
        }
    }
}
