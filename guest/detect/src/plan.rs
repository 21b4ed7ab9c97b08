//! What a scope asks of a text. All constants, so that what is not asked is not compiled.

use core::marker::PhantomData;

use crate::kind::{Category, Detector};
use crate::scope::{DetectorSet, Pairs, Scope};
use crate::traits::{
    AT, COLON, DOT, ESCAPE, FEWEST_TOLD, MARK, QUOTE, SHORTEST_ENCODED, Traits, longest_number,
};
use crate::{account, health, number, secret};

/// The questions of one scope.
pub(crate) struct Plan<S>(PhantomData<S>);

impl<S: Scope> Plan<S> {
    pub(crate) const EMAIL: bool = S::DETECTORS.has(Detector::Email);
    pub(crate) const PHONE: bool = S::DETECTORS.has(Detector::Phone);
    pub(crate) const PASSWORD: bool = S::DETECTORS.has(Detector::Password);
    pub(crate) const ADDRESS: bool = S::DETECTORS.has(Detector::IpAddress);
    pub(crate) const PERSON: bool = S::DETECTORS.has(Detector::PersonName);
    pub(crate) const CLOUD_KEY: bool = S::DETECTORS.has(Detector::CloudKey);
    pub(crate) const PRIVATE_KEY: bool = S::DETECTORS.has(Detector::PrivateKey);
    pub(crate) const TRACK: bool = S::DETECTORS.has(Detector::TrackData);
    pub(crate) const IBAN: bool = S::DETECTORS.has(Detector::Iban);
    pub(crate) const ICD: bool = S::DETECTORS.has(Detector::Icd10);
    pub(crate) const MBI: bool = S::DETECTORS.has(Detector::Mbi);

    /// What is told by the first characters of a word.
    pub(crate) const KEYS: bool = S::DETECTORS.meets(DetectorSet::of(&[
        Detector::PrivateKey,
        Detector::CloudKey,
        Detector::Jwt,
        Detector::Credential,
    ]));

    pub(crate) const NUMBERS: bool = number::fewest::<S>().1 < usize::MAX;

    pub(crate) const PAIRS: bool = matches!(S::PAIRS, Pairs::Read);

    /// Secrets are told by names without quotes as well: `password=...`.
    const BARE_PAIRS: bool =
        Self::PAIRS && S::DETECTORS.meets(DetectorSet::of_categories(&[Category::Secret]));

    /// The signs that alone make a walk over all signs worthwhile.
    const SIGNS: u16 = {
        let mut signs = 0;
        if Self::EMAIL {
            signs |= AT;
        }
        if Self::PHONE {
            signs |= MARK;
        }
        if Self::PASSWORD || Self::BARE_PAIRS {
            signs |= MARK | COLON;
        }
        signs
    };

    /// What even a short text is not dismissed with.
    const KEPT: u16 = {
        let mut kept = Self::SIGNS | ESCAPE;
        if Self::PAIRS {
            kept |= COLON;
        }
        if Self::ADDRESS {
            kept |= DOT | COLON;
        }
        kept
    };

    /// Whether nothing can be in a text: the usual identifier, which is too short for a key or an
    /// encoded text and has no sign of anything else.
    pub(crate) fn dismisses(length: usize, traits: Traits) -> bool {
        length < SHORTEST_ENCODED
            && !(Self::NUMBERS && traits.digits >= const { number::fewest::<S>().1 })
            && !traits.has(Self::KEPT)
    }

    /// Whether some sign in the text may tell something.
    pub(crate) fn reads_signs(traits: Traits) -> bool {
        traits.has(Self::SIGNS)
            || (Self::PAIRS && traits.has(COLON) && traits.has(QUOTE))
            || (Self::ADDRESS && (traits.dots >= 3 || traits.colons >= 2))
    }

    /// What is asked of words and numbers, if anything. `fewest` is the fewest digits of a number. Magnetic
    /// stripes have one, so that they are asked where numbers are.
    #[inline]
    pub(crate) fn asks_words(bytes: &[u8], traits: Traits, fewest: usize) -> Option<Asked> {
        const { assert!(number::fewest::<S>().1 >= FEWEST_TOLD, "fewer are not counted exactly") };
        let digits = traits.digits;
        let numbers = Self::NUMBERS && digits >= fewest && longest_number(bytes) >= fewest;
        let ibans = Self::IBAN && digits >= 4;
        let medicare = Self::MBI && digits >= 5;
        let asks = [
            (numbers, fewest),
            (Self::KEYS, secret::SHORTEST),
            (ibans, account::SHORTEST_IBAN),
            (medicare, health::SHORTEST_MBI),
        ];
        let mut shortest = usize::MAX;
        for (asked, length) in asks {
            if asked {
                shortest = shortest.min(length);
            }
        }
        let last = bytes.len().checked_sub(shortest)?;
        Some(Asked { last, numbers, ibans, medicare })
    }
}

/// What is asked of the words and numbers of a text.
pub(crate) struct Asked {
    /// The last place at which one can start that tells something.
    pub(crate) last: usize,
    pub(crate) numbers: bool,
    pub(crate) ibans: bool,
    pub(crate) medicare: bool,
}
