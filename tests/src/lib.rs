//! The components that the tests run.

/// Misbehaves in the way that its settings name.
pub const HOSTILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile-guest.wasm"));

/// Answers the bytes that it was asked for as its verdict.
pub const LYING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/lying-guest.wasm"));

/// Exports another version of the contract.
pub const WRONG_CONTRACT: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/wrong-contract-guest.wasm"));

/// Of the draft of the next version of the contract.
pub const DRAFT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/draft-guest.wasm"));

/// Imports a clock.
pub const IMPORTING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/importing-guest.wasm"));

/// The core module of [`IMPORTING`].
pub const IMPORTING_MODULE: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/importing-guest.module.wasm"));
