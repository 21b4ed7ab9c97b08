//! Tells those who wait for a record when their patience is over, also while the writer is stuck in
//! a disk that does not answer.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::{Queue, State};
use crate::batch::Waiting;
use crate::error::AppendError;
use crate::receipt::Slot;

pub(crate) fn run(queue: &Queue) {
    let mut state = queue.lock();
    while !state.ended {
        let (due, next) = queue.due(&mut state, Instant::now());
        if !due.is_empty() {
            drop(state);
            for (slot, error) in due {
                slot.settle(Err(error), &queue.refused);
            }
            state = queue.lock();
            continue;
        }
        if let Some(next) = next {
            let left = next.saturating_duration_since(Instant::now());
            let woken = queue.clock.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        } else {
            state.clock_sleeps = true;
            state = queue.clock.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Queue {
    /// The receipts that are due, and what they are to be told; and when the next one is.
    fn due(
        &self,
        state: &mut State,
        now: Instant,
    ) -> (Vec<(Arc<Slot>, AppendError)>, Option<Instant>) {
        let late = AppendError::Late { waited: self.patience };
        let full = AppendError::QueueFull { waited: self.patience };
        let mut due = Vec::new();
        while let Some(slot) = state.in_hand.pop_front_if(|slot| slot.is_due(now)) {
            due.push((slot, late.clone()));
        }
        let is_due = |waiting: &mut Waiting| match waiting {
            Waiting::Record { slot: Some(slot), .. } => slot.is_due(now),
            _ => false,
        };
        while let Some(waiting) = state.queue.pop_front_if(is_due) {
            if let Waiting::Record { line, slot: Some(slot) } = waiting {
                state.held -= 1;
                state.held_bytes -= line.len();
                due.push((slot, late.clone()));
            }
        }
        while let Some(first) = state.outside.front() {
            match first.slot.upgrade() {
                Some(slot) if !slot.is_due(now) => break,
                Some(slot) => due.push((slot, full.clone())),
                None => _ = self.refused.fetch_add(1, Ordering::Relaxed),
            }
            state.pop_outside();
        }
        self.admit(state);
        let in_queue = state.queue.front().and_then(|waiting| match waiting {
            Waiting::Record { slot, .. } => slot.as_ref()?.due,
            Waiting::Dropped { .. } => None,
        });
        let in_hand = state.in_hand.front().and_then(|slot| slot.due);
        let outside = state.outside.front().and_then(|outside| outside.slot.upgrade()?.due);
        (due, [in_hand, in_queue, outside].into_iter().flatten().min())
    }
}
