//! The C interface, by C programs: `tests/*.c`, and `examples/gateway.c`.
//!
//! Each is compiled with a C compiler, without warnings, and run against the shared library that this
//! build made; where there are sanitizers, again with them, which find leaks as well.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "c/compiler.rs"]
mod compiler;
#[path = "c/example.rs"]
mod example;
#[path = "c/programs.rs"]
mod programs;
#[path = "c/world.rs"]
mod world;
