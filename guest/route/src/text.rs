//! Text put together and taken apart with less code than the standard library's.

/// The text before the first `mark`, an ASCII character, and what follows it.
/// Without any, the whole text.
#[inline(never)]
pub(crate) fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        if *byte == mark {
            return (text.get(..at).unwrap_or_default(), text.get(at + 1..));
        }
        at += 1;
    }
    (text, None)
}

/// Adds a number in digits.
pub(crate) fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    let last = number % 10;
    push(text, "0123456789".get(last..=last).unwrap_or_default());
}

/// `String::push_str`, not repeated at each use.
#[inline(never)]
pub(crate) fn push(text: &mut String, piece: &str) {
    text.push_str(piece);
}
