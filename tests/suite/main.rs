//! What crosses crates.

mod contain;
mod decide;
mod load;
mod parity;
mod support;
mod swap;
