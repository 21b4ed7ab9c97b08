//! What crosses crates.

mod contain;
mod decide;
mod load;
mod parity;
mod size;
mod support;
mod swap;
