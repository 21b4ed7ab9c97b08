//! Runs the tables: of each detector, at least twenty cases that it must find (`+`) and twenty that
//! it must not (`-`).
//!
//! - `tables/ID.txt`: values by themselves;
//! - `tables/ID.named.txt`: values in claims with the name that a line `@name NAME` gives;
//! - `tables/ID.claims.txt`: `NAME = VALUE`, or `PARENT > NAME = VALUE`: what name and value tell
//!   together.
//!
//! A case counts as found from medium confidence on, or as `@confidence low` tells. `@join C`
//! takes the character C out of every line: so no line looks like a live key to whoever scans
//! this repository. `tables/names.txt` and `tables/harmless.txt` have forms of their own.

use std::fs;
use std::path::{Path, PathBuf};

use tokenward_detect::{
    Confidence, Detector, Hit, NameHit, name_class, path_class, scan, scan_value,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables")
}

fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder().join(name)).expect("a readable table");
    text.lines().filter(|l| !l.is_empty() && !l.starts_with("# ")).map(str::to_owned).collect()
}

/// Of `NAME` or `PARENT > NAME`.
fn class(name: &str) -> Option<NameHit> {
    match name.split_once(" > ") {
        Some((parent, name)) => path_class(Some(parent), name),
        None => name_class(name),
    }
}

/// What a table has: cases that must be found, and others.
#[derive(Clone, Copy, Default)]
struct Count {
    found: usize,
    left: usize,
}

#[test]
fn each_detector_finds_what_it_must_and_nothing_else() {
    let mut failures = Vec::new();
    let mut counts = vec![Count::default(); Detector::ALL.len()];
    for entry in fs::read_dir(folder()).expect("a folder of tables") {
        let file = entry.expect("an entry").file_name().into_string().expect("a name in UTF-8");
        let stem = file.strip_suffix(".txt").expect("a text file");
        let (id, form) = stem.split_once('.').unwrap_or((stem, ""));
        let Some(detector) = Detector::from_id(id) else {
            assert!(matches!(stem, "names" | "harmless"), "{file} is for no detector");
            continue;
        };
        let (mut context, mut join, mut least) = (None, None, Confidence::Medium);
        for line in lines(&file) {
            if let Some(name) = line.strip_prefix("@name ") {
                context = name_class(name);
                assert!(context.is_some(), "{file}: `{name}` says nothing");
            } else if let Some(character) = line.strip_prefix("@join ") {
                join = character.chars().next();
            } else if line == "@confidence low" {
                least = Confidence::Low;
            } else {
                let (sign, value) = line.split_at(2);
                let value: String = value.chars().filter(|c| Some(*c) != join).collect();
                let counts_as = |hit: Hit| hit.detector == detector && hit.confidence >= least;
                let found = if form == "claims" {
                    let (name, value) = value.split_once(" = ").expect("a name and a value");
                    let context = class(name);
                    scan(value, context).iter().any(counts_as)
                        || context.and_then(|c| c.with_text(value)).is_some_and(counts_as)
                } else {
                    scan(&value, context).iter().any(counts_as)
                };
                let count = counts.get_mut(detector as usize).expect("a detector");
                if sign == "+ " {
                    count.found += 1;
                } else {
                    count.left += 1;
                }
                if found != (sign == "+ ") {
                    failures.push(format!("{file}: {line}"));
                }
            }
        }
    }
    for (detector, count) in Detector::ALL.iter().zip(counts) {
        if count.found < 20 || count.left < 20 {
            failures.push(format!("{}: only {} and {}", detector.id(), count.found, count.left));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// `NAME`, or `PARENT > NAME`, then ` = DETECTOR CONFIDENCE` or ` = -`.
#[test]
fn names_say_what_they_must() {
    let mut failures = Vec::new();
    for line in lines("names.txt") {
        let (name, expected) = line.split_once(" = ").expect("a name and a meaning");
        let got = class(name).map_or("-".to_owned(), |hit| {
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
        let (name, value) = line.split_once(": ").expect("a name and a value");
        let context = name_class(name);
        let hit = scan_value(value, context).filter(|hit| hit.confidence >= Confidence::Medium);
        if let Some(hit) = hit {
            failures.push(format!("{line}: {hit:?}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
