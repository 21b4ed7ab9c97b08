//! E-mail addresses (RFC 5321) and phone numbers (E.164) inside text.

use crate::bytes::{at, before, near, range};
use crate::kind::Confidence;
use crate::steps;

/// The e-mail address around the `@` at a place.
pub(crate) fn email(bytes: &[u8], sign: usize) -> Option<Confidence> {
    let local = local_part(bytes, sign)?;
    let domain = domain(bytes, sign + 1);
    steps::count(local.len() + domain.len());
    let first_label = domain.split(|b| *b == b'.').next().unwrap_or_default();
    let Some(top) = domain.rsplit(|b| *b == b'.').next().filter(|top| top.len() != domain.len())
    else {
        // `user@localhost` or `user@tenant`: an address somewhere, not on the Internet.
        let plausible = domain.len() >= 2 && at(domain, 0).is_ascii_alphabetic();
        return plausible.then_some(Confidence::Low);
    };
    let international = top.iter().any(|b| !b.is_ascii()) || top.starts_with(b"xn--");
    if !international && (top.len() < 2 || !top.iter().all(u8::is_ascii_alphabetic)) {
        return None;
    }
    if first_label.is_empty() || domain.windows(2).any(|pair| pair == b"..") {
        return None;
    }
    // `logo@2x.png` is a file.
    if let [digits @ .., b'x'] = first_label
        && !digits.is_empty()
        && digits.iter().all(u8::is_ascii_digit)
    {
        return None;
    }
    // `git@host:path` is where a repository lies.
    if local.eq_ignore_ascii_case(b"git") {
        return None;
    }
    let unattended = [b"noreply".as_slice(), b"no-reply", b"donotreply", b"do-not-reply"];
    let service = domain.to_ascii_lowercase().ends_with(b".gserviceaccount.com")
        || unattended.iter().any(|name| local.eq_ignore_ascii_case(name));
    Some(if service { Confidence::Low } else { Confidence::High })
}

fn local_part(bytes: &[u8], sign: usize) -> Option<&[u8]> {
    // A quoted local part may hold anything: its closing quote is enough.
    if before(bytes, sign) == b'"' && sign >= 3 {
        return Some(range(bytes, sign - 1, sign));
    }
    let window = range(bytes, sign.saturating_sub(64), sign);
    let length = window.iter().rev().take_while(|b| is_local(**b)).count();
    let local = range(bytes, sign - length, sign);
    local.iter().any(|b| b.is_ascii_alphanumeric() || !b.is_ascii()).then_some(local)
}

fn is_local(byte: u8) -> bool {
    // Without `/`, which RFC 5322 allows and URLs use.
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"!#$%&'*+-=?^_`{|}~.".contains(&byte)
}

fn domain(bytes: &[u8], start: usize) -> &[u8] {
    let window = range(bytes, start, start + 253);
    let length = window
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || !b.is_ascii() || matches!(b, b'.' | b'-'))
        .count();
    let mut domain = range(window, 0, length);
    while let [rest @ .., b'.' | b'-'] = domain {
        domain = rest;
    }
    domain
}

/// Whether an international phone number starts with the `+` at a place.
pub(crate) fn international_phone(bytes: &[u8], plus: usize) -> Option<Confidence> {
    if before(bytes, plus).is_ascii_alphanumeric() || !matches!(at(bytes, plus + 1), b'1'..=b'9') {
        return None;
    }
    let mut digits = 0;
    let mut last_digit = plus;
    let mut separators = 0;
    for (offset, byte) in range(bytes, plus + 1, plus + 33).iter().enumerate() {
        steps::count(1);
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                separators = 0;
                last_digit = plus + 1 + offset;
            }
            // `+44 (0)20 ...` has two in a row.
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if separators < 2 => separators += 1,
            _ => break,
        }
    }
    let next = at(bytes, last_digit + 1);
    match digits {
        _ if next.is_ascii_alphanumeric() || next == b'_' => None,
        8 | 9 => Some(Confidence::Medium),
        10..=15 => Some(Confidence::High),
        _ => None,
    }
}

/// Whether `(212) 555-0123` starts with the `(` at a place: the North American form.
pub(crate) fn bracketed_phone(bytes: &[u8], open: usize) -> bool {
    let window = range(bytes, open, open + 16);
    let mut shape = [0u8; 16];
    for (slot, byte) in shape.iter_mut().zip(window) {
        *slot = if byte.is_ascii_digit() { b'9' } else { *byte };
    }
    let forms: [&[u8]; 4] =
        [b"(999) 999-9999", b"(999)999-9999", b"(999) 999 9999", b"(999) 999.9999"];
    forms
        .iter()
        .any(|form| shape.starts_with(form) && !at(&shape, form.len()).is_ascii_alphanumeric())
        && matches!(at(bytes, open + 1), b'2'..=b'9')
}

/// Whether text looks like a person's name: two to four words, each with a capital first.
pub(crate) fn person_shape(text: &[u8]) -> bool {
    if text.len() > 80 || near(text, 0, 80, b"  ") {
        return false;
    }
    let words = text.split(|b| *b == b' ');
    let mut count = 0;
    for word in words {
        count += 1;
        let capital = at(word, 0).is_ascii_uppercase() || !at(word, 0).is_ascii();
        let letters = word.iter().all(|b| {
            b.is_ascii_alphabetic() || !b.is_ascii() || matches!(b, b'\'' | b'-' | b'.' | b',')
        });
        if !capital || !letters {
            return false;
        }
    }
    (2..=4).contains(&count)
}
