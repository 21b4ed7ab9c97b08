//! A decision log under load, with sinks that fail, and processes that are killed.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod disk;
mod drop;
mod file;
mod kill;
mod order;
mod refuse;
mod rotate;
mod support;
