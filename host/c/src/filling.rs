//! What a C program fills step by step: a call, or options.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::border;
use crate::failure::Failure;
use crate::handle::{Handle, Kind, Lent};

/// What is being filled, and the first error, which stays: what was filled only in part must not be
/// used as if it were whole.
pub(crate) struct Filling<T> {
    parts: Mutex<T>,
    failed: OnceLock<Handle<Failure>>,
}

impl<T> Filling<T> {
    pub(crate) fn new(parts: T) -> Self {
        Self { parts: Mutex::new(parts), failed: OnceLock::new() }
    }

    /// The first error.
    pub(crate) fn failed(&self) -> Option<&Handle<Failure>> {
        self.failed.get()
    }

    /// What was filled, unless something went wrong.
    pub(crate) fn parts(&self) -> Result<MutexGuard<'_, T>, Failure> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at while nobody else can fill.
        match self.failed() {
            Some(failure) => Err(Failure::clone(failure)),
            None => Ok(parts),
        }
    }
}

/// Fills; false after an error, now or before.
pub(crate) fn fill<T>(
    handle: &Lent<Filling<T>>,
    work: impl FnOnce(&mut T) -> Result<(), Failure>,
) -> bool
where
    Filling<T>: Kind,
{
    border::or(false, || {
        let filling = handle.get().ok()?;
        let mut parts = filling.parts().ok()?;
        match border::caught(|| work(&mut parts)) {
            Ok(()) => Some(true),
            Err(failure) => {
                let _ = filling.failed.set(Handle::part(failure));
                Some(false)
            }
        }
    })
}

/// Sets what can be set once.
pub(crate) fn once<T>(place: &mut Option<T>, value: T, what: &str) -> Result<(), Failure> {
    if place.is_some() {
        return Err(twice(what));
    }
    *place = Some(value);
    Ok(())
}

/// For what is there already.
pub(crate) fn twice(what: &str) -> Failure {
    Failure::argument("twice", format!("{what} is there twice; accepted: once"))
}
