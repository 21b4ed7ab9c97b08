//! What a value holds: the functions that others call.

use crate::bytes::range;
use crate::kind::{Hit, Hits, NameHit, Place};
use crate::number;
use crate::scope::{Everything, Scope};
use crate::walk::scan_text;

/// The strongest thing that a value holds, or what the name says where the value does not speak
/// against it. `context` is what the claim's name says.
#[must_use]
pub fn scan_value(value: &str, context: Option<NameHit>) -> Option<Hit> {
    scan_value_only::<Everything>(value, context)
}

/// As [`scan_value`], for the detectors of a scope.
#[must_use]
pub fn scan_value_only<S: Scope>(value: &str, context: Option<NameHit>) -> Option<Hit> {
    let found = scan_only::<S>(value, context).strongest(|_| true);
    let named = named::<S>(context).and_then(|context| context.with_text(value));
    stronger(found, named)
}

/// As [`scan_value`], for a JSON number.
#[must_use]
pub fn scan_integer(value: i64, context: Option<NameHit>) -> Option<Hit> {
    scan_integer_only::<Everything>(value, context)
}

/// As [`scan_integer`], for the detectors of a scope.
#[must_use]
pub fn scan_integer_only<S: Scope>(value: i64, context: Option<NameHit>) -> Option<Hit> {
    let found = scan_digits_only::<S>(value, context).strongest(|_| true);
    stronger(found, named::<S>(context).map(NameHit::hit))
}

/// As [`scan_only`], for a JSON number.
#[must_use]
pub fn scan_digits_only<S: Scope>(value: i64, context: Option<NameHit>) -> Hits {
    let mut hits = Hits::default();
    // Shorter numbers mean nothing by themselves, and nothing at all where cards are looked for.
    let shorter = context.is_some() && const { number::fewest::<S>().1 < 13 };
    if value.unsigned_abs() < 1_000_000_000_000 && !shorter {
        return hits;
    }
    if const { number::fewest::<S>().1 == usize::MAX } {
        return hits;
    }
    let mut text = [0u8; 20];
    let mut rest = value.unsigned_abs();
    let mut start = text.len();
    while let Some(slot) = start.checked_sub(1).and_then(|index| text.get_mut(index)) {
        *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    number::scan::<S>(range(&text, start, text.len()), 0, context, |detector, confidence| {
        if S::DETECTORS.has(detector) {
            hits.add(detector, confidence, Place::Value);
        }
    });
    hits
}

/// What a name says, if it is in scope.
fn named<S: Scope>(context: Option<NameHit>) -> Option<NameHit> {
    context.filter(|context| S::DETECTORS.has(context.detector))
}

fn stronger(a: Option<Hit>, b: Option<Hit>) -> Option<Hit> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.outranks(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Everything that a value holds, without what its name alone says.
#[must_use]
pub fn scan(value: &str, context: Option<NameHit>) -> Hits {
    scan_only::<Everything>(value, context)
}

/// As [`scan`], for the detectors of a scope. The code of the others is not linked.
#[must_use]
pub fn scan_only<S: Scope>(value: &str, context: Option<NameHit>) -> Hits {
    let mut hits = Hits::default();
    scan_text::<S>(value, context, 0, &mut hits);
    hits
}
