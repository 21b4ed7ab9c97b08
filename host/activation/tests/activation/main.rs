//! Bundles on their way to an authorizer that serves.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kill;
mod refuse;
mod roll;
mod serve;
mod sources;
mod support;
