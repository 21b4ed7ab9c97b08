//! How a log fares, for metrics and operators.

use serde::Serialize;

use crate::moment::Moment;

/// How a log fares. Counts are of this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Stats {
    /// What tells this run from others, as each line has it.
    pub run: String,
    /// Records that were written.
    pub written: u64,
    /// Records that were dropped.
    pub dropped: u64,
    /// Records that were refused.
    pub refused: u64,
    /// Records that wait or are being written.
    pub queued: usize,
    /// Their bytes.
    pub queued_bytes: usize,
    /// Bytes of the lines that were written.
    pub bytes: u64,
    /// Whether the last attempt to write failed.
    pub failing: bool,
    /// Whether the file ended in the middle of a line when it was opened.
    pub found_torn: bool,
    /// What went wrong last: with the sink, or with a record that is none that can be kept. A full
    /// queue shows in the counts.
    pub last_error: Option<LastError>,
}

/// What went wrong, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LastError {
    /// The code of a [`SinkError`](crate::SinkError) or a [`RecordError`](crate::RecordError).
    pub code: &'static str,
    /// When.
    pub at: Moment,
}

impl LastError {
    pub(crate) fn now(code: &'static str) -> Self {
        Self { code, at: Moment::now() }
    }
}
