//! Text put together and taken apart with little code: what the standard
//! library does in general costs a component some kilobytes.

/// The parts, one after the other: `concat`, where size matters more than time.
#[inline(never)]
#[must_use]
pub fn join(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        push_str(&mut text, part);
    }
    text
}

/// Adds a number in digits, without the standard library's formatting.
pub fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    let last = usize::try_from(number % 10).unwrap_or_default();
    push_str(text, "0123456789".get(last..=last).unwrap_or_default());
}

/// The JSON Pointer to an item of the list at this one: `/routes/3`.
#[inline(never)]
#[must_use]
pub fn item(list: &str, index: usize) -> String {
    let mut path = join(&[list, "/"]);
    push_number(&mut path, index as u64);
    path
}

/// The text before the first `mark`, an ASCII character, and what follows it.
/// Without any, the whole text.
#[inline(never)]
#[must_use]
pub fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        if *byte == mark {
            return (text.get(..at).unwrap_or_default(), text.get(at + 1..));
        }
        at += 1;
    }
    (text, None)
}

/// The words of a text with spaces between them; none is empty.
#[must_use]
pub fn words(text: &str) -> Words<'_> {
    Words { rest: Some(text) }
}

/// See [`words`].
#[derive(Debug, Clone)]
pub struct Words<'a> {
    rest: Option<&'a str>,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        loop {
            let (word, rest) = cut(self.rest?, b' ');
            self.rest = rest;
            if !word.is_empty() {
                return Some(word);
            }
        }
    }
}

/// Whether this is a JSON Pointer (RFC 6901 section 3) to something below the top.
#[inline(never)]
#[must_use]
pub fn is_pointer(text: &str) -> bool {
    let mut after_tilde = false;
    for byte in text.bytes() {
        if after_tilde && !matches!(byte, b'0' | b'1') {
            return false;
        }
        after_tilde = byte == b'~';
    }
    text.as_bytes().first() == Some(&b'/') && !after_tilde
}

/// `String::push_str`, not repeated at each use.
#[inline(never)]
pub(crate) fn push_str(text: &mut String, piece: &str) {
    text.push_str(piece);
}

#[cfg(test)]
mod tests {
    use super::{cut, is_pointer, item, join, push_number, words};

    #[test]
    fn text_is_put_together() {
        assert_eq!(join(&[]), "");
        assert_eq!(join(&["a", "", "é"]), "aé");
        assert_eq!(item("/routes", 0), "/routes/0");
        assert_eq!(item("", 1023), "/1023");
        for number in [0, 9, 10, 100, u64::MAX] {
            let mut text = String::from("n");
            push_number(&mut text, number);
            assert_eq!(text, format!("n{number}"));
        }
    }

    #[test]
    fn text_is_cut_at_the_first_mark() {
        for text in ["", "a", "/", "a/", "/a", "a/b/c", "é/ü", "//"] {
            let expected = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
            assert_eq!(cut(text, b'/'), expected, "{text}");
        }
    }

    #[test]
    fn words_are_what_is_between_spaces() {
        for text in ["", " ", "a", " a  bc ", "é ü", "a\tb"] {
            let expected: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn pointers_escape_tildes() {
        for right in ["/", "/a", "/a/b", "/~0", "/~1~0", "/~01", "//", "/é"] {
            assert!(is_pointer(right), "{right}");
        }
        for wrong in ["", "a", "a/b", "/~", "/~2", "/a~/b", "/~~0"] {
            assert!(!is_pointer(wrong), "{wrong}");
        }
    }
}
