//! Which kinds of bytes a text has: what most texts are dismissed by.
//!
//! Most bytes are letters and digits. They are told eight at a time, and only the others are looked
//! at one by one.

use crate::steps;

/// What most texts are dismissed by.
#[derive(Clone, Copy, Default)]
pub(crate) struct Traits {
    /// Kinds of the bytes that are neither letters nor digits of ASCII.
    seen: u16,
    pub(crate) digits: usize,
    pub(crate) colons: usize,
    pub(crate) dots: usize,
    /// The length of the longest run of letters and digits.
    pub(crate) longest_word: usize,
    /// Where the first run of base64 starts and ends that is long enough to be decoded.
    pub(crate) encoded: Option<(usize, usize)>,
}

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

/// The highest bit of each of eight bytes.
const HIGH: u64 = each(0x80);

const fn each(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// The highest bit of each byte that is between two of ASCII, of bytes below 0x80.
const fn between(eight: u64, first: u8, last: u8) -> u64 {
    // No sum leaves its byte; it reaches the highest bit where the byte is at least so much.
    (eight + each(0x80 - first)) & !(eight + each(0x7f - last)) & HIGH
}

/// The highest bit of each byte that is a digit, and of each that is a letter or a digit.
#[inline]
const fn digits_and_words(eight: u64) -> (u64, u64) {
    let ascii = eight & !HIGH;
    let digits = between(ascii, b'0', b'9') & !eight;
    (digits, digits | between(ascii | each(0x20), b'a', b'z') & !eight)
}

/// The first eight bytes, the first one lowest; zeros after the end.
#[inline]
fn first_eight(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => fewer(bytes),
    }
}

/// The same of less than eight bytes.
#[inline]
fn fewer(bytes: &[u8]) -> u64 {
    if let (Some(start), Some(end)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // They overlap, where they do, in the same bytes.
        let end = u64::from(u32::from_le_bytes(*end));
        return u64::from(u32::from_le_bytes(*start)) | end << (8 * (bytes.len() - 4));
    }
    bytes.iter().rev().fold(0, |eight, byte| eight << 8 | u64::from(*byte))
}

/// In which byte the lowest bit is set.
#[inline]
fn place_of(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

/// The end of the word, of letters and digits of ASCII, from a place.
#[inline]
pub(crate) fn word_end(bytes: &[u8], mut index: usize) -> usize {
    while let Some(rest) = bytes.get(index..) {
        // What is after the end is no letter.
        let (_, words) = digits_and_words(first_eight(rest));
        if words != HIGH {
            return index + place_of(!words & HIGH);
        }
        index += 8;
    }
    index
}

/// Where the next word starts from a place, or the end.
#[inline]
pub(crate) fn next_word(bytes: &[u8], mut index: usize) -> usize {
    while let Some(rest) = bytes.get(index..)
        && !rest.is_empty()
    {
        let (_, words) = digits_and_words(first_eight(rest));
        if words != 0 {
            return index + place_of(words);
        }
        index += 8;
    }
    bytes.len()
}

/// The end of the run of base64 from a place.
pub(crate) fn encoded_end(bytes: &[u8], index: usize) -> usize {
    let mut end = word_end(bytes, index);
    while bytes.get(end).is_some_and(|byte| kinds(*byte) & BASE64 != 0) {
        end = word_end(bytes, end + 1);
    }
    end
}

/// Whether a UUID (RFC 9562) stands at a place, whatever its letter case.
pub(crate) fn uuid(bytes: &[u8], index: usize) -> bool {
    /// Which of eight bytes are hyphens, in each eight of its first 32.
    const HYPHENS: [u64; 4] = [0, 0x0000_8000_0000_0080, 0x8000_0000_0080_0000, 0];
    let Some((found, after)) = bytes.get(index..).and_then(|rest| rest.split_at_checked(36)) else {
        return false;
    };
    let (eights, end) = found.as_chunks::<8>();
    let shaped = |(eight, hyphens): (&[u8; 8], u64)| {
        let eight = u64::from_le_bytes(*eight);
        let lines = hyphens >> 7;
        // Hyphens are told first: most that is no UUID has them elsewhere.
        eight & (lines * 0xff) == lines * u64::from(b'-') && hex_of(eight) | hyphens == HIGH
    };
    eights.iter().zip(HYPHENS).all(shaped)
        && end.iter().all(u8::is_ascii_hexdigit)
        && !after.first().is_some_and(u8::is_ascii_alphanumeric)
}

/// The highest bit of each byte that is a hexadecimal digit.
const fn hex_of(eight: u64) -> u64 {
    let ascii = eight & !HIGH;
    (between(ascii, b'0', b'9') | between(ascii | each(0x20), b'a', b'f')) & !eight
}

impl Traits {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        steps::count(bytes.len());
        let mut of = Reader::default();
        let (eights, rest) = bytes.as_chunks();
        for eight in eights {
            of.read(u64::from_le_bytes(*eight), HIGH);
        }
        if !rest.is_empty() {
            // From the end of a longer text: what was read before goes.
            let eight = match bytes.last_chunk() {
                Some(eight) => u64::from_le_bytes(*eight) >> (64 - 8 * rest.len()),
                None => fewer(rest),
            };
            of.read(eight, HIGH >> (64 - 8 * rest.len()));
        }
        of.end(bytes.len())
    }

    pub(crate) fn has(self, kinds: u16) -> bool {
        self.seen & kinds != 0
    }
}

/// Reads a text, eight bytes after the other.
#[derive(Default)]
struct Reader {
    traits: Traits,
    /// Where in the text the eight bytes at hand start.
    start: usize,
    /// Where the word and the run of base64 at hand start.
    word: usize,
    run: usize,
}

impl Reader {
    /// Reads eight bytes, or the first ones of which the highest bits are given.
    #[inline]
    fn read(&mut self, eight: u64, valid: u64) {
        let (digits, words) = digits_and_words(eight);
        self.traits.digits += digits.count_ones() as usize;
        let mut others = !words & valid;
        while others != 0 {
            let place = place_of(others);
            others &= others - 1;
            self.other(self.start + place, (eight >> (8 * place)).to_le_bytes()[0]);
        }
        self.start += 8;
    }

    /// A byte that is neither a letter nor a digit.
    #[inline]
    fn other(&mut self, index: usize, byte: u8) {
        let kinds = kinds(byte);
        let traits = &mut self.traits;
        traits.seen |= kinds;
        traits.colons += usize::from(kinds & COLON != 0);
        traits.dots += usize::from(kinds & DOT != 0);
        traits.longest_word = traits.longest_word.max(index - self.word);
        self.word = index + 1;
        if kinds & BASE64 == 0 {
            traits.run(self.run, index);
            self.run = index + 1;
        }
    }

    fn end(self, length: usize) -> Traits {
        let mut traits = self.traits;
        traits.longest_word = traits.longest_word.max(length - self.word);
        traits.run(self.run, length);
        traits
    }
}

impl Traits {
    /// Notes a run of base64.
    #[inline]
    fn run(&mut self, start: usize, end: usize) {
        if end - start >= SHORTEST_ENCODED && self.encoded.is_none() {
            self.encoded = Some((start, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Told byte by byte.
    fn plainly(bytes: &[u8]) -> (usize, u16, usize, Option<(usize, usize)>) {
        let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
        let others = bytes.iter().filter(|byte| !byte.is_ascii_alphanumeric());
        let seen = others.fold(0, |seen, byte| seen | kinds(*byte));
        let words = bytes.split(|byte| !byte.is_ascii_alphanumeric());
        let longest = words.map(<[u8]>::len).max().unwrap_or(0);
        let mut start = 0;
        let mut encoded = None;
        for run in bytes.split(|byte| kinds(*byte) & BASE64 == 0) {
            if run.len() >= SHORTEST_ENCODED && encoded.is_none() {
                encoded = Some((start, start + run.len()));
            }
            start += run.len() + 1;
        }
        (digits, seen, longest, encoded)
    }

    fn compare(bytes: &[u8]) {
        let traits = Traits::of(bytes);
        let told = (traits.digits, traits.seen, traits.longest_word, traits.encoded);
        assert_eq!(told, plainly(bytes), "{bytes:?}");
        for index in 0..=bytes.len() + 1 {
            let rest = bytes.get(index..).unwrap_or_default();
            let until =
                |ends: fn(&u8) -> bool| index + rest.iter().position(ends).unwrap_or(rest.len());
            if index <= bytes.len() {
                let end = until(|byte| !byte.is_ascii_alphanumeric());
                assert_eq!(word_end(bytes, index), end, "{bytes:?} {index}");
                let end = until(|byte| kinds(*byte) & BASE64 == 0);
                assert_eq!(encoded_end(bytes, index), end, "{bytes:?} {index}");
            }
            let next = until(u8::is_ascii_alphanumeric).min(bytes.len());
            assert_eq!(next_word(bytes, index), next, "{bytes:?} {index}");
        }
    }

    #[test]
    fn uuids_are_told_byte_by_byte() {
        let one = b"550e8400-E29B-41d4-a716-446655440000";
        assert!(uuid(one, 0) && uuid(b"-550e8400-e29b-41d4-a716-446655440000.", 1));
        assert!(!uuid(one, 1) && !uuid(&one[..35], 0) && !uuid(one, 37) && !uuid(b"", 0));
        for place in 0..one.len() {
            for byte in 0..=255u8 {
                let mut other = one.to_vec();
                other[place] = byte;
                let hyphen = matches!(place, 8 | 13 | 18 | 23);
                let right = if hyphen { byte == b'-' } else { byte.is_ascii_hexdigit() };
                assert_eq!(uuid(&other, 0), right, "{place} {byte}");
            }
        }
        for byte in 0..=255u8 {
            let followed = [&one[..], &[byte]].concat();
            assert_eq!(uuid(&followed, 0), !byte.is_ascii_alphanumeric(), "{byte}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_told_as_byte_by_byte(
            text in r"[a-zA-Z0-9@`/:\[{.\-_é\x00\x7f]{0,40}",
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            compare(text.as_bytes());
            compare(&bytes);
        }
    }

    #[test]
    fn every_byte_is_told_at_every_place() {
        for byte in 0..=255 {
            for length in 0..20 {
                for place in 0..length {
                    for around in [b'a', b'-', b' ', 0xff] {
                        let mut bytes = vec![around; length];
                        bytes[place] = byte;
                        compare(&bytes);
                    }
                }
            }
        }
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
