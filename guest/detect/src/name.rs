//! What a claim's name says that the claim holds.

use crate::bytes::{at, range, run};
use crate::kind::{Category, Confidence, Detector, Hit, NameHit, Place};
use crate::name_table::{Ends, Phrase, Where, find};
use crate::name_words::{NEUTRAL, REFERENCE, THINGS, is_patient};
use crate::scope::{Everything, Scope};
use crate::steps;
use crate::swar::uuid;
use crate::traits::{ALNUM, OTHER, PART, UPPER, kinds};
use crate::word_map::{SEED, hash};

/// Only the end of a name as long as this is looked at.
const LONGEST: usize = 128;

/// And no more words than this.
const MOST_WORDS: usize = 24;

/// The longest phrase, in words.
const PHRASE_WORDS: usize = 4;

/// What a claim's name says, whatever its letter case and separators; of a name that is a URL, a
/// URN or dotted, its last part counts.
#[must_use]
pub fn name_class(segment: &str) -> Option<NameHit> {
    path_class_only::<Everything>(None, segment)
}

/// As [`name_class`], for the detectors of a scope.
///
/// What [`name_class`] finds in scope is found so here. Where it finds something out of scope,
/// a weaker phrase of the name may count here.
#[must_use]
pub fn name_class_only<S: Scope>(segment: &str) -> Option<NameHit> {
    path_class_only::<S>(None, segment)
}

/// As [`name_class`], with the name of the object around the claim: `number` in `card` is a card
/// number, `name` in `client` is not a person's.
#[must_use]
pub fn path_class(parent: Option<&str>, segment: &str) -> Option<NameHit> {
    path_class_only::<Everything>(parent, segment)
}

/// As [`path_class`], for the detectors of a scope: see [`name_class_only`].
#[must_use]
pub fn path_class_only<S: Scope>(parent: Option<&str>, segment: &str) -> Option<NameHit> {
    if !may_say::<S>(parent, segment) {
        return None;
    }
    says::<S>(parent, segment)
}

/// As [`path_class_only`], word by word.
fn says<S: Scope>(parent: Option<&str>, segment: &str) -> Option<NameHit> {
    let name = Words::of(segment);
    let outer = parent.map(Words::of);
    let mut hit = name.class::<S>();
    if hit.is_none_or(|(_, confidence)| confidence < Confidence::High)
        && let Some(joined) = outer.as_ref().and_then(|outer| name.after(outer)?.class::<S>())
        && hit.is_none_or(|(_, confidence)| confidence < joined.1)
    {
        hit = Some(joined);
    }
    let hit = hit.filter(|(phrase, _)| {
        // Of things, only what their name alone says is taken back.
        let thing = outer.as_ref().is_some_and(|outer| {
            outer.count.checked_sub(1).and_then(|last| outer.get(last)).is_some_and(is_thing)
        });
        !(thing && phrase.place == Where::Whole && phrase.detector.category() == Category::Personal)
    })?;
    let (Phrase { detector, .. }, confidence) = hit;
    if !S::DETECTORS.has(detector) {
        return None;
    }
    let patient = name.has_patient() || outer.is_some_and(|outer| outer.has_patient());
    let category = match detector.category() {
        Category::Personal | Category::NationalId | Category::Network if patient => {
            Category::Health
        }
        category => category,
    };
    Some(NameHit { detector, category, confidence })
}

/// Whether a name, below another, can end in a phrase anywhere: told by the last letters before each
/// of its borders, which dismisses most names without a look at their words.
fn may_say<S: Scope>(parent: Option<&str>, segment: &str) -> bool {
    // `Words::after` cuts what is longer, and a phrase may end where it does.
    if parent.is_some_and(|outer| cut(outer).len() + cut(segment).len() > LONGEST) {
        return true;
    }
    let ends = const { &Ends::of::<S>() };
    let mut outer = Last::default();
    if let Some(parent) = parent {
        spell(parent, |sign| match sign {
            Sign::Letter(letter) => outer.add(letter),
            Sign::Part => outer = Last::default(),
            Sign::Border => {}
        });
        if outer.may_end(ends) {
            return true;
        }
    }
    let (mut last, mut found) = (outer, false);
    spell(segment, |sign| match sign {
        Sign::Letter(letter) => last.add(letter),
        Sign::Part => (last, found) = (outer, false),
        Sign::Border => found |= last.may_end(ends),
    });
    found
}

/// The last letters of what was spelled.
#[derive(Clone, Copy, Default)]
struct Last {
    /// A letter takes eight bits, the last one the lowest.
    letters: u64,
    /// The same without digits at the end.
    stem: u64,
}

impl Last {
    #[inline]
    fn add(&mut self, letter: u8) {
        self.letters = self.letters << 8 | u64::from(letter);
        if !letter.is_ascii_digit() {
            self.stem = self.letters;
        }
    }

    /// Whether a phrase may end here, as it is looked up: as it is, of one for several, and without a
    /// number.
    #[inline]
    fn may_end(self, ends: &Ends) -> bool {
        let Self { letters, stem } = self;
        ends.has(letters)
            || (letters != stem && ends.has(stem))
            || (letters & 0xff == u64::from(b's') && ends.has(letters >> 8))
    }
}

/// The end of a name that is looked at.
fn cut(segment: &str) -> &[u8] {
    let bytes = segment.as_bytes();
    range(bytes, bytes.len().saturating_sub(LONGEST), bytes.len())
}

/// What a name is spelled with.
enum Sign {
    /// A letter, in small, or a digit.
    Letter(u8),
    /// Between two words, and at the end.
    Border,
    /// The part of a URL or a URN begins that counts, as far as is known: what was before does not.
    Part,
}

/// Spells the end of a name. Of a URL or a URN the last part counts, which may have its separator
/// after it.
#[inline]
fn spell(segment: &str, mut next: impl FnMut(Sign)) {
    let name = cut(segment);
    steps::count(name.len());
    let mut previous = 0;
    for (place, byte) in name.iter().enumerate() {
        let kind = kinds(*byte);
        if (kind | previous) & (UPPER | OTHER | PART) == 0 {
            // The usual byte.
            next(if kind & ALNUM == 0 { Sign::Border } else { Sign::Letter(*byte) });
            previous = kind;
            continue;
        }
        if previous & PART != 0 && kind & PART == 0 {
            next(Sign::Part);
        }
        let letter = kind & (ALNUM | OTHER) != 0;
        let hump = kind & UPPER != 0
            && (previous & UPPER == 0 || at(name, place + 1).is_ascii_lowercase());
        if !letter || hump {
            next(Sign::Border);
        }
        if letter {
            next(Sign::Letter(if kind & UPPER == 0 { *byte } else { byte | 0x20 }));
        }
        previous = kind;
    }
    next(Sign::Border);
}

/// Whether a name tells that a patient is meant, so that personal data below it is health data.
#[must_use]
pub fn concerns_patient(segment: &str) -> bool {
    Words::of(segment).has_patient()
}

/// The words of a name, in small letters.
struct Words {
    text: [u8; LONGEST],
    /// Where each word starts and ends in `text`.
    borders: [(u8, u8); MOST_WORDS],
    count: usize,
}

impl Words {
    fn of(segment: &str) -> Self {
        let mut found = Self::none();
        let mut word = 0u8;
        let mut length = 0u8;
        spell(segment, |sign| match sign {
            Sign::Border => {
                found.push(word, length);
                word = length;
            }
            Sign::Letter(letter) => {
                if let Some(slot) = found.text.get_mut(usize::from(length)) {
                    *slot = letter;
                    length += 1;
                }
            }
            Sign::Part => (found.count, word, length) = (0, 0, 0),
        });
        found
    }

    /// One name of the last word of the object around it and its own one or two: of `card` and
    /// `number`, `name` and `first`, `card` and `expiry_date`.
    fn after(&self, outer: &Self) -> Option<Self> {
        if self.count > 2 {
            return None;
        }
        let last = outer.get(outer.count.checked_sub(1)?)?;
        if last.len() < 2 || self.get(0)?.len() < 2 {
            // `d` and `x` are no diagnosis.
            return None;
        }
        let mut found = Self::none();
        let mut length = 0u8;
        for word in [Some(last), self.get(0), self.get(1)].into_iter().flatten() {
            let start = length;
            for byte in word {
                if let Some(slot) = found.text.get_mut(usize::from(length)) {
                    *slot = *byte;
                    length += 1;
                }
            }
            found.push(start, length);
        }
        Some(found)
    }

    fn none() -> Self {
        Self { text: [0; LONGEST], borders: [(0, 0); MOST_WORDS], count: 0 }
    }

    fn push(&mut self, start: u8, end: u8) {
        if start == end {
            return;
        }
        if self.count == MOST_WORDS {
            self.borders.rotate_left(1);
            self.count -= 1;
        }
        if let Some(slot) = self.borders.get_mut(self.count) {
            *slot = (start, end);
            self.count += 1;
        }
    }

    fn get(&self, place: usize) -> Option<&[u8]> {
        let (start, end) = self.borders.get(..self.count)?.get(place)?;
        self.text.get(usize::from(*start)..usize::from(*end))
    }

    fn has_patient(&self) -> bool {
        (0..self.count).any(|place| self.get(place).is_some_and(is_patient))
    }

    /// The phrase made of the words from one place to before another.
    fn phrase<S: Scope>(&self, from: usize, to: usize) -> Option<Phrase> {
        let start = usize::from(self.borders.get(from)?.0);
        let end = usize::from(self.borders.get(to.checked_sub(1)?)?.1);
        let text = range(&self.text, start, end);
        steps::count(text.len());
        let mut code = SEED;
        let mut without_last = SEED;
        for byte in text {
            without_last = code;
            code = hash(code, *byte);
        }
        let exact = find::<S>(code, text);
        if exact.is_some() {
            return exact;
        }
        match text {
            // A plural.
            [one @ .., b's'] => find::<S>(without_last, one),
            // One of several: `email2`.
            [.., b'0'..=b'9'] => {
                let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
                let one = range(text, 0, text.len() - digits);
                let code = one.iter().fold(SEED, |code, byte| hash(code, *byte));
                find::<S>(code, one)
            }
            _ => None,
        }
    }

    /// The longest phrase that ends with the word before `to`.
    fn ending<S: Scope>(&self, to: usize) -> Option<Phrase> {
        // Phrases count in letters, not words: `i p address` is one as well.
        (to.saturating_sub(PHRASE_WORDS + 1)..to).find_map(|from| {
            self.phrase::<S>(from, to).filter(|phrase| phrase.place != Where::Whole || from == 0)
        })
    }

    fn class<S: Scope>(&self) -> Option<(Phrase, Confidence)> {
        let mut to = self.count;
        if let Some(phrase) = self.ending::<S>(to) {
            return Some((phrase, phrase.confidence));
        }
        let last = self.get(to.checked_sub(1)?)?;
        if REFERENCE.has(last) || self.last_four() {
            return None;
        }
        while let Some(word) = to.checked_sub(1).and_then(|last| self.get(last))
            && (NEUTRAL.has(word) || word.iter().all(u8::is_ascii_digit))
        {
            to -= 1;
            if let Some(phrase) = self.ending::<S>(to) {
                return Some((phrase, phrase.confidence));
            }
        }
        // Somewhere inside: `email_for_receipts`.
        (1..self.count).find_map(|to| {
            let phrase = self.ending::<S>(to).filter(|phrase| phrase.place == Where::Any)?;
            Some((phrase, phrase.confidence.min(Confidence::Medium)))
        })
    }

    /// `last_4`: what may be shown of a card number (PCI DSS 4.0.1 3.4.1).
    fn last_four(&self) -> bool {
        let word = |back: usize| self.count.checked_sub(back).and_then(|place| self.get(place));
        word(2) == Some(b"last") && matches!(word(1), Some(b"4" | b"four" | b"digits"))
    }
}

/// Whether a word names a thing, or several of a kind.
fn is_thing(word: &[u8]) -> bool {
    THINGS.has(word) || matches!(word, [one @ .., b's'] if THINGS.has(one))
}

impl NameHit {
    /// The finding that the name alone makes.
    #[must_use]
    pub fn hit(self) -> Hit {
        Hit {
            detector: self.detector,
            category: self.category,
            confidence: self.confidence,
            place: Place::Name,
        }
    }

    /// The finding that the name makes of a text: none for one that is empty, masked or a mere
    /// yes or no; of low confidence for a reference such as `tok_1abc2def3ghi` where the name
    /// promises data.
    #[must_use]
    pub fn with_text(self, value: &str) -> Option<Hit> {
        let bytes = value.as_bytes().trim_ascii();
        if bytes.is_empty() {
            return None;
        }
        if bytes.len() <= 10 && self.category != Category::Health {
            const EMPTY: [&[u8]; 9] = [
                b"null",
                b"none",
                b"n/a",
                b"true",
                b"false",
                b"yes",
                b"no",
                b"redacted",
                b"[redacted]",
            ];
            if EMPTY.iter().any(|word| bytes.eq_ignore_ascii_case(word)) {
                return None;
            }
        }
        let mut hit = self.hit();
        match masked(bytes) {
            Mask::Whole => return None,
            // PCI DSS 4.0.1 3.4.1 lets the last four digits be shown.
            Mask::LastFour
                if matches!(self.category, Category::Cardholder | Category::Financial) =>
            {
                return None;
            }
            Mask::LastFour => hit.confidence = hit.confidence.min(Confidence::Medium),
            Mask::None => {}
        }
        // `acme/app` is where something lies.
        if self.detector == Detector::PersonName && bytes.contains(&b'/') && !bytes.contains(&b' ')
        {
            hit.confidence = Confidence::Low;
        }
        // `mobile` and `cell` are other things as well.
        if self.detector == Detector::Phone
            && self.confidence == Confidence::Medium
            && bytes.iter().any(u8::is_ascii_alphabetic)
        {
            hit.confidence = Confidence::Low;
        }
        // A card code is a number: what has no digit tells how its check went.
        if self.detector == Detector::CardCode
            && bytes.iter().all(|b| b.is_ascii() && !b.is_ascii_digit())
        {
            hit.confidence = Confidence::Low;
        }
        if self.category != Category::Secret
            && !matches!(self.detector, Detector::CardCode | Detector::CardPin)
            && is_reference(bytes)
        {
            hit.confidence = Confidence::Low;
        }
        Some(hit)
    }
}

enum Mask {
    None,
    LastFour,
    Whole,
}

/// Whether text is masked: nothing but masking characters, and at most four digits at the end.
fn masked(bytes: &[u8]) -> Mask {
    let is_mask =
        |b: &u8| matches!(b, b'*' | b'x' | b'X' | b'#' | b' ' | b'-' | b'.' | b'_' | b'/');
    let text = core::str::from_utf8(bytes).unwrap_or_default();
    let dots = text.chars().filter(|c| matches!(c, '\u{2022}' | '\u{25cf}')).count() * 3;
    let digits = bytes.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let head = range(bytes, 0, bytes.len() - digits);
    let marks = head.iter().filter(|b| matches!(b, b'*' | b'x' | b'X' | b'#')).count() + dots;
    let rest = head.iter().filter(|b| !is_mask(b)).count();
    if marks < 3 || rest != dots || digits > 4 {
        return Mask::None;
    }
    if digits == 0 { Mask::Whole } else { Mask::LastFour }
}

/// Whether text is a reference: a UUID, or a short prefix, `_`, and an identifier with a digit.
fn is_reference(bytes: &[u8]) -> bool {
    if bytes.len() == 36 && uuid(bytes, 0) {
        return true;
    }
    let prefix = run(bytes, 0, 12, |b| b.is_ascii_lowercase());
    let body = prefix + 1;
    let end = run(bytes, body, 64, |b| b.is_ascii_alphanumeric());
    let part = range(bytes, body, end);
    (2..=11).contains(&prefix)
        && at(bytes, prefix) == b'_'
        && end == bytes.len()
        && part.len() >= 8
        && part.iter().any(u8::is_ascii_digit)
        && part.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::phrases::PHRASES;
    use crate::scope::{CardholderData, DetectorSet, Secrets};

    /// What is dismissed by its ends says nothing word by word either.
    fn is_dismissed_rightly<S: Scope>(parent: Option<&str>, segment: &str) {
        if !may_say::<S>(parent, segment) {
            assert_eq!(says::<S>(parent, segment), None, "{parent:?} {segment:?}");
        }
    }

    enum Health {}
    impl Scope for Health {
        const DETECTORS: DetectorSet = DetectorSet::of_categories(&[Category::Health]);
    }

    fn in_every_scope(parent: Option<&str>, segment: &str) {
        is_dismissed_rightly::<Everything>(parent, segment);
        is_dismissed_rightly::<Health>(parent, segment);
        is_dismissed_rightly::<CardholderData>(parent, segment);
        is_dismissed_rightly::<Secrets>(parent, segment);
    }

    #[test]
    fn no_phrase_is_dismissed_in_any_form() {
        for (phrase, ..) in PHRASES {
            for form in ["", "s", "2", "42", "_id", "_for_x", "/", "_2_of", "S", "é"] {
                let name = format!("{phrase}{form}");
                in_every_scope(None, &name);
                in_every_scope(Some("card"), &name);
                in_every_scope(Some(&name), "number");
                in_every_scope(None, &format!("x_{name}"));
            }
            for at in 1..phrase.len() {
                let (outer, inner) = phrase.split_at(at);
                in_every_scope(Some(outer), inner);
                in_every_scope(Some(&format!("the_{outer}")), &format!("{inner}s"));
                in_every_scope(None, &format!("{outer}_{inner}"));
            }
        }
    }

    #[test]
    fn what_is_cut_is_not_dismissed() {
        for length in 100..130 {
            in_every_scope(Some(&"x".repeat(length)), "passwordqq");
            in_every_scope(Some("card"), &format!("{}number", "x".repeat(length)));
        }
    }

    #[test]
    fn most_names_are_dismissed() {
        let names = [
            "tenant",
            "plan",
            "region",
            "ctx_0",
            "ctx_17",
            "features",
            "locale",
            "zoneinfo",
            "acct",
            "department",
            "flags",
            "ver_2",
            "queue",
            "shard",
            "x-request",
            "build",
        ];
        let kept = |keeps: fn(Option<&str>, &str) -> bool| {
            names.iter().filter(|name| keeps(None, name)).count()
        };
        let kept = [
            kept(may_say::<Everything>),
            kept(may_say::<CardholderData>),
            kept(may_say::<Secrets>),
        ];
        assert!(kept[0] <= 8 && kept[1] <= 2 && kept[2] <= 2, "{kept:?}");
    }

    fn name() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(PHRASES).prop_map(|(phrase, ..)| phrase.to_owned()),
            prop::sample::select(PHRASES).prop_map(|(phrase, ..)| {
                let (first, rest) = phrase.split_at(1);
                first.to_ascii_uppercase() + rest
            }),
            "[a-zA-Z0-9_.:/#é -]{0,4}",
        ];
        proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn names_are_dismissed_rightly(parent in proptest::option::of(name()), name in name()) {
            in_every_scope(parent.as_deref(), &name);
        }
    }
}
