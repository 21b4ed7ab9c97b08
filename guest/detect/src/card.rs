//! Card numbers: issuer identification ranges (ISO/IEC 7812-1) with the lengths in use.

use crate::checksum::luhn;

/// Whether digits (values 0 to 9) are a card number, and of how distinct a network.
pub(crate) fn network(digits: &[u8]) -> Option<Network> {
    let prefix = digits.iter().take(6).fold(0u32, |number, digit| number * 10 + u32::from(*digit));
    let length = digits.len();
    let (_, _, network, _) = RANGES
        .iter()
        .find(|(from, to, _, lengths)| (*from..=*to).contains(&prefix) && lengths.has(length))?;
    // A number of one repeated digit is a placeholder, though some pass Luhn.
    let repeated = digits.iter().all(|digit| Some(digit) == digits.first());
    (luhn(digits) && !repeated).then_some(*network)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// A range and a length that little else has.
    Distinct,
    /// A wide range or a wide choice of lengths: more chance hits.
    Wide,
}

use Network::{Distinct, Wide};

/// Lengths from 13 to 19, one bit each.
#[derive(Clone, Copy)]
struct Lengths(u8);

const SHORTEST: usize = 13;

const fn lengths(of: &[usize]) -> Lengths {
    let (mut bits, mut place) = (0, 0);
    while place < of.len() {
        bits |= 1 << (of[place] - SHORTEST);
        place += 1;
    }
    Lengths(bits)
}

impl Lengths {
    fn has(self, length: usize) -> bool {
        length.checked_sub(SHORTEST).is_some_and(|bit| bit < 8 && self.0 >> bit & 1 == 1)
    }
}

/// First and last prefix of six digits, how distinct, and the lengths. The first that fits counts.
type Range = (u32, u32, Network, Lengths);
static RANGES: [Range; 29] = [
    (400_000, 499_999, Distinct, lengths(&[13, 16, 19])), // Visa
    (510_000, 559_999, Distinct, lengths(&[16])),         // Mastercard
    (222_100, 272_099, Distinct, lengths(&[16])),         // Mastercard
    (340_000, 349_999, Distinct, lengths(&[15])),         // American Express
    (370_000, 379_999, Distinct, lengths(&[15])),         // American Express
    (601_100, 601_199, Distinct, lengths(&[16, 17, 18, 19])), // Discover
    (644_000, 659_999, Distinct, lengths(&[16, 17, 18, 19])), // Discover, RuPay
    (300_000, 305_999, Distinct, lengths(&[14, 16])),     // Diners Club
    (309_500, 309_599, Distinct, lengths(&[14, 16])),     // Diners Club
    (360_000, 369_999, Distinct, lengths(&[14, 16])),     // Diners Club
    (380_000, 399_999, Distinct, lengths(&[14, 16])),     // Diners Club
    (352_800, 358_999, Distinct, lengths(&[16, 17, 18, 19])), // JCB
    (620_000, 629_999, Distinct, lengths(&[16, 17, 18, 19])), // UnionPay
    (810_000, 817_199, Distinct, lengths(&[16, 17, 18, 19])), // UnionPay
    (220_000, 220_499, Distinct, lengths(&[16, 17, 18, 19])), // Mir
    (600_000, 600_999, Wide, lengths(&[13, 15, 16, 17, 18, 19])), // RuPay, Maestro and others
    (500_000, 509_999, Wide, lengths(&[13, 14, 15, 16, 17, 18, 19])), // Maestro, Elo, Verve, RuPay
    (560_000, 599_999, Wide, lengths(&[13, 14, 15, 16, 17, 18, 19])), // Maestro, Dankort, Bancontact
    (601_200, 619_999, Wide, lengths(&[13, 14, 15, 16, 17, 18, 19])), // Maestro, RuPay, Hipercard
    (630_000, 643_999, Wide, lengths(&[13, 14, 15, 16, 17, 18, 19])), // Maestro, InstaPayment
    (660_000, 699_999, Wide, lengths(&[13, 14, 15, 16, 17, 18, 19])), // Maestro
    (820_000, 829_999, Wide, lengths(&[16])),                         // RuPay
    (979_200, 979_299, Wide, lengths(&[16])),                         // Troy
    (908_000, 908_999, Wide, lengths(&[16])),                         // Napas
    (308_800, 309_499, Wide, lengths(&[16])),                         // JCB, of old
    (309_600, 310_299, Wide, lengths(&[16])),                         // JCB, of old
    (311_200, 312_099, Wide, lengths(&[16])),                         // JCB, of old
    (315_800, 315_999, Wide, lengths(&[16])),                         // JCB, of old
    (333_700, 334_999, Wide, lengths(&[16])),                         // JCB, of old
];
