//! How a log is kept.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::mask::Mask;

/// How a log is kept. [`Config::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file, or `-` for standard output. A new file can be read and written by its owner only
    /// (mode 0600); a file that is there keeps its mode. It must be a regular file, and no symbolic
    /// link; folders are not made. One process at a time writes to it.
    pub path: PathBuf,
    /// What happens when a record cannot be written.
    pub when_full: WhenFull,
    /// Records in the queue or being written, at most. [`WhenFull::Refuse`]: as many again may wait
    /// for a place in it; beyond that, a record is refused at once.
    pub queue: usize,
    /// Bytes of such records, at most. One record has room in any case.
    pub queue_bytes: usize,
    /// Bytes of one record as JSON, before masks, at most.
    pub record_bytes: usize,
    /// What is replaced by null.
    pub mask: Vec<Mask>,
    /// Whether what is written is brought to the disk (fsync) each time, before a receipt resolves.
    pub sync: bool,
    /// When another file is begun.
    pub rotate: Option<Rotate>,
    /// [`WhenFull::Refuse`]: how long a record may take until it is written, waiting for a place in
    /// the queue included.
    pub patience: Duration,
    /// How long a log that is dropped without [`close`](crate::DecisionLog::close) may take to write
    /// what waits.
    pub drain: Duration,
}

impl Config {
    /// A log in this file that drops what it cannot write: 16 384 records and 64 MiB may wait, 1 MiB
    /// is the largest record, nothing is masked, nothing is brought to the disk by force, the file
    /// is not rotated. Patience and drain are 5 seconds.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            when_full: WhenFull::Drop,
            queue: 16_384,
            queue_bytes: 64 << 20,
            record_bytes: 1 << 20,
            mask: Vec::new(),
            sync: false,
            rotate: None,
            patience: Duration::from_secs(5),
            drain: Duration::from_secs(5),
        }
    }
}

/// What happens when a record cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// It is dropped, counted, and told by a line of its own. Nobody waits.
    Drop,
    /// Its receipt resolves with an error: no decision without a record.
    Refuse,
}

/// When another file is begun. `decisions.jsonl` becomes `decisions.jsonl.1`, that which had this
/// name `decisions.jsonl.2`, and so on; the oldest one goes. A line is never split over two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rotate {
    /// Bytes of a file, at most; a line that is longer has a file of its own.
    pub bytes: u64,
    /// Files that are kept beside the one that is written to: 1 to 100 000.
    pub keep: u32,
}
