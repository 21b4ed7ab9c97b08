//! Which kinds of bytes a text has: what most texts are dismissed by.

use crate::steps;

/// Kinds of bytes that a text has, one bit each.
#[derive(Clone, Copy)]
pub(crate) struct Traits {
    seen: u8,
    pub(crate) digits: usize,
    pub(crate) colons: usize,
    pub(crate) dots: usize,
}

pub(crate) const AT: u8 = 1;
const DIGIT: u8 = 2;
pub(crate) const COLON: u8 = 4;
/// What an encoded character starts with: `%`, or the backslash of JSON.
pub(crate) const ESCAPE: u8 = 8;
/// `$ ( + =`: what credentials and phone numbers start with or hang on.
pub(crate) const MARK: u8 = 16;
/// Of either kind.
pub(crate) const QUOTE: u8 = 32;
pub(crate) const DOT: u8 = 64;
pub(crate) const OTHER: u8 = 128;

const TRAITS: [u8; 256] = {
    let mut traits = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        traits[byte] = match byte {
            0x40 => AT,
            0x30..=0x39 => DIGIT,
            0x3a => COLON,
            0x25 | 0x5c => ESCAPE,
            0x24 | 0x28 | 0x2b | 0x3d => MARK,
            0x22 | 0x27 => QUOTE,
            0x2e => DOT,
            0x80.. => OTHER,
            _ => 0,
        };
        byte += 1;
    }
    traits
};

impl Traits {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        steps::count(bytes.len());
        let mut seen = 0;
        let (mut digits, mut colons, mut dots) = (0, 0, 0);
        for byte in bytes {
            let traits = TRAITS.get(usize::from(*byte)).copied().unwrap_or(0);
            seen |= traits;
            digits += usize::from(traits & DIGIT != 0);
            colons += usize::from(traits & COLON != 0);
            dots += usize::from(traits & DOT != 0);
        }
        Self { seen, digits, colons, dots }
    }

    pub(crate) fn has(self, traits: u8) -> bool {
        self.seen & traits != 0
    }
}
