//! Card numbers that are not what they seem: truncated ones, and those published for tests.

use tokenward_data::{Part, whole};
use tokenward_policy::Value;

/// Whether every text is a card number of which no more is left than so many digits at the start
/// and four at the end.
pub(crate) fn is_truncated(part: Part<'_>, leading: u8) -> bool {
    let truncated = |text: &str| {
        left_of(text).is_some_and(|(first, last)| first <= usize::from(leading) && last <= LAST)
    };
    match part {
        Part::Text(text) => truncated(text),
        Part::Whole(value @ (Value::Text(_) | Value::Texts(_))) => value.texts().all(truncated),
        Part::Whole(_) => false,
    }
}

/// The digits at the end that may be shown (PCI DSS 4.0.1 3.4.1).
const LAST: usize = 4;

/// The fewest characters that stand for digits left out.
const FEWEST_MASKED: usize = 3;

/// How many digits stand before and after what is left out, if text is digits, signs for those
/// left out, and digits.
fn left_of(text: &str) -> Option<(usize, usize)> {
    let (mut first, mut masked, mut last) = (0, 0, 0);
    for character in text.chars() {
        match character {
            '0'..='9' if masked == 0 => first += 1,
            '0'..='9' => last += 1,
            // Digits between two parts left out are digits too many.
            '*' | 'x' | 'X' | '#' | '\u{2022}' | '\u{25cf}' if last == 0 => masked += 1,
            ' ' | '-' => {}
            _ => return None,
        }
    }
    (masked >= FEWEST_MASKED).then_some((first, last))
}

/// Whether every value is a card number that is published for tests, and nothing else.
pub(crate) fn is_test(part: Part<'_>) -> bool {
    match part {
        Part::Text(text) => is_test_text(text),
        Part::Whole(value) => match value {
            Value::Text(_) | Value::Texts(_) => value.texts().all(is_test_text),
            Value::Integer(number) => is_published(*number),
            Value::Number(number) => whole(*number).is_some_and(is_published),
            Value::Null | Value::Boolean(_) | Value::Json(_) => false,
        },
    }
}

fn is_test_text(text: &str) -> bool {
    let mut number = 0i64;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                let next = number.checked_mul(10).and_then(|n| n.checked_add((byte - b'0').into()));
                let Some(next) = next else { return false };
                number = next;
            }
            b' ' | b'-' | b'.' | b'_' | b'/' => {}
            _ => return false,
        }
    }
    is_published(number)
}

fn is_published(number: i64) -> bool {
    PUBLISHED.contains(&number)
}

/// What card schemes and payment processors publish for tests: no card has these numbers.
static PUBLISHED: [i64; 40] = [
    4_111_111_111_111_111, // Visa
    4_012_888_888_881_881,
    4_222_222_222_222,
    4_242_424_242_424_242,
    4_000_056_655_665_556,
    4_005_519_200_000_004,
    4_009_348_888_881_881,
    4_012_000_033_330_026,
    4_012_000_077_777_777,
    4_500_600_000_000_061,
    4_444_333_322_221_111,
    4_917_610_000_000_000,
    5_555_555_555_554_444, // Mastercard
    5_105_105_105_105_100,
    5_200_828_282_828_210,
    5_454_545_454_545_454,
    5_424_000_000_000_015,
    2_223_003_122_003_222,
    2_223_000_048_400_011,
    2_222_400_070_000_005,
    378_282_246_310_005, // American Express
    371_449_635_398_431,
    378_734_493_671_000,
    370_000_000_000_002,
    6_011_111_111_111_117, // Discover
    6_011_000_990_139_424,
    6_011_000_000_000_012,
    6_011_981_111_111_113,
    30_569_309_025_904, // Diners Club
    38_520_000_023_237,
    3_056_930_009_020_004,
    36_227_206_271_667,
    36_006_666_333_344,
    3_530_111_333_300_000, // JCB
    3_566_002_020_360_505,
    3_566_111_111_111_113,
    6_200_000_000_000_005, // UnionPay
    6_205_500_000_000_000_004,
    6_304_000_000_000_000, // Maestro
    6_759_649_826_438_453,
];

#[cfg(test)]
mod tests {
    use super::*;
    use tokenward_detect::{Detector, scan_value};

    #[test]
    fn published_numbers_are_card_numbers_to_the_detector() {
        for (place, number) in PUBLISHED.iter().enumerate() {
            let hit = scan_value(&number.to_string(), None);
            assert_eq!(hit.map(|hit| hit.detector), Some(Detector::Pan), "{number}");
            assert!(PUBLISHED.iter().skip(place + 1).all(|other| other != number), "{number}");
        }
    }

    #[test]
    fn what_is_left_of_a_number_is_counted() {
        for (text, expected) in [
            ("411111******1111", Some((6, 4))),
            ("4111 11** **** 1111", Some((6, 4))),
            ("4111-11XX-XXXX-1111", Some((6, 4))),
            ("411111\u{2022}\u{2022}\u{2022}\u{2022}1111", Some((6, 4))),
            ("41111111####1111", Some((8, 4))),
            ("***", Some((0, 0))),
            ("41**", None),
            ("4111111111111111", None),
            ("4111**11****1111", None),
            ("411111******1111 visa", None),
            ("", None),
        ] {
            assert_eq!(left_of(text), expected, "{text}");
        }
    }
}
