//! Why a log cannot be opened, a record not be kept, and what waits not be written.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::sink::SinkError;

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Its settings contradict one another, or cannot be.
    #[error("the decision log's `{setting}` {reason}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// What is wrong, and what is accepted.
        reason: &'static str,
    },
    /// The path is that of a symbolic link.
    #[error("`{}` is a symbolic link, which is not followed; name the file itself", path.display())]
    Symlink {
        /// The path.
        path: PathBuf,
    },
    /// The path is that of a folder, a device, a pipe or a socket.
    #[error("`{}` is not a regular file; for standard output write `-`", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Another process, or another log of this one, writes to the file.
    #[error("`{}` is in use by another process; give each its own file", path.display())]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// The file cannot be opened.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The system has no thread left.
    #[error("the decision log cannot be opened: no thread can be started: {0}")]
    NoThread(std::io::Error),
}

impl OpenError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "setting-refused",
            Self::Symlink { .. } => "symlink-refused",
            Self::NotAFile { .. } => "not-a-file",
            Self::InUse { .. } => "in-use",
            Self::Io { .. } => "not-opened",
            Self::NoThread(_) => "no-thread",
        }
    }
}

/// Why a record is none that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It has more bytes than [`Config::record_bytes`](crate::Config::record_bytes).
    #[error("the record is longer than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// Its type refused to be serialized. What it says is not handed on: it may quote the record.
    #[error("the record cannot be serialized")]
    NotSerializable,
    /// It is an array, a text, a number or null.
    #[error("the record is not a JSON object")]
    NotAnObject,
    /// It has a member of a name that the log gives itself.
    #[error("the record has a member `{name}`, which the log writes itself")]
    Reserved {
        /// The name.
        name: &'static str,
    },
    /// Its arrays and objects are nested too deeply.
    #[error("the record is nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

impl RecordError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "record-too-large",
            Self::NotSerializable => "record-not-serializable",
            Self::NotAnObject => "record-not-an-object",
            Self::Reserved { .. } => "record-name-reserved",
            Self::TooDeep { .. } => "record-too-deep",
        }
    }
}

/// Why there is no record, so that there must be no decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// It is none that can be kept.
    #[error("the decision is not recorded: {0}")]
    Record(#[from] RecordError),
    /// It found no place in the queue.
    #[error(
        "the decision is not recorded: the queue of the decision log had no place for it in {waited:?}"
    )]
    QueueFull {
        /// How long it waited: [`Config::patience`](crate::Config::patience), or not at all, if too
        /// many waited already.
        waited: Duration,
    },
    /// It was not written in time. It may still be, if it is being written.
    #[error("the decision is not recorded: it was not written in {waited:?}")]
    Late {
        /// How long it waited: [`Config::patience`](crate::Config::patience).
        waited: Duration,
    },
    /// It could not be written, or not be brought to the disk.
    #[error("the decision is not recorded: {message}")]
    Sink {
        /// The code of the [`SinkError`].
        code: &'static str,
        /// What it says.
        message: Arc<str>,
    },
    /// The log was closed, or its thread has ended.
    #[error("the decision is not recorded: the decision log is closed")]
    Closed,
}

impl AppendError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Record(error) => error.code(),
            Self::QueueFull { .. } => "queue-full",
            Self::Late { .. } => "late",
            Self::Sink { code, .. } => code,
            Self::Closed => "closed",
        }
    }
}

impl From<&SinkError> for AppendError {
    fn from(error: &SinkError) -> Self {
        Self::Sink { code: error.code(), message: error.to_string().into() }
    }
}

/// What waited could not be written in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the decision log was closed before {records} records were written")]
pub struct CloseError {
    /// How many.
    pub records: u64,
}
