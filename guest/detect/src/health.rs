//! Health data with a grammar of its own: the Medicare Beneficiary Identifier and ICD-10 codes.

use crate::bytes::at;
use crate::steps;

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

/// The characters of an MBI without hyphens.
pub(crate) const SHORTEST_MBI: usize = 11;

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

/// The longest list of codes that is looked at.
const LONGEST_LIST: usize = 200;

/// Whether text is nothing but codes of ICD-10 or ICD-10-CM, with commas, semicolons or spaces
/// between them. Such codes mean something only where a name says so.
pub(crate) fn icd10(text: &[u8]) -> bool {
    let mut codes = 0;
    if text.len() > LONGEST_LIST {
        return false;
    }
    steps::count(text.len());
    for word in text.split(|b| matches!(b, b',' | b';' | b' ')).filter(|word| !word.is_empty()) {
        let [b'A'..=b'Z', b'0'..=b'9', third, rest @ ..] = word else { return false };
        let detail = match rest {
            [b'.'] => return false,
            [b'.', detail @ ..] => detail,
            _ => rest,
        };
        // The third is a digit but for a few chapters of ICD-10-CM (`C4A`, `Z3A`, `O9A`).
        if !(third.is_ascii_digit() || matches!(third, b'A' | b'B'))
            || detail.len() > 4
            || !detail.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        {
            return false;
        }
        codes += 1;
    }
    codes > 0
}

fn letter(byte: u8) -> bool {
    let byte = byte.to_ascii_uppercase();
    byte.is_ascii_uppercase() && !matches!(byte, b'S' | b'L' | b'O' | b'I' | b'B' | b'Z')
}
