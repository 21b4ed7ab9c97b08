//! Check digits. Digits are given as values 0 to 9.

/// Luhn (ISO/IEC 7812-1 annex B), the check digit last. All zeros do not pass.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    luhn_sum(digits).is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// NPI: Luhn over the ten digits with 80840 before them (45 CFR 162.406).
pub(crate) fn npi(digits: &[u8]) -> bool {
    // 8 + 0 + 8 + 4 + 0, of which those at even places count double: 24.
    matches!(digits.first(), Some(1 | 2))
        && digits.len() == 10
        && (luhn_sum(digits) + 24).is_multiple_of(10)
}

fn luhn_sum(digits: &[u8]) -> u32 {
    let mut sum = 0;
    for (place, digit) in digits.iter().rev().enumerate() {
        let digit = u32::from(*digit);
        sum += match place % 2 {
            0 => digit,
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        };
    }
    sum
}

/// NHS number: ten digits, modulus 11.
pub(crate) fn nhs(digits: &[u8]) -> bool {
    let [head @ .., check] = digits else { return false };
    if head.len() != 9 || digits.iter().all(|digit| Some(digit) == digits.first()) {
        return false;
    }
    let sum: u32 = head.iter().zip((2..=10).rev()).map(|(d, weight)| u32::from(*d) * weight).sum();
    match 11 - sum % 11 {
        11 => *check == 0,
        10 => false,
        expected => u32::from(*check) == expected,
    }
}

/// Aadhaar: twelve digits, the first 2 to 9, Verhoeff.
pub(crate) fn aadhaar(digits: &[u8]) -> bool {
    digits.len() == 12 && digits.first().is_some_and(|first| *first >= 2) && verhoeff(digits)
}

fn verhoeff(digits: &[u8]) -> bool {
    let mut check = 0u8;
    for (place, digit) in digits.iter().rev().enumerate() {
        check = dihedral(check, permuted(place % 8, *digit));
    }
    check == 0
}

/// The product of two elements of the dihedral group of order ten.
fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + (b - 5)) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a - 5 + 5 - (b - 5)) % 5,
    }
}

/// Verhoeff's permutation, applied as often as the digit's place from the right tells.
fn permuted(times: usize, digit: u8) -> u8 {
    const STEP: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    (0..times).fold(digit, |digit, _| STEP.get(usize::from(digit)).copied().unwrap_or(digit))
}

/// ISO 7064 MOD 97-10 over an IBAN, whose first four characters go last. Letters count 10 to 35.
pub(crate) fn mod97(characters: &[u8]) -> bool {
    let (head, tail) = characters.split_at_checked(4).unwrap_or((characters, &[]));
    let mut rest = 0u32;
    for byte in tail.iter().chain(head) {
        rest = match byte {
            b'0'..=b'9' => rest * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => rest * 100 + u32::from(byte - b'A') + 10,
            b'a'..=b'z' => rest * 100 + u32::from(byte - b'a') + 10,
            _ => return false,
        } % 97;
    }
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
    }

    #[test]
    fn verhoeff_matches_published_examples() {
        for (text, valid) in [("2363", true), ("2364", false), ("758722", true), ("123451", true)] {
            assert_eq!(verhoeff(&digits(text)), valid, "{text}");
        }
    }

    #[test]
    fn every_single_digit_error_is_caught() {
        type Check = fn(&[u8]) -> bool;
        let checks: [(&str, Check); 4] = [
            ("4111111111111111", luhn),
            ("1234567893", npi),
            ("9434765919", nhs),
            ("234123412346", aadhaar),
        ];
        for (text, check) in checks {
            let good = digits(text);
            assert!(check(&good), "{text}");
            for place in 0..good.len() {
                for digit in 0..10 {
                    let mut bad = good.clone();
                    if bad[place] != digit {
                        bad[place] = digit;
                        assert!(!check(&bad), "{bad:?}");
                    }
                }
            }
        }
    }
}
