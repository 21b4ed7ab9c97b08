//! Reads the corpora, and looks at each claim of a claims set as the data policies do.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tokenward_detect::{Category, Confidence, Hit, NameHit, path_class, scan_integer, scan_value};

/// A claims set, and the pointers at which it holds data.
pub(crate) struct Case {
    pub pointers: Vec<String>,
    pub claims: Value,
}

/// The cases of `corpus/NAME.txt`: `POINTER POINTER => JSON`, or JSON alone.
pub(crate) fn corpus(name: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let text = fs::read_to_string(path).expect("a readable corpus");
    let join = text.lines().find_map(|line| line.strip_prefix("@join ")).unwrap_or("\0");
    let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '@']));
    let cases = lines.map(|line| {
        let (pointers, json) = line.split_once(" => ").unwrap_or(("", line));
        let claims = serde_json::from_str(&json.replace(join, ""))
            .unwrap_or_else(|error| panic!("{error}: {json}"));
        Case { pointers: pointers.split_whitespace().map(str::to_owned).collect(), claims }
    });
    cases.collect()
}

/// One claim: a value that is no object, or an array of such.
pub(crate) struct Claim {
    pub pointer: String,
    /// What its names and its values tell, of medium confidence or more.
    pub hits: Vec<Hit>,
}

/// Every claim of a claims set.
pub(crate) fn claims(set: &Value) -> Vec<Claim> {
    let mut found = Vec::new();
    walk(set, "", &[], &[], &mut found);
    found
}

/// `names` lead to the value; `outer` is what those before the last say.
fn walk(value: &Value, pointer: &str, names: &[&str], outer: &[NameHit], found: &mut Vec<Claim>) {
    let is_leaf = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::Object(members) => {
            let own = class(names);
            let outer: Vec<NameHit> = outer.iter().copied().chain(own).collect();
            for (name, value) in members {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                let names: Vec<&str> = names.iter().copied().chain([&**name]).collect();
                walk(value, &pointer, &names, &outer, found);
            }
        }
        Value::Array(items) if !items.iter().all(is_leaf) => {
            for (place, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{place}"), names, outer, found);
            }
        }
        Value::Array(items) => {
            let hits = items.iter().flat_map(|item| hits(item, class(names), outer)).collect();
            found.push(Claim { pointer: pointer.to_owned(), hits });
        }
        leaf => {
            let hits = hits(leaf, class(names), outer);
            found.push(Claim { pointer: pointer.to_owned(), hits });
        }
    }
}

fn class(names: &[&str]) -> Option<NameHit> {
    let (last, before) = names.split_last()?;
    path_class(before.last().copied(), last)
}

fn hits(value: &Value, own: Option<NameHit>, outer: &[NameHit]) -> Vec<Hit> {
    let mut hits = Vec::new();
    let told = |class: NameHit| match value {
        Value::Null => None,
        Value::Bool(_) => (class.category == Category::Health).then(|| class.hit()),
        Value::String(text) if text.trim().is_empty() => None,
        _ => Some(class.hit()),
    };
    hits.extend(outer.iter().filter_map(|class| told(*class)));
    match value {
        Value::String(text) => hits.extend(scan_value(text, own)),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => hits.extend(scan_integer(integer, own)),
            None => hits.extend(own.and_then(told)),
        },
        Value::Bool(_) => hits.extend(own.and_then(told)),
        _ => {}
    }
    hits.retain(|hit| hit.confidence >= Confidence::Medium);
    hits
}
