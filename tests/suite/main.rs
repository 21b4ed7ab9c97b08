//! What crosses crates.

mod contain;
mod load;
mod parity;
mod support;
mod swap;
