//! Whether an identifier of a subject is personal data by itself.

use tokenward_detect::{Confidence, Hit, SubjectId, scan_integer_only, scan_only};

/// What an identifier says of its subject, in words that follow `holds`.
pub(crate) fn told_by(subject: &str) -> Option<&'static str> {
    let found = scan_only::<SubjectId>(subject, None).strongest(|hit| tells(*hit));
    found
        .map(|hit| hit.detector.label())
        .or_else(|| is_name(subject).then_some("several words, as a person's name does"))
}

/// The same of an integer.
pub(crate) fn told_by_integer(subject: i64) -> Option<&'static str> {
    scan_integer_only::<SubjectId>(subject, None)
        .filter(|hit| tells(*hit))
        .map(|hit| hit.detector.label())
}

/// A hint is not enough: `ab12@clients` names a machine, ten digits a row in a table.
fn tells(hit: Hit) -> bool {
    hit.confidence >= Confidence::Medium
}

/// Whether this is written as a person's name is: two to five words of letters.
fn is_name(text: &str) -> bool {
    let mut words = 0;
    for word in text.split(' ') {
        let mut letters = 0;
        for byte in word.bytes() {
            if byte.is_ascii_alphabetic() || !byte.is_ascii() {
                letters += 1;
            } else if !matches!(byte, b'\'' | b'-' | b'.' | b',') {
                return false;
            }
        }
        words += 1;
        if letters == 0 || words > 5 {
            return false;
        }
    }
    words > 1
}
