//! Keeps the message of a panic where the host finds it: in a policy that was built to show it,
//! as `tokenward policy run` builds one. A policy that is shipped traps, and says nothing.
#![cfg(all(target_arch = "wasm32", tokenward_messages))]
#![allow(unsafe_code)] // the host finds the message by the name of a symbol

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// Where the message is, and how many bytes it has.
#[repr(C)]
pub struct Message {
    text: AtomicPtr<u8>,
    length: AtomicUsize,
}

#[allow(non_upper_case_globals, reason = "the name by which the host finds it in any language")]
#[unsafe(no_mangle)]
pub static tokenward_panic: Message =
    Message { text: AtomicPtr::new(null_mut()), length: AtomicUsize::new(0) };

/// From here on, a panic leaves its message, with file and line.
pub fn keep() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string().leak();
        tokenward_panic.length.store(message.len(), Ordering::Relaxed);
        tokenward_panic.text.store(message.as_mut_ptr(), Ordering::Relaxed);
    }));
}
