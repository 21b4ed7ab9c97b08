//! The file of a log: torn lines, what is no file, files that move or go.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tokenward_audit::{Config, DecisionLog, OpenError, Rotate, WhenFull};

use crate::support::{LONG, config, decision, found, in_short, seq};

fn open(path: &Path) -> DecisionLog {
    DecisionLog::open(config(path, WhenFull::Refuse)).unwrap()
}

fn refused(config: Config) -> OpenError {
    DecisionLog::open(config).map(|_| ()).unwrap_err()
}

fn folder() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    (folder, path)
}

fn append(log: &DecisionLog, number: u64) -> u64 {
    seq(log.append(&decision("a", number)))
}

#[test]
fn a_torn_line_is_ended_and_nothing_is_taken_away() {
    let whole = "{\"seq\":1,\"run\":\"a\",\"number\":1}\n";
    for (before, torn, lines) in [
        (String::new(), false, &["1:7"] as &[&str]),
        (whole.into(), false, &["1:1", "1:7"]),
        (whole.trim_end().into(), true, &["1:1", "1:7"]),
        (format!("{whole}{{\"se"), true, &["1:1", "torn", "1:7"]),
        (format!("{whole}{{"), true, &["1:1", "torn", "1:7"]),
        ("x".into(), true, &["torn", "1:7"]),
    ] {
        let (_folder, path) = folder();
        fs::write(&path, &before).unwrap();
        let log = open(&path);
        let after = if torn { before.clone() + "\n" } else { before.clone() };
        assert_eq!(fs::read_to_string(&path).unwrap(), after, "{before:?}");
        assert_eq!(log.stats().found_torn, torn, "{before:?}");
        append(&log, 7);
        assert!(fs::read_to_string(&path).unwrap().starts_with(&after), "{before:?}");
        assert_eq!(in_short(&found(&path)), lines, "{before:?}");
    }
}

#[test]
fn a_new_file_is_its_owners_and_an_old_one_keeps_its_mode() {
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    let (_folder, path) = folder();
    append(&open(&path), 1);
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    append(&open(&path), 2);
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let (folder, path) = folder();
    let other = folder.path().join("other");
    fs::write(&other, "precious\n").unwrap();
    symlink(&other, &path).unwrap();
    let error = refused(config(&path, WhenFull::Drop));
    assert!(matches!(error, OpenError::Symlink { .. }), "{error}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "precious\n");

    // Nor is a file made where the link leads.
    let dangling = folder.path().join("dangling");
    symlink(folder.path().join("not-there"), &dangling).unwrap();
    assert_eq!(refused(config(&dangling, WhenFull::Drop)).code(), "symlink-refused");
    assert!(!folder.path().join("not-there").exists());

    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for path in [folder.path(), &socket, Path::new("/dev/null")] {
        assert_eq!(refused(config(path, WhenFull::Drop)).code(), "not-a-file", "{path:?}");
    }
    let error = refused(config(&folder.path().join("none/log"), WhenFull::Drop));
    assert_eq!(error.code(), "not-opened");
}

#[test]
fn a_file_has_one_log_at_a_time() {
    let (_folder, path) = folder();
    let log = open(&path);
    assert_eq!(refused(config(&path, WhenFull::Drop)).code(), "in-use");
    log.close(LONG).unwrap();
    append(&open(&path), 1);
    assert_eq!(in_short(&found(&path)), ["1:1"]);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let (_folder, path) = folder();
    let good = || config(&path, WhenFull::Drop);
    let output = || config(Path::new("-"), WhenFull::Drop);
    let rotate = |bytes, keep| Some(Rotate { bytes, keep });
    for (config, setting) in [
        (Config { queue: 0, ..good() }, "`queue`"),
        (Config { rotate: rotate(0, 1), ..good() }, "`rotate`"),
        (Config { rotate: rotate(1, 0), ..good() }, "`rotate`"),
        (Config { rotate: rotate(1, 100_001), ..good() }, "`rotate`"),
        (Config { rotate: rotate(1, 1), ..output() }, "`rotate`"),
        (Config { sync: true, ..output() }, "`sync`"),
    ] {
        let error = refused(config);
        assert!(error.to_string().contains(setting), "{error}");
        assert_eq!(error.code(), "setting-refused");
    }
    assert!(!path.exists());
}

#[test]
fn reopen_turns_to_the_file_that_has_the_path() {
    let (folder, path) = folder();
    let moved = folder.path().join("moved");
    let log = open(&path);
    append(&log, 1);
    // Nothing was moved: the same file, the same lock.
    log.reopen();
    append(&log, 2);
    assert_eq!(in_short(&found(&path)), ["1:1", "2:2"]);
    fs::rename(&path, &moved).unwrap();
    append(&log, 3);
    log.reopen();
    append(&log, 4);
    assert_eq!(in_short(&found(&moved)), ["1:1", "2:2", "3:3"]);
    assert_eq!(in_short(&found(&path)), ["4:4"]);

    // What cannot be opened changes nothing, and is told.
    let second = folder.path().join("second");
    fs::rename(&path, &second).unwrap();
    symlink(&moved, &path).unwrap();
    assert!(log.stats().last_error.is_none());
    log.reopen();
    append(&log, 5);
    assert_eq!(log.stats().last_error.unwrap().code, "not-opened");
    assert_eq!(in_short(&found(&second)), ["4:4", "5:5"]);
    assert_eq!(found(&moved).len(), 3);

    // A file that is there already, and ends in the middle of a line.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "{\"seq\":1").unwrap();
    log.reopen();
    append(&log, 6);
    assert_eq!(in_short(&found(&path)), ["torn", "6:6"]);
}

#[test]
fn a_file_that_is_deleted_is_made_anew() {
    let (_folder, path) = folder();
    for sync in [false, true] {
        let log = DecisionLog::open(Config { sync, ..config(&path, WhenFull::Refuse) }).unwrap();
        append(&log, 1);
        fs::remove_file(&path).unwrap();
        append(&log, 2);
        assert_eq!(in_short(&found(&path)), ["2:2"]);
        drop(log);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_folder_that_is_gone_refuses_until_it_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    let path = inner.join("log");
    fs::create_dir(&inner).unwrap();
    let log = open(&path);
    append(&log, 1);
    fs::remove_dir_all(&inner).unwrap();
    for number in 2..4 {
        assert_eq!(log.append(&decision("a", number)).wait().unwrap_err().code(), "not-opened");
    }
    assert!(log.stats().failing);
    fs::create_dir(&inner).unwrap();
    append(&log, 4);
    assert_eq!(in_short(&found(&path)), ["2:4"]);
    assert_eq!((log.stats().written, log.stats().refused), (2, 2));
}

/// Says to the test below that it is the other process.
const CHILD: &str = "TOKENWARD_TEST_OUTPUT";

#[test]
fn a_log_can_go_to_standard_output() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["file::the_process_with_output", "--exact", "--nocapture", "--ignored"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = output.lines().filter(|line| line.starts_with("{\"seq\":")).collect();
    assert_eq!(lines.len(), 3, "{output}");
    assert!(lines[2].starts_with("{\"seq\":3,") && lines[2].ends_with("\"number\":2}"), "{output}");
}

#[test]
#[ignore = "it is the other process of the test above"]
fn the_process_with_output() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    println!();
    let log = open(Path::new("-"));
    for number in 0..3 {
        append(&log, number);
    }
}
