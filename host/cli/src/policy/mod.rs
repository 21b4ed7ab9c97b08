//! `tokenward policy`: what a policy is, without a bundle around it.

mod build;
mod inspect;
mod list;
mod new;
mod probe;
pub(crate) mod schema;
pub(crate) mod source;

pub(crate) use build::build;
pub(crate) use inspect::inspect;
pub(crate) use list::list;
pub(crate) use new::new;
