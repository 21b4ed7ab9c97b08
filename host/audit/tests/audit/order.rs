//! Numbers and order, and what a line holds.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};
use tokenward_audit::{
    AppendError, Config, DecisionLog, Entry, RecordError, Recorded, WhenFull, read,
};

use crate::support::{LONG, block_on, config, decision};

const THREADS: usize = 8;
const EACH: u64 = 500;

#[test]
fn records_of_eight_threads_have_numbers_without_gaps_in_the_order_of_each() {
    for when_full in [WhenFull::Drop, WhenFull::Refuse] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = DecisionLog::open(config(&path, when_full)).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let log = &log;
                scope.spawn(move || {
                    let by = thread.to_string();
                    for number in 0..EACH {
                        let receipt = log.append(&decision(&by, number));
                        // Some wait for each, some for none.
                        if thread % 2 == 0 {
                            block_on(receipt).unwrap();
                        }
                    }
                });
            }
        });
        log.close(LONG).unwrap();
        let stats = log.stats();
        let all = THREADS as u64 * EACH;
        assert_eq!((stats.written, stats.dropped, stats.refused, stats.queued), (all, 0, 0, 0));
        assert_eq!(stats.bytes, path.metadata().unwrap().len());

        let mut next: HashMap<String, u64> = HashMap::new();
        for (found, expected) in read(&path).unwrap().zip(1..) {
            let Entry::Record { seq, text, run } = found.unwrap().entry else {
                panic!("no record")
            };
            assert_eq!((seq, &run), (expected, &stats.run));
            let line: Value = serde_json::from_str(&text).unwrap();
            let next = next.entry(line["by"].as_str().unwrap().to_owned()).or_default();
            assert_eq!(line["number"], *next, "{when_full:?}");
            *next += 1;
        }
        assert!(next.len() == THREADS && next.values().all(|count| *count == EACH));
    }
}

/// What a log makes of a record.
fn line(config: Config, record: &Value) -> Result<Value, AppendError> {
    let path = config.path.clone();
    let log = DecisionLog::open(config).unwrap();
    log.append(record).wait()?;
    log.close(LONG).unwrap();
    Ok(serde_json::from_str(std::fs::read_to_string(path).unwrap().trim_end()).unwrap())
}

fn in_folder(with: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    with(&folder.path().join("log"));
}

#[test]
fn a_line_is_the_record_with_the_logs_members_and_without_what_is_masked() {
    in_folder(|path| {
        let mut config = config(path, WhenFull::Refuse);
        config.mask = ["/findings/*/message", "/request/path", "/none/*"]
            .map(|mask| mask.parse().unwrap())
            .into();
        let record = json!({
            "outcome": "deny",
            "findings": [{ "rule": "a", "message": "x" }, { "rule": "b", "message": "y" }],
            "request": { "method": "GET", "path": "/orders/7" },
        });
        let mut line = line(config, &record).unwrap();
        let at = line["at"].take();
        let at = at.as_str().unwrap();
        assert!(at.len() == 24 && at.ends_with('Z') && at.as_bytes()[19] == b'.', "{at}");
        let run = line["run"].take();
        assert_eq!(run.as_str().unwrap().len(), 16);
        assert_eq!(
            line,
            json!({
                "seq": 1,
                "run": null,
                "at": null,
                "outcome": "deny",
                "findings": [{ "rule": "a", "message": null }, { "rule": "b", "message": null }],
                "request": { "method": "GET", "path": null },
                "masked": ["/findings/0/message", "/findings/1/message", "/request/path"],
            })
        );
    });
}

#[test]
fn what_is_no_record_is_an_error_and_takes_no_number() {
    for (record, code) in [
        (json!([]), "record-not-an-object"),
        (json!("text"), "record-not-an-object"),
        (json!({ "seq": 7 }), "record-name-reserved"),
        (json!({ "a": "x".repeat(2000) }), "record-too-large"),
        ((0..200).fold(json!(1), |inner, _| json!({ "a": inner })), "record-too-deep"),
    ] {
        in_folder(|path| {
            let log = Config { record_bytes: 2000, ..config(path, WhenFull::Refuse) };
            let log = DecisionLog::open(log).unwrap();
            let error = log.append(&record).wait().unwrap_err();
            assert!(matches!(error, AppendError::Record(_)) && error.code() == code, "{error}");
            let stats = log.stats();
            assert_eq!((stats.refused, stats.last_error.unwrap().code), (1, code));
            assert!(!stats.failing);
            let written = log.append(&json!({})).wait().unwrap();
            assert_eq!(written, Recorded::Written { seq: 1 });
        });
    }
    let limit = RecordError::TooLarge { limit: 10 };
    assert_eq!(limit.to_string(), "the record is longer than 10 bytes");
}

#[test]
fn runs_have_names_of_their_own() {
    in_folder(|path| {
        for run in 1..=3 {
            let log = DecisionLog::open(config(path, WhenFull::Refuse)).unwrap();
            for number in 0..run {
                log.append(&decision("a", number)).wait().unwrap();
            }
        }
        let mut reader = read(path).unwrap();
        assert!(reader.by_ref().all(|found| matches!(found.unwrap().entry, Entry::Record { .. })));
        let runs: Vec<_> = reader.runs().iter().map(|run| (run.first, run.last)).collect();
        assert_eq!(runs, [(1, 1), (1, 2), (1, 3)]);
    });
}
