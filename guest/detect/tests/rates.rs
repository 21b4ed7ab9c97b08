//! Measures how often the detectors are wrong, and keeps the figures in RATES.md.
//!
//! With `TOKENWARD_BLESS=1` in the environment, RATES.md is written anew instead of compared.

mod claims;
mod generate;

use std::fmt::Write as _;
use std::{env, fs};

use claims::{Case, claims, corpus};
use generate::{Chance, DATA, HARMLESS};
use tokenward_detect::{Confidence, Detector, Hits, name_class, scan, scan_value};

/// How many of each kind are made.
const MADE: u32 = 100_000;

#[test]
fn rates_are_as_recorded() {
    let mut text = INTRODUCTION.to_owned();
    write_corpora(&mut text);
    write_chance_hits(&mut text);
    write_misses(&mut text);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/RATES.md");
    if env::var_os("TOKENWARD_BLESS").is_some_and(|value| value == "1") {
        fs::write(path, &text).expect("a writable RATES.md");
    }
    let recorded = fs::read_to_string(path).expect("a readable RATES.md");
    assert!(recorded == text, "RATES.md is out of date; now it would be:\n{text}");
}

const INTRODUCTION: &str = "\
# How often the detectors are wrong

Written by `tests/rates.rs`, which fails when these figures change; `TOKENWARD_BLESS=1 cargo test
-p tokenward-detect --test rates` writes them anew. A finding is a hit of medium or high confidence,
which is what policies report unless told otherwise.

These are the rates of these corpora, not of anybody's tokens. The written corpora are also what the
detectors were mended by, so that a rate of nought on them says only that nothing known is wrong.
The generated sets were not: they show what chance alone does, and what the detectors cannot tell.

";

/// A share of a whole, in percent with as many decimals as it takes to show.
fn percent(part: u64, whole: u64) -> String {
    let thousandths = (part * 100_000 + whole / 2) / whole;
    format!("{}.{:03} %", thousandths / 1000, thousandths % 1000)
}

fn write_corpora(text: &mut String) {
    text.push_str("## Written claims sets\n\n");
    text.push_str(
        "| corpus | tokens | claims | claims with data | wrong claims | wrong tokens | missed |\n",
    );
    text.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    for name in ["harmless.txt", "data.txt"] {
        let cases = corpus(name);
        let (mut all, mut with_data, mut wrong, mut tokens, mut missed) = (0, 0, 0, 0, 0);
        for Case { pointers, claims: set } in &cases {
            let before = wrong;
            for claim in claims(set) {
                all += 1;
                let expected = pointers.contains(&claim.pointer);
                with_data += u64::from(expected);
                wrong += u64::from(!expected && !claim.hits.is_empty());
                missed += u64::from(expected && claim.hits.is_empty());
            }
            tokens += u64::from(wrong > before);
        }
        let count = cases.len() as u64;
        let _ = writeln!(
            text,
            "| `{name}` | {count} | {all} | {with_data} | {wrong} ({}) | {tokens} ({}) | {missed} ({}) |",
            percent(wrong, all - with_data),
            percent(tokens, count),
            percent(missed, with_data.max(1)),
        );
    }
    text.push('\n');
}

/// The detectors that a text has hits of, of at least so much confidence.
fn found(hits: &Hits, least: Confidence) -> Vec<Detector> {
    hits.iter().filter(|hit| hit.confidence >= least).map(|hit| hit.detector).collect()
}

fn write_chance_hits(text: &mut String) {
    let _ = writeln!(
        text,
        "## Chance hits\n\n{MADE} of each kind, made by chance, in a claim whose name says nothing. The \
         last column tells by which\ndetectors. A number that passes a card's check digit and range \
         cannot be told from a card number:\nclaims that carry such numbers as identifiers belong \
         on a policy's `permit` list, or get a prefix of\nletters.\n"
    );
    text.push_str("| kind | findings | of these high | low | by |\n|---|---:|---:|---:|---|\n");
    for (place, (kind, make)) in HARMLESS.iter().enumerate() {
        let mut chance = Chance::new(place as u64 + 1);
        let (mut medium, mut high, mut low) = (0, 0, 0);
        let mut by: Vec<(Detector, u64)> = Vec::new();
        for _ in 0..MADE {
            let hits = scan(&make(&mut chance), None);
            let detectors = found(&hits, Confidence::Medium);
            high += u64::from(!found(&hits, Confidence::High).is_empty());
            medium += u64::from(!detectors.is_empty());
            low += u64::from(detectors.is_empty() && !hits.is_empty());
            for detector in detectors {
                match by.iter_mut().find(|(other, _)| *other == detector) {
                    Some((_, count)) => *count += 1,
                    None => by.push((detector, 1)),
                }
            }
        }
        by.sort_unstable();
        let by: Vec<String> = by.iter().map(|(d, n)| format!("{} {n}", d.id())).collect();
        let share = |part| percent(part, u64::from(MADE));
        let _ = writeln!(
            text,
            "| {kind} | {} | {} | {} | {} |",
            share(medium),
            share(high),
            share(low),
            by.join(", "),
        );
    }
    text.push('\n');
}

fn write_misses(text: &mut String) {
    let _ = writeln!(
        text,
        "## Misses\n\n{MADE} claims of each kind that carry data, made by chance. \"Not named\" is \
         what no detector claims to\ntell: the value alone could be anything, and only an allow-list \
         keeps it out.\n"
    );
    text.push_str("| data | missed |\n|---|---:|\n");
    for (place, (kind, make)) in DATA.iter().enumerate() {
        let mut chance = Chance::new(place as u64 + 1001);
        let mut missed = 0;
        for _ in 0..MADE {
            let (name, value) = make(&mut chance);
            let hit = scan_value(&value, name_class(&name));
            missed += u64::from(hit.is_none_or(|hit| hit.confidence < Confidence::Medium));
        }
        let _ = writeln!(text, "| {kind} | {} |", percent(missed, u64::from(MADE)));
    }
}
