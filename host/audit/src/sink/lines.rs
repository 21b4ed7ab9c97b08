//! Finished lines, as a sink gets them.

use std::fmt;

/// Finished lines, in the order of their numbers, one after the other in one piece.
#[derive(Clone, Copy)]
pub struct Lines<'a> {
    /// More than these lines, as `ends` counts from its start.
    bytes: &'a [u8],
    start: usize,
    ends: &'a [LineEnd],
}

/// One finished line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number.
    pub seq: u64,
    /// The JSON object and a newline, the only one.
    pub bytes: &'a [u8],
}

/// Where a line ends, its newline included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineEnd {
    pub(crate) seq: u64,
    pub(crate) end: usize,
}

/// It shows nothing of the record.
impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, bytes } = self;
        f.debug_struct("Line").field("seq", seq).field("bytes", &bytes.len()).finish()
    }
}

impl fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8], start: usize, ends: &'a [LineEnd]) -> Self {
        Self { bytes, start, ends }
    }

    /// All of them in one piece.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        let end = self.ends.last().map_or(self.start, |last| last.end);
        self.bytes.get(self.start..end).unwrap_or_default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let Self { bytes, start, ends } = *self;
        let starts = std::iter::once(start).chain(ends.iter().map(|line| line.end));
        starts.zip(ends).map(|(start, line)| Line {
            seq: line.seq,
            bytes: bytes.get(start..line.end).unwrap_or_default(),
        })
    }

    /// How many whole lines are in so many of the first bytes.
    #[must_use]
    pub fn whole_in(&self, bytes: usize) -> usize {
        self.ends.partition_point(|line| line.end - self.start <= bytes)
    }

    /// The first `count` lines, and the others.
    #[must_use]
    pub fn split_at(&self, count: usize) -> (Self, Self) {
        let (first, rest) = self.ends.split_at(count.min(self.ends.len()));
        let middle = first.last().map_or(self.start, |last| last.end);
        (Self { ends: first, ..*self }, Self { start: middle, ends: rest, ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, LineEnd, Lines};

    #[test]
    fn lines_are_counted_and_split() {
        let ends: Vec<LineEnd> =
            [(7, 4), (8, 5), (9, 8)].map(|(seq, end)| LineEnd { seq, end }).into();
        let lines = Lines::new(b"-ab\n\ncd\n", 1, &ends);
        assert_eq!(lines.bytes(), b"ab\n\ncd\n");
        let counts: Vec<usize> = (0..=8).map(|bytes| lines.whole_in(bytes)).collect();
        assert_eq!(counts, [0, 0, 0, 1, 2, 2, 2, 3, 3]);
        for count in 0..=4 {
            let (first, rest) = lines.split_at(count);
            assert_eq!(first.len(), count.min(3));
            assert_eq!([first.bytes(), rest.bytes()].concat(), lines.bytes());
            assert!(first.iter().chain(rest.iter()).eq(lines.iter()));
        }
        assert_eq!(lines.iter().nth(2), Some(Line { seq: 9, bytes: b"cd\n" }));
        assert!(lines.split_at(3).1.is_empty());
        let debug =
            "[Line { seq: 7, bytes: 3 }, Line { seq: 8, bytes: 1 }, Line { seq: 9, bytes: 3 }]";
        assert_eq!(format!("{lines:?}"), debug);
    }
}
