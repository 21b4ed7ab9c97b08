//! No decision without a record.

use std::path::Path;
use std::time::Duration;

use tokenward_audit::{
    AppendError, Config, DecisionLog, Lines, Receipt, Recorded, Sink, SinkError, Step, WhenFull,
};

use crate::support::{
    Hand, LONG, block_on, config, decision, in_short, is_resolved, seq, stuck, until, with_sink,
};

const SHORT: Duration = Duration::from_millis(20);

fn refusing(queue: usize, patience: Duration) -> (DecisionLog, Hand) {
    let (sink, hand) = stuck();
    let config = config(Path::new("unused"), WhenFull::Refuse);
    (with_sink(Config { queue, patience, ..config }, sink), hand)
}

fn append(log: &DecisionLog, number: u64) -> Receipt {
    log.append(&decision("a", number))
}

#[test]
fn a_receipt_resolves_when_the_line_is_written_and_not_before() {
    let (log, hand) = refusing(10, LONG);
    let mut first = append(&log, 1);
    assert_eq!(hand.wait(), [1]);
    let mut second = append(&log, 2);
    assert!(!is_resolved(&mut first) && !is_resolved(&mut second));
    assert!(hand.text.bytes().is_empty());
    hand.answer(Ok(()));
    assert_eq!(seq(first), 1);
    assert_eq!(in_short(&hand.text.found()), ["1:1"]);
    assert_eq!(hand.wait(), [2]);
    assert!(!is_resolved(&mut second));
    hand.answer(Ok(()));
    assert_eq!(block_on(second), Ok(Recorded::Written { seq: 2 }));
    assert_eq!((log.stats().written, log.stats().queued), (2, 0));
}

#[test]
fn what_gathers_meanwhile_is_written_at_once() {
    let (log, hand) = refusing(10, LONG);
    let first = append(&log, 1);
    assert_eq!(hand.wait(), [1]);
    let others: Vec<Receipt> = (2..=6).map(|number| append(&log, number)).collect();
    hand.answer(Ok(()));
    assert_eq!(hand.wait(), [2, 3, 4, 5, 6]);
    hand.answer(Ok(()));
    let seqs: Vec<u64> = [first].into_iter().chain(others).map(seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_full_queue_makes_wait_and_gives_places_in_order() {
    let (log, mut hand) = refusing(3, LONG);
    let first = append(&log, 1);
    assert_eq!(hand.wait(), [1]);
    let mut others: Vec<Receipt> = (2..=6).map(|number| append(&log, number)).collect();
    assert!(!others.iter_mut().any(is_resolved));
    // Who waits no longer gets no place, and takes no number.
    drop(others.remove(3));
    hand.answer(Ok(()));
    assert_eq!(seq(first), 1);
    assert_eq!(hand.wait(), [2, 3, 4]);
    hand.answer(Ok(()));
    assert_eq!(hand.wait(), [5]);
    hand.let_go();
    assert_eq!(others.into_iter().map(seq).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!(in_short(&hand.text.found()), ["1:1", "2:2", "3:3", "4:4", "5:6"]);
    assert_eq!((log.stats().written, log.stats().refused), (5, 1));
}

#[test]
fn those_who_wait_for_a_place_are_bounded_too() {
    let (log, mut hand) = refusing(2, LONG);
    let mut receipts: Vec<Receipt> = (1..=5).map(|number| append(&log, number)).collect();
    let at_once = Err(AppendError::QueueFull { waited: Duration::ZERO });
    assert_eq!(receipts.pop().unwrap().wait(), at_once);
    hand.let_go();
    assert_eq!(receipts.into_iter().map(seq).collect::<Vec<_>>(), [1, 2, 3, 4]);

    let (sink, mut hand) = stuck();
    let config = config(Path::new("unused"), WhenFull::Refuse);
    let log = with_sink(Config { queue_bytes: 1000, ..config }, sink);
    let append = |length| log.append(&serde_json::json!({ "a": "x".repeat(length) }));
    let [in_hand, refused, outside, again] = [5000, 1000, 500, 500].map(append);
    assert_eq!(refused.wait(), at_once);
    assert_eq!(again.wait(), at_once);
    hand.let_go();
    assert_eq!([in_hand, outside].map(seq), [1, 2]);
}

#[test]
fn a_small_record_does_not_overtake_a_large_one() {
    let (sink, mut hand) = stuck();
    let config = config(Path::new("unused"), WhenFull::Refuse);
    let log = with_sink(Config { queue_bytes: 1000, ..config }, sink);
    let append = |length| log.append(&serde_json::json!({ "a": "x".repeat(length) }));
    let in_hand = append(500);
    assert_eq!(hand.wait(), [1]);
    let [large, small] = [700, 100].map(append);
    hand.let_go();
    assert_eq!([in_hand, large, small].map(seq), [1, 2, 3]);
}

#[test]
fn a_receipt_shows_nothing_of_its_record() {
    let (log, mut hand) = refusing(1, LONG);
    let receipts = [1, 2].map(|number| append(&log, number));
    assert_eq!(hand.wait(), [1]);
    assert_eq!(format!("{receipts:?}"), "[Receipt(None), Receipt(None)]");
    hand.let_go();
    let [first, mut second] = receipts;
    seq(first);
    until(|| is_resolved(&mut second));
    assert_eq!(format!("{second:?}"), "Receipt(Some(Ok(Written { seq: 2 })))");
    assert!(!format!("{log:?}").contains("permit"));
}

#[test]
fn a_sink_that_does_not_answer_makes_nobody_wait_for_ever() {
    let (log, mut hand) = refusing(1, SHORT);
    let in_hand = append(&log, 1);
    assert_eq!(hand.wait(), [1]);
    let outside = append(&log, 2);
    assert_eq!(block_on(outside), Err(AppendError::QueueFull { waited: SHORT }));
    assert_eq!(in_hand.wait(), Err(AppendError::Late { waited: SHORT }));
    let stats = log.stats();
    assert_eq!((stats.written, stats.refused, stats.queued), (0, 2, 1));
    // When it answers, the log goes on; what was late is in it.
    hand.let_go();
    until(|| log.stats().queued == 0);
    log.close(LONG).unwrap();
    assert_eq!(in_short(&hand.text.found()), ["1:1"]);
}

#[test]
fn what_was_late_in_the_queue_is_not_written() {
    let (log, mut hand) = refusing(10, SHORT);
    let in_hand = append(&log, 1);
    assert_eq!(hand.wait(), [1]);
    let queued = append(&log, 2);
    assert_eq!(queued.wait(), Err(AppendError::Late { waited: SHORT }));
    assert_eq!(in_hand.wait(), Err(AppendError::Late { waited: SHORT }));
    hand.let_go();
    log.close(LONG).unwrap();
    assert_eq!(in_short(&hand.text.found()), ["1:1"]);
}

#[test]
fn a_record_is_written_also_if_nobody_waits_for_it() {
    let (log, mut hand) = refusing(10, LONG);
    drop(append(&log, 1));
    hand.let_go();
    assert_eq!(seq(append(&log, 2)), 2);
    assert_eq!(in_short(&hand.text.found()), ["1:1", "2:2"]);
}

#[test]
fn what_was_not_kept_is_refused_and_its_number_is_the_next_ones() {
    let (log, mut hand) = refusing(10, LONG);
    let first = append(&log, 1);
    assert_eq!(hand.wait(), [1]);
    hand.answer(Err(SinkError::nothing_kept(Step::Write, std::io::ErrorKind::StorageFull.into())));
    let error = first.wait().unwrap_err();
    assert_eq!(error.code(), "disk-full");
    assert_eq!(
        error.to_string(),
        "the decision is not recorded: the decision log cannot be written: no storage space"
    );
    let stats = log.stats();
    assert_eq!((stats.refused, stats.written, stats.failing), (1, 0, true));
    assert_eq!(stats.last_error.unwrap().code, "disk-full");

    // One is kept, one is whole but may not survive, one is not there.
    let second = append(&log, 2);
    assert_eq!(hand.wait(), [1]);
    let others = [3, 4, 5].map(|number| append(&log, number));
    hand.answer(Ok(()));
    assert_eq!(seq(second), 1);
    assert_eq!(hand.wait(), [2, 3, 4]);
    let source = std::io::Error::other("gone");
    hand.answer(Err(SinkError { kept: 1, unsure: 1, step: Step::Sync, source }));
    let [kept, unsure, not_there] = others;
    assert_eq!(seq(kept), 2);
    assert_eq!(unsure.wait().unwrap_err().code(), "not-synced");
    assert_eq!(not_there.wait().unwrap_err().code(), "not-synced");
    hand.let_go();
    assert_eq!(seq(append(&log, 6)), 4);
    let stats = log.stats();
    assert_eq!((stats.written, stats.refused, stats.failing, stats.queued), (4, 3, false, 0));
    assert_eq!(in_short(&hand.text.found()), ["1:2", "2:3", "3:4", "4:6"]);
}

#[test]
fn a_log_that_is_closed_refuses() {
    let (log, mut hand) = refusing(2, LONG);
    let first = append(&log, 1);
    assert_eq!(hand.wait(), [1]);
    let others = [2, 3].map(|number| append(&log, number));
    // The sink does not answer.
    assert_eq!(log.close(Duration::ZERO).unwrap_err().records, 3);
    assert_eq!(append(&log, 4).wait(), Err(AppendError::Closed));
    hand.let_go();
    // What it had in its hands is written; for the rest, time was over.
    assert_eq!(first.wait(), Ok(Recorded::Written { seq: 1 }));
    assert_eq!(others.map(Receipt::wait), [Err(AppendError::Closed), Err(AppendError::Closed)]);
}

#[test]
fn a_log_that_is_closed_first_writes_what_waits() {
    let (log, mut hand) = refusing(2, LONG);
    let receipts = [1, 2, 3, 4].map(|number| append(&log, number));
    hand.let_go();
    log.close(LONG).unwrap();
    assert_eq!(receipts.map(seq), [1, 2, 3, 4]);
}

/// A sink that ends the thread.
struct Panics;

impl Sink for Panics {
    fn write(&mut self, _: Lines<'_>) -> Result<(), SinkError> {
        // Without the message of a panic in the output of the test.
        std::panic::resume_unwind(Box::new("this sink panics"))
    }
}

#[test]
fn a_writer_that_has_ended_refuses_everything() {
    let log = with_sink(config(Path::new("unused"), WhenFull::Refuse), Panics);
    assert_eq!(append(&log, 1).wait(), Err(AppendError::Closed));
    assert_eq!(append(&log, 2).wait(), Err(AppendError::Closed));
    assert_eq!(log.close(LONG).unwrap_err().records, 1);

    let log = with_sink(config(Path::new("unused"), WhenFull::Drop), Panics);
    append(&log, 1).wait().unwrap();
    until(|| log.stats().dropped == 1);
    assert_eq!(append(&log, 2).wait(), Ok(Recorded::Dropped));
}
