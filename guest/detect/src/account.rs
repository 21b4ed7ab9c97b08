//! Bank accounts: the IBAN (ISO 13616).

use crate::bytes::{at, before};
use crate::checksum::mod97;
use crate::steps;

/// The characters of the shortest IBAN.
pub(crate) const SHORTEST_IBAN: usize = 15;

/// Whether an IBAN starts at a place: plain, or in groups of four.
pub(crate) fn iban(bytes: &[u8], start: usize) -> bool {
    if !at(bytes, start + 2).is_ascii_digit() || !at(bytes, start + 3).is_ascii_digit() {
        return false;
    }
    let country =
        [at(bytes, start).to_ascii_uppercase(), at(bytes, start + 1).to_ascii_uppercase()];
    let found = COUNTRIES.binary_search_by(|(code, ..)| code.as_slice().cmp(&country));
    let Some((_, length, account)) = found.ok().and_then(|found| COUNTRIES.get(found)) else {
        return false;
    };
    let length = usize::from(*length);
    let mut characters = [0u8; 34];
    let mut index = start;
    for (place, slot) in characters.iter_mut().take(length).enumerate() {
        if place != 0 && place % 4 == 0 && matches!(at(bytes, index), b' ' | b'-') {
            index += 1;
        }
        *slot = at(bytes, index);
        let fits = match account {
            Account::Digits if place >= 4 => slot.is_ascii_digit(),
            _ => slot.is_ascii_alphanumeric(),
        };
        if !fits {
            return false;
        }
        index += 1;
    }
    steps::count(index - start);
    !before(bytes, start).is_ascii_alphanumeric()
        && !at(bytes, index).is_ascii_alphanumeric()
        && mod97(characters.get(..length).unwrap_or_default())
}

/// A country: its code, how long its IBANs are, and what follows the check digits.
type Country = ([u8; 2], u8, Account);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Account {
    /// Nothing but digits.
    Digits,
    /// Letters as well.
    Mixed,
}

const fn digits(code: [u8; 2], length: u8) -> Country {
    (code, length, Account::Digits)
}

const fn mixed(code: [u8; 2], length: u8) -> Country {
    (code, length, Account::Mixed)
}

/// By country: the registry's, and countries that use the form without being in it.
#[rustfmt::skip]
static COUNTRIES: [Country; 111] = [
    mixed(*b"AD", 24), digits(*b"AE", 23), mixed(*b"AL", 28), mixed(*b"AO", 25), digits(*b"AT", 20),
    mixed(*b"AZ", 28), digits(*b"BA", 20), digits(*b"BE", 16), mixed(*b"BF", 28), mixed(*b"BG", 22),
    mixed(*b"BH", 22), digits(*b"BI", 27), mixed(*b"BJ", 28), mixed(*b"BR", 29), mixed(*b"BY", 28),
    mixed(*b"CF", 27), mixed(*b"CG", 27), mixed(*b"CH", 21), mixed(*b"CI", 28), mixed(*b"CM", 27),
    digits(*b"CR", 22), mixed(*b"CV", 25), mixed(*b"CY", 28), digits(*b"CZ", 24),
    digits(*b"DE", 22), digits(*b"DJ", 27), digits(*b"DK", 18), mixed(*b"DO", 28),
    mixed(*b"DZ", 26), digits(*b"EE", 20), mixed(*b"EG", 29), digits(*b"ES", 24),
    digits(*b"FI", 18), mixed(*b"FK", 18), digits(*b"FO", 18), mixed(*b"FR", 27), mixed(*b"GA", 27),
    mixed(*b"GB", 22), mixed(*b"GE", 22), mixed(*b"GI", 23), digits(*b"GL", 18), mixed(*b"GQ", 27),
    mixed(*b"GR", 27), mixed(*b"GT", 28), mixed(*b"GW", 25), mixed(*b"HN", 28), digits(*b"HR", 21),
    digits(*b"HU", 28), mixed(*b"IE", 22), digits(*b"IL", 23), mixed(*b"IQ", 23), mixed(*b"IR", 26),
    digits(*b"IS", 26), mixed(*b"IT", 27), mixed(*b"JO", 30), mixed(*b"KM", 27), mixed(*b"KW", 30),
    mixed(*b"KZ", 20), mixed(*b"LB", 28), mixed(*b"LC", 32), mixed(*b"LI", 21), digits(*b"LT", 20),
    mixed(*b"LU", 20), mixed(*b"LV", 21), digits(*b"LY", 25), mixed(*b"MA", 28), mixed(*b"MC", 27),
    mixed(*b"MD", 24), digits(*b"ME", 22), mixed(*b"MG", 27), mixed(*b"MK", 19), mixed(*b"ML", 28),
    digits(*b"MN", 20), digits(*b"MR", 27), mixed(*b"MT", 31), mixed(*b"MU", 30), mixed(*b"MZ", 25),
    mixed(*b"NE", 28), mixed(*b"NI", 28), mixed(*b"NL", 18), digits(*b"NO", 15), mixed(*b"OM", 23),
    mixed(*b"PK", 24), digits(*b"PL", 28), mixed(*b"PS", 29), digits(*b"PT", 25), mixed(*b"QA", 29),
    mixed(*b"RO", 24), digits(*b"RS", 22), mixed(*b"RU", 33), mixed(*b"SA", 24), mixed(*b"SC", 31),
    digits(*b"SD", 18), digits(*b"SE", 24), digits(*b"SI", 19), digits(*b"SK", 24),
    mixed(*b"SM", 27), mixed(*b"SN", 28), digits(*b"SO", 23), digits(*b"ST", 25), mixed(*b"SV", 28),
    mixed(*b"TD", 27), mixed(*b"TG", 28), digits(*b"TL", 23), digits(*b"TN", 24), mixed(*b"TR", 26),
    mixed(*b"UA", 29), digits(*b"VA", 22), mixed(*b"VG", 24), digits(*b"XK", 20), mixed(*b"YE", 30),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_bounded() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(
            COUNTRIES
                .iter()
                .all(|(_, length, _)| (SHORTEST_IBAN..=34).contains(&usize::from(*length)))
        );
    }
}
