//! IP addresses inside text.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::bytes::{at, before, range, run};
use crate::kind::Confidence;
use crate::steps;

/// The IPv4 address whose first digit is at a place.
pub(crate) fn ipv4(bytes: &[u8], start: usize) -> Option<Confidence> {
    let previous = before(bytes, start);
    // `Chrome/120.0.0.0` is a version; `//10.0.0.1` is a host.
    let version = previous == b'/' && start.checked_sub(2).map(|i| at(bytes, i)) != Some(b'/');
    if previous.is_ascii_alphanumeric() || matches!(previous, b'.' | b'-' | b'_') || version {
        return None;
    }
    let (octets, index) = octets(bytes, start)?;
    steps::count(index - start);
    let next = at(bytes, index);
    let goes_on = next == b'.' && at(bytes, index + 1).is_ascii_alphanumeric();
    if next.is_ascii_alphanumeric() || matches!(next, b'-' | b'_') || goes_on {
        return None;
    }
    let address = Ipv4Addr::from(octets);
    let nobody = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || at(&octets, 0) == 0;
    Some(if nobody { Confidence::Low } else { Confidence::Medium })
}

/// Four decimal numbers with full stops between them, without leading zeros, and where they end.
fn octets(bytes: &[u8], start: usize) -> Option<([u8; 4], usize)> {
    let mut octets = [0u8; 4];
    let mut index = start;
    for (place, octet) in octets.iter_mut().enumerate() {
        if place > 0 {
            if at(bytes, index) != b'.' {
                return None;
            }
            index += 1;
        }
        let end = run(bytes, index, 4, |b| b.is_ascii_digit());
        let digits = range(bytes, index, end);
        if digits.is_empty() || digits.len() > 3 || (digits.len() > 1 && at(digits, 0) == b'0') {
            return None;
        }
        let number = digits.iter().fold(0u16, |n, digit| n * 10 + u16::from(digit - b'0'));
        *octet = u8::try_from(number).ok()?;
        index = end;
    }
    Some((octets, index))
}

/// The longest an IPv6 address is as text.
const LONGEST: usize = 45;

/// The IPv6 address that starts at a place, and where it ends.
pub(crate) fn ipv6(bytes: &[u8], start: usize) -> Option<(Confidence, usize)> {
    let end = run(bytes, start, LONGEST + 1, |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    steps::count(end - start);
    let mut text = range(bytes, start, end);
    while let [rest @ .., b'.'] = text {
        text = rest;
    }
    if text.len() > LONGEST
        || before(bytes, start).is_ascii_alphanumeric()
        || at(bytes, end).is_ascii_alphanumeric()
    {
        return None;
    }
    let colons = text.split(|b| *b == b':').count() - 1;
    if colons < 2 {
        return None;
    }
    let address = Ipv6Addr::from(groups(text)?);
    // `dead::beef` may be a path in some program: an address has a digit and more parts.
    let plain = colons >= 3 && text.iter().any(u8::is_ascii_digit);
    let somebody = plain
        && !address.is_loopback()
        && !address.is_unspecified()
        && !address.is_multicast()
        && !address.is_unicast_link_local()
        && !address.is_unique_local();
    Some((if somebody { Confidence::Medium } else { Confidence::Low }, end))
}

/// The eight groups that a text of hexadecimal digits, colons and full stops writes, if it is
/// nothing but an address (RFC 4291 section 2.2).
fn groups(text: &[u8]) -> Option<[u16; 8]> {
    let mut found = [0u16; 8];
    let mut count = 0;
    let mut gap = None;
    let mut index = 0;
    if at(text, 0) == b':' {
        if at(text, 1) != b':' {
            return None;
        }
        gap = Some(0);
        index = 2;
    }
    while index < text.len() {
        let end = run(text, index, 5, |b| b.is_ascii_hexdigit());
        if at(text, end) == b'.' {
            let ([a, b, c, d], end) = octets(text, index)?;
            *found.get_mut(count)? = u16::from_be_bytes([a, b]);
            *found.get_mut(count + 1)? = u16::from_be_bytes([c, d]);
            count += 2;
            if end != text.len() {
                return None;
            }
            break;
        }
        let number = range(text, index, end);
        if !(1..=4).contains(&number.len()) {
            return None;
        }
        *found.get_mut(count)? = number.iter().fold(0, |n, digit| n << 4 | hex(*digit));
        count += 1;
        index = end;
        if index == text.len() {
            break;
        }
        index += 1;
        if at(text, index) == b':' {
            if gap.replace(count).is_some() {
                return None;
            }
            index += 1;
        } else if index == text.len() {
            return None;
        }
    }
    match gap {
        None => (count == 8).then_some(found),
        Some(gap) => {
            // What stands after the gap goes to the end.
            let zeros = found.len() - count;
            found.get_mut(gap..)?.rotate_right(zeros);
            (zeros > 0).then_some(found)
        }
    }
}

fn hex(digit: u8) -> u16 {
    u16::from(match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_of_rfc_4291_are_read() {
        for text in [
            "::",
            "::1",
            "1::",
            "2001:db8:0:0:8:800:200c:417a",
            "FF01::101",
            "0:0:0:0:0:0:13.1.68.3",
            "::ffff:129.144.52.38",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "1:2:3:4:5:6:7:8::",
            "1:2:3:4::5:6:7:8",
            "1:2:3:4:5:6:7",
            ":1::",
            "1:",
            ":::",
            "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "::1.2.3.4.5",
            "::01.2.3.4",
            "12345::",
            "",
        ] {
            let expected = text.parse::<Ipv6Addr>().ok();
            assert_eq!(groups(text.as_bytes()).map(Ipv6Addr::from), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn addresses_are_read_as_the_standard_library_reads_them(
            text in "[0-9a-fA-F]{0,5}(:{1,2}[0-9a-fA-F]{0,4}){1,9}(:[0-9]{1,3}(\\.[0-9]{1,3}){3})?",
        ) {
            let expected = text.parse::<Ipv6Addr>().ok();
            prop_assert_eq!(groups(text.as_bytes()).map(Ipv6Addr::from), expected);
        }
    }
}
