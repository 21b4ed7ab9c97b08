//! A process that is killed has written what it acknowledged.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tokenward_audit::{Config, DecisionLog, Entry, Rotate, WhenFull, read};

use crate::support::{config, number, seq};

/// Names the file of the process that is to be killed.
const CHILD: &str = "TOKENWARD_TEST_KILLED";
const ROUNDS: u64 = 12;
const THREADS: u64 = 4;
/// What it prints before the number of a record that is acknowledged.
const DONE: &str = "done ";

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut acknowledged = HashSet::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kill::the_process_that_is_killed", "--exact", "--nocapture", "--ignored"])
            .env(CHILD, &path)
            .env("TOKENWARD_TEST_ROUND", round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Without the full stop, the number may be cut off.
        let done = |line: std::io::Result<String>| {
            line.ok()?.strip_prefix(DONE)?.strip_suffix('.')?.parse::<u64>().ok()
        };
        let at_first = usize::try_from(round * 37 + 1).unwrap();
        let mut of_round: Vec<u64> = lines.by_ref().filter_map(done).take(at_first).collect();
        assert_eq!(of_round.len(), at_first, "it ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        // And what it said before it was killed.
        of_round.extend(lines.filter_map(done));
        acknowledged.extend(of_round);
    }

    let mut reader = read(&path).unwrap();
    let mut written = HashSet::new();
    let mut torn = 0;
    for found in reader.by_ref() {
        match found.unwrap().entry {
            Entry::Record { text, .. } => assert!(written.insert(number(&text)), "twice: {text}"),
            Entry::Torn { .. } => torn += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(reader.runs().len() as u64, ROUNDS);
    assert!(torn <= ROUNDS);
    assert!(acknowledged.len() as u64 > ROUNDS);
    let lost: Vec<_> = acknowledged.difference(&written).collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), acknowledged.len());
}

/// Appends and says what is acknowledged, until it is killed. It is run by the test above.
#[test]
#[ignore = "it never ends"]
fn the_process_that_is_killed() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let round: u64 = std::env::var("TOKENWARD_TEST_ROUND").unwrap().parse().unwrap();
    let rotate = Some(Rotate { bytes: 20_000, keep: 10_000 });
    let config = Config { rotate, sync: round % 3 == 2, ..config(&path, WhenFull::Refuse) };
    let log = DecisionLog::open(config).unwrap();
    println!();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                for number in 0.. {
                    let number = (round * THREADS + thread) * 1_000_000_000 + number;
                    seq(log.append(&crate::support::decision("a", number)));
                    let mut output = std::io::stdout().lock();
                    output.write_all(format!("{DONE}{number}.\n").as_bytes()).unwrap();
                }
            });
        }
    });
}
