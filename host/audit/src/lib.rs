//! The decision log: every decision as a JSON line, numbered, masked, bounded.
//!
//! ```json
//! {"seq":7,"run":"5f1c9a0e77d3b242","at":"2026-11-29T08:15:30.123Z","outcome":"deny","findings":[{"rule":"personal-data","message":null}],"masked":["/findings/0/message"]}
//! ```
//!
//! A line is what [`DecisionLog::append`] was given, any type that serializes as an object, with
//! members of the log's own around it:
//!
//! | member | |
//! |---|---|
//! | `seq` | 1 for the first line of a run, and one more for each line and each dropped record after it |
//! | `run` | random, and another for each [`DecisionLog`] that is opened |
//! | `at` | when `append` was called: RFC 3339, in UTC, with milliseconds |
//! | `masked` | JSON Pointers (RFC 6901) to what a [`Mask`] replaced by null; absent if nothing was |
//!
//! Where records were dropped, a line of its own stands in their place, as soon as there is room
//! for it. Its own number is the next one after them:
//!
//! ```json
//! {"seq":12,"run":"5f1c9a0e77d3b242","at":"2026-11-29T08:15:31.004Z","dropped":{"count":4,"first":8,"last":11}}
//! ```
//!
//! So a reader can prove where records are missing: every number of a run, up to its last line, is
//! that of a line or in such a range. [`read`](read()) checks it.
//!
//! # When records cannot be written
//!
//! Records wait in a bounded queue for one thread that writes what has gathered at once. When the
//! queue is full, or the disk, [`WhenFull`] says what comes first:
//!
//! - [`Drop`](WhenFull::Drop): the request. `append` neither waits nor fails; what the queue cannot
//!   hold is dropped, counted and told. What the queue holds is tried until it is written.
//! - [`Refuse`](WhenFull::Refuse): the record. The [`Receipt`] that `append` gives resolves when the
//!   line is written (with [`Config::sync`]: is on the disk), or with an error, and within
//!   [`Config::patience`] in any case. Without a record, there must be no decision.
//!
//! Either way the log goes on by itself when the disk has room again.
//!
//! # What a file can hold
//!
//! Nothing that was written is ever taken back: a file is only appended to. If a process or a
//! machine ends in the middle of a line, or a disk is full there, that torn line is ended by a
//! newline before the next one begins, and stays. So each line is a whole JSON object, or a torn one
//! that [`read`](read()) reports; its record, unless it was refused, is written again after it, or
//! was lost with the process.
//!
//! A record whose receipt resolved with an error can be in the file all the same, if it was the
//! last step that failed (`not-synced`), or took too long (`late`): it is then a record of a
//! decision that was not given.

mod batch;
mod config;
mod error;
mod log;
mod mask;
mod moment;
mod queue;
mod read;
mod receipt;
mod record;
mod rewrite;
mod sink;
mod stats;
mod writer;

pub use config::{Config, Rotate, WhenFull};
pub use error::{AppendError, CloseError, OpenError, RecordError};
pub use log::DecisionLog;
pub use mask::{Mask, MaskError};
pub use moment::Moment;
pub use read::{Entry, Found, Reader, Run, files, read};
pub use receipt::{Receipt, Recorded};
pub use sink::{FileSink, Line, Lines, Sink, SinkError, Step, WriterSink};
pub use stats::{LastError, Stats};
