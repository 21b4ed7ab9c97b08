//! Keys of the right form that are known to be breakable.

/// Primes modulo which the powers of 65537 are few: the moduli of the broken
/// generator (CVE-2017-15361, "ROCA") lie among those powers for each.
const ROCA_PRIMES: [u32; 17] =
    [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// Whether a modulus has the fingerprint of the ROCA generator. A sound
/// modulus has it by chance once in some hundred million.
pub(super) fn has_roca_fingerprint(modulus: &[u8]) -> bool {
    ROCA_PRIMES.into_iter().all(|prime| is_power_of_65537(remainder(modulus, prime), prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

fn is_power_of_65537(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == residue {
            return true;
        }
        power = power * (65537 % prime) % prime;
    }
    false
}

/// The y coordinates, little-endian, of the points of small order on
/// Curve25519's Edwards form, with the encodings of 0 and 1 that are not
/// reduced. Under such a key a signature is easily forged.
const SMALL_ORDER_Y: [[u8; 32]; 7] = [
    le(0x00, 0x00, 0x00),
    le(0x01, 0x00, 0x00),
    le(0xec, 0xff, 0x7f),
    le(0xed, 0xff, 0x7f),
    le(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

const fn le(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Whether an Ed25519 public key is a point of small order.
pub(super) fn is_small_order_point(key: &[u8; 32]) -> bool {
    let mut y = *key;
    // The sign of x.
    y[31] &= 0x7f;
    SMALL_ORDER_Y.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::{has_roca_fingerprint, is_power_of_65537, is_small_order_point, remainder};

    #[test]
    fn small_numbers_are_reduced_right() {
        assert_eq!(remainder(&[1, 0], 13), 256 % 13);
        assert_eq!(remainder(&[0xff, 0xff, 0xff], 157), 0x00ff_ffff % 157);
        assert!(is_power_of_65537(1, 11));
        assert!(!is_power_of_65537(0, 11));
    }

    #[test]
    fn one_is_the_zeroth_power_everywhere_and_two_is_not_a_power() {
        assert!(has_roca_fingerprint(&[1]));
        assert!(!has_roca_fingerprint(&[2]));
    }

    #[test]
    fn the_identity_is_of_small_order_with_either_sign() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(is_small_order_point(&identity));
        identity[31] = 0x80;
        assert!(is_small_order_point(&identity));
        assert!(!is_small_order_point(&[7; 32]));
    }
}
