//! Lines on their way to the sink.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::moment::Moment;
use crate::receipt::Slot;
use crate::sink::{LineEnd, Lines};

/// What waits to be written, in its order.
pub(crate) enum Waiting {
    /// A record: its line from `"at"` on.
    Record { line: Vec<u8>, slot: Option<Arc<Slot>> },
    /// So many records were dropped here.
    Dropped { count: u64 },
}

/// Lines that the sink is given, and given again until it has them.
#[derive(Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    ends: Vec<LineEnd>,
    items: Vec<Item>,
    /// Lines that are done with.
    done: usize,
}

/// A line, or what is to be known of it when it is done with.
pub(crate) struct Item {
    pub(crate) seq: u64,
    /// Of the whole line.
    pub(crate) bytes: usize,
    /// What it took of the queue's bytes, if it is a record's.
    pub(crate) queued: Option<usize>,
    pub(crate) slot: Option<Arc<Slot>>,
}

impl Batch {
    /// Makes lines of what waited, and gives them their numbers.
    pub(crate) fn fill(
        &mut self,
        waited: impl Iterator<Item = Waiting>,
        run: &str,
        next: &mut u64,
    ) {
        self.bytes.clear();
        self.ends.clear();
        self.items.clear();
        self.done = 0;
        for waiting in waited {
            let before = self.bytes.len();
            let (seq, rest, queued, slot) = match waiting {
                Waiting::Record { line, slot } => {
                    let queued = Some(line.len());
                    (*next, line, queued, slot)
                }
                Waiting::Dropped { count } => {
                    let (first, at) = (*next, Moment::now());
                    let seq = first.saturating_add(count);
                    let mut line = String::new();
                    // Writing to a string cannot fail.
                    let _ = writeln!(
                        line,
                        "\"at\":\"{at}\",\"dropped\":{{\"count\":{count},\"first\":{first},\
                         \"last\":{}}}}}",
                        seq - 1
                    );
                    (seq, line.into_bytes(), None, None)
                }
            };
            let start = format!("{{\"seq\":{seq},\"run\":\"{run}\",");
            self.bytes.extend_from_slice(start.as_bytes());
            self.bytes.extend_from_slice(&rest);
            self.ends.push(LineEnd { seq, end: self.bytes.len() });
            self.items.push(Item { seq, bytes: self.bytes.len() - before, queued, slot });
            *next = seq.saturating_add(1);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.done == self.ends.len()
    }

    /// What is still to be written.
    pub(crate) fn lines(&self) -> Lines<'_> {
        let (before, rest) = self.ends.split_at(self.done);
        Lines::new(&self.bytes, before.last().map_or(0, |last| last.end), rest)
    }

    /// The next so many lines are done with.
    pub(crate) fn done(&mut self, count: usize) -> &[Item] {
        let first = self.done;
        self.done = first.saturating_add(count).min(self.items.len());
        self.items.get(first..self.done).unwrap_or_default()
    }
}
