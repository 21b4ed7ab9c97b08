//! What a log does that drops what it cannot write.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokenward_audit::{Config, Lines, Recorded, Sink, SinkError, Step, WhenFull};

use crate::support::{LONG, config, decision, in_short, stuck, until, with_sink};

fn dropping(queue: usize) -> Config {
    Config { queue, ..config(Path::new("unused"), WhenFull::Drop) }
}

#[test]
fn what_a_stuck_sink_leaves_no_room_for_is_counted_and_told() {
    let (sink, mut hand) = stuck();
    let log = with_sink(dropping(2), sink);
    let append = |number| log.append(&decision("a", number)).wait().unwrap();

    assert_eq!(append(1), Recorded::Queued);
    assert_eq!(hand.wait(), [1]);
    assert_eq!([2, 3, 4].map(append), [Recorded::Queued, Recorded::Dropped, Recorded::Dropped]);
    let stats = log.stats();
    assert_eq!((stats.written, stats.dropped, stats.queued), (0, 2, 2));
    assert!(stats.queued_bytes > 100 && !stats.failing && stats.last_error.is_none());

    // Each gap is told where it is.
    hand.answer(Ok(()));
    assert_eq!(hand.wait(), [2, 5]);
    assert_eq!([6, 7].map(append), [Recorded::Queued, Recorded::Dropped]);
    hand.answer(Ok(()));
    assert_eq!(hand.wait(), [6, 8]);
    hand.let_go();
    until(|| log.stats().queued == 0);
    assert_eq!(append(9), Recorded::Queued);
    log.close(LONG).unwrap();
    let stats = log.stats();
    assert_eq!((stats.written, stats.dropped, stats.refused, stats.queued), (4, 3, 0, 0));
    assert_eq!(
        in_short(&hand.text.found()),
        ["1:1", "2:2", "3-4 dropped", "6:6", "7-7 dropped", "9:9"]
    );
}

#[test]
fn bytes_that_wait_are_bounded_too() {
    let (sink, mut hand) = stuck();
    let log = with_sink(Config { queue_bytes: 1000, ..dropping(100) }, sink);
    // One has room in any case.
    let append = |length| log.append(&json!({ "a": "x".repeat(length) })).wait().unwrap();
    assert_eq!(append(5000), Recorded::Queued);
    assert_eq!(hand.wait(), [1]);
    assert_eq!(append(1), Recorded::Dropped);
    hand.answer(Ok(()));
    assert_eq!(hand.wait(), [3]);
    // A line that tells of dropped ones takes no place.
    assert_eq!(
        [400, 400, 400].map(append),
        [Recorded::Queued, Recorded::Queued, Recorded::Dropped]
    );
    hand.let_go();
    log.close(LONG).unwrap();
    assert_eq!((log.stats().written, log.stats().dropped), (3, 2));
}

#[test]
fn what_is_no_record_is_dropped_and_told() {
    let (sink, mut hand) = stuck();
    hand.let_go();
    let log = with_sink(dropping(100), sink);
    assert_eq!(log.append("text").wait(), Ok(Recorded::Dropped));
    assert_eq!(log.append(&json!({ "run": 1 })).wait(), Ok(Recorded::Dropped));
    assert_eq!(log.append(&decision("a", 3)).wait(), Ok(Recorded::Queued));
    log.close(LONG).unwrap();
    assert_eq!(in_short(&hand.text.found()), ["1-2 dropped", "4:3"]);
    let stats = log.stats();
    assert_eq!((stats.dropped, stats.last_error.unwrap().code), (2, "record-name-reserved"));
}

#[test]
fn what_could_not_be_written_is_tried_again_from_where_it_failed() {
    let (sink, mut hand) = stuck();
    let log = with_sink(dropping(100), sink);
    let error = |kept, unsure| {
        let source = io::ErrorKind::ReadOnlyFilesystem.into();
        Err(SinkError { kept, unsure, step: Step::Write, source })
    };
    let append = |number| log.append(&decision("a", number)).wait().unwrap();
    append(1);
    assert_eq!(hand.wait(), [1]);
    assert_eq!([2, 3, 4, 5].map(append), [Recorded::Queued; 4]);
    hand.answer(Ok(()));
    assert_eq!(hand.wait(), [2, 3, 4, 5]);
    hand.answer(error(0, 0));
    assert_eq!(hand.wait(), [2, 3, 4, 5]);
    let stats = log.stats();
    assert_eq!((stats.failing, stats.last_error.unwrap().code), (true, "read-only"));
    assert_eq!((stats.written, stats.queued), (1, 4));
    hand.answer(error(1, 1));
    assert_eq!(hand.wait(), [4, 5]);
    assert_eq!((log.stats().written, log.stats().queued), (3, 2));
    hand.let_go();
    log.close(LONG).unwrap();
    let stats = log.stats();
    assert_eq!((stats.written, stats.dropped, stats.failing), (5, 0, false));
    assert_eq!(in_short(&hand.text.found()), ["1:1", "2:2", "3:3", "4:4", "5:5"]);
}

/// A sink that fails until it is reopened.
struct Moved(bool);

impl Sink for Moved {
    fn write(&mut self, _: Lines<'_>) -> Result<(), SinkError> {
        let moved = || SinkError::nothing_kept(Step::Write, io::ErrorKind::NotFound.into());
        if self.0 { Err(moved()) } else { Ok(()) }
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.0 = false;
        Ok(())
    }
}

#[test]
fn a_log_that_fails_can_be_reopened() {
    let log = with_sink(dropping(100), Moved(true));
    assert_eq!(log.append(&decision("a", 1)).wait(), Ok(Recorded::Queued));
    until(|| log.stats().failing);
    assert_eq!(log.stats().last_error.unwrap().code, "not-written");
    log.reopen();
    log.close(LONG).unwrap();
    assert_eq!((log.stats().written, log.stats().dropped), (1, 0));
}

#[test]
fn what_else_goes_wrong_is_told_and_no_failure() {
    let (sink, mut hand) = stuck();
    let log = with_sink(dropping(100), sink);
    assert_eq!(log.append(&decision("a", 1)).wait(), Ok(Recorded::Queued));
    hand.wait();
    let source = io::ErrorKind::NotFound.into();
    hand.answer(Err(SinkError { kept: 1, unsure: 0, step: Step::Rotate, source }));
    hand.let_go();
    log.close(LONG).unwrap();
    let stats = log.stats();
    assert_eq!((stats.written, stats.failing), (1, false));
    assert_eq!(stats.last_error.unwrap().code, "not-rotated");
}

#[test]
fn a_log_that_is_closed_drops_and_says_what_it_could_not_write() {
    let (sink, hand) = stuck();
    let log = with_sink(dropping(100), sink);
    for number in 1..=3 {
        assert_eq!(log.append(&decision("a", number)).wait(), Ok(Recorded::Queued));
    }
    let first = hand.wait().len() as u64;
    // The sink does not answer.
    assert_eq!(log.close(Duration::ZERO).unwrap_err().records, 3);
    assert_eq!(log.append(&decision("a", 4)).wait(), Ok(Recorded::Dropped));
    hand.answer(Ok(()));
    // Then it does, and is not given the rest: time was over.
    until(|| log.stats().queued == 0);
    drop(log);
    assert_eq!(hand.text.found().len() as u64, first);
}

#[test]
fn a_log_that_is_dropped_writes_what_waits() {
    let (sink, mut hand) = stuck();
    let log = with_sink(dropping(100), sink);
    for number in 1..=3 {
        assert_eq!(log.append(&decision("a", number)).wait(), Ok(Recorded::Queued));
    }
    hand.let_go();
    drop(log);
    assert_eq!(in_short(&hand.text.found()), ["1:1", "2:2", "3:3"]);
}
