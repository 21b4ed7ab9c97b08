//! Numbers in groups of digits: card numbers, national and health identifiers, phone numbers.

use crate::bytes::{at, before, range, run};
use crate::card::{Network, network};
use crate::checksum::{aadhaar, luhn, nhs, npi};
use crate::kind::{Category, Confidence, Detector, NameHit};
use crate::scope::{DetectorSet, Scope};
use crate::steps;

/// The longest number of interest: a card number.
const LONGEST: usize = 19;

/// The shortest first group of a card number as it is printed.
const SHORTEST_GROUP: usize = 4;

/// Groups of digits with one separator between each two, from a place on.
struct Groups {
    digits: [u8; LONGEST],
    /// Of each group: digits up to its end, and the separator before it (0 before the first).
    ends: [(u8, u8); LONGEST],
    count: usize,
    /// Where the last group ends in the text.
    end: usize,
    /// Whether more digits stand before or after, joined by a separator.
    joined: bool,
}

impl Groups {
    fn read(bytes: &[u8], start: usize) -> Self {
        let joined = follows_digits(bytes, start);
        let mut found =
            Self { digits: [0; LONGEST], ends: [(0, 0); LONGEST], count: 0, end: start, joined };
        let mut total = 0;
        let mut index = start;
        let mut separator = 0;
        loop {
            let end = run(bytes, index, LONGEST + 1, |b| b.is_ascii_digit());
            steps::count(end - index + 1);
            let group = range(bytes, index, end);
            if at(bytes, end).is_ascii_alphanumeric() || total + group.len() > LONGEST {
                found.joined |= separator != 0;
                return found;
            }
            for digit in group {
                if let Some(slot) = found.digits.get_mut(total) {
                    *slot = digit - b'0';
                }
                total += 1;
            }
            if let Some(slot) = found.ends.get_mut(found.count) {
                // At most `LONGEST`.
                *slot = (u8::try_from(total).unwrap_or(u8::MAX), separator);
            }
            found.count += 1;
            found.end = end;
            separator = at(bytes, end);
            if !is_separator(separator) || !at(bytes, end + 1).is_ascii_digit() {
                return found;
            }
            index = end + 1;
        }
    }

    fn groups(&self) -> &[(u8, u8)] {
        range_of(&self.ends, self.count)
    }

    /// The digits of the first groups, up to this many digits.
    fn digits(&self, total: usize) -> &[u8] {
        self.digits.get(..total).unwrap_or_default()
    }

    fn total(&self) -> usize {
        self.groups().last().map_or(0, |(total, _)| usize::from(*total))
    }

    /// Whether the groups are exactly of these lengths, with this separator.
    fn shaped(&self, lengths: &[usize], separator: u8) -> bool {
        self.groups().len() == lengths.len() && fits(self.groups(), lengths, separator)
    }
}

fn range_of(groups: &[(u8, u8)], count: usize) -> &[(u8, u8)] {
    groups.get(..count).unwrap_or_default()
}

/// Whether a digit and a separator stand before a place.
fn follows_digits(bytes: &[u8], start: usize) -> bool {
    is_separator(before(bytes, start))
        && start.checked_sub(2).is_some_and(|index| at(bytes, index).is_ascii_digit())
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.')
}

fn fits(groups: &[(u8, u8)], lengths: &[usize], separator: u8) -> bool {
    let mut total = 0;
    groups.iter().zip(lengths).enumerate().all(|(place, ((end, before), length))| {
        total += length;
        usize::from(*end) == total && (place == 0 || *before == separator)
    })
}

/// Detectors of card numbers.
const CARDS: DetectorSet = DetectorSet::of(&[Detector::Pan, Detector::TrackData]);

/// Detectors of numbers that are told by their groups or by a claim's name.
const SHORTER: DetectorSet = DetectorSet::of(&[
    Detector::Ssn,
    Detector::Itin,
    Detector::NationalId,
    Detector::Aadhaar,
    Detector::NhsNumber,
    Detector::Npi,
    Detector::Phone,
]);

/// The fewest digits of which [`scan`] makes anything, without a claim's name and with one: more
/// than any number has where nothing is looked for.
pub(crate) const fn fewest<S: Scope>() -> (usize, usize) {
    match (S::DETECTORS.meets(SHORTER), S::DETECTORS.meets(CARDS)) {
        (true, _) => (9, 7),
        (false, true) => (13, 13),
        (false, false) => (usize::MAX, usize::MAX),
    }
}

/// Reports each number that starts with the digit at a place; the byte before is no letter or digit.
pub(crate) fn scan<S: Scope>(
    bytes: &[u8],
    start: usize,
    context: Option<NameHit>,
    mut report: impl FnMut(Detector, Confidence),
) {
    // The usual digit in an identifier: it starts a word, not a number.
    let end = run(bytes, start, LONGEST + 1, |b| b.is_ascii_digit());
    if at(bytes, end).is_ascii_alphanumeric() {
        return;
    }
    // A number is not read again from each of its short groups: what is printed on cards, or is told by
    // its groups, starts with longer ones, or is no part of more.
    if end - start < SHORTEST_GROUP && follows_digits(bytes, start) {
        return;
    }
    let groups = Groups::read(bytes, start);
    if const { S::DETECTORS.meets(CARDS) } {
        if !is_phone(bytes, start, &groups, context) {
            card(bytes, &groups, context, &mut report);
        }
        if let Some(confidence) = marked_card(bytes, start) {
            report(Detector::Pan, confidence);
        }
    }
    if const { !S::DETECTORS.meets(SHORTER) } || groups.joined {
        return;
    }
    grouped::<S>(&groups, &mut report);
    if let Some(context) = context {
        in_context::<S>(&groups, context, &mut report);
    }
}

/// Whether the number is written as a phone number, or is named one: by chance, one in a hundred
/// of those with 13 digits could be a card number of a kind that is issued no more. No phone
/// number has more than 15 digits (ITU-T E.164 section 6.1).
fn is_phone(bytes: &[u8], start: usize, groups: &Groups, context: Option<NameHit>) -> bool {
    let named = context.is_some_and(|context| context.detector == Detector::Phone);
    let cards = context.is_some_and(|context| context.category == Category::Cardholder);
    (named || before(bytes, start) == b'+') && !cards && groups.total() <= 15
}

fn card(
    bytes: &[u8],
    found: &Groups,
    context: Option<NameHit>,
    report: &mut impl FnMut(Detector, Confidence),
) {
    for (place, (total, _)) in found.groups().iter().enumerate() {
        let total = usize::from(*total);
        if !(13..=LONGEST).contains(&total) {
            continue;
        }
        let groups = range_of(&found.ends, place + 1);
        let Some(grouping) = grouping(groups) else { continue };
        let digits = found.digits(total);
        steps::count(digits.len());
        let Some(network) = network(digits) else { continue };
        let whole = place + 1 == found.count && !found.joined;
        let confidence = match (grouping, network, digits.len()) {
            _ if context.is_some_and(|context| context.category == Category::Cardholder) => {
                Confidence::High
            }
            (Grouping::Printed, Network::Distinct, _)
            | (Grouping::None, Network::Distinct, 15 | 16) => Confidence::High,
            // As many are numbers of orders, or identifiers that start with a time.
            (Grouping::None | Grouping::Other, _, 17 | 18)
            | (Grouping::None | Grouping::Other, Network::Wide, 13..=15) => Confidence::Low,
            (Grouping::Printed | Grouping::None, ..) => Confidence::Medium,
            (Grouping::Other, ..) if whole => Confidence::Medium,
            (Grouping::Other, ..) => Confidence::Low,
        };
        report(Detector::Pan, confidence);
        let tail = run(bytes, found.end + 1, 8, |b| b.is_ascii_digit());
        if place == 0 && at(bytes, found.end) == b'=' && tail - found.end > 7 {
            report(Detector::TrackData, Confidence::High);
        }
    }
}

/// Whether a first track (ISO/IEC 7813) starts with the `B` at a place: `B`, the number, `^`.
pub(crate) fn first_track(bytes: &[u8], start: usize) -> bool {
    let end = run(bytes, start + 1, LONGEST + 1, |b| b.is_ascii_digit());
    let mut digits = [0u8; LONGEST];
    let found = range(bytes, start + 1, end);
    for (slot, byte) in digits.iter_mut().zip(found) {
        *slot = byte - b'0';
    }
    at(bytes, end) == b'^' && digits.get(..found.len()).is_some_and(|d| network(d).is_some())
}

/// A card number in the groups printed on cards, with `_` or `/` between them: signs that join
/// other numbers so often that no other groups are taken.
fn marked_card(bytes: &[u8], start: usize) -> Option<Confidence> {
    const PRINTED: [&[usize]; 2] = [&[4, 4, 4, 4], &[4, 6, 5]];
    let separator = at(bytes, start + 4);
    if !matches!(separator, b'_' | b'/') {
        return None;
    }
    PRINTED.iter().find_map(|lengths| {
        let mut digits = [0; 16];
        let mut slots = digits.iter_mut();
        let mut index = start;
        for (place, length) in lengths.iter().enumerate() {
            if place > 0 {
                if at(bytes, index) != separator {
                    return None;
                }
                index += 1;
            }
            let group = range(bytes, index, index + length);
            if group.len() != *length || !group.iter().all(u8::is_ascii_digit) {
                return None;
            }
            for (digit, slot) in group.iter().zip(&mut slots) {
                *slot = digit - b'0';
            }
            index += length;
        }
        steps::count(index - start);
        if at(bytes, index).is_ascii_alphanumeric() {
            return None;
        }
        match network(digits.get(..lengths.iter().sum())?)? {
            Network::Distinct => Some(Confidence::High),
            Network::Wide => Some(Confidence::Medium),
        }
    })
}

#[derive(Clone, Copy)]
enum Grouping {
    /// One group.
    None,
    /// As printed on cards.
    Printed,
    /// Any other, with one and the same separator, space or hyphen.
    Other,
}

fn grouping(groups: &[(u8, u8)]) -> Option<Grouping> {
    const PRINTED: [&[usize]; 8] = [
        &[4, 4, 4, 4],
        &[4, 6, 5],
        &[4, 6, 4],
        &[4, 4, 4, 4, 3],
        &[4, 4, 4, 4, 2],
        &[4, 4, 4, 1],
        &[6, 13],
        &[4, 4, 4, 4, 1],
    ];
    let [_, (_, separator), ..] = groups else { return Some(Grouping::None) };
    if PRINTED.iter().any(|p| p.len() == groups.len() && fits(groups, p, *separator)) {
        return Some(Grouping::Printed);
    }
    let same = groups.iter().skip(1).all(|(_, other)| other == separator);
    (same && *separator != b'.').then_some(Grouping::Other)
}

/// Numbers told by the way their digits are grouped.
fn grouped<S: Scope>(found: &Groups, report: &mut impl FnMut(Detector, Confidence)) {
    match found.total() {
        9 if const { S::DETECTORS.has(Detector::Ssn) || S::DETECTORS.has(Detector::Itin) } => {
            let confidence = if found.shaped(&[3, 2, 4], b'-') {
                Confidence::High
            } else if found.shaped(&[3, 2, 4], b' ') {
                Confidence::Medium
            } else {
                return;
            };
            if let Some(detector) = social_security(found.digits(9)) {
                report(detector, confidence);
            }
        }
        10 if const { S::DETECTORS.has(Detector::NhsNumber) }
            && found.shaped(&[3, 3, 4], b' ')
            && nhs(found.digits(10)) =>
        {
            report(Detector::NhsNumber, Confidence::Medium);
        }
        10 if const { S::DETECTORS.has(Detector::Phone) }
            && [b' ', b'-', b'.'].iter().any(|s| found.shaped(&[3, 3, 4], *s))
            && north_american(found.digits(10)) =>
        {
            report(Detector::Phone, Confidence::Low);
        }
        12 if const { S::DETECTORS.has(Detector::Aadhaar) }
            && (found.shaped(&[4, 4, 4], b' ') || found.shaped(&[4, 4, 4], b'-'))
            && aadhaar(found.digits(12)) =>
        {
            report(Detector::Aadhaar, Confidence::Medium);
        }
        _ => {}
    }
}

/// Numbers told by the claim's name.
fn in_context<S: Scope>(
    found: &Groups,
    context: NameHit,
    report: &mut impl FnMut(Detector, Confidence),
) {
    let digits = found.digits(found.total());
    match (context.detector, digits.len()) {
        (Detector::Ssn | Detector::Itin | Detector::NationalId, 9) => {
            if let Some(detector) = social_security(digits) {
                report(detector, Confidence::High);
            } else if luhn(digits) {
                // For instance the Canadian social insurance number.
                report(Detector::NationalId, Confidence::Medium);
            }
        }
        (Detector::Aadhaar | Detector::NationalId, 12)
            if const { S::DETECTORS.has(Detector::Aadhaar) } && aadhaar(digits) =>
        {
            report(Detector::Aadhaar, Confidence::High);
        }
        (Detector::NhsNumber | Detector::Mrn | Detector::HealthPlan, 10)
            if const { S::DETECTORS.has(Detector::NhsNumber) } && nhs(digits) =>
        {
            report(Detector::NhsNumber, Confidence::High);
        }
        (Detector::Npi, 10) if npi(digits) => report(Detector::Npi, Confidence::Medium),
        (Detector::Phone, 7..=15) => report(Detector::Phone, Confidence::High),
        _ => {}
    }
}

/// A number of the US Social Security Administration, or of the IRS for those who have none.
fn social_security(digits: &[u8]) -> Option<Detector> {
    let value = |range: &[u8]| range.iter().fold(0u16, |n, digit| n * 10 + u16::from(*digit));
    let (area, rest) = digits.split_at_checked(3)?;
    let (group, serial) = rest.split_at_checked(2)?;
    match (value(area), value(group), value(serial)) {
        (900..=999, 50..=65 | 70..=88 | 90..=92 | 94..=99, _) => Some(Detector::Itin),
        (0 | 666 | 900..=999, ..) | (_, 0, _) | (.., 0) => None,
        _ => Some(Detector::Ssn),
    }
}

/// Area and exchange of the North American numbering plan begin with 2 to 9.
fn north_american(digits: &[u8]) -> bool {
    digits.first().is_some_and(|d| *d >= 2) && digits.get(3).is_some_and(|d| *d >= 2)
}
