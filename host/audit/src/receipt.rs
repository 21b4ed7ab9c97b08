//! What a caller holds until its record is written.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::error::AppendError;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// [`WhenFull::Refuse`](crate::WhenFull::Refuse): it is written, under this number.
    Written {
        /// The number of its line.
        seq: u64,
    },
    /// [`WhenFull::Drop`](crate::WhenFull::Drop): it will be written, or be told as dropped.
    Queued,
    /// [`WhenFull::Drop`](crate::WhenFull::Drop): it is dropped, and will be told so.
    Dropped,
}

/// Resolves when it is known what became of a record: `receipt.await`, or [`wait`](Self::wait).
///
/// That of a log that drops what it cannot write resolves at once, and never with an error. If a
/// receipt is dropped, its record is written all the same, unless it still waits for a place in the
/// queue.
#[must_use = "a record is only certain once its receipt says so"]
pub struct Receipt(Inner);

enum Inner {
    Known(Result<Recorded, AppendError>),
    Open(Arc<Slot>),
}

impl Receipt {
    pub(crate) fn known(result: Result<Recorded, AppendError>) -> Self {
        Self(Inner::Known(result))
    }

    pub(crate) fn open(slot: Arc<Slot>) -> Self {
        Self(Inner::Open(slot))
    }

    /// Blocks the thread until it is known.
    ///
    /// # Errors
    ///
    /// [`AppendError`]: there is no record, and must be no decision.
    pub fn wait(self) -> Result<Recorded, AppendError> {
        let slot = match self.0 {
            Inner::Known(result) => return result,
            Inner::Open(slot) => slot,
        };
        let mut place = slot.lock();
        loop {
            if let Some(result) = place.result.clone() {
                return result;
            }
            place = slot.settled.wait(place).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Receipt {
    type Output = Result<Recorded, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.0 {
            Inner::Known(result) => Poll::Ready(result.clone()),
            Inner::Open(slot) => {
                let mut place = slot.lock();
                if let Some(result) = &place.result {
                    return Poll::Ready(result.clone());
                }
                if !place.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                    place.waker = Some(context.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

/// It shows nothing of the record.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let result = match &self.0 {
            Inner::Known(result) => Some(result.clone()),
            Inner::Open(slot) => slot.lock().result.clone(),
        };
        f.debug_tuple("Receipt").field(&result).finish()
    }
}

/// What a receipt and the log share about one record.
pub(crate) struct Slot {
    /// When nobody waits any longer; none: never.
    pub(crate) due: Option<Instant>,
    place: Mutex<Place>,
    settled: Condvar,
}

struct Place {
    result: Option<Result<Recorded, AppendError>>,
    waker: Option<Waker>,
    /// A record that waits for a place in the queue. It is kept here, so that those who wait hold
    /// the memory for it: a receipt that is dropped takes it with it.
    record: Option<Vec<u8>>,
}

impl Slot {
    pub(crate) fn new(due: Option<Instant>, record: Option<Vec<u8>>) -> Arc<Self> {
        let place = Mutex::new(Place { result: None, waker: None, record });
        Arc::new(Self { due, place, settled: Condvar::new() })
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// The record that waits for a place, if it has at most so many bytes.
    pub(crate) fn take_record(&self, room: usize) -> Option<Vec<u8>> {
        self.lock().record.take_if(|record| record.len() <= room)
    }

    /// Says what became of the record, if that is not known yet. To be called without any lock:
    /// waking somebody can run anything.
    pub(crate) fn settle(&self, result: Result<Recorded, AppendError>, refused: &AtomicU64) {
        let mut place = self.lock();
        if place.result.is_some() {
            return;
        }
        if result.is_err() {
            refused.fetch_add(1, Ordering::Relaxed);
        }
        place.result = Some(result);
        place.record = None;
        let waker = place.waker.take();
        drop(place);
        self.settled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
