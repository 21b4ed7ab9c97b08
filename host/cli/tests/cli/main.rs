//! The `tokenward` command as a person meets it: every case runs the binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod acceptance;
mod author;
mod bundles;
mod check;
mod commands;
mod configuration;
mod console;
mod coverage;
mod docs;
mod facts;
mod frameworks;
mod guides;
mod json;
mod lint;
mod packed;
mod pkcs11;
mod policy;
mod readme;
mod support;
mod test_command;
mod tokens;
