//! The allocator of a policy component: it only ever moves forward.
//!
//! Before the next request all of an instance's memory is put back, or it was thrown away, so
//! giving memory back costs code and time and gains nothing: it does nothing, and
//! the code that would ask for it is taken out when the component is built. The
//! block allocated last may grow and shrink in place: that is how vectors and
//! strings are built.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code)] // a global allocator cannot be written without

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::Cell;

const PAGE: usize = 65_536;

struct Bump {
    /// First free byte; 0 before the first allocation.
    next: Cell<usize>,
    /// End of memory.
    end: Cell<usize>,
}

// A policy component has one thread: the contract offers no way to start another.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

unsafe extern "C" {
    /// Where the linker put the end of stack and data.
    static __heap_base: u8;
}

impl Bump {
    /// Makes `[start, start + size)` available; false when memory is at its cap.
    fn reserve(&self, start: usize, size: usize) -> bool {
        let Some(stop) = start.checked_add(size) else { return false };
        if stop > self.end.get() {
            let pages = (stop - self.end.get()).div_ceil(PAGE);
            if wasm32::memory_grow::<0>(pages) == usize::MAX {
                return false;
            }
            self.end.set(self.end.get() + pages * PAGE);
        }
        self.next.set(stop);
        true
    }
}

/// Bytes that a request may take before memory has to grow. Growing costs the
/// host two system calls for each request, and growing once, when the policy is
/// configured, none: the grown memory is part of the snapshot.
const ROOM: usize = 16 * 1024;

/// Grows memory now if a request is likely to need more than is left.
pub(crate) fn make_room() {
    let next = BUMP.next.get();
    if BUMP.reserve(next, ROOM) {
        BUMP.next.set(next);
    }
}

/// One block for the whole input, aligned to 8 bytes, for a host that asks for
/// it rather than for each string and list by itself (`cabi_realloc`). That parts
/// of the block are freed or grown by themselves is nothing to this allocator:
/// it gives nothing back, and grows in place only what lies last.
#[unsafe(export_name = "tokenward:arena")]
extern "C" fn arena(size: usize) -> *mut u8 {
    let block = Layout::from_size_align(size, 8).map(|layout| {
        // Sound: this allocator takes a size of zero.
        unsafe { BUMP.alloc(layout) }
    });
    match block {
        Ok(block) if !block.is_null() => block,
        _ => wasm32::unreachable(),
    }
}

unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.next.get() == 0 {
            self.next.set((&raw const __heap_base) as usize);
            self.end.set(wasm32::memory_size::<0>() * PAGE);
        }
        let align = layout.align();
        let start = (self.next.get() + align - 1) & !(align - 1);
        if self.reserve(start, layout.size()) { start as *mut u8 } else { core::ptr::null_mut() }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let start = ptr as usize;
        if start + layout.size() == self.next.get() {
            return if self.reserve(start, new_size) { ptr } else { core::ptr::null_mut() };
        }
        if new_size <= layout.size() {
            return ptr;
        }
        // Sound: the caller upholds the layout, and both blocks are at least `layout.size()` long.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !new.is_null() {
                core::ptr::copy_nonoverlapping(ptr, new, layout.size());
            }
            new
        }
    }
}
