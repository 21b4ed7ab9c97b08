//! Where a claim stands: the names that lead to it.

use std::borrow::Cow;

use crate::pattern::unescape;

/// Where a claim stands.
#[derive(Debug)]
pub struct Path<'a, 'n> {
    pub(crate) pointer: &'a str,
    pub(crate) names: &'n [Cow<'a, str>],
    /// Where each name ends in the pointer.
    pub(crate) ends: &'n [usize],
    /// Its place among the claims.
    pub(crate) place: usize,
    pub(crate) standard: bool,
}

impl<'a> Path<'a, '_> {
    /// The names from the top, unescaped.
    #[must_use]
    pub fn names(&self) -> &[Cow<'a, str>] {
        self.names
    }

    /// Whether the first name is that of a standard claim.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.standard
    }

    /// How many names the claim has, without the places in arrays at the end.
    #[must_use]
    pub fn depth(&self) -> usize {
        let indices = self.names.iter().rev().take_while(|name| is_index(name)).count();
        (self.names.len() - indices).max(1)
    }

    /// The pointer to so many names.
    pub(crate) fn upto(&self, count: usize) -> &'a str {
        let end = count.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        self.pointer.get(..end.unwrap_or(0)).unwrap_or_default()
    }

    /// The nearest name around the one at a place that is no place in an array.
    pub(crate) fn around(&self, place: usize) -> Option<&str> {
        let outer = self.names.get(..place).unwrap_or_default();
        outer.iter().rev().find(|name| !is_index(name)).map(|name| &**name)
    }
}

/// Whether a name can be a place in an array. The pointer of a claim does not tell an array from
/// an object whose members are named by numbers, so that longer numbers count as names.
pub(crate) fn is_index(name: &str) -> bool {
    name == "0"
        || matches!(name.as_bytes(), [b'1'..=b'9', rest @ ..]
            if rest.len() < 4 && rest.iter().all(u8::is_ascii_digit))
}

/// Takes a pointer apart into names and where they end. Both lists are used again and again, so
/// that a claim costs no allocation, but for names with escapes.
pub(crate) fn split<'a>(pointer: &'a str, names: &mut Vec<Cow<'a, str>>, ends: &mut Vec<usize>) {
    names.clear();
    ends.clear();
    let bytes = pointer.as_bytes();
    let mut start = None;
    let mut escaped = false;
    for place in 0..=bytes.len() {
        match bytes.get(place) {
            Some(b'~') => escaped = true,
            None | Some(b'/') => {
                // What stands before the first `/` is no name.
                if let Some(start) = start {
                    let name = pointer.get(start..place).unwrap_or_default();
                    names.push(if escaped { unescape(name) } else { Cow::Borrowed(name) });
                    ends.push(place);
                }
                start = Some(place + 1);
                escaped = false;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_taken_apart() {
        let cases: [(&str, &[&str], &[usize]); 8] = [
            ("", &[], &[]),
            ("no-slash", &[], &[]),
            ("x/y", &["y"], &[3]),
            ("/", &[""], &[1]),
            ("/a", &["a"], &[2]),
            ("/a/", &["a", ""], &[2, 3]),
            ("/a~1b/c/m~0n", &["a/b", "c", "m~n"], &[5, 7, 12]),
            ("/é~/ü", &["é~", "ü"], &[4, 7]),
        ];
        let (mut names, mut ends) = (Vec::new(), Vec::new());
        for (pointer, expected, places) in cases {
            split(pointer, &mut names, &mut ends);
            assert_eq!(names, expected, "{pointer}");
            assert_eq!(ends, places, "{pointer}");
        }
    }

    #[test]
    fn places_in_arrays_are_short_numbers() {
        for (name, expected) in [
            ("0", true),
            ("7", true),
            ("1000", true),
            ("9999", true),
            ("10000", false),
            ("00", false),
            ("01", false),
            ("", false),
            ("1a", false),
            ("-1", false),
        ] {
            assert_eq!(is_index(name), expected, "{name}");
        }
    }
}
