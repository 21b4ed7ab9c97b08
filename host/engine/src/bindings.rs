//! Code generated from `wit/`: the host's side of the contract.
#![allow(missing_docs, unreachable_pub, unsafe_code, clippy::all, clippy::pedantic)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "policy-module",
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub use exports::tokenward::policy::policy as contract;
