//! The state of an instance that nothing was done with.
//!
//! All that can change in an instance of a plain policy is its memory and its
//! mutable globals (see [`shape`](super::shape)). Both are written, whole, before
//! each request, so that nothing of an earlier request is there, nor of a policy
//! that used the memory before.

use wasmtime::{Global, Memory, Store, Val};

use crate::ready::StoreState;

/// What an instance of a policy begins with.
pub(super) struct Pristine {
    /// Bytes of memory.
    size: usize,
    /// Where in memory `content` begins; all before and after is zero.
    start: usize,
    content: Box<[u8]>,
    globals: Box<[Val]>,
}

impl Pristine {
    /// That of an instance that was just made, in memory that was all zero.
    pub(super) fn of(memory: Memory, globals: &[Global], store: &mut Store<StoreState>) -> Self {
        let globals = globals.iter().map(|global| global.get(&mut *store)).collect();
        let memory = memory.data(&*store);
        let start = memory.iter().position(|byte| *byte != 0).unwrap_or(memory.len());
        let end = memory.iter().rposition(|byte| *byte != 0).map_or(start, |last| last + 1);
        let content = memory.get(start..end).unwrap_or_default().into();
        Self { size: memory.len(), start, content, globals }
    }

    /// Whether memory is as large as it was: it can grow, and does not shrink.
    pub(super) fn fits(&self, memory: Memory, store: &Store<StoreState>) -> bool {
        memory.data_size(store) == self.size
    }

    /// Gives an instance this state. False when that cannot be.
    pub(super) fn write(
        &self,
        memory: Memory,
        globals: &[Global],
        store: &mut Store<StoreState>,
    ) -> bool {
        for (global, value) in globals.iter().zip(&self.globals) {
            if global.set(&mut *store, *value).is_err() {
                return false;
            }
        }
        let memory = memory.data_mut(store);
        if memory.len() != self.size {
            return false;
        }
        let Some((before, rest)) = memory.split_at_mut_checked(self.start) else { return false };
        let Some((content, after)) = rest.split_at_mut_checked(self.content.len()) else {
            return false;
        };
        before.fill(0);
        content.copy_from_slice(&self.content);
        after.fill(0);
        true
    }
}
