//! Which kinds of bytes a text has: what most texts are dismissed by.
//!
//! Most bytes are letters, digits, and the hyphens and low lines between words. They are told eight at
//! a time, and only the others are looked at one by one.

use crate::steps;
use crate::swar::{HIGH, Marks, count, eight_from, lowest, place_of, word_end};

/// What most texts are dismissed by.
#[derive(Clone, Copy, Default)]
pub(crate) struct Traits {
    /// Kinds of the bytes that are neither letters, digits, hyphens nor low lines of ASCII.
    seen: u16,
    pub(crate) digits: usize,
    pub(crate) colons: usize,
    pub(crate) dots: usize,
    /// Whether eight letters and digits follow each other, as in each word of [`LONG_WORD`] or more.
    pub(crate) long_word: bool,
    /// Where the first run of base64 starts and ends that is long enough to be decoded.
    pub(crate) encoded: Option<(usize, usize)>,
}

/// The length from which a word has eight letters and digits that are read at once, wherever it starts.
pub(crate) const LONG_WORD: usize = 8 + 7;

/// The fewest digits that [`longest_number`] counts exactly: between two letters of eight bytes are at
/// most six.
pub(crate) const FEWEST_TOLD: usize = 7;

/// The shortest run of base64 that is decoded.
pub(crate) const SHORTEST_ENCODED: usize = 11;

/// ASCII letters and digits.
pub(crate) const ALNUM: u16 = 1;
/// Capital letters of ASCII.
pub(crate) const UPPER: u16 = 1 << 1;
/// The base64 and the base64url alphabet (RFC 4648 sections 4 and 5).
pub(crate) const BASE64: u16 = 1 << 2;
/// What separates the parts of a URL or a URN: `/ # :`.
pub(crate) const PART: u16 = 1 << 3;
pub(crate) const COLON: u16 = 1 << 4;
pub(crate) const DOT: u16 = 1 << 5;
pub(crate) const AT: u16 = 1 << 6;
/// What an encoded character starts with: `%`, or the backslash of JSON.
pub(crate) const ESCAPE: u16 = 1 << 7;
/// `$ ( + =`: what credentials and phone numbers start with or hang on.
pub(crate) const MARK: u16 = 1 << 8;
/// Of either kind.
pub(crate) const QUOTE: u16 = 1 << 9;
pub(crate) const OTHER: u16 = 1 << 10;
/// What text in base64 can start with: the first byte of it is no control character, and no byte
/// that stands within a character or in none (RFC 3629).
pub(crate) const TEXT_START: u16 = 1 << 11;

const KINDS: [u16; 256] = {
    let mut kinds = [0; 256];
    let mut code = 0;
    while code < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "it is below 256")]
        let byte = code as u8;
        let mut kind = match byte {
            b':' => COLON,
            b'.' => DOT,
            b'@' => AT,
            b'%' | b'\\' => ESCAPE,
            b'$' | b'(' | b'+' | b'=' => MARK,
            b'"' | b'\'' => QUOTE,
            0x80.. => OTHER,
            _ => 0,
        };
        if byte.is_ascii_alphanumeric() {
            kind |= ALNUM | BASE64;
        }
        if byte.is_ascii_uppercase() {
            kind |= UPPER;
        }
        if matches!(byte, b'+' | b'/' | b'-' | b'_') {
            kind |= BASE64;
        }
        if matches!(byte, b'/' | b'#' | b':') {
            kind |= PART;
        }
        if matches!(byte, b'C' | b'D' | b'I'..=b'Z' | b'a'..=b'f' | b'w'..=b'z' | b'0'..=b'9') {
            kind |= TEXT_START;
        }
        kinds[code] = kind;
        code += 1;
    }
    kinds
};

/// The kinds that a byte is of.
#[inline]
pub(crate) fn kinds(byte: u8) -> u16 {
    KINDS.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The end of the run of base64 from a place.
pub(crate) fn encoded_end(bytes: &[u8], index: usize) -> usize {
    let mut end = word_end(bytes, index);
    while bytes.get(end).is_some_and(|byte| kinds(*byte) & BASE64 != 0) {
        end = word_end(bytes, end + 1);
    }
    end
}

impl Traits {
    /// Those of a text. One loop over all that is kept, so that it stays in registers. The compiler leaves
    /// out what a scope does not ask for: sums are not checked, as none is larger than the text, since a
    /// check that can fail is never left out.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what a scope does not ask for must vanish")]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        steps::count(bytes.len());
        let mut traits = Self::default();
        // Where the eight bytes at hand and the run of base64 at hand start.
        let (mut start, mut run) = (0, 0);
        while start < bytes.len() {
            let (eight, valid) = eight_from(bytes, start);
            let Marks { digits, letters, links } = Marks::of(eight);
            traits.digits = traits.digits.wrapping_add(count(digits));
            traits.long_word |= digits | letters == HIGH;
            let mut others = valid & !(digits | letters | links);
            while others != 0 {
                let place = start.wrapping_add(place_of(others));
                let kinds = kinds(lowest(eight, others));
                others &= others.wrapping_sub(1);
                traits.seen |= kinds;
                traits.colons = traits.colons.wrapping_add(usize::from(kinds & COLON != 0));
                traits.dots = traits.dots.wrapping_add(usize::from(kinds & DOT != 0));
                if kinds & BASE64 == 0 {
                    traits.note(run, place);
                    run = place.wrapping_add(1);
                }
            }
            start = start.wrapping_add(8);
        }
        traits.note(run, bytes.len());
        traits
    }

    /// Notes a run of base64, if none was noted before.
    #[inline]
    fn note(&mut self, start: usize, end: usize) {
        if end.wrapping_sub(start) >= SHORTEST_ENCODED && self.encoded.is_none() {
            self.encoded = Some((start, end));
        }
    }

    #[inline]
    pub(crate) fn has(self, kinds: u16) -> bool {
        self.seen & kinds != 0
    }
}

/// The most digits of a text with no letter between them, where they are [`FEWEST_TOLD`] or more: no
/// number has more digits. Of fewer it may be less.
pub(crate) fn longest_number(bytes: &[u8]) -> usize {
    steps::count(bytes.len());
    let mut longest = 0;
    // The digits since the last letter.
    let mut number = 0usize;
    let mut start = 0;
    while start < bytes.len() {
        let Marks { digits, letters, .. } = Marks::of(eight_from(bytes, start).0);
        if letters == 0 {
            number += count(digits);
        } else {
            // The first letter ends a number, and after the last one another may start. Between two of
            // these letters are fewer than are told.
            let before = (letters & letters.wrapping_neg()) - 1;
            let after = !(u64::MAX >> letters.leading_zeros());
            longest = longest.max(number + count(digits & before));
            number = count(digits & after);
        }
        start += 8;
    }
    longest.max(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::swar::tests::every_byte_at_every_place;

    /// Told byte by byte.
    fn plainly(bytes: &[u8]) -> (usize, u16, Option<(usize, usize)>) {
        let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
        let others =
            bytes.iter().filter(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte));
        let seen = others.fold(0, |seen, byte| seen | kinds(*byte));
        let mut start = 0;
        let mut encoded = None;
        for run in bytes.split(|byte| kinds(*byte) & BASE64 == 0) {
            if run.len() >= SHORTEST_ENCODED && encoded.is_none() {
                encoded = Some((start, start + run.len()));
            }
            start += run.len() + 1;
        }
        (digits, seen, encoded)
    }

    /// The most digits with no letter between them, and the length of the longest word.
    fn longest(bytes: &[u8]) -> (usize, usize) {
        let numbers = bytes.split(u8::is_ascii_alphabetic);
        let digits = |number: &[u8]| number.iter().filter(|byte| byte.is_ascii_digit()).count();
        let words = bytes.split(|byte| !byte.is_ascii_alphanumeric());
        (numbers.map(digits).max().unwrap_or(0), words.map(<[u8]>::len).max().unwrap_or(0))
    }

    fn compare(bytes: &[u8]) {
        let traits = Traits::of(bytes);
        assert_eq!((traits.digits, traits.seen, traits.encoded), plainly(bytes), "{bytes:?}");
        let (number, word) = longest(bytes);
        assert!(longest_number(bytes) <= number, "{bytes:?}");
        assert!(longest_number(bytes) == number || number < FEWEST_TOLD, "{bytes:?}");
        assert!(word >= if traits.long_word { 8 } else { 0 }, "{bytes:?}");
        assert!(traits.long_word || word < LONG_WORD, "{bytes:?}");
        for index in 0..=bytes.len() {
            let rest = bytes.get(index..).unwrap_or_default();
            let run = rest.iter().take_while(|byte| kinds(**byte) & BASE64 != 0).count();
            assert_eq!(encoded_end(bytes, index), index + run, "{bytes:?} {index}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_told_as_byte_by_byte(
            text in r"[a-zA-Z0-9@`/:\[{.\-_é\x00\x7f]{0,40}",
            numbers in "[0-9a-c.]{0,24}([0-9]{5,20}[a. ]?){0,3}",
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            compare(text.as_bytes());
            compare(numbers.as_bytes());
            compare(&bytes);
        }
    }

    #[test]
    fn every_byte_is_told_at_every_place() {
        every_byte_at_every_place(compare);
    }

    #[test]
    fn bytes_are_counted_in_texts_of_any_length() {
        for length in [0, 1, 254, 255, 256, 511, 1000] {
            for (byte, of) in [
                (b'7', [length, 0, 0]),
                (b':', [0, length, 0]),
                (b'.', [0, 0, length]),
                (b'a', [0, 0, 0]),
                (0xff, [0, 0, 0]),
            ] {
                let traits = Traits::of(&vec![byte; length]);
                assert_eq!([traits.digits, traits.colons, traits.dots], of, "{byte} {length}");
                assert_eq!(traits.has(OTHER), byte == 0xff && length > 0);
            }
        }
    }

    #[test]
    fn each_byte_is_of_its_kinds() {
        for byte in 0..=255u8 {
            let is = |kind| kinds(byte) & kind != 0;
            assert_eq!(is(ALNUM), byte.is_ascii_alphanumeric(), "{byte}");
            assert_eq!(is(UPPER), byte.is_ascii_uppercase(), "{byte}");
            assert_eq!(is(OTHER), !byte.is_ascii(), "{byte}");
            assert_eq!(is(BASE64), byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte));
            for (kind, of) in [
                (COLON, ":"),
                (DOT, "."),
                (AT, "@"),
                (ESCAPE, "%\\"),
                (MARK, "$(+="),
                (QUOTE, "\"'"),
                (PART, "/#:"),
            ] {
                assert_eq!(is(kind), of.as_bytes().contains(&byte), "{byte} {of}");
            }
        }
    }
}
