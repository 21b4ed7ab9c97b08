//! Looking at bytes without ever going out of bounds.

/// The byte at a place, or 0, which no detector takes for part of anything.
#[inline]
pub(crate) fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}

/// The byte before a place, or 0 at the start.
#[inline]
pub(crate) fn before(bytes: &[u8], index: usize) -> u8 {
    index.checked_sub(1).map_or(0, |index| at(bytes, index))
}

/// The bytes of a range, cut to what there is.
pub(crate) fn range(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    let end = end.min(bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

/// Whether `needle` stands at a place.
pub(crate) fn starts(bytes: &[u8], index: usize, needle: &[u8]) -> bool {
    bytes.get(index..).is_some_and(|rest| rest.starts_with(needle))
}

/// Whether `needle` stands within the first `limit` bytes from a place.
pub(crate) fn near(bytes: &[u8], index: usize, limit: usize, needle: &[u8]) -> bool {
    let window = range(bytes, index, index.saturating_add(limit));
    window.windows(needle.len()).any(|found| found == needle)
}

/// The end of the run of accepted bytes from a place, at most `limit` long.
pub(crate) fn run(bytes: &[u8], index: usize, limit: usize, accept: impl Fn(u8) -> bool) -> usize {
    let window = range(bytes, index, index.saturating_add(limit));
    index + window.iter().position(|b| !accept(*b)).unwrap_or(window.len())
}
