//! Something for each kind of item that a module can have.

use wasmparser::ExternalKind;

/// One `T` for each kind of item: an index space, or how far one has come.
#[derive(Default)]
pub(crate) struct Spaces<T> {
    functions: T,
    tables: T,
    memories: T,
    globals: T,
    tags: T,
}

impl<T> Spaces<T> {
    pub(crate) fn of(&self, kind: ExternalKind) -> &T {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => &self.functions,
            ExternalKind::Table => &self.tables,
            ExternalKind::Memory => &self.memories,
            ExternalKind::Global => &self.globals,
            ExternalKind::Tag => &self.tags,
        }
    }

    pub(crate) fn of_mut(&mut self, kind: ExternalKind) -> &mut T {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => &mut self.functions,
            ExternalKind::Table => &mut self.tables,
            ExternalKind::Memory => &mut self.memories,
            ExternalKind::Global => &mut self.globals,
            ExternalKind::Tag => &mut self.tags,
        }
    }
}

impl<T> Spaces<Vec<T>> {
    /// The item of this index.
    pub(crate) fn get(&self, kind: ExternalKind, index: u32) -> Option<&T> {
        self.of(kind).get(usize::try_from(index).ok()?)
    }
}
