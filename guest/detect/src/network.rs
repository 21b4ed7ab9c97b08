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
    let address: Ipv6Addr = core::str::from_utf8(text).ok()?.parse().ok()?;
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
