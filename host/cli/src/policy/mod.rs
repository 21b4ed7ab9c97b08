//! `tokenward policy`: what a policy is, without a bundle around it.

mod bench;
mod build;
mod inspect;
mod list;
mod new;
mod probe;
mod run;
pub(crate) mod schema;
pub(crate) mod source;
mod templates;
mod tried;

pub(crate) use bench::bench;
pub(crate) use build::{build, test};
pub(crate) use inspect::inspect;
pub(crate) use list::list;
pub(crate) use new::new;
pub(crate) use run::run;
