//! A scope answers as everything does, without what is out of scope.

use std::fs;
use std::path::Path;

use tokenward_detect::{
    CardholderData, Category, Detector, DetectorSet, Everything, Hit, NameHit, Pairs, Scope,
    Secrets, SubjectId, name_class, name_class_only, path_class, path_class_only, scan,
    scan_integer, scan_integer_only, scan_only, scan_value, scan_value_only,
};

macro_rules! scopes {
    ($($scope:ident = $detectors:expr;)*) => {$(
        enum $scope {}
        impl Scope for $scope {
            const DETECTORS: DetectorSet = $detectors;
        }
    )*};
}

scopes! {
    Health = DetectorSet::of_categories(&[Category::Health]);
    Patient = DetectorSet::of_categories(
        &[Category::Health, Category::Personal, Category::NationalId, Category::Network],
    );
    Financial = DetectorSet::of_categories(&[Category::Financial]);
    Personal = DetectorSet::of_categories(&[Category::Personal]);
    NationalIds = DetectorSet::of_categories(&[Category::NationalId]);
    Network = DetectorSet::of_categories(&[Category::Network]);
    Keys = DetectorSet::of(&[Detector::PrivateKey]);
    Nothing = DetectorSet::of(&[]);
}

/// Every line of every table, without its sign.
fn texts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of tables") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a table");
        for line in text.lines() {
            let value = line.split_once(": ").map_or(line, |(_, value)| value);
            texts.push(value.trim_start_matches("+ ").trim_start_matches("- ").replace('|', ""));
        }
    }
    assert!(texts.len() > 1500, "{}", texts.len());
    texts
}

const CONTEXTS: [&str; 8] =
    ["x", "ssn", "card_number", "phone", "patient_name", "api_key", "nhs_number", "display_name"];

fn agrees<S: Scope>() {
    for text in texts() {
        for name in CONTEXTS {
            let context = name_class(name);
            let mut expected: Vec<Hit> = scan(&text, context).iter().collect();
            expected.retain(|hit| S::DETECTORS.has(hit.detector));
            let found: Vec<Hit> = scan_only::<S>(&text, context).iter().collect();
            // The name in `"name": value` may say something else where less is looked for.
            let pairs = text.contains([':', '=']) || text.contains('%') || text.len() > 11;
            let same = expected == found
                || (pairs
                    && matches!(S::PAIRS, Pairs::Read)
                    && expected.iter().all(|hit| {
                        found
                            .iter()
                            .any(|f| f.detector == hit.detector && f.confidence >= hit.confidence)
                    }))
                || (matches!(S::PAIRS, Pairs::Ignored) && text.contains([':', '=']));
            assert!(same, "{name}: {text}: {expected:?} {found:?}");
            let strongest = scan_value_only::<S>(&text, context);
            assert!(strongest.is_none_or(|hit| S::DETECTORS.has(hit.detector)), "{text}");
            if let Some(hit) = scan_value(&text, context)
                && S::DETECTORS.has(hit.detector)
                && matches!(S::PAIRS, Pairs::Read)
            {
                assert!(strongest.is_some_and(|s| s.confidence >= hit.confidence), "{text}");
            }
        }
        if let Ok(number) = text.parse::<i64>() {
            for name in CONTEXTS {
                let all = scan_integer(number, name_class(name));
                let some = scan_integer_only::<S>(number, name_class(name));
                assert!(some.is_none_or(|hit| S::DETECTORS.has(hit.detector)), "{number}");
                if all.is_some_and(|hit| S::DETECTORS.has(hit.detector)) {
                    assert_eq!(some, all, "{name}: {number}");
                }
            }
        }
    }
}

#[test]
fn a_scope_finds_in_values_what_everything_finds_in_scope() {
    agrees::<Everything>();
    agrees::<CardholderData>();
    agrees::<Secrets>();
    agrees::<SubjectId>();
    agrees::<Health>();
    agrees::<Patient>();
    agrees::<Financial>();
    agrees::<Personal>();
    agrees::<NationalIds>();
    agrees::<Network>();
    agrees::<Keys>();
    agrees::<Nothing>();
}

fn agrees_on_names<S: Scope>(parent: Option<&str>, name: &str) {
    let all = path_class(parent, name);
    let some = path_class_only::<S>(parent, name);
    assert!(some.is_none_or(|hit: NameHit| S::DETECTORS.has(hit.detector)), "{name}");
    match all {
        Some(hit) if S::DETECTORS.has(hit.detector) => assert_eq!(some, all, "{parent:?} {name}"),
        None => assert_eq!(some, None, "{parent:?} {name}"),
        Some(_) => {}
    }
    if parent.is_none() {
        assert_eq!(name_class_only::<S>(name), some);
    }
}

#[test]
fn a_scope_finds_in_names_what_everything_finds_in_scope() {
    let words = [
        "name",
        "first",
        "card",
        "number",
        "primary",
        "account",
        "national",
        "insurance",
        "id",
        "email",
        "patient",
        "identity",
        "pin",
        "secret",
        "key",
        "api",
        "last4",
        "ssn",
        "code",
        "ip",
        "client",
        "social",
        "expiry",
        "health",
        "plan",
        "hash",
        "for",
        "license",
        "bank",
    ];
    for first in words {
        for second in words {
            for third in words {
                let name = [first, second, third].join("_");
                for (parent, name) in [
                    (None, &*name),
                    (Some(first), &*[second, third].join("-")),
                    (Some(&*[first, second].join("_")), third),
                ] {
                    agrees_on_names::<Everything>(parent, name);
                    agrees_on_names::<CardholderData>(parent, name);
                    agrees_on_names::<Secrets>(parent, name);
                    agrees_on_names::<SubjectId>(parent, name);
                    agrees_on_names::<Health>(parent, name);
                    agrees_on_names::<Patient>(parent, name);
                    agrees_on_names::<Financial>(parent, name);
                    agrees_on_names::<Personal>(parent, name);
                    agrees_on_names::<NationalIds>(parent, name);
                    agrees_on_names::<Network>(parent, name);
                    agrees_on_names::<Nothing>(parent, name);
                }
            }
        }
    }
}
