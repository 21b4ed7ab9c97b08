use std::fs;

use super::{Entry, Reader, files, read};

fn entries(text: &[u8]) -> (Vec<(u64, Entry)>, Reader) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, text).unwrap();
    let mut reader = read(&path).unwrap();
    let found = reader.by_ref().map(|found| found.unwrap()).map(|f| (f.line, f.entry)).collect();
    (found, reader)
}

fn record(run: &str, seq: u64) -> (String, Entry) {
    let text = format!(r#"{{"seq":{seq},"run":"{run}","x":1}}"#);
    (text.clone() + "\n", Entry::Record { run: run.into(), seq, text })
}

fn dropped(run: &str, seq: u64, count: u64, first: u64, last: u64) -> String {
    format!(
        r#"{{"seq":{seq},"run":"{run}","dropped":{{"count":{count},"first":{first},"last":{last}}}}}"#
    ) + "\n"
}

#[test]
fn whole_runs_are_whole() {
    let lines = [("a", 1), ("b", 1), ("a", 2), ("b", 2)].map(|(run, seq)| record(run, seq));
    let text = lines.iter().map(|(text, _)| text.as_str()).collect::<String>();
    let text = text + &dropped("a", 6, 3, 3, 5) + &record("a", 7).0;
    let (found, reader) = entries(text.as_bytes());
    let told = Entry::Dropped { run: "a".into(), first: 3, last: 5 };
    let expected = lines.into_iter().map(|(_, entry)| entry).chain([told, record("a", 7).1]);
    assert!(found.into_iter().map(|(_, entry)| entry).eq(expected));
    let [a, b] = reader.runs() else { panic!("{:?}", reader.runs()) };
    assert_eq!((a.first, a.last, a.records, a.dropped, a.missing, a.disorder), (1, 7, 3, 3, 0, 0));
    assert_eq!((b.first, b.last, b.records, b.dropped, b.missing, b.disorder), (1, 2, 2, 0, 0, 0));
}

#[test]
fn what_is_missing_or_comes_twice_is_reported() {
    let text = [
        record("a", 2).0,
        record("a", 5).0,
        record("a", 5).0,
        record("a", 4).0,
        dropped("a", 9, 1, 8, 8),
    ];
    let (found, reader) = entries(text.concat().as_bytes());
    let missing = |first, last| Entry::Missing { run: "a".into(), first, last };
    let disorder = |seq| Entry::Disorder { run: "a".into(), seq, after: 5 };
    let told = Entry::Dropped { run: "a".into(), first: 8, last: 8 };
    let expected = [
        (1, record("a", 2).1),
        (2, missing(3, 4)),
        (2, record("a", 5).1),
        (3, disorder(5)),
        (4, disorder(4)),
        (5, missing(6, 7)),
        (5, told),
    ];
    assert_eq!(found, expected);
    let run = &reader.runs()[0];
    assert_eq!((run.first, run.last, run.records, run.missing, run.disorder), (2, 9, 2, 4, 2));
}

#[test]
fn what_is_no_line_of_a_log_is_torn() {
    let whole = record("a", 1).0;
    for torn in [
        "",
        "{",
        &whole[..whole.len() - 2],
        "[]",
        r#"{"seq":1}"#,
        r#"{"seq":0,"run":"a"}"#,
        r#"{"seq":1,"seq":1,"run":"a"}"#,
        r#"{"seq":-1,"run":"a"}"#,
        r#"{"seq":1,"run":"a"} {}"#,
        dropped("a", 1, 1, 1, 1).trim_end(),
        dropped("a", 4, 1, 2, 3).trim_end(),
        dropped("a", 4, 0, 4, 3).trim_end(),
        dropped("a", 1, 1, 0, 0).trim_end(),
    ] {
        let (found, reader) = entries(format!("{torn}\n{whole}").as_bytes());
        let bytes = torn.len() as u64 + 1;
        assert_eq!(found, [(1, Entry::Torn { bytes }), (2, record("a", 1).1)], "{torn}");
        assert_eq!(reader.runs().len(), 1);
    }
    let (found, _) = entries(b"{\"seq\":1,\"run\":\"a\",\"x\":\"\xff\"}\n");
    assert_eq!(found, [(1, Entry::Torn { bytes: 28 })]);
    // Of a last line, the newline alone may be missing.
    let (found, _) = entries(whole.trim_end().as_bytes());
    assert_eq!(found, [(1, record("a", 1).1)]);
}

#[test]
fn older_files_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    for name in
        ["log.jsonl.1", "log.jsonl.10", "log.jsonl.9", "log.jsonl.01", "log.jsonl.x", "other.1"]
    {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let names = || -> Vec<String> {
        let files = files(&path).unwrap();
        files.iter().map(|f| f.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(), ["log.jsonl.10", "log.jsonl.9", "log.jsonl.1"]);
    fs::write(&path, "").unwrap();
    assert_eq!(names(), ["log.jsonl.10", "log.jsonl.9", "log.jsonl.1", "log.jsonl"]);
    assert!(files(&folder.path().join("none")).is_err());
}
