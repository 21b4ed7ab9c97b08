//! `tokenward policy`: what a policy is, without a bundle around it.

mod inspect;
mod list;
mod probe;
pub(crate) mod schema;
pub(crate) mod source;

pub(crate) use inspect::inspect;
pub(crate) use list::list;
