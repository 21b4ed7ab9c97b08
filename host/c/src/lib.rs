#![doc = include_str!("../README.md")]
#![allow(
    unsafe_code,
    reason = "C programs call this crate: its functions have C names, and what they are given are \
              pointers. `border.rs`, `handle.rs` and `input.rs` have all that follows pointers"
)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![allow(rustdoc::private_intra_doc_links, reason = "nothing here is public to Rust")]

mod authorizer;
mod border;
mod bundle;
mod call;
mod constants;
mod context;
mod decision;
mod failure;
mod filling;
mod finding;
mod handle;
mod input;
mod options;
mod request;
mod text;
mod trust;
mod version;
