//! Which kinds of bytes a text has: what most texts are dismissed by.

use crate::steps;

/// Kinds of bytes that a text has, and how often some of them come.
#[derive(Clone, Copy)]
pub(crate) struct Traits {
    seen: u32,
    pub(crate) digits: usize,
    pub(crate) colons: usize,
    pub(crate) dots: usize,
}

/// Kinds that are counted, each in eight bits of its own.
const DIGIT: u32 = 1;
pub(crate) const COLON: u32 = 1 << 8;
pub(crate) const DOT: u32 = 1 << 16;
const COUNTED: u32 = DIGIT | COLON | DOT;

pub(crate) const AT: u32 = 1 << 24;
/// What an encoded character starts with: `%`, or the backslash of JSON.
pub(crate) const ESCAPE: u32 = 1 << 25;
/// `$ ( + =`: what credentials and phone numbers start with or hang on.
pub(crate) const MARK: u32 = 1 << 26;
/// Of either kind.
pub(crate) const QUOTE: u32 = 1 << 27;
pub(crate) const OTHER: u32 = 1 << 28;

/// ASCII letters and digits.
pub(crate) const ALNUM: u32 = 1 << 1;
/// Capital letters of ASCII.
pub(crate) const UPPER: u32 = 1 << 2;
/// The base64 and the base64url alphabet (RFC 4648 sections 4 and 5).
pub(crate) const BASE64: u32 = 1 << 3;
/// What separates the parts of a URL or a URN: `/ # :`.
pub(crate) const PART: u32 = 1 << 4;

const KINDS: [u32; 256] = {
    let mut kinds = [0; 256];
    let mut code = 0;
    while code < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "it is below 256")]
        let byte = code as u8;
        let mut kind = match byte {
            b'0'..=b'9' => DIGIT,
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
        kinds[code] = kind;
        code += 1;
    }
    kinds
};

/// The kinds that a byte is of.
#[inline]
pub(crate) fn kinds(byte: u8) -> u32 {
    KINDS.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The end of the run of bytes of some kind from a place.
pub(crate) fn run_of(bytes: &[u8], index: usize, kind: u32) -> usize {
    let rest = bytes.get(index..).unwrap_or_default();
    index + rest.iter().take_while(|byte| kinds(**byte) & kind != 0).count()
}

impl Traits {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        steps::count(bytes.len());
        let mut of = Self { seen: 0, digits: 0, colons: 0, dots: 0 };
        // As many as eight bits count.
        for chunk in bytes.chunks(255) {
            let mut counts = 0u32;
            for byte in chunk {
                let kinds = kinds(*byte);
                of.seen |= kinds;
                counts = counts.wrapping_add(kinds & COUNTED);
            }
            let [digits, colons, dots, _] = counts.to_le_bytes();
            of.digits += usize::from(digits);
            of.colons += usize::from(colons);
            of.dots += usize::from(dots);
        }
        of
    }

    pub(crate) fn has(self, kinds: u32) -> bool {
        self.seen & kinds != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(is(DIGIT), byte.is_ascii_digit(), "{byte}");
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
        assert_eq!(run_of(b"..ab1_", 2, ALNUM), 5);
        assert_eq!(run_of(b"..", 2, ALNUM), 2);
        assert_eq!(run_of(b"..", 9, ALNUM), 9);
    }
}
