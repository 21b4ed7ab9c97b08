//! The phrases of `phrases.rs` laid out as maps: one of all, and one a category.

use crate::kind::Confidence::{self, High, Low, Medium};
use crate::kind::{Category, Detector};
use crate::phrases::PHRASES;
pub(crate) use crate::phrases::Where;
use crate::scope::{DetectorSet, Scope};
use crate::word_map::{WordMap, bytes_of};

/// What a phrase says, how sure, and where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) detector: Detector,
    pub(crate) confidence: Confidence,
    pub(crate) place: Where,
}

/// What a phrase with this hash says, if it is known in a scope. The detector may be out of scope:
/// then the phrase is known so that no shorter one is taken for it.
pub(crate) fn find<S: Scope>(hash: u32, phrase: &[u8]) -> Option<Phrase> {
    let packed = if const { DetectorSet::ALL.within(S::DETECTORS) } {
        EVERY.get_hashed(hash, phrase)?
    } else {
        in_tables::<S>(hash, phrase)?
    };
    Some(Phrase {
        detector: *Detector::ALL.get(usize::from(packed >> 4))?,
        confidence: match packed >> 2 & 3 {
            0 => Low,
            1 => Medium,
            _ => High,
        },
        place: match packed & 3 {
            0 => Where::Whole,
            1 => Where::End,
            _ => Where::Any,
        },
    })
}

/// One table a category, of which only those are linked that a scope has detectors of.
macro_rules! tables {
    ($($table:ident $category:ident $buckets:literal;)*) => {
        $(static $table: WordMap<
            u16,
            { sizes(Category::$category).1 },
            { sizes(Category::$category).0 },
            $buckets,
        > = {
            let (texts, values) = chosen(Category::$category);
            WordMap::new(&texts, values)
        };)*

        fn in_tables<S: Scope>(hash: u32, phrase: &[u8]) -> Option<u16> {
            $(if const { S::DETECTORS.meets(DetectorSet::of_categories(&[Category::$category])) }
                && let Some(packed) = $table.get_hashed(hash, phrase)
            {
                return Some(packed);
            })*
            None
        }
    };
}

tables! {
    SECRET Secret 32;
    CARDHOLDER Cardholder 32;
    HEALTH Health 64;
    NATIONAL_ID NationalId 32;
    FINANCIAL Financial 8;
    PERSONAL Personal 128;
    NETWORK Network 4;
}

/// Phrases of one category that end in a phrase of another, in whose table they stand as well.
const LONGER: &[(&str, Category)] = &[
    ("nationalinsurancenumber", Category::Health),
    ("socialinsurancenumber", Category::Health),
    ("idcardnumber", Category::Cardholder),
    ("identitycardnumber", Category::Cardholder),
    ("healthcardnumber", Category::Cardholder),
    ("medicarecardnumber", Category::Cardholder),
    ("insurancecardnumber", Category::Cardholder),
    ("primaryaccountnumber", Category::Financial),
    ("cardholderfullname", Category::Personal),
];

const WORDS: usize = PHRASES.len();

/// In the tables of which categories each phrase stands: a bit each. Here and below, what depends on no
/// scope is worked out once, as the compiler takes seconds where it does so for each scope again.
const TABLES: &[u8; WORDS] = &{
    let mut tables = [0; WORDS];
    let mut place = 0;
    while place < WORDS {
        let (text, detector, ..) = PHRASES[place];
        tables[place] = bit(detector.category()) | longer(text.as_bytes());
        place += 1;
    }
    tables
};

const _: () = assert!(Category::ALL.len() <= 8, "a set has one bit a category");

const fn bit(category: Category) -> u8 {
    1 << category as u8
}

/// The categories in whose tables a phrase stands as well.
const fn longer(text: &[u8]) -> u8 {
    let (mut tables, mut place) = (0, 0);
    while place < LONGER.len() {
        let (longer, category) = LONGER[place];
        if same(longer.as_bytes(), text) {
            tables |= bit(category);
        }
        place += 1;
    }
    tables
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut place = 0;
    while place < a.len() && a[place] == b[place] {
        place += 1;
    }
    place == a.len()
}

/// Whether the phrase at a place stands in the table of a category.
const fn stands(place: usize, category: Category) -> bool {
    TABLES[place] & bit(category) != 0
}

/// How many phrases the table of a category has, and their bytes.
const fn sizes(category: Category) -> (usize, usize) {
    let (mut words, mut bytes, mut place) = (0, 0, 0);
    while place < WORDS {
        if stands(place, category) {
            words += 1;
            bytes += PHRASES[place].0.len();
        }
        place += 1;
    }
    (words, bytes)
}

/// The phrases of a category, with what [`find`] reads of them.
const fn chosen<const N: usize>(category: Category) -> ([&'static str; N], [u16; N]) {
    let (mut texts, mut values) = ([""; N], [0; N]);
    let (mut next, mut place) = (0, 0);
    while place < WORDS {
        if stands(place, category) {
            texts[next] = PHRASES[place].0;
            values[next] = packed(place);
            next += 1;
        }
        place += 1;
    }
    (texts, values)
}

/// How the phrases of a scope end: sets of their last letters. They may have what no phrase ends in,
/// and never lack what one ends in.
pub(crate) struct Ends {
    /// By the last two letters: most names are dismissed by these.
    pairs: [u32; 32],
    /// By the last four, or all of a shorter phrase.
    fours: [u32; 128],
}

/// How many letters of a longer phrase are told.
const TOLD: usize = 4;

impl Ends {
    /// The ends of every phrase that [`find`] knows.
    pub(crate) const fn of<S: Scope>() -> Self {
        let mut ends = Self { pairs: [0; 32], fours: [0; 128] };
        let known = categories_of(S::DETECTORS);
        let mut place = 0;
        while place < WORDS {
            if TABLES[place] & known != 0 {
                let letters = LAST_LETTERS[place];
                let (word, bit) = Self::four(letters);
                ends.fours[word] |= bit;
                let (word, bit) = Self::pair(letters & 0xffff);
                ends.pairs[word] |= bit;
            }
            place += 1;
        }
        ends
    }

    /// Whether a phrase may end in the last four of these letters, or be the last three or two. A
    /// letter takes eight bits, the last one the lowest.
    #[inline]
    pub(crate) fn has(&self, letters: u64) -> bool {
        let [d, c, b, a, ..] = letters.to_le_bytes();
        let letters = u32::from_le_bytes([d, c, b, a]);
        let (word, bit) = Self::pair(letters & 0xffff);
        self.pairs.get(word).is_some_and(|word| word & bit != 0) && self.has_four(letters)
    }

    #[inline(never)]
    fn has_four(&self, letters: u32) -> bool {
        let has = |mask: u32| {
            let (word, bit) = Self::four(letters & mask);
            self.fours.get(word).is_some_and(|word| word & bit != 0)
        };
        const { assert!(TOLD == 4, "one mask for each length from two to `TOLD`") };
        has(0xffff_ffff) || has(0x00ff_ffff) || has(0xffff)
    }

    // The highest bits of a product depend on all letters.

    const fn pair(letters: u32) -> (usize, u32) {
        let code = letters.wrapping_mul(0x9e37_79b1) >> 22;
        (code as usize >> 5, 1 << (code & 31))
    }

    const fn four(letters: u32) -> (usize, u32) {
        let code = letters.wrapping_mul(0x9e37_79b1) >> 20;
        (code as usize >> 5, 1 << (code & 31))
    }
}

/// The last letters of each phrase, [`TOLD`] of them or all.
const LAST_LETTERS: &[u32; WORDS] = &{
    let mut all = [0; WORDS];
    let mut place = 0;
    while place < WORDS {
        let text = PHRASES[place].0.as_bytes();
        assert!(text.len() >= 2, "`Ends::has` asks for no shorter phrase");
        let (mut letters, mut at) = (0, text.len().saturating_sub(TOLD));
        while at < text.len() {
            letters = letters << 8 | text[at] as u32;
            at += 1;
        }
        all[place] = letters;
        place += 1;
    }
    all
};

/// The categories that a set has detectors of: those whose tables [`find`] asks.
const fn categories_of(detectors: DetectorSet) -> u8 {
    let (mut categories, mut place) = (0, 0);
    while place < Category::ALL.len() {
        let category = Category::ALL[place];
        if detectors.meets(DetectorSet::of_categories(&[category])) {
            categories |= bit(category);
        }
        place += 1;
    }
    categories
}

/// Every phrase, for those who look for everything: one table is asked faster than seven.
static EVERY: WordMap<u16, { bytes_of(&ALL.0) }, WORDS, 256> = WordMap::new(&ALL.0, ALL.1);

const ALL: &([&str; WORDS], [u16; WORDS]) = &{
    let mut texts = [""; WORDS];
    let mut values = [0; WORDS];
    let mut place = 0;
    while place < WORDS {
        texts[place] = PHRASES[place].0;
        values[place] = packed(place);
        place += 1;
    }
    (texts, values)
};

/// Detector, confidence and place of an entry in one number.
const fn packed(place: usize) -> u16 {
    let (_, detector, confidence, counts) = PHRASES[place];
    (detector as u16) << 4 | (confidence as u16) << 2 | counts as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{CardholderData, Everything, Secrets};
    use crate::word_map::{SEED, hash};

    #[test]
    fn every_phrase_is_found_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (text, detector, confidence, place) in PHRASES {
            assert!(seen.insert(text), "`{text}` stands twice");
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            let code = text.bytes().fold(SEED, hash);
            let phrase = Phrase { detector: *detector, confidence: *confidence, place: *place };
            assert_eq!(find::<Everything>(code, text.as_bytes()), Some(phrase));
        }
    }

    #[test]
    fn each_table_has_its_category_and_longer_phrases_only() {
        for (at, (text, detector, ..)) in PHRASES.iter().enumerate() {
            let code = text.bytes().fold(SEED, hash);
            let card = find::<CardholderData>(code, text.as_bytes()).is_some();
            let secret = find::<Secrets>(code, text.as_bytes()).is_some();
            assert_eq!(card, stands(at, Category::Cardholder), "{text}");
            assert_eq!(secret, detector.category() == Category::Secret, "{text}");
        }
    }

    #[test]
    fn no_phrase_is_taken_for_one_of_another_category_that_it_ends_in() {
        for (text, detector, ..) in PHRASES {
            for (other, another, _, place) in PHRASES {
                let category = another.category();
                // Between two words, as far as anybody writes them so.
                let border = !matches!(*other, "ip") || text.len() > 20;
                if text.len() > other.len()
                    && text.ends_with(other)
                    && *place != Where::Whole
                    && border
                    && category != detector.category()
                {
                    assert!(LONGER.contains(&(text, category)), "`{text}` ends in `{other}`");
                }
            }
        }
    }
}
