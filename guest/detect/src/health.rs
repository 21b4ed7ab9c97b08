//! Health identifiers with a grammar of their own: the Medicare Beneficiary Identifier.

use crate::bytes::at;

/// How an MBI is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mbi {
    /// As on the card: `1EG4-TE5-MK73`.
    Dashed,
    /// Eleven characters.
    Plain,
    /// Eleven characters with small letters.
    LowerCase,
}

/// The MBI at a place, by the grammar of the CMS: eleven characters, letters without S, L, O, I,
/// B and Z.
pub(crate) fn mbi(bytes: &[u8], start: usize) -> Option<Mbi> {
    let dashed = at(bytes, start + 4) == b'-';
    let mut index = start;
    let mut lower = false;
    for place in 1..=11 {
        if dashed && (place == 5 || place == 8) {
            if at(bytes, index) != b'-' {
                return None;
            }
            index += 1;
        }
        let byte = at(bytes, index);
        lower |= byte.is_ascii_lowercase();
        let fits = match place {
            1 => matches!(byte, b'1'..=b'9'),
            2 | 5 | 8 | 9 => letter(byte),
            3 | 6 => letter(byte) || byte.is_ascii_digit(),
            _ => byte.is_ascii_digit(),
        };
        if !fits {
            return None;
        }
        index += 1;
    }
    if at(bytes, index).is_ascii_alphanumeric() || matches!(at(bytes, index), b'-' | b'_') {
        return None;
    }
    Some(match (dashed, lower) {
        (true, _) => Mbi::Dashed,
        (false, false) => Mbi::Plain,
        (false, true) => Mbi::LowerCase,
    })
}

fn letter(byte: u8) -> bool {
    let byte = byte.to_ascii_uppercase();
    byte.is_ascii_uppercase() && !matches!(byte, b'S' | b'L' | b'O' | b'I' | b'B' | b'Z')
}
