//! Numbers in JSON text: integers as such, others only where they are exact.

/// Above this, not every integer is an `f64`.
const LARGEST_EXACT: u64 = 1 << 53;

/// Ten to this power, and to each smaller one, is an `f64` exactly.
const LARGEST_POWER: i32 = 22;

/// A number, as far as it is understood without arithmetic on fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number<'a> {
    /// An integer of 0 or more.
    Unsigned(u64),
    /// An integer below 0.
    Negative(i64),
    /// The text of a number with fraction or exponent, or of an integer that
    /// fits neither of the above.
    Other(&'a str),
}

impl<'a> Number<'a> {
    /// From text that follows the grammar of JSON.
    pub(super) fn new(text: &'a str) -> Self {
        Self::integer(text).unwrap_or(Self::Other(text))
    }

    fn integer(text: &str) -> Option<Self> {
        let (digits, negative) = match text.strip_prefix('-') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let mut magnitude: u64 = 0;
        for byte in digits.bytes() {
            magnitude = magnitude.checked_mul(10)?.checked_add(digit(byte)?)?;
        }
        if negative && magnitude != 0 {
            0_i64.checked_sub_unsigned(magnitude).map(Self::Negative)
        } else {
            Some(Self::Unsigned(magnitude))
        }
    }

    /// The value of the text of [`Self::Other`], if one multiplication or
    /// division gives it without error: its digits, but for zeros at either
    /// end, make an integer up to 2^53, and the power of ten that remains is
    /// between -22 and 22. Any 15 digits are such an integer.
    ///
    /// The standard library's conversion takes any number, and costs a policy
    /// about 17 KiB, tables included.
    pub(super) fn exact(text: &str) -> Option<f64> {
        let (magnitude, negative) = match text.strip_prefix('-') {
            Some(magnitude) => (magnitude, true),
            None => (text, false),
        };
        let mut bytes = magnitude.bytes();
        let mut digits: u64 = 0;
        // Zeros that count only if another digit follows.
        let mut zeros: i32 = 0;
        let mut power: i32 = 0;
        let mut fraction = false;
        let mut exponent = 0;
        while let Some(byte) = bytes.next() {
            match byte {
                b'.' => fraction = true,
                b'e' | b'E' => exponent = read_exponent(&mut bytes)?,
                _ => {
                    power -= i32::from(fraction);
                    let digit = digit(byte)?;
                    if digit == 0 {
                        zeros += i32::from(digits != 0);
                    } else {
                        for _ in 0..=zeros {
                            digits = digits.checked_mul(10)?;
                        }
                        zeros = 0;
                        digits = digits.checked_add(digit)?;
                    }
                }
            }
        }
        let value = scale(digits, power.checked_add(zeros)?.checked_add(exponent)?)?;
        Some(if negative { -value } else { value })
    }
}

fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte & 0x0f))
}

/// What follows the `e`; none if it is beyond all use.
fn read_exponent(bytes: &mut core::str::Bytes<'_>) -> Option<i32> {
    let mut exponent: i32 = 0;
    let mut sign = 1;
    for byte in bytes {
        match byte {
            b'+' => {}
            b'-' => sign = -1,
            _ => {
                let digit = i32::try_from(digit(byte)?).ok()?;
                exponent = exponent.checked_mul(10)?.checked_add(digit)?;
            }
        }
    }
    Some(sign * exponent)
}

#[allow(clippy::cast_precision_loss, reason = "checked to be exact")]
fn scale(digits: u64, power: i32) -> Option<f64> {
    if digits == 0 {
        return Some(0.0);
    }
    if digits > LARGEST_EXACT || power.abs() > LARGEST_POWER {
        return None;
    }
    let mut ten = 1.0_f64;
    for _ in 0..power.unsigned_abs() {
        ten *= 10.0;
    }
    let digits = digits as f64;
    Some(if power < 0 { digits / ten } else { digits * ten })
}
