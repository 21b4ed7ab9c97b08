//! The keeper against providers that rotate, fail, stall, lie and flood, on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "keys/discovery.rs"]
mod discovery;
#[path = "keys/faults.rs"]
mod faults;
#[path = "keys/inventory.rs"]
mod inventory;
#[path = "keys/reload.rs"]
mod reload;
#[path = "keys/rotation.rs"]
mod rotation;
#[path = "keys/server.rs"]
mod server;
#[path = "keys/support.rs"]
mod support;
