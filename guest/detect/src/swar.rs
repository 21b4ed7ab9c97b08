//! Looking at eight bytes of a text at once, in one register of 64 bits.
//!
//! What is told of a byte is a mark: its highest bit. Sums are of seven bits a byte, so that none leaves
//! its byte.

/// The highest bit of each of eight bytes.
pub(crate) const HIGH: u64 = each(0x80);

const fn each(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// The highest bit of each byte that is between two of ASCII, of bytes below 0x80.
const fn between(eight: u64, first: u8, last: u8) -> u64 {
    // No sum leaves its byte; it reaches the highest bit where the byte is at least so much.
    (eight + each(0x80 - first)) & !(eight + each(0x7f - last)) & HIGH
}

/// The highest bit of each byte that is this one, of bytes below 0x80.
const fn same(eight: u64, byte: u8) -> u64 {
    !((eight ^ each(byte)) + each(0x7f)) & HIGH
}

/// Of which kinds eight bytes are: a mark, the highest bit, for each that is.
pub(crate) struct Marks {
    pub(crate) digits: u64,
    pub(crate) letters: u64,
    /// Hyphens and low lines: they stand in most identifiers, and are of no kind but base64.
    pub(crate) links: u64,
}

impl Marks {
    #[inline]
    pub(crate) const fn of(eight: u64) -> Self {
        let ascii = eight & !HIGH;
        Self {
            digits: between(ascii, b'0', b'9') & !eight,
            letters: between(ascii | each(0x20), b'a', b'z') & !eight,
            links: (same(ascii, b'-') | same(ascii, b'_')) & !eight,
        }
    }
}

/// The highest bit of each byte that is a letter or a digit.
#[inline]
const fn words_of(eight: u64) -> u64 {
    let Marks { digits, letters, .. } = Marks::of(eight);
    digits | letters
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
pub(crate) fn place_of(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

/// The byte with the lowest of some marks.
#[inline]
pub(crate) fn lowest(eight: u64, marks: u64) -> u8 {
    (eight >> (marks.trailing_zeros() & !7)).to_le_bytes()[0]
}

/// The end of the word, of letters and digits of ASCII, from a place.
#[inline]
pub(crate) fn word_end(bytes: &[u8], mut index: usize) -> usize {
    while let Some(rest) = bytes.get(index..) {
        // What is after the end is no letter.
        let words = words_of(first_eight(rest));
        if words != HIGH {
            return index + place_of(!words & HIGH);
        }
        index += 8;
    }
    index
}

/// Where one of two characters of ASCII stands first. Neither is NUL.
#[must_use]
#[inline]
pub fn first_of<const ONE: u8, const OTHER: u8>(bytes: &[u8]) -> Option<usize> {
    const {
        assert!(matches!((ONE, OTHER), (1..0x80, 1..0x80)), "characters of ASCII, and not NUL");
    }
    let mut start = 0;
    while let Some(rest) = bytes.get(start..)
        && !rest.is_empty()
    {
        // What is after the end is neither.
        let eight = first_eight(rest);
        let ascii = eight & !HIGH;
        let found = (same(ascii, ONE) | same(ascii, OTHER)) & !eight;
        if found != 0 {
            return Some(start + place_of(found));
        }
        start += 8;
    }
    None
}

/// The places in a text where words, of letters and digits of ASCII, start.
pub(crate) struct WordStarts {
    /// Where the eight bytes at hand start, and these.
    place: usize,
    eight: u64,
    /// Where in them words start that were not told yet.
    starts: u64,
    /// Whether a word goes on from them: the lowest byte's highest bit.
    goes_on: u64,
}

impl WordStarts {
    #[inline]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut of = Self { place: 0, eight: 0, starts: 0, goes_on: 0 };
        of.read(bytes);
        of
    }

    /// Reads the eight bytes at `place`.
    #[inline]
    fn read(&mut self, bytes: &[u8]) {
        self.eight = first_eight(bytes.get(self.place..).unwrap_or_default());
        let words = words_of(self.eight);
        self.starts = words & !(words << 8 | self.goes_on);
        self.goes_on = words >> 56;
    }

    /// The next place of the same text, and what stands there.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &[u8]) -> Option<(usize, u8)> {
        while self.starts == 0 {
            self.place = self.place.wrapping_add(8);
            if self.place >= bytes.len() {
                return None;
            }
            self.read(bytes);
        }
        let byte = lowest(self.eight, self.starts);
        let index = self.place.wrapping_add(place_of(self.starts));
        self.starts &= self.starts.wrapping_sub(1);
        Some((index, byte))
    }

    /// Leaves out what starts before a place, where no word goes on.
    pub(crate) fn skip(&mut self, bytes: &[u8], place: usize) {
        self.place = place;
        self.goes_on = 0;
        self.read(bytes);
    }
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

/// How many bytes are marked by their highest bits.
#[inline]
pub(crate) const fn count(marked: u64) -> usize {
    marked.count_ones() as usize
}

/// The eight bytes from a place before the end, or zeros after the last one; and the highest bits of
/// those that there are.
#[inline]
pub(crate) fn eight_from(bytes: &[u8], start: usize) -> (u64, u64) {
    let rest = bytes.get(start..).unwrap_or_default();
    match (rest.first_chunk(), bytes.last_chunk()) {
        (Some(eight), _) => (u64::from_le_bytes(*eight), HIGH),
        (None, last) => {
            let missing = 64 - 8 * rest.len();
            // From the end of a longer text: what was read before goes.
            let eight = match last {
                Some(eight) => u64::from_le_bytes(*eight) >> missing,
                None => fewer(rest),
            };
            (eight, HIGH >> missing)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts with every byte at every place, between bytes of each kind.
    pub(crate) fn every_byte_at_every_place(compare: fn(&[u8])) {
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

    /// What is told of eight bytes at once, and byte by byte.
    fn compare(bytes: &[u8]) {
        for index in 0..=bytes.len() + 1 {
            let rest = bytes.get(index..).unwrap_or_default();
            let until = |ends: fn(&u8) -> bool| rest.iter().position(ends);
            if index <= bytes.len() {
                let end = until(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
                assert_eq!(word_end(bytes, index), index + end, "{bytes:?} {index}");
            }
            let first = until(|byte| matches!(byte, b'/' | b'~'));
            assert_eq!(first_of::<b'/', b'~'>(rest), first, "{bytes:?} {index}");
            let first = until(|byte| matches!(byte, b'a' | b'-'));
            assert_eq!(first_of::<b'a', b'-'>(rest), first, "{bytes:?} {index}");
        }
        for start in (0..bytes.len()).step_by(8) {
            let (eight, valid) = eight_from(bytes, start);
            let Marks { digits, letters, links } = Marks::of(eight);
            for place in 0..8 {
                let byte = bytes.get(start + place);
                let is = |marks: u64| marks >> (8 * place) & 0xff == 0x80;
                assert_eq!(eight.to_le_bytes()[place], byte.copied().unwrap_or(0), "{bytes:?}");
                assert_eq!(is(valid), byte.is_some(), "{bytes:?}");
                assert_eq!(is(digits), byte.is_some_and(u8::is_ascii_digit), "{bytes:?}");
                assert_eq!(is(letters), byte.is_some_and(u8::is_ascii_alphabetic), "{bytes:?}");
                assert_eq!(is(links), matches!(byte, Some(b'-' | b'_')), "{bytes:?}");
            }
            assert_eq!((valid | digits | letters | links) & !HIGH, 0, "only marks: {bytes:?}");
        }
        word_starts_are_told(bytes);
    }

    fn word_starts_are_told(bytes: &[u8]) {
        let is_word = |index: usize| bytes[index].is_ascii_alphanumeric();
        let expected: Vec<_> = (0..bytes.len())
            .filter(|index| is_word(*index) && (*index == 0 || !is_word(index - 1)))
            .map(|index| (index, bytes[index]))
            .collect();
        let mut starts = WordStarts::of(bytes);
        let told: Vec<_> = std::iter::from_fn(|| starts.next(bytes)).collect();
        assert_eq!(told, expected, "{bytes:?}");
        for place in (0..=bytes.len()).filter(|place| *place == 0 || !is_word(place - 1)) {
            let mut starts = WordStarts::of(bytes);
            starts.skip(bytes, place);
            let after = expected.iter().copied().filter(|(index, _)| *index >= place);
            assert!(std::iter::from_fn(|| starts.next(bytes)).eq(after), "{bytes:?} {place}");
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
            text in r"[a-zA-Z0-9@`/:\[{.\-_~é\x00\x7f]{0,40}",
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            compare(text.as_bytes());
            compare(&bytes);
        }
    }

    #[test]
    fn bytes_are_told_wherever_they_stand() {
        every_byte_at_every_place(compare);
    }
}
