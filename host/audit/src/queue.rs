//! What the callers, the writer and the clock share: the queue, its bounds, its counts.

pub(crate) mod clock;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::batch::{Item, Waiting};
use crate::config::{Config, WhenFull};
use crate::error::{AppendError, CloseError, RecordError};
use crate::receipt::{Receipt, Recorded, Slot};
use crate::stats::{LastError, Stats};

/// Lines that are written at once, at most: so long does none wait for those after it.
const BATCH: usize = 1024;
/// How long records gather where nobody waits for them to be written: at 5 000 decisions a second,
/// the writer wakes 200 times at most.
const GATHER: Duration = Duration::from_millis(5);

pub(crate) struct Queue {
    pub(crate) when_full: WhenFull,
    most: usize,
    most_bytes: usize,
    patience: Duration,
    state: Mutex<State>,
    /// Wakes the writer.
    work: Condvar,
    /// Wakes the clock.
    clock: Condvar,
    /// Wakes those who close the log.
    ended: Condvar,
    pub(crate) refused: AtomicU64,
}

#[derive(Default)]
pub(crate) struct State {
    queue: VecDeque<Waiting>,
    /// Records in the queue and in the writer's hands.
    held: usize,
    held_bytes: usize,
    /// Records that wait for a place in the queue, in their order.
    outside: VecDeque<Outside>,
    outside_bytes: usize,
    /// Receipts of what the writer has in its hands.
    in_hand: VecDeque<Arc<Slot>>,
    /// The writer sleeps until so many lines are in the queue.
    wake_at: usize,
    clock_sleeps: bool,
    reopen: bool,
    /// No record is taken any more, and none is written after this.
    closing: Option<Closing>,
    pub(crate) ended: bool,
    /// Records that were not written when the writer ended.
    lost: u64,
    counts: Counts,
}

/// What [`Stats`] says.
#[derive(Default)]
struct Counts {
    written: u64,
    dropped: u64,
    bytes: u64,
    failing: bool,
    last_error: Option<LastError>,
}

/// A record that waits for a place in the queue: its receipt holds it.
struct Outside {
    slot: Weak<Slot>,
    bytes: usize,
}

impl State {
    /// Who waits first for a place does so no longer.
    fn pop_outside(&mut self) {
        if let Some(first) = self.outside.pop_front() {
            self.outside_bytes -= first.bytes;
        }
    }

    fn unwritten(&self) -> u64 {
        self.held as u64 + self.outside.len() as u64
    }
}

/// Until when what waits is written; none: until it is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Closing(Option<Instant>);

/// What the writer is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Write,
    Reopen,
    End,
}

impl Queue {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            when_full: config.when_full,
            most: config.queue,
            most_bytes: config.queue_bytes,
            patience: config.patience,
            state: Mutex::default(),
            work: Condvar::new(),
            clock: Condvar::new(),
            ended: Condvar::new(),
            refused: AtomicU64::new(0),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the line of a record, or what is wrong with the record.
    pub(crate) fn add(&self, line: Result<Vec<u8>, RecordError>) -> Receipt {
        match self.when_full {
            WhenFull::Drop => Receipt::known(Ok(self.add_or_drop(line))),
            WhenFull::Refuse => match line {
                Ok(line) => self.add_or_wait(line),
                Err(error) => {
                    self.lock().counts.last_error = Some(LastError::now(error.code()));
                    self.refuse(error.into())
                }
            },
        }
    }

    fn refuse(&self, error: AppendError) -> Receipt {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Receipt::known(Err(error))
    }

    fn add_or_drop(&self, line: Result<Vec<u8>, RecordError>) -> Recorded {
        let mut state = self.lock();
        if let Err(error) = &line {
            state.counts.last_error = Some(LastError::now(error.code()));
        }
        if state.closing.is_some() {
            state.counts.dropped += 1;
            return Recorded::Dropped;
        }
        let line = line.ok().filter(|line| self.room(&state) >= line.len());
        let recorded = if let Some(line) = line {
            self.push(&mut state, line, None);
            Recorded::Queued
        } else {
            state.counts.dropped += 1;
            match state.queue.back_mut() {
                Some(Waiting::Dropped { count }) => *count += 1,
                _ => state.queue.push_back(Waiting::Dropped { count: 1 }),
            }
            Recorded::Dropped
        };
        self.wake_writer(state);
        recorded
    }

    fn add_or_wait(&self, line: Vec<u8>) -> Receipt {
        let due = Instant::now().checked_add(self.patience);
        let mut state = self.lock();
        if state.closing.is_some() {
            drop(state);
            return self.refuse(AppendError::Closed);
        }
        let slot = if state.outside.is_empty() && self.room(&state) >= line.len() {
            let slot = Slot::new(due, None);
            self.push(&mut state, line, Some(Arc::clone(&slot)));
            slot
        } else if state.outside.len() < self.most
            && line.len() <= self.most_bytes.saturating_sub(state.outside_bytes)
        {
            let bytes = line.len();
            let slot = Slot::new(due, Some(line));
            state.outside.push_back(Outside { slot: Arc::downgrade(&slot), bytes });
            state.outside_bytes += bytes;
            slot
        } else {
            drop(state);
            return self.refuse(AppendError::QueueFull { waited: Duration::ZERO });
        };
        if std::mem::take(&mut state.clock_sleeps) {
            self.clock.notify_one();
        }
        self.wake_writer(state);
        Receipt::open(slot)
    }

    /// The largest line that has a place now.
    fn room(&self, state: &State) -> usize {
        if state.held == 0 {
            usize::MAX
        } else if state.held >= self.most {
            0
        } else {
            self.most_bytes.saturating_sub(state.held_bytes)
        }
    }

    fn push(&self, state: &mut State, line: Vec<u8>, slot: Option<Arc<Slot>>) {
        state.held += 1;
        state.held_bytes += line.len();
        if state.held_bytes > self.most_bytes / 2 {
            state.wake_at = state.wake_at.min(1);
        }
        state.queue.push_back(Waiting::Record { line, slot });
    }

    fn wake_writer(&self, mut state: MutexGuard<'_, State>) {
        if state.wake_at > 0 && state.queue.len() >= state.wake_at {
            state.wake_at = 0;
            drop(state);
            self.work.notify_one();
        }
    }

    /// Gives places in the queue to those who wait for one.
    fn admit(&self, state: &mut State) {
        while let Some(first) = state.outside.front() {
            let Some(slot) = first.slot.upgrade() else {
                // Nobody waits for it any more.
                self.refused.fetch_add(1, Ordering::Relaxed);
                state.pop_outside();
                continue;
            };
            let Some(line) = slot.take_record(self.room(state)) else { return };
            state.pop_outside();
            self.push(state, line, Some(slot));
        }
    }

    /// What the writer is to do next. Waits until there is something.
    pub(crate) fn next(&self, into: &mut Vec<Waiting>) -> Task {
        let mut state = self.lock();
        loop {
            if std::mem::take(&mut state.reopen) {
                return Task::Reopen;
            }
            if is_over(state.closing) || (state.closing.is_some() && state.queue.is_empty()) {
                return Task::End;
            }
            if !state.queue.is_empty() {
                break;
            }
            state.wake_at = 1;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let half = self.most.div_ceil(2);
        if self.when_full == WhenFull::Drop && state.queue.len() < half {
            state.wake_at = half;
            let gathers =
                |state: &mut State| state.wake_at > 0 && state.closing.is_none() && !state.reopen;
            let woken = self.work.wait_timeout_while(state, GATHER, gathers);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.wake_at = 0;
        let count = state.queue.len().min(BATCH);
        into.extend(state.queue.drain(..count));
        let slots = into.iter().filter_map(|waiting| match waiting {
            Waiting::Record { slot, .. } => slot.clone(),
            Waiting::Dropped { .. } => None,
        });
        state.in_hand.extend(slots);
        Task::Write
    }

    /// Waits before another attempt, unless there is something else to do.
    pub(crate) fn pause(&self, pause: Duration) -> Task {
        let mut state = self.lock();
        let closing = state.closing;
        let left = closing
            .and_then(|Closing(until)| until)
            .map(|until| until.saturating_duration_since(Instant::now()));
        let pause = left.map_or(pause, |left| left.min(pause));
        let goes_on = |state: &mut State| !state.reopen && state.closing == closing;
        let woken = self.work.wait_timeout_while(state, pause, goes_on);
        state = woken.unwrap_or_else(PoisonError::into_inner).0;
        if std::mem::take(&mut state.reopen) {
            Task::Reopen
        } else if is_over(state.closing) {
            Task::End
        } else {
            Task::Write
        }
    }

    /// Counts lines that the writer has no longer in its hands.
    pub(crate) fn let_go(&self, items: &[Item], written: bool) {
        let mut state = self.lock();
        for item in items {
            if let Some(bytes) = item.queued {
                state.held -= 1;
                state.held_bytes -= bytes;
                state.counts.written += u64::from(written);
            }
            if written {
                state.counts.bytes += item.bytes as u64;
            }
        }
        self.admit(&mut state);
    }

    /// Says how an attempt to write went: whether all lines are kept, and what went wrong.
    pub(crate) fn attempted(&self, kept: bool, error: Option<&'static str>) {
        let mut state = self.lock();
        state.in_hand.clear();
        state.counts.failing = !kept;
        if let Some(code) = error {
            state.counts.last_error = Some(LastError::now(code));
        }
    }

    /// Says that the sink could not be reopened.
    pub(crate) fn not_reopened(&self, code: &'static str) {
        self.lock().counts.last_error = Some(LastError::now(code));
    }

    pub(crate) fn reopen(&self) {
        self.lock().reopen = true;
        self.work.notify_one();
    }

    /// Takes no record any more, and waits until those that wait are written, or time is over.
    pub(crate) fn close(&self, limit: Duration) -> Result<(), CloseError> {
        let mut state = self.lock();
        let until = Closing(Instant::now().checked_add(limit));
        let Closing(until) = *state.closing.get_or_insert(until);
        self.work.notify_one();
        while !state.ended {
            let Some(until) = until else {
                state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(CloseError { records: state.unwritten() });
            }
            state = self.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.lost > 0 { Err(CloseError { records: state.lost }) } else { Ok(()) }
    }

    /// The writer has ended: nothing is written any more. Whoever waits is told.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.closing.get_or_insert(Closing(None));
        state.lost = state.unwritten();
        if self.when_full == WhenFull::Drop {
            state.counts.dropped += state.held as u64;
        }
        (state.held, state.held_bytes) = (0, 0);
        let queued =
            std::mem::take(&mut state.queue).into_iter().filter_map(|waiting| match waiting {
                Waiting::Record { slot, .. } => slot,
                Waiting::Dropped { .. } => None,
            });
        let outside = std::mem::take(&mut state.outside);
        let in_hand = std::mem::take(&mut state.in_hand);
        let slots: Vec<Arc<Slot>> = in_hand
            .into_iter()
            .chain(queued)
            .chain(outside.iter().filter_map(|outside| outside.slot.upgrade()))
            .collect();
        drop(state);
        for slot in slots {
            slot.settle(Err(AppendError::Closed), &self.refused);
        }
        self.lock().ended = true;
        self.ended.notify_all();
        self.clock.notify_all();
    }

    pub(crate) fn stats(&self, run: &str, found_torn: bool) -> Stats {
        let state = self.lock();
        Stats {
            run: run.to_owned(),
            written: state.counts.written,
            dropped: state.counts.dropped,
            refused: self.refused.load(Ordering::Relaxed),
            queued: state.held,
            queued_bytes: state.held_bytes,
            bytes: state.counts.bytes,
            failing: state.counts.failing,
            found_torn,
            last_error: state.counts.last_error,
        }
    }
}

fn is_over(closing: Option<Closing>) -> bool {
    closing.is_some_and(|Closing(until)| until.is_some_and(|until| until <= Instant::now()))
}
