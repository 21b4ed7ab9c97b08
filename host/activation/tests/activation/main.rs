//! Bundles on their way to an authorizer that serves.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kill;
mod refuse;
mod registry;
mod roll;
mod serve;
mod shadow;
mod sources;
mod support;
