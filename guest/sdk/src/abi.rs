//! The canonical ABI of the contract's three functions, by hand.
//!
//! What `wit-bindgen` generates takes each field apart where it stands: 18 KB in
//! every policy component. These functions are shared by all fields of a type
//! and take 5 KB. The layout is the one that the canonical ABI prescribes
//! ("Alignment" and "Element Size" in its `CanonicalABI.md`), which is that of
//! `repr(C)`: fields in order, each at a multiple of its alignment; a variant is
//! a discriminant of one byte, then its widest case. The tests compare every
//! policy as a component with the same policy compiled natively, on every type
//! of the contract.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code)] // memory that the host has written is read by pointer

mod lift;
mod lower;

use core::alloc::Layout;
use core::mem::MaybeUninit;

pub(crate) use lift::{input, text};
pub(crate) use lower::{configured, descriptor, verdict};

/// A string or a list: where it starts, and how many bytes or items it has.
#[derive(Clone, Copy)]
#[repr(C)]
struct Slice {
    start: *mut u8,
    length: usize,
}

/// An option: a discriminant, and the value where it is 1.
#[derive(Clone, Copy)]
#[repr(C)]
struct Maybe<T: Copy> {
    some: u8,
    value: MaybeUninit<T>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawValue {
    case: u8,
    payload: Payload,
}

#[derive(Clone, Copy)]
#[repr(C)]
union Payload {
    none: (),
    boolean: u8,
    integer: i64,
    number: f64,
    slice: Slice,
}

/// A claim or a fact.
#[repr(C)]
struct Named {
    name: Slice,
    value: RawValue,
}

// The sizes that the canonical ABI gives these types. More would be read, or
// less, if one of them were wrong.
const _: () = {
    assert!(size_of::<Slice>() == 8);
    assert!(size_of::<Maybe<u8>>() == 2);
    assert!(size_of::<Maybe<Slice>>() == 12);
    assert!(size_of::<Maybe<u64>>() == 16);
    assert!(size_of::<RawValue>() == 16);
    assert!(size_of::<Named>() == 24);
};

/// Room for so many items, of the layout that a vector has which is full of them. What
/// `Vec::with_capacity` does on its way to the same was a tenth of what the usual policy executed.
fn room<T>(items: usize) -> *mut T {
    if items == 0 || size_of::<T>() == 0 {
        return core::ptr::dangling_mut();
    }
    block(items, size_of::<T>(), align_of::<T>()).cast()
}

#[inline(never)]
fn block(items: usize, size: usize, align: usize) -> *mut u8 {
    let size = items.checked_mul(size);
    let layout = size.and_then(|size| Layout::from_size_align(size, align).ok());
    // Sound: the size is not zero.
    match layout.map(|layout| unsafe { std::alloc::alloc(layout) }) {
        Some(block) if !block.is_null() => block,
        // A trap, as where a vector finds no room.
        _ => core::arch::wasm32::unreachable(),
    }
}
