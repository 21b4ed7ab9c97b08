//! Other forms of a text: folded Unicode, percent encoding, escapes of JSON, base64 and base64url.

use crate::bytes::{at, range};
use crate::steps;
use crate::traits::{BASE64, kinds};

/// The shortest decoded text that is searched.
const SHORTEST: usize = 8;

/// Puts look-alikes into ASCII: full-width characters, dashes, spaces; drops what is invisible.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{ff01}'..='\u{ff5e}' => {
                let ascii = u32::from(character) - 0xff01 + 0x21;
                folded.push(char::from_u32(ascii).unwrap_or(character));
            }
            '\u{660}'..='\u{669}' => push_digit(&mut folded, character, 0x660),
            '\u{6f0}'..='\u{6f9}' => push_digit(&mut folded, character, 0x6f0),
            '\u{966}'..='\u{96f}' => push_digit(&mut folded, character, 0x966),
            '\u{58a}'
            | '\u{5be}'
            | '\u{2010}'..='\u{2015}'
            | '\u{2212}'
            | '\u{fe58}'
            | '\u{fe63}' => folded.push('-'),
            '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}' => folded.push(' '),
            '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180b}'..='\u{180f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {}
            other => folded.push(other),
        }
    }
    steps::count(text.len());
    folded
}

fn push_digit(folded: &mut String, character: char, zero: u32) {
    folded.push(char::from_u32(u32::from(character) - zero + 0x30).unwrap_or(character));
}

/// The text with each `%XX` (RFC 3986) and each escape of JSON (RFC 8259 section 7) decoded, if
/// that changes it. What decodes to no character shows as `?` or a space.
pub(crate) fn escapes(bytes: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut changed = false;
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let used = match byte {
            b'%' => percent(bytes, index, &mut decoded),
            b'\\' => backslash(bytes, index, &mut decoded),
            _ => 0,
        };
        if used == 0 {
            decoded.push(*byte);
            index += 1;
        } else {
            changed = true;
            index += used;
        }
    }
    steps::count(bytes.len());
    if !changed {
        return None;
    }
    for byte in &mut decoded {
        if is_control(*byte) {
            *byte = b' ';
        }
    }
    String::from_utf8(decoded)
        .or_else(|error| {
            let mut bytes = error.into_bytes();
            for byte in bytes.iter_mut().filter(|byte| !byte.is_ascii()) {
                *byte = b'?';
            }
            String::from_utf8(bytes)
        })
        .ok()
}

/// Decodes the `%XX` at a place, and tells how many bytes it took.
fn percent(bytes: &[u8], index: usize, decoded: &mut Vec<u8>) -> usize {
    let Some(byte) = hex(range(bytes, index + 1, index + 3), 2) else { return 0 };
    decoded.push(u8::try_from(byte).unwrap_or(b'?'));
    3
}

/// Decodes the escape of JSON at a place, and tells how many bytes it took.
fn backslash(bytes: &[u8], index: usize, decoded: &mut Vec<u8>) -> usize {
    match at(bytes, index + 1) {
        b'u' => {
            let Some(code) = hex(range(bytes, index + 2, index + 6), 4) else { return 0 };
            // A half of a pair stands for no character of interest.
            let character = char::from_u32(code).unwrap_or('?');
            decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            6
        }
        plain @ (b'"' | b'\\' | b'/') => {
            decoded.push(plain);
            2
        }
        b'n' | b'r' | b't' => {
            decoded.push(b' ');
            2
        }
        _ => 0,
    }
}

/// The number that so many hexadecimal digits make.
fn hex(digits: &[u8], count: usize) -> Option<u32> {
    if digits.len() != count {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        number = number << 4 | u32::from(nibble(*digit)?);
    }
    Some(number)
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Whether a byte is of the base64 or the base64url alphabet (RFC 4648 sections 4 and 5).
pub(crate) fn is_base64(byte: u8) -> bool {
    kinds(byte) & BASE64 != 0
}

/// The decoded form of a run of either alphabet, without padding, if it is printable text.
pub(crate) fn base64(run: &[u8]) -> Option<String> {
    // One character left over carries nothing.
    let run = range(run, 0, run.len() - usize::from(run.len() % 4 == 1));
    if run.len() * 3 / 4 < SHORTEST {
        return None;
    }
    // Most identifiers are told by what their start decodes to, without a copy of it.
    if !text_start(run) {
        return None;
    }
    let mut decoded = Vec::with_capacity(run.len() * 3 / 4);
    for quad in run.chunks(4) {
        steps::count(quad.len());
        let bytes = three(quad);
        for byte in range(&bytes, 0, quad.len() * 3 / 4) {
            // Random bytes soon show a control character.
            if is_control(*byte) {
                return None;
            }
            decoded.push(*byte);
        }
    }
    printable(decoded)
}

/// Whether the start of a run decodes to printable text, which may end within a character.
fn text_start(run: &[u8]) -> bool {
    let mut decoded = [0; 24];
    let mut length = 0;
    for (quad, slot) in run.chunks_exact(4).zip(decoded.chunks_exact_mut(3)) {
        let bytes = three(quad);
        if bytes.iter().any(|byte| is_control(*byte)) {
            return false;
        }
        // No character starts so (RFC 3629).
        if length == 0 && matches!(bytes, [0x80..=0xc1 | 0xf5.., ..]) {
            return false;
        }
        slot.copy_from_slice(&bytes);
        length += 3;
    }
    steps::count(length);
    match core::str::from_utf8(range(&decoded, 0, length)) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// What four characters decode to.
fn three(quad: &[u8]) -> [u8; 3] {
    let mut bits = 0u32;
    for place in 0..4 {
        bits = bits << 6 | sextet(at(quad, place));
    }
    let [_, bytes @ ..] = bits.to_be_bytes();
    bytes
}

fn sextet(byte: u8) -> u32 {
    u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => 0,
    })
}

fn is_control(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t')) || byte == 0x7f
}

fn printable(decoded: Vec<u8>) -> Option<String> {
    if decoded.len() < SHORTEST || decoded.iter().any(|byte| is_control(*byte)) {
        return None;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::TEXT_START;

    #[test]
    fn base64_takes_both_alphabets_and_only_text() {
        assert_eq!(base64(b"am9obkBleGFtcGxlLmNvbQ").as_deref(), Some("john@example.com"));
        assert_eq!(base64(b"Pz8_Pz8_Pz8_").as_deref(), Some("?????????"));
        assert_eq!(base64(b"Pz8/Pz8/Pz8/").as_deref(), Some("?????????"));
        assert_eq!(base64(b"AAAAAAAAAAAAAAAA"), None);
        assert_eq!(base64(b"c2hvcnQ"), None);
        assert_eq!(base64(b"_____________"), None);
    }

    #[test]
    fn text_starts_only_with_what_is_said_to_start_it() {
        for first in 0..=255u8 {
            let starts = (0..=255u8).any(|second| text_start(&[first, second, b'F', b'h']));
            let said = kinds(first) & TEXT_START != 0;
            assert!(said || kinds(first) & BASE64 == 0 || !starts, "{first}");
        }
    }

    #[test]
    fn escapes_are_decoded_where_there_are_any() {
        for (text, expected) in [
            ("john%40example.com", Some("john@example.com")),
            ("john%40x%FF%00%C3%A9%", Some("john@x? ??%")),
            ("%C3%A9%0a", Some("\u{e9}\n")),
            ("100% of it, 5%zz", None),
            ("100% of it, 5%4", None),
            (r"john\u0040example.com", Some("john@example.com")),
            (r#"{\"a\":\"b\\c\/\"}"#, Some(r#"{"a":"b\c/"}"#)),
            (r"a\nb\uD83D", Some("a b?")),
            (r"DOMAIN\user\u00zz\u12", None),
            ("\\", None),
        ] {
            assert_eq!(escapes(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn folding_makes_digits_plain() {
        assert_eq!(fold("4111\u{a0}1111\u{2011}１１１１\u{200b}1"), "4111 1111-11111");
        assert_eq!(fold("4111\u{5be}1\u{fe0f}1\u{34f}1\u{180e}1\u{61c}\u{1680}1"), "4111-1111 1");
    }
}
