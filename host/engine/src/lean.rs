//! Policies that are one core module, run without the component around it.
//!
//! What a component costs each request, beside the policy's own work, is an
//! instance of the component as well as one of its module, and a call of the
//! guest's allocator for each string. A policy of the common [`shape`] is run as
//! its core module; [`lower`] and [`lift`] speak the canonical ABI in the place
//! of wasmtime. The contract was checked before, on the component; every
//! pointer that comes from the guest is checked here.

pub(crate) mod lift;
pub(crate) mod lower;
pub(crate) mod pristine;
pub(crate) mod shape;
#[cfg(test)]
mod tests;

use wasmtime::{
    ExternType, Global, InstancePre, Linker, Memory, MemoryType, Module, ModuleExport, Store,
    TypedFunc, Val, ValType,
};

use crate::bindings::contract;
use crate::error::LoadError;
use crate::fault::{Fault, MOST_WORDS, OwnWords};
use crate::ready::StoreState;
use lift::AbiError;
use lower::{Image, MAX_ALIGN};
use pristine::Pristine;
use shape::CoreExports;

/// The name under which a core module exports an allocator of one block for the
/// whole input, `(size: i32) -> i32`, aligned to 8 bytes: that of a guest whose
/// allocator does not mind that parts of the block are freed by themselves.
const ARENA: &str = "tokenward:arena";

/// The name under which a core module that keeps the message of a panic exports
/// where it is: the address of an address and a length, both of 32 bits.
const WORDS: &str = "tokenward_panic";

/// A policy's core module, ready to be instantiated.
pub(crate) struct LeanPolicy {
    code: Code,
    evaluate: ModuleExport,
    allocator: Allocator<ModuleExport, ModuleExport>,
    post_return: Option<ModuleExport>,
    words: Option<ModuleExport>,
    globals: Vec<ModuleExport>,
    /// Bytes of memory with which an instance begins.
    pub(crate) memory_size: Option<usize>,
}

/// Whose the memory of an instance is.
enum Code {
    /// Its own: it is made, and dropped, with the instance.
    Own {
        pre: InstancePre<StoreState>,
        /// The export that it is.
        memory: ModuleExport,
    },
    /// The store's, for one policy after the other. Each finds in it what it began with.
    Shared { module: Module, memory: SharedMemory, pristine: Pristine },
}

/// How the guest is asked for room.
enum Allocator<A, R> {
    /// Once, for everything.
    Arena(A),
    /// For each block, as the canonical ABI has it.
    Realloc(R),
}

impl LeanPolicy {
    /// A module as [`shape::shape`] makes one, compiled; and what its memory begins with, if that is
    /// imported.
    pub(crate) fn new(
        module: &Module,
        names: &CoreExports,
        pristine: Option<Pristine>,
    ) -> Result<Self, LoadError> {
        use ValType::I32;
        let find = |name: &str, fits: fn(&ExternType) -> bool| {
            let export = module.get_export(name).filter(fits);
            export.and_then(|_| module.get_export_index(name)).ok_or_else(|| LoadError::Wasmtime {
                context: "the configured module does not fit the contract",
                reason: format!("`{name}`"),
            })
        };
        let to_pointer = |ty: &ExternType| is_func(ty, &[I32], &[I32]);
        let allocator = match find(ARENA, to_pointer) {
            Ok(arena) => Allocator::Arena(arena),
            Err(_) => Allocator::Realloc(find(&names.realloc, |ty| {
                is_func(ty, &[I32, I32, I32, I32], &[I32])
            })?),
        };
        let post_return = names.post_return.as_ref();
        let globals = names.globals.iter();
        let memory = module.get_export(&names.memory).and_then(|ty| ty.memory().cloned());
        let memory_size = memory.as_ref().and_then(|memory| {
            usize::try_from(memory.minimum().checked_mul(memory.page_size())?).ok()
        });
        let code = match (pristine, memory) {
            (Some(pristine), Some(memory)) => {
                let memory = SharedMemory::new(memory, module.engine())?;
                Code::Shared { module: module.clone(), memory, pristine }
            }
            _ => Code::Own {
                memory: find(&names.memory, |ty| matches!(ty, ExternType::Memory(_)))?,
                pre: Linker::new(module.engine())
                    .instantiate_pre(module)
                    .map_err(LoadError::wasmtime("the configured module cannot be linked"))?,
            },
        };
        Ok(Self {
            code,
            evaluate: find(&names.evaluate, to_pointer)?,
            allocator,
            post_return: post_return
                .map(|name| find(name, |ty| is_func(ty, &[I32], &[])))
                .transpose()?,
            words: find(WORDS, |ty| ty.global().is_some_and(|ty| ty.content().is_i32())).ok(),
            globals: globals
                .map(|name| find(name, |ty| matches!(ty, ExternType::Global(_))))
                .collect::<Result<_, _>>()?,
            memory_size,
        })
    }

    /// Whether its instances use the memory of their store.
    pub(crate) fn shares_memory(&self) -> bool {
        matches!(self.code, Code::Shared { .. })
    }

    pub(crate) fn instantiate(&self, store: &mut Store<StoreState>) -> Result<LeanInstance, Fault> {
        self.try_instantiate(store).map_err(|error| Fault::Instance(format!("{error:#}")))
    }

    fn try_instantiate(&self, store: &mut Store<StoreState>) -> wasmtime::Result<LeanInstance> {
        let (instance, shared) = match &self.code {
            Code::Own { pre, .. } => (pre.instantiate(&mut *store)?, None),
            Code::Shared { module, memory, .. } => {
                let memory = memory.of(store)?;
                (wasmtime::Instance::new(&mut *store, module, &[memory.into()])?, Some(memory))
            }
        };
        let export = |store: &mut Store<StoreState>, index: &ModuleExport| {
            instance.get_module_export(store, index).ok_or_else(lost)
        };
        let func = |store: &mut Store<StoreState>, index: &ModuleExport| {
            export(store, index)?.into_func().ok_or_else(lost)
        };
        let evaluate = func(store, &self.evaluate)?.typed(&*store)?;
        let memory = match &self.code {
            Code::Own { memory, .. } => export(store, memory)?.into_memory(),
            Code::Shared { .. } => shared,
        };
        let memory = memory.ok_or_else(lost)?;
        let allocator = match &self.allocator {
            Allocator::Arena(index) => Allocator::Arena(func(store, index)?.typed(&*store)?),
            Allocator::Realloc(index) => Allocator::Realloc(func(store, index)?.typed(&*store)?),
        };
        let post_return = match &self.post_return {
            Some(index) => Some(func(store, index)?.typed(&*store)?),
            None => None,
        };
        let global = |store: &mut Store<StoreState>, index: &ModuleExport| {
            export(store, index)?.into_global().ok_or_else(lost)
        };
        let mut globals = Vec::with_capacity(self.globals.len());
        for index in &self.globals {
            let global = global(store, index)?;
            globals.push((global, global.get(&mut *store)));
        }
        let words = self.words.as_ref().map(|index| global(store, index)).transpose()?;
        Ok(LeanInstance { evaluate, memory, allocator, post_return, words, globals })
    }

    /// Gives an instance the state that it was made with, if its memory is shared: nothing of
    /// what was there before is left. False when that cannot be.
    pub(crate) fn enter(&self, instance: &LeanInstance, store: &mut Store<StoreState>) -> bool {
        let Code::Shared { pristine, .. } = &self.code else { return true };
        let mut globals = instance.globals.iter();
        globals.all(|(global, value)| global.set(&mut *store, *value).is_ok())
            && pristine.write(instance.memory.data_mut(store))
    }

    /// Whether others can use the store after an instance: not if it made a memory grow that is
    /// shared, as memory does not shrink.
    pub(crate) fn leaves(&self, instance: &LeanInstance, store: &Store<StoreState>) -> bool {
        match &self.code {
            Code::Own { .. } => true,
            Code::Shared { pristine, .. } => instance.memory.data_size(store) == pristine.size,
        }
    }
}

/// The memory of some type that policies in a store share.
struct SharedMemory {
    ty: MemoryType,
    /// An instance that has nothing but such a memory: from the pool, as those of policies.
    pre: InstancePre<StoreState>,
}

impl SharedMemory {
    fn new(ty: MemoryType, engine: &wasmtime::Engine) -> Result<Self, LoadError> {
        let module = shape::only_memory(ty.minimum(), ty.maximum());
        let pre = Module::new(engine, module).and_then(|m| Linker::new(engine).instantiate_pre(&m));
        let pre = pre.map_err(LoadError::wasmtime("a memory cannot be made"))?;
        Ok(Self { ty, pre })
    }

    /// That of a store: it is made for the first policy that needs it.
    fn of(&self, store: &mut Store<StoreState>) -> wasmtime::Result<Memory> {
        if let Some((_, memory)) = store.data().shared.iter().find(|(ty, _)| *ty == self.ty) {
            return Ok(*memory);
        }
        let instance = self.pre.instantiate(&mut *store)?;
        let memory = instance.get_memory(&mut *store, shape::ONLY_MEMORY).ok_or_else(lost)?;
        store.data_mut().shared.push((self.ty.clone(), memory));
        Ok(memory)
    }
}

fn is_func(ty: &ExternType, params: &[ValType], results: &[ValType]) -> bool {
    let same = |a: &[ValType], mut b: Box<dyn Iterator<Item = ValType> + '_>| {
        a.iter().all(|a| b.next().is_some_and(|b| ValType::eq(a, &b))) && b.next().is_none()
    };
    ty.func().is_some_and(|func| {
        same(params, Box::new(func.params())) && same(results, Box::new(func.results()))
    })
}

fn lost() -> wasmtime::Error {
    wasmtime::Error::msg("the module lacks an export that it had")
}

/// Old address, old size, alignment, new size: new address.
type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// One instance of a [`LeanPolicy`].
pub(crate) struct LeanInstance {
    evaluate: TypedFunc<u32, u32>,
    memory: Memory,
    allocator: Allocator<TypedFunc<u32, u32>, Realloc>,
    post_return: Option<TypedFunc<u32, ()>>,
    words: Option<Global>,
    /// Those that can change, with what they began with.
    globals: Vec<(Global, Val)>,
}

impl LeanInstance {
    /// Judges the input of this image. `budget` is the bytes of host memory that
    /// the verdict may take.
    pub(crate) fn evaluate(
        &self,
        store: &mut Store<StoreState>,
        image: &mut Image,
        budget: usize,
    ) -> wasmtime::Result<contract::Verdict> {
        let input = match &self.allocator {
            Allocator::Arena(arena) => {
                let size = u32::try_from(image.bytes.len())?;
                let base = arena.call(&mut *store, size)?;
                self.write_arena(store, image, base)?
            }
            Allocator::Realloc(realloc) => {
                image.place(|block| -> wasmtime::Result<u32> {
                    let (align, size) = (u32::try_from(block.align)?, u32::try_from(block.size)?);
                    let address = realloc.call(&mut *store, (0, 0, align, size))?;
                    if !address.is_multiple_of(align) {
                        return Err(AbiError::AllocationNotAligned.into());
                    }
                    Ok(address)
                })?;
                // Only now is memory looked at: each call may have grown it.
                let memory = self.memory.data_mut(&mut *store);
                for (address, bytes) in image.placed() {
                    room(memory, address, bytes.len())?.copy_from_slice(bytes);
                }
                image.address()
            }
        };
        let answer = self.evaluate.call(&mut *store, input)?;
        let verdict = lift::verdict(self.memory.data(&*store), answer, budget)?;
        if let Some(post_return) = &self.post_return {
            post_return.call(&mut *store, answer)?;
        }
        Ok(verdict)
    }

    /// Bytes of its memory.
    pub(crate) fn memory_size(&self, store: &Store<StoreState>) -> usize {
        self.memory.data_size(store)
    }

    /// What the policy said of its trap, if it kept that.
    pub(crate) fn own_words(&self, store: &mut Store<StoreState>) -> Option<OwnWords> {
        let address = u32::try_from(self.words?.get(&mut *store).i32()?).ok()?;
        let memory = self.memory.data(&*store);
        let number = |address: usize| {
            let bytes = memory.get(address..)?.first_chunk::<4>()?;
            usize::try_from(u32::from_le_bytes(*bytes)).ok()
        };
        let address = lift::index(address);
        let (start, length) = (number(address)?, number(address.checked_add(4)?)?);
        let words = memory.get(start..)?.get(..length.min(MOST_WORDS))?;
        (!words.is_empty()).then(|| OwnWords::new(&String::from_utf8_lossy(words)))
    }

    fn write_arena(
        &self,
        store: &mut Store<StoreState>,
        image: &mut Image,
        base: u32,
    ) -> Result<u32, AbiError> {
        if !lift::index(base).is_multiple_of(MAX_ALIGN) {
            return Err(AbiError::AllocationNotAligned);
        }
        let out_of_bounds = AbiError::AllocationOutOfBounds;
        let memory = self.memory.data_mut(store);
        let place = room(memory, base, image.bytes.len())?;
        image.place(|block| {
            let offset = u32::try_from(block.offset).ok();
            offset.and_then(|offset| base.checked_add(offset)).ok_or(out_of_bounds)
        })?;
        place.copy_from_slice(&image.bytes);
        Ok(image.address())
    }
}

/// So many bytes of memory from this address.
fn room(memory: &mut [u8], address: u32, size: usize) -> Result<&mut [u8], AbiError> {
    let rest = memory.get_mut(lift::index(address)..);
    rest.and_then(|rest| rest.get_mut(..size)).ok_or(AbiError::AllocationOutOfBounds)
}
