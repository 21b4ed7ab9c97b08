//! Which detectors are asked: known when the code is compiled, so that the others are not linked.

use core::marker::PhantomData;

use crate::kind::{Category, Detector};

/// A set of detectors, for constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectorSet(u64);

const _: () = assert!(Detector::ALL.len() <= 64, "a set has one bit a detector");

impl DetectorSet {
    /// Every detector.
    pub const ALL: Self = Self::of(Detector::ALL);

    /// These detectors.
    #[must_use]
    pub const fn of(detectors: &[Detector]) -> Self {
        let (mut bits, mut place) = (0, 0);
        while place < detectors.len() {
            bits |= 1 << detectors[place] as u64;
            place += 1;
        }
        Self(bits)
    }

    /// The detectors of these categories.
    #[must_use]
    pub const fn of_categories(categories: &[Category]) -> Self {
        let (mut bits, mut place) = (0, 0);
        while place < Detector::ALL.len() {
            let detector = Detector::ALL[place];
            let mut at = 0;
            while at < categories.len() {
                if detector.category() as u8 == categories[at] as u8 {
                    bits |= 1 << detector as u64;
                }
                at += 1;
            }
            place += 1;
        }
        Self(bits)
    }

    /// The detectors of either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The detectors of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a detector is in the set.
    #[must_use]
    pub const fn has(self, detector: Detector) -> bool {
        self.0 >> detector as u64 & 1 == 1
    }

    /// Whether the sets have a detector in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every detector of this set is in the other.
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

/// Whether names inside a text are read: `"ssn": "..."` in embedded JSON, `password=...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// They tell what stands after them.
    Read,
    /// Only values tell. Without the functions for claim names, no phrase of names is linked.
    Ignored,
}

/// What a caller looks for. A type, so that the compiler leaves out what is not looked for.
///
/// ```
/// use tokenward_detect::{Category, Detector, DetectorSet, Scope, scan_value_only};
///
/// enum Accounts {}
/// impl Scope for Accounts {
///     const DETECTORS: DetectorSet = DetectorSet::of(&[Detector::Iban]);
/// }
/// assert!(scan_value_only::<Accounts>("DE89370400440532013000", None).is_some());
/// assert!(scan_value_only::<Accounts>("john@example.com", None).is_none());
/// ```
pub trait Scope {
    /// The detectors that answer.
    const DETECTORS: DetectorSet;

    /// The detectors that names are told by ([`NamesOf`]): those that answer, unless a caller asks
    /// of values less than of names.
    const NAMES: DetectorSet = Self::DETECTORS;

    /// Whether names inside a text are read.
    const PAIRS: Pairs = Pairs::Read;
}

/// The scope by which a scope tells names. It goes to [`path_class_only`](crate::path_class_only)
/// where the scope itself goes to [`scan_only`](crate::scan_only).
#[derive(Debug)]
pub struct NamesOf<S>(PhantomData<S>);

impl<S: Scope> Scope for NamesOf<S> {
    const DETECTORS: DetectorSet = S::NAMES;
    const PAIRS: Pairs = S::PAIRS;
}

/// Every detector.
#[derive(Clone, Copy, Debug)]
pub enum Everything {}

impl Scope for Everything {
    const DETECTORS: DetectorSet = DetectorSet::ALL;
}

/// Account data of payment cards: [`Category::Cardholder`].
#[derive(Clone, Copy, Debug)]
pub enum CardholderData {}

impl Scope for CardholderData {
    const DETECTORS: DetectorSet = DetectorSet::of_categories(&[Category::Cardholder]);
}

/// Credentials and keys: [`Category::Secret`].
#[derive(Clone, Copy, Debug)]
pub enum Secrets {}

impl Scope for Secrets {
    const DETECTORS: DetectorSet = DetectorSet::of_categories(&[Category::Secret]);
}

/// What a subject identifier is that is not opaque, told by its value alone: an e-mail address, a
/// phone number, a number issued by a state, a card number, an IBAN.
#[derive(Clone, Copy, Debug)]
pub enum SubjectId {}

impl Scope for SubjectId {
    const DETECTORS: DetectorSet = DetectorSet::of(&[
        Detector::Email,
        Detector::Phone,
        Detector::Pan,
        Detector::Iban,
        Detector::NhsNumber,
        Detector::Mbi,
    ])
    .or(DetectorSet::of_categories(&[Category::NationalId]));
    const PAIRS: Pairs = Pairs::Ignored;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_into_them() {
        let set = DetectorSet::of(&[Detector::Pan, Detector::IpAddress]);
        for detector in Detector::ALL {
            let expected = matches!(detector, Detector::Pan | Detector::IpAddress);
            assert_eq!(set.has(*detector), expected, "{detector:?}");
            assert_eq!(set.meets(DetectorSet::of(&[*detector])), expected, "{detector:?}");
            assert_eq!(DetectorSet::of(&[*detector]).within(set), expected, "{detector:?}");
            assert_eq!(DetectorSet::ALL.without(set).has(*detector), !expected, "{detector:?}");
            assert_eq!(
                CardholderData::DETECTORS.has(*detector),
                detector.category() == Category::Cardholder
            );
            assert!(DetectorSet::ALL.has(*detector));
        }
    }
}
