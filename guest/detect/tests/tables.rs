//! Runs the tables: one file a detector, of what it must find (`+`) and must not (`-`).
//!
//! `tables/ID.txt` is for the detector `ID`; `tables/ID.named.txt` gives a claim name as context by a
//! line `@name NAME`. `@join C` takes the character C out of every line: so no line looks like a
//! live key to whoever scans this repository. `tables/names.txt` and `tables/harmless.txt` have
//! forms of their own.

use std::fs;
use std::path::{Path, PathBuf};

use tokenward_detect::{Confidence, Detector, name_class, path_class, scan, scan_value};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables")
}

fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder().join(name)).expect("a readable table");
    text.lines().filter(|l| !l.is_empty() && !l.starts_with("# ")).map(str::to_owned).collect()
}

#[test]
fn each_detector_finds_what_it_must_and_nothing_else() {
    let mut failures = Vec::new();
    let mut tables = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let stem = file.strip_suffix(".txt").unwrap();
        let Some(detector) = Detector::from_id(stem.strip_suffix(".named").unwrap_or(stem)) else {
            assert!(matches!(stem, "names" | "harmless"), "{file} is for no detector");
            continue;
        };
        tables += 1;
        let (mut context, mut join) = (None, None);
        for line in lines(&file) {
            if let Some(name) = line.strip_prefix("@name ") {
                context = name_class(name);
                assert!(context.is_some(), "{file}: `{name}` says nothing");
            } else if let Some(character) = line.strip_prefix("@join ") {
                join = character.chars().next();
            } else {
                let (sign, value) = line.split_at(2);
                let value: String = value.chars().filter(|c| Some(*c) != join).collect();
                let found = scan(&value, context)
                    .iter()
                    .any(|hit| hit.detector == detector && hit.confidence >= Confidence::Medium);
                if found != (sign == "+ ") {
                    failures.push(format!("{file}: {line}"));
                }
            }
        }
    }
    assert!(tables >= 20, "tables are missing");
    assert!(failures.is_empty(), "{failures:#?}");
}

/// `NAME`, or `PARENT > NAME`, then ` = DETECTOR CONFIDENCE` or ` = -`.
#[test]
fn names_say_what_they_must() {
    let mut failures = Vec::new();
    for line in lines("names.txt") {
        let (name, expected) = line.split_once(" = ").unwrap();
        let hit = match name.split_once(" > ") {
            Some((parent, name)) => path_class(Some(parent), name),
            None => name_class(name),
        };
        let got = hit.map_or("-".to_owned(), |hit| {
            let mut got = format!("{} {:?}", hit.detector.id(), hit.confidence).to_lowercase();
            if hit.category != hit.detector.category() {
                got.push_str(" health");
            }
            got
        });
        if got != expected {
            failures.push(format!("{name}: expected {expected}, got {got}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// `NAME: VALUE`: a claim that everybody has, and nobody minds.
#[test]
fn harmless_claims_give_no_hit() {
    let mut failures = Vec::new();
    let lines = lines("harmless.txt");
    assert!(lines.len() >= 200, "{}", lines.len());
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        let context = name_class(name);
        let hit = scan_value(value, context).filter(|hit| hit.confidence >= Confidence::Medium);
        if let Some(hit) = hit {
            failures.push(format!("{line}: {hit:?}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
