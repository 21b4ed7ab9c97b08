//! Files that are rotated, under load, and when that fails.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokenward_audit::{Config, DecisionLog, Entry, Reader, Rotate, WhenFull, files};

use crate::support::{LONG, config, decision, found, in_short, seq};

fn open(path: &Path, bytes: u64, keep: u32, sync: bool) -> DecisionLog {
    let rotate = Some(Rotate { bytes, keep });
    DecisionLog::open(Config { rotate, sync, ..config(path, WhenFull::Refuse) }).unwrap()
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    (folder, path)
}

fn append(log: &DecisionLog, number: u64) -> u64 {
    seq(log.append(&decision("a", number)))
}

#[test]
fn nothing_is_lost_while_files_are_rotated_under_load() {
    const BYTES: u64 = 2000;
    for sync in [false, true] {
        let (_folder, path) = folder();
        let log = open(&path, BYTES, 10_000, sync);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let log = &log;
                scope.spawn(move || {
                    for number in 0..if sync { 50 } else { 400 } {
                        seq(log.append(&decision(&thread.to_string(), number)));
                    }
                });
            }
        });
        log.close(LONG).unwrap();
        let all = if sync { 400 } else { 3200 };
        let files = files(&path).unwrap();
        // A line has about 120 bytes.
        assert!(files.len() as u64 > all / 20, "{}", files.len());
        let mut next = 1;
        for file in &files {
            assert!((1..=BYTES).contains(&file.metadata().unwrap().len()));
            assert!(fs::read(file).unwrap().ends_with(b"\n"));
            // Each begins where the one before ended.
            let mut reader = Reader::new([file.clone()]);
            assert!(reader.by_ref().all(|f| matches!(f.unwrap().entry, Entry::Record { .. })));
            let [run] = reader.runs() else { panic!("{:?}", reader.runs()) };
            assert_eq!(run.first, next);
            next = run.last + 1;
        }
        assert_eq!(next - 1, all);
        assert!(log.stats().last_error.is_none());
    }
}

#[test]
fn so_many_files_are_kept() {
    let (_folder, path) = folder();
    let log = open(&path, 1, 2, false);
    for number in 1..=5 {
        append(&log, number);
    }
    assert_eq!(files(&path).unwrap().len(), 3);
    assert_eq!(in_short(&found(&path)), ["3:3", "4:4", "5:5"]);
}

#[test]
fn a_long_line_has_a_file_of_its_own() {
    let (_folder, path) = folder();
    let log = open(&path, 400, 10, false);
    for length in [1, 1, 2000, 1, 1] {
        seq(log.append(&json!({ "number": 0, "text": "x".repeat(length) })));
    }
    let counts: Vec<usize> =
        files(&path).unwrap().into_iter().map(|file| Reader::new([file]).count()).collect();
    assert_eq!(counts, [2, 1, 2]);
}

#[test]
fn a_restart_goes_on_with_the_file_and_its_size() {
    let (_folder, path) = folder();
    for _ in 0..6 {
        append(&open(&path, 300, 10, false), 0);
    }
    let files = files(&path).unwrap();
    assert_eq!(files.len(), 3, "two lines have room in each");
    assert!(files.iter().all(|file| Reader::new([file.clone()]).count() == 2));
}

#[test]
fn a_file_that_cannot_be_rotated_grows_and_that_is_told() {
    let (folder, path) = folder();
    let in_the_way = folder.path().join("log.1");
    fs::create_dir(&in_the_way).unwrap();
    let log = open(&path, 1, 1, false);
    for number in 1..=3 {
        append(&log, number);
    }
    let stats = log.stats();
    assert_eq!((stats.failing, stats.last_error.unwrap().code), (false, "not-rotated"));
    assert_eq!(Reader::new([path.clone()]).count(), 3);
    fs::remove_dir(&in_the_way).unwrap();
    append(&log, 4);
    assert_eq!(in_short(&found(&path)), ["1:1", "2:2", "3:3", "4:4"]);
    assert_eq!(Reader::new([path.clone()]).count(), 1);
}

#[test]
fn a_file_that_was_moved_away_is_not_rotated_again() {
    let (folder, path) = folder();
    let log = open(&path, 1, 10, false);
    append(&log, 1);
    fs::rename(&path, folder.path().join("moved")).unwrap();
    fs::write(&path, "").unwrap();
    append(&log, 2);
    assert_eq!(in_short(&found(&path)), ["2:2"]);
    assert!(!folder.path().join("log.1").exists());
}
