//! Disks that are full, at every byte, and have room again.

use std::fs::OpenOptions;
use std::path::Path;

use tokenward_audit::{Config, DecisionLog, Entry, Recorded, WhenFull, WriterSink};

use crate::support::{Disk, config, decision, in_short, number, until, with_sink};

const RECORDS: u64 = 3;

fn log_on(disk: &Disk, when_full: WhenFull) -> DecisionLog {
    let config = Config { queue: 100, ..config(Path::new("unused"), when_full) };
    with_sink(config, WriterSink::new(disk.clone()))
}

/// Room for all records, and some more.
fn room_for_all() -> usize {
    let disk = Disk::new(usize::MAX, usize::MAX);
    let log = log_on(&disk, WhenFull::Refuse);
    for number in 1..=RECORDS {
        log.append(&decision("a", number)).wait().unwrap();
    }
    disk.text.bytes().len() + 2
}

/// Whole lines, of which none follows a torn one on the same line: the records' numbers.
fn whole(disk: &Disk, case: &str) -> Vec<u64> {
    let found = disk.text.found();
    let mut torn = 0;
    let mut numbers = Vec::new();
    for entry in &found {
        match entry {
            Entry::Record { text, .. } => numbers.push(number(text)),
            Entry::Torn { .. } => torn += 1,
            _ => panic!("{case}: {:?}", in_short(&found)),
        }
    }
    assert!(torn <= 1, "{case}: {:?}", in_short(&found));
    numbers
}

#[test]
fn a_disk_that_is_full_at_any_byte_refuses_what_it_does_not_hold() {
    for room in 0..room_for_all() {
        let case = format!("room for {room} bytes");
        let disk = Disk::new(room, 50);
        let log = log_on(&disk, WhenFull::Refuse);
        let mut acknowledged = Vec::new();
        for number in 1..=RECORDS {
            match log.append(&decision("a", number)).wait() {
                Ok(_) => acknowledged.push(number),
                Err(error) => assert_eq!(error.code(), "disk-full"),
            }
        }
        let refused = RECORDS - acknowledged.len() as u64;
        assert_eq!(log.stats().refused, refused, "{case}");
        assert_eq!(log.stats().failing, refused > 0, "{case}");
        // It goes on by itself.
        disk.make_room(usize::MAX);
        log.append(&decision("a", RECORDS + 1)).wait().unwrap();
        acknowledged.push(RECORDS + 1);
        assert!(!log.stats().failing);

        let written = whole(&disk, &case);
        // Of what was refused, one can be there: that of which only the newline had no room.
        let more: Vec<_> = written.iter().filter(|n| !acknowledged.contains(n)).collect();
        assert!(more.len() <= 1 && acknowledged.iter().all(|n| written.contains(n)), "{case}");
        assert!(written.is_sorted(), "{case}");
        assert_eq!(log.stats().written, written.len() as u64, "{case}");
    }
}

#[test]
fn a_disk_that_is_full_at_any_byte_loses_nothing_that_the_queue_holds() {
    for room in 0..room_for_all() {
        let case = format!("room for {room} bytes");
        let disk = Disk::new(room, 50);
        let log = log_on(&disk, WhenFull::Drop);
        for number in 1..=RECORDS {
            assert_eq!(log.append(&decision("a", number)).wait(), Ok(Recorded::Queued));
        }
        until(|| log.stats().failing || log.stats().queued == 0);
        disk.make_room(usize::MAX);
        // Rather than after the pause between attempts.
        log.reopen();
        until(|| log.stats().queued == 0);
        assert_eq!(whole(&disk, &case), [1, 2, 3], "{case}");
    }
}

#[test]
fn a_device_that_is_always_full_keeps_nothing() {
    let full = || WriterSink::new(OpenOptions::new().write(true).open("/dev/full").unwrap());
    if !Path::new("/dev/full").exists() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must have `/dev/full`");
        println!("there is no `/dev/full` here: not tested");
        return;
    }
    let log = with_sink(config(Path::new("unused"), WhenFull::Refuse), full());
    for number in 1..=3 {
        assert_eq!(log.append(&decision("a", number)).wait().unwrap_err().code(), "disk-full");
    }
    log.close(crate::support::LONG).unwrap();
    assert_eq!((log.stats().written, log.stats().refused), (0, 3));

    let config = Config { queue: 2, ..config(Path::new("unused"), WhenFull::Drop) };
    let log = with_sink(config, full());
    let recorded = [1, 2, 3, 4].map(|number| log.append(&decision("a", number)).wait().unwrap());
    assert_eq!(
        recorded,
        [Recorded::Queued, Recorded::Queued, Recorded::Dropped, Recorded::Dropped]
    );
    until(|| log.stats().failing);
    assert_eq!(log.close(std::time::Duration::ZERO).unwrap_err().records, 2);
    until(|| log.stats().dropped == 4);
}
