//! What crosses crates.

mod contain;
mod contract;
mod decide;
mod load;
mod parity;
mod size;
mod support;
mod swap;
