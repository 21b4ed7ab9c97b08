//! `tokenward bundle`: what a bundle holds, and the one file that it is handed on as.

mod build;
mod diff;
mod file;
mod inspect;
mod registry;
mod shadow;
mod sign;
mod verify;

pub(crate) use build::build;
pub(crate) use diff::diff;
pub(crate) use inspect::{inspect, list};
pub(crate) use registry::{pull, push};
pub(crate) use shadow::shadow;
pub(crate) use sign::sign;
pub(crate) use verify::verify;
