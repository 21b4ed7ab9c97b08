//! Handles: what a C program holds of ours.
//!
//! Each begins with a mark of its type, which is checked before it is used, and which is taken away
//! before it is freed. A null pointer, a handle of another type, and most handles that were freed are
//! so told apart from one that can be used.

use std::ops::Deref;

use crate::failure::Failure;

/// A type that C programs hold by pointer.
pub(crate) trait Kind {
    /// The mark of its handles: no other type's, and even.
    const MARK: u64;
    /// What errors call it.
    const NAME: &'static str;
}

/// The mark of a type by this name of its own.
pub(crate) const fn mark_of(name: [u8; 8]) -> u64 {
    u64::from_be_bytes(name) & !PART
}

/// Of a mark: the handle is part of another one, and is not freed by itself.
const PART: u64 = 1;

/// A value with its mark. C sees an incomplete type.
#[repr(C)]
pub(crate) struct Handle<T> {
    mark: u64,
    value: T,
}

impl<T: Kind> Handle<T> {
    /// A handle that the C program is to free.
    pub(crate) fn owned(value: T) -> *mut Self {
        Box::into_raw(Box::new(Self { mark: T::MARK, value }))
    }

    /// A handle that is kept in another one, and lent from there.
    pub(crate) fn part(value: T) -> Self {
        Self { mark: T::MARK | PART, value }
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A pointer to a handle that a C program lends for one call of ours: null, or to a handle of this
/// library that nobody frees meanwhile. The C program vouches for that (rules 2, 6 and 9 of
/// `tokenward.h`); nothing in Rust can make one.
#[repr(transparent)]
pub(crate) struct Lent<T>(*const Handle<T>);

impl<T: Kind> Lent<T> {
    /// What it points to.
    pub(crate) fn get(&self) -> Result<&T, Failure> {
        value(self.0)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.0.is_null()
    }
}

/// A pointer to a handle that a C program gives back: null, or to a handle of this library that nobody
/// else uses, now or later. Nothing in Rust can make one.
#[repr(transparent)]
pub(crate) struct Given<T>(*mut Handle<T>);

impl<T: Kind> Given<T> {
    /// What it points to.
    pub(crate) fn get(&self) -> Result<&T, Failure> {
        value(self.0.cast_const())
    }

    /// Frees it. What is null, of another type, or part of another handle is left alone: it is better
    /// lost than freed as something else.
    pub(crate) fn free(self) {
        if check(self.0.cast_const()).is_err() || mark(self.0.cast_const()) != T::MARK {
            return;
        }
        // SAFETY: it is a handle of this type that `Handle::owned` made, by its mark, and the C program
        // vouches that nobody else uses it. The write is volatile so that it is not left out, as
        // nothing reads the mark any more, except who uses the handle against the rules.
        unsafe { (&raw mut (*self.0).mark).write_volatile(0) };
        // SAFETY: as above; it came from `Box::into_raw`, and without its mark it comes here once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// What a handle holds, if it is one of this type.
fn value<'a, T: Kind>(pointer: *const Handle<T>) -> Result<&'a T, Failure> {
    check(pointer)?;
    // SAFETY: the pointer is not null, and is aligned for the handle, whose mark is the type's. The C
    // program vouches that nobody frees it during this call; the callers above tie the lifetime to a
    // parameter of it. No reference to what a handle holds is ever unique.
    Ok(unsafe { &(*pointer).value })
}

/// That it is not null, and has the mark of the type.
fn check<T: Kind>(pointer: *const Handle<T>) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(Failure::argument("null", format!("the {} is NULL", T::NAME)));
    }
    if !pointer.is_aligned() || mark(pointer) & !PART != T::MARK {
        let name = T::NAME;
        let message = format!("what was passed is no {name}: it is something else, or was freed");
        return Err(Failure::argument("wrong-handle", message));
    }
    Ok(())
}

fn mark<T: Kind>(pointer: *const Handle<T>) -> u64 {
    // SAFETY: it is not null, and aligned; the C program vouches that it is a handle of this library,
    // and every one begins with a mark, of whichever type it is. Volatile, so that after a handle was
    // freed against the rules, memory is read rather than what the compiler remembers of it.
    unsafe { (&raw const (*pointer).mark).read_volatile() }
}
