//! The one thread that writes: whatever has gathered, at once.

use std::time::Duration;

use crate::batch::{Batch, Item};
use crate::config::WhenFull;
use crate::error::AppendError;
use crate::queue::{Queue, Task};
use crate::receipt::Recorded;
use crate::sink::{Sink, SinkError, Step};

/// Pauses between attempts: each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Writes until the log is closed.
pub(crate) fn run(queue: &Queue, mut sink: Box<dyn Sink>, run: &str) {
    let mut waited = Vec::new();
    let mut batch = Batch::default();
    let mut next_seq = 1;
    loop {
        match queue.next(&mut waited) {
            Task::Write => {}
            Task::Reopen => {
                reopen(queue, sink.as_mut());
                continue;
            }
            Task::End => return,
        }
        batch.fill(waited.drain(..), run, &mut next_seq);
        let ended = match queue.when_full {
            WhenFull::Drop => write_until_done(queue, sink.as_mut(), &mut batch),
            WhenFull::Refuse => {
                write_once(queue, sink.as_mut(), &mut batch, &mut next_seq);
                Task::Write
            }
        };
        if ended == Task::End {
            return;
        }
    }
}

fn reopen(queue: &Queue, sink: &mut dyn Sink) {
    if let Err(source) = sink.reopen() {
        queue.not_reopened(SinkError::nothing_kept(Step::Open, source).code());
    }
}

/// Tries until every line is written, or the log is closed and time is over.
fn write_until_done(queue: &Queue, sink: &mut dyn Sink, batch: &mut Batch) -> Task {
    let mut pause = FIRST_PAUSE;
    while !batch.is_empty() {
        let count = batch.lines().len();
        match sink.write(batch.lines()) {
            Ok(()) => {
                queue.let_go(batch.done(count), true);
                queue.attempted(true, None);
            }
            Err(error) => {
                queue.let_go(batch.done(error.kept.saturating_add(error.unsure)), true);
                queue.attempted(batch.is_empty() && error.unsure == 0, Some(error.code()));
                if batch.is_empty() {
                    break;
                }
                match queue.pause(pause) {
                    Task::Write => {}
                    Task::Reopen => reopen(queue, sink),
                    Task::End => return Task::End,
                }
                pause = if error.kept > 0 { FIRST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
            }
        }
    }
    Task::Write
}

/// Tries once, and tells those who wait.
fn write_once(queue: &Queue, sink: &mut dyn Sink, batch: &mut Batch, next_seq: &mut u64) {
    let count = batch.lines().len();
    let (kept, unsure, failed) = match sink.write(batch.lines()) {
        Ok(()) => (count, 0, None),
        Err(error) => (error.kept, error.unsure, Some(error)),
    };
    queue.attempted(kept >= count, failed.as_ref().map(SinkError::code));
    let error = failed.as_ref().map(AppendError::from);
    let tell = |items: &[Item], error: Option<&AppendError>| {
        for Item { seq, slot, .. } in items {
            let result = error.map_or(Ok(Recorded::Written { seq: *seq }), |e| Err(e.clone()));
            if let Some(slot) = slot {
                slot.settle(result, &queue.refused);
            }
        }
    };
    let items = batch.done(kept);
    queue.let_go(items, true);
    tell(items, None);
    let items = batch.done(unsure);
    queue.let_go(items, true);
    tell(items, error.as_ref());
    let items = batch.done(count);
    if let Some(first) = items.first() {
        *next_seq = first.seq;
    }
    queue.let_go(items, false);
    tell(items, error.as_ref());
}
