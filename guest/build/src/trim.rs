//! Takes out of a linked module what only a panic needs.
//!
//! A policy that panics traps, and nobody reads its message. Yet the standard library brings the
//! message, the place in the source and the code that formats both into every module: a tenth of a
//! small policy, and of the memory that is put back after each request.
//!
//! The linker leaves its relocations in the module, so that what refers to what is known exactly.
//! Here the functions that only begin a panic become a trap where they are called ([`body`]); what
//! comes before such a call, up to the last branch, nobody sees, and goes as well. Then all that
//! nothing refers to any more is left out: functions, and data ([`live`]). Freeing memory goes in the
//! same way, where it does nothing ([`free`]). The rest stays as it is,
//! at its address; indices become shorter, since they are written anew ([`write`]).

mod body;
mod free;
mod live;
mod read;
mod write;

use read::Linked;

/// Why a module could not be trimmed.
pub(crate) type Reason = String;

/// The module without what only a panic needs, and without custom sections but those by which a
/// component is made of it.
pub(crate) fn trim(module: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut linked = Linked::read(module)?;
    body::trap_instead_of_panics(&mut linked);
    free::without_freeing(&mut linked);
    let live = live::Live::of(&linked);
    write::write(module, &linked, &live)
}

#[cfg(test)]
mod tests;
