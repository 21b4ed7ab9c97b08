//! Texts that C programs read: with a NUL at the end and none inside.

use std::ffi::{CStr, CString, c_char};

use crate::border;
use crate::input::SizeSlot;

/// The text for C. None of ours holds a NUL: JSON escapes it, and what is checked refuses it. Should
/// one do so nevertheless, it is replaced, so that no text ends early.
pub(crate) fn text(text: &str) -> CString {
    CString::new(text).or_else(|_| CString::new(text.replace('\0', "\u{fffd}"))).unwrap_or_default()
}

/// Lends a text from a handle; null, if there is none.
#[allow(clippy::needless_pass_by_value, reason = "what C passes is used once")]
pub(crate) fn lend<'a>(size: SizeSlot, work: impl FnOnce() -> Option<&'a CStr>) -> *const c_char {
    let found = border::or(None, || Some(work()));
    size.set(found.map_or(0, CStr::count_bytes));
    found.map_or(std::ptr::null(), CStr::as_ptr)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn no_text_ends_early() {
        assert_eq!(text("ab").as_c_str(), c"ab");
        assert_eq!(text("a\0b").as_c_str(), c"a\u{fffd}b");
        assert_eq!(text("").as_c_str(), c"");
    }
}
