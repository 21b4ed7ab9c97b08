//! Which library this is.

use std::ffi::{CStr, c_char};

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

#[unsafe(no_mangle)]
extern "C" fn tokenward_version() -> *const c_char {
    CStr::from_bytes_with_nul(VERSION.as_bytes()).unwrap_or_default().as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_abi_version() -> u32 {
    // The build reads it from the header, and refuses what is no number.
    env!("TOKENWARD_ABI_VERSION").parse().unwrap_or_default()
}
