//! What a C program passes: bytes by pointer and size, and places for an answer beside the answer.

use std::ffi::{c_char, c_void};
use std::path::PathBuf;

use crate::failure::Failure;
use crate::handle::Handle;

/// Bytes of a text that is no more than a name.
pub(crate) const NAME: usize = 1 << 10;

/// Bytes of a path.
const PATH: usize = 32 << 10;

/// Bytes that a C program lends for one call of ours: with their size, null and 0, or readable, and
/// changed by nobody meanwhile. The C program vouches for that (rule 3 of `tokenward.h`); nothing in
/// Rust can make one.
#[repr(transparent)]
pub(crate) struct Bytes(*const c_void);

/// The same, where C says `const char *`.
#[repr(transparent)]
pub(crate) struct Chars(*const c_char);

impl Bytes {
    /// At most `limit` of them; `what` is what errors call them.
    pub(crate) fn read(&self, size: usize, limit: usize, what: &str) -> Result<&[u8], Failure> {
        read(self.0.cast(), size, limit, what)
    }
}

impl Chars {
    /// At most `limit` bytes of text; `what` is what errors call it.
    pub(crate) fn read(&self, size: usize, limit: usize, what: &str) -> Result<&str, Failure> {
        let bytes = read(self.0.cast(), size, limit, what)?;
        std::str::from_utf8(bytes)
            .map_err(|_| Failure::argument("not-utf8", format!("{what} is not UTF-8")))
    }

    /// The text, if there is one.
    pub(crate) fn optional(
        &self,
        size: usize,
        limit: usize,
        what: &str,
    ) -> Result<Option<&str>, Failure> {
        let text = self.read(size, limit, what)?;
        Ok((!self.0.is_null()).then_some(text))
    }

    /// A path.
    pub(crate) fn path(&self, size: usize, what: &str) -> Result<PathBuf, Failure> {
        let wanted = || Failure::argument("no-path", format!("{what} is not given"));
        self.optional_path(size, what)?.ok_or_else(wanted)
    }

    /// A path, if there is one.
    pub(crate) fn optional_path(
        &self,
        size: usize,
        what: &str,
    ) -> Result<Option<PathBuf>, Failure> {
        let path = self.read(size, PATH, what)?;
        if path.contains('\0') {
            return Err(Failure::argument("nul", format!("{what} holds a NUL")));
        }
        Ok((!path.is_empty()).then(|| path.into()))
    }
}

fn read<'a>(
    pointer: *const u8,
    size: usize,
    limit: usize,
    what: &str,
) -> Result<&'a [u8], Failure> {
    if isize::try_from(size).is_err() {
        let message = format!("{what} is said to have {size} bytes, which is no size");
        return Err(Failure::argument("impossible-size", message));
    }
    if size > limit {
        let message = format!("{what} has {size} bytes; at most {limit} are accepted");
        return Err(Failure::argument("too-large", message));
    }
    if size == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        let message = format!("{what} is NULL, and is said to have {size} bytes");
        return Err(Failure::argument("null", message));
    }
    // SAFETY: it is not null, any address is aligned for bytes, and the size is far below `isize::MAX`.
    // The C program vouches that so many bytes can be read and that nobody changes them during this
    // call; the callers above tie the lifetime to a parameter of it.
    Ok(unsafe { std::slice::from_raw_parts(pointer, size) })
}

/// Where a C program wants the size of a text; null, if it does not. It vouches that it can be written
/// to. Nothing in Rust can make one.
#[repr(transparent)]
pub(crate) struct SizeSlot(*mut usize);

impl SizeSlot {
    pub(crate) fn set(&self, size: usize) {
        if !self.0.is_null() && self.0.is_aligned() {
            // SAFETY: it is not null and aligned; the C program vouches that it can be written to.
            unsafe { self.0.write(size) };
        }
    }
}

/// Where a C program wants an error; null, if it does not. It vouches that it can be written to.
/// Nothing in Rust can make one.
#[repr(transparent)]
pub(crate) struct ErrorSlot(*mut *mut Handle<Failure>);

impl ErrorSlot {
    /// Puts a new error there, or null. What was there is not looked at (rule 5 of `tokenward.h`).
    pub(crate) fn set(&self, failure: Option<Failure>) {
        if !self.0.is_null() && self.0.is_aligned() {
            let error = failure.map_or(std::ptr::null_mut(), Handle::owned);
            // SAFETY: it is not null and aligned; the C program vouches that it can be written to. It is
            // written and not assigned, since nothing is there that could be dropped.
            unsafe { self.0.write(error) };
        }
    }
}
