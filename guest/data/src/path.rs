//! Where a claim stands: the names that lead to it.

use std::borrow::Cow;
use std::cell::Cell;

use tokenward_detect::{concerns_patient, first_of};
use tokenward_policy::Input;

use crate::pattern::unescape;
use crate::steps;

/// Where a claim stands.
#[derive(Debug)]
pub struct Path<'a, 'n> {
    pub(crate) pointer: &'a str,
    pub(crate) names: &'n [Cow<'a, str>],
    /// Of each name.
    pub(crate) steps: &'n [Step],
    pub(crate) standard: bool,
}

/// What is kept of a name on the way to a claim.
#[derive(Debug)]
pub(crate) struct Step {
    /// Where it ends in the pointer.
    end: usize,
    /// Whether it tells of a patient, where that was asked.
    patient: Cell<Option<bool>>,
}

impl<'a> Path<'a, '_> {
    /// The names from the top, unescaped.
    #[must_use]
    pub fn names(&self) -> &[Cow<'a, str>] {
        self.names
    }

    /// Whether the first name is that of a standard claim.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.standard
    }

    /// Whether a name tells that a patient is meant, so that personal data is health data.
    #[must_use]
    pub fn concerns_patient(&self) -> bool {
        self.names.iter().zip(self.steps).any(|(name, Step { patient, .. })| {
            patient.get().unwrap_or_else(|| {
                let told = concerns_patient(name);
                patient.set(Some(told));
                told
            })
        })
    }

    /// How many names the claim has, without the places in arrays at the end.
    #[must_use]
    pub fn depth(&self) -> usize {
        let indices = self.names.iter().rev().take_while(|name| is_index(name)).count();
        (self.names.len() - indices).max(1)
    }

    /// The pointer to so many names.
    pub(crate) fn upto(&self, count: usize) -> &'a str {
        let last = count.checked_sub(1).and_then(|last| self.steps.get(last));
        self.pointer.get(..last.map_or(0, |step| step.end)).unwrap_or_default()
    }

    /// The nearest name around the one at a place that is no place in an array.
    pub(crate) fn around(&self, place: usize) -> Option<&str> {
        let outer = self.names.get(..place).unwrap_or_default();
        outer.iter().rev().find(|name| !is_index(name)).map(|name| &**name)
    }
}

/// Whether a name can be a place in an array. The pointer of a claim does not tell an array from
/// an object whose members are named by numbers, so that longer numbers count as names.
pub(crate) fn is_index(name: &str) -> bool {
    name == "0"
        || matches!(name.as_bytes(), [b'1'..=b'9', rest @ ..]
            if rest.len() < 4 && rest.iter().all(u8::is_ascii_digit))
}

/// Whether some name on the way to a claim is so, unescaped. A name that leads to many claims is
/// asked about once.
pub fn any_name(input: &Input, is: impl Fn(&str) -> bool) -> bool {
    let mut trail = Trail::default();
    input.claims.iter().any(|claim| {
        let kept = trail.follow(&claim.path);
        trail.names.iter().skip(kept).any(|name| is(name))
    })
}

/// The names that lead to a claim, from one claim to the next. The claims of an object follow each
/// other and share the names that lead to it: these stay, with what is known of them, or else a
/// long name around many claims would be looked at once for each of them.
#[derive(Debug, Default)]
pub(crate) struct Trail<'a> {
    pub(crate) pointer: &'a str,
    pub(crate) names: Vec<Cow<'a, str>>,
    pub(crate) steps: Vec<Step>,
}

impl<'a> Trail<'a> {
    /// Goes on to a claim, and says how many names stay. The lists are used again and again, so
    /// that a claim costs no allocation, but for names with escapes.
    pub(crate) fn follow(&mut self, pointer: &'a str) -> usize {
        if let Some(kept) = self.follow_flat(pointer) {
            return kept;
        }
        let bytes = pointer.as_bytes();
        let kept = self.common(bytes);
        self.pointer = pointer;
        self.names.truncate(kept);
        self.steps.truncate(kept);
        let from = self.steps.last().map_or(0, |step| step.end);
        steps::count(bytes.len() - from);
        // What stands before the first `/` is no name.
        let rest = bytes.get(from..).unwrap_or_default();
        let Some(first) = rest.iter().position(|byte| *byte == b'/') else { return kept };
        let mut start = from + first + 1;
        loop {
            let end_from = |place: usize| {
                let rest = bytes.get(place..).unwrap_or_default();
                first_of::<b'/', b'~'>(rest).map_or(bytes.len(), |end| place + end)
            };
            let mut end = end_from(start);
            let escaped = bytes.get(end) == Some(&b'~');
            while bytes.get(end) == Some(&b'~') {
                end = end_from(end + 1);
            }
            let name = pointer.get(start..end).unwrap_or_default();
            self.names.push(if escaped { unescape(name) } else { Cow::Borrowed(name) });
            self.steps.push(Step { end, patient: Cell::new(None) });
            if end == bytes.len() {
                break;
            }
            start = end + 1;
        }
        kept
    }

    /// Goes from one claim at the top level to another, as most do, whose name has no escapes.
    fn follow_flat(&mut self, pointer: &'a str) -> Option<usize> {
        let ([name], [step]) = (self.names.as_mut_slice(), self.steps.as_mut_slice()) else {
            return None;
        };
        let flat = pointer.strip_prefix('/')?;
        if first_of::<b'/', b'~'>(flat.as_bytes()).is_some() {
            return None;
        }
        steps::count(pointer.len());
        if is_same(pointer.as_bytes(), self.pointer.as_bytes()) {
            return Some(1);
        }
        self.pointer = pointer;
        *name = Cow::Borrowed(flat);
        *step = Step { end: pointer.len(), patient: Cell::new(None) };
        Some(0)
    }

    /// How many names a pointer has in common with the one at hand.
    fn common(&self, pointer: &[u8]) -> usize {
        let mut start = 0;
        let stays = |step: &&Step| {
            let name = start..step.end;
            start = step.end;
            // Most other names are of another length. Those of one length differ at their ends.
            matches!(pointer.get(step.end), None | Some(b'/'))
                && pointer
                    .get(name.clone())
                    .zip(self.pointer.as_bytes().get(name))
                    .is_some_and(|(one, other)| is_same(one, other))
        };
        self.steps.iter().take_while(stays).count()
    }
}

/// Whether both are the same, compared from their ends. Names and pointers in one object differ at
/// their ends, if at all, so that only one that is the same takes as long as it is.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let pairs = || one.iter().rev().zip(other.iter().rev());
    let same = one.len() == other.len() && pairs().all(|(a, b)| a == b);
    if !same {
        steps::count(pairs().take_while(|(a, b)| a == b).count());
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_taken_apart() {
        let cases: [(&str, &[&str], &[usize]); 8] = [
            ("", &[], &[]),
            ("no-slash", &[], &[]),
            ("x/y", &["y"], &[3]),
            ("/", &[""], &[1]),
            ("/a", &["a"], &[2]),
            ("/a/", &["a", ""], &[2, 3]),
            ("/a~1b/c/m~0n", &["a/b", "c", "m~n"], &[5, 7, 12]),
            ("/é~/ü", &["é~", "ü"], &[4, 7]),
        ];
        for (pointer, expected, places) in cases {
            // From nothing, and from every other pointer.
            for (before, ..) in cases {
                let mut trail = Trail::default();
                trail.follow(before);
                trail.follow(pointer);
                assert_eq!(trail.names, expected, "{pointer} after {before}");
                let ends: Vec<_> = trail.steps.iter().map(|step| step.end).collect();
                assert_eq!(ends, places, "{pointer} after {before}");
            }
        }
    }

    #[test]
    fn names_stay_as_long_as_they_are_the_same() {
        for (before, pointer, expected) in [
            ("", "/a", 0),
            ("/a", "/a", 1),
            ("/a", "/a/b", 1),
            ("/a/b", "/a", 1),
            ("/a/b", "/a/c", 1),
            ("/a/b", "/ab", 0),
            ("/ab", "/a", 0),
            ("/a/bc", "/a/bcd", 1),
            ("/a/bcd/e", "/a/bc/e", 1),
            ("/a~1b/c", "/a~1b/d", 1),
            ("/a~1b/c", "/a/b/c", 0),
            ("/a/", "/a//", 2),
            ("/abcdefgh/ijklmnop/q", "/abcdefgh/ijklmnop/r", 2),
            ("/abcdefgh/ijklmno/q", "/abcdefgh/ijklmnp/q", 1),
        ] {
            let mut trail = Trail::default();
            trail.follow(before);
            assert_eq!(trail.follow(pointer), expected, "{pointer} after {before}");
        }
    }

    #[test]
    fn what_was_told_of_a_name_is_not_told_of_the_next() {
        let mut trail = Trail::default();
        for (pointer, expected) in
            [("/patient_email", true), ("/email", false), ("/patient/x", true), ("/mail/x", false)]
        {
            trail.follow(pointer);
            let Trail { pointer, names, steps } = &trail;
            let path = Path { pointer, names, steps, standard: false };
            for _ in 0..2 {
                assert_eq!(path.concerns_patient(), expected, "{pointer}");
            }
        }
    }

    #[test]
    fn texts_are_compared_from_their_ends() {
        for (one, other, expected) in
            [("", "", true), ("ab", "ab", true), ("ab", "b", false), ("ab", "cb", false)]
        {
            assert_eq!(is_same(one.as_bytes(), other.as_bytes()), expected, "{one} {other}");
        }
    }

    #[test]
    fn places_in_arrays_are_short_numbers() {
        for (name, expected) in [
            ("0", true),
            ("7", true),
            ("1000", true),
            ("9999", true),
            ("10000", false),
            ("00", false),
            ("01", false),
            ("", false),
            ("1a", false),
            ("-1", false),
        ] {
            assert_eq!(is_index(name), expected, "{name}");
        }
    }
}
