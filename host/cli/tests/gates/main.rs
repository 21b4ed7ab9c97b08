//! The server behind real gateways, with tokens of a real OpenID provider: every program runs as it
//! is, by the examples that users start from. A program that is missing is told, and with `CI=true`
//! it is a failure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg(unix)]

mod bundles;
mod collector;
mod end_to_end;
mod faults;
mod http;
mod openapi;
mod playground;
mod programs;
mod provider;
mod secrets;
mod server;
mod upstream;
