//! Recognizes components that are one core module and nothing else.
//!
//! Most policies are: one module without imports, instantiated once, whose
//! functions are lifted with text in UTF-8. Of such a component this finds which
//! core exports make up `evaluate`, by following the component's own index
//! spaces from its export down to the module, never by trusting names. What is
//! not exactly of this shape is no error: it runs as a component.

use serde::{Deserialize, Serialize};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentTypeRef, ExternalKind, Operator, Parser, Payload,
};

use super::pristine::{PAGE, Pristine};
use crate::config::{Instances, KEEP_RESIDENT};
use crate::versions::Version;

/// The core module of a policy, with the names of what is needed of it.
pub(crate) struct Shape {
    /// The module, with its mutable globals exported.
    pub(crate) module: Vec<u8>,
    pub(crate) exports: CoreExports,
    /// What the memory begins with, if the module imports it and brings no data: if instances are
    /// to be restored, and the memory is small.
    pub(crate) pristine: Option<Pristine>,
}

/// Names of core exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CoreExports {
    pub(crate) evaluate: String,
    pub(crate) memory: String,
    pub(crate) realloc: String,
    pub(crate) post_return: Option<String>,
    /// All mutable globals: with the memory, the whole state of an instance.
    pub(crate) globals: Vec<String>,
}

/// The shape of this component, if it is one that is known here.
pub(crate) fn shape(component: &[u8], instances: Instances) -> Option<Shape> {
    let outer = Outer::read(component)?;
    let lift = outer.evaluate()?;
    let [module] = outer.modules.as_slice() else { return None };
    let core_func = |index: u32| outer.core_funcs.get(to_usize(index)).map(|n| (*n).to_owned());
    let mut exports = CoreExports {
        evaluate: core_func(lift.core_func)?,
        memory: String::new(),
        realloc: String::new(),
        post_return: None,
        globals: Vec::new(),
    };
    let (mut memory, mut realloc) = (None, None);
    for option in &lift.options {
        match option {
            CanonicalOption::UTF8 => {}
            CanonicalOption::Memory(index) => {
                memory = outer.core_memories.get(to_usize(*index)).map(|n| (*n).to_owned());
            }
            CanonicalOption::Realloc(index) => realloc = core_func(*index),
            CanonicalOption::PostReturn(index) => {
                exports.post_return = Some(core_func(*index)?);
            }
            _ => return None,
        }
    }
    (exports.memory, exports.realloc) = (memory?, realloc?);
    let (module, globals, pristine) = opened(module, instances)?;
    if globals.len() > MOST_GLOBALS {
        return None;
    }
    exports.globals = globals;
    Some(Shape { module, exports, pristine })
}

fn to_usize(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

#[derive(Clone)]
struct Lift {
    core_func: u32,
    options: Box<[CanonicalOption]>,
}

/// A component instance.
#[derive(Clone)]
enum Instance<'a> {
    /// Of an inner component, with its arguments that are functions.
    Of { component: u32, funcs: Vec<(&'a str, u32)> },
    /// Of items put together: those that are functions.
    Exports(Vec<(&'a str, u32)>),
}

/// The index spaces of the outer component.
#[derive(Default)]
struct Outer<'a> {
    modules: Vec<&'a [u8]>,
    /// The one core instance is that of the one module.
    core_instances: u32,
    core_funcs: Vec<&'a str>,
    core_memories: Vec<&'a str>,
    funcs: Vec<Option<Lift>>,
    components: Vec<Inner<'a>>,
    instances: Vec<Instance<'a>>,
    policy: Option<u32>,
}

/// A component inside, as the tools make one to name an interface's types: it
/// imports functions and exports them again.
#[derive(Default)]
struct Inner<'a> {
    /// Each function, by the name of the import that it is.
    funcs: Vec<&'a str>,
    exports: Vec<(&'a str, u32)>,
}

impl<'a> Outer<'a> {
    fn read(component: &'a [u8]) -> Option<Self> {
        let mut outer = Self::default();
        let mut inside = Vec::new();
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.ok()?;
            match (&payload, inside.last_mut()) {
                (Payload::ModuleSection { unchecked_range, .. }, None) => {
                    outer.modules.push(component.get(unchecked_range.clone())?);
                    inside.push(None);
                }
                (Payload::ComponentSection { .. }, None) => inside.push(Some(Inner::default())),
                (Payload::End(_), Some(_)) => {
                    if let Some(Some(inner)) = inside.pop() {
                        outer.components.push(inner);
                    }
                }
                (_, Some(Some(inner))) => inner.take(payload)?,
                (_, Some(None)) => {} // of the module, which is looked at below
                (_, None) => outer.take(payload)?,
            }
        }
        (outer.core_instances == 1).then_some(outer)
    }

    /// None for whatever is not of the shape.
    fn take(&mut self, payload: Payload<'a>) -> Option<()> {
        match payload {
            Payload::Version { .. }
            | Payload::ComponentTypeSection(_)
            | Payload::CoreTypeSection(_)
            | Payload::CustomSection(_)
            | Payload::End(_) => {}
            Payload::InstanceSection(section) => {
                for instance in section {
                    match instance.ok()? {
                        wasmparser::Instance::Instantiate { module_index: 0, args }
                            if args.is_empty() =>
                        {
                            self.core_instances += 1;
                        }
                        _ => return None,
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(&alias.ok()?)?;
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for func in section {
                    let CanonicalFunction::Lift { core_func_index, options, .. } = func.ok()?
                    else {
                        return None;
                    };
                    self.funcs.push(Some(Lift { core_func: core_func_index, options }));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    let func = |kind| matches!(kind, ComponentExternalKind::Func);
                    self.instances.push(match instance.ok()? {
                        ComponentInstance::Instantiate { component_index, args } => {
                            let funcs = args.iter().filter(|a| func(a.kind));
                            Instance::Of {
                                component: component_index,
                                funcs: funcs.map(|a| (a.name, a.index)).collect(),
                            }
                        }
                        ComponentInstance::FromExports(exports) => {
                            let funcs = exports.iter().filter(|e| func(e.kind));
                            Instance::Exports(funcs.map(|e| (e.name.name, e.index)).collect())
                        }
                    });
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    self.export(&export.ok()?)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'a>) -> Option<()> {
        match alias {
            ComponentAlias::CoreInstanceExport { kind, instance_index: 0, name } => match kind {
                ExternalKind::Func => self.core_funcs.push(name),
                ExternalKind::Memory => self.core_memories.push(name),
                _ => return None,
            },
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. } => {}
            _ => return None,
        }
        Some(())
    }

    /// An export is an item of its own, with the next index.
    fn export(&mut self, export: &wasmparser::ComponentExport<'a>) -> Option<()> {
        let index = to_usize(export.index);
        match export.kind {
            ComponentExternalKind::Instance => {
                let instance = self.instances.get(index)?.clone();
                self.instances.push(instance);
                if Version::of_export(export.name.name).is_some()
                    && self.policy.replace(export.index).is_some()
                {
                    return None; // two versions of the contract
                }
            }
            ComponentExternalKind::Func => {
                let func = self.funcs.get(index)?.clone();
                self.funcs.push(func);
            }
            ComponentExternalKind::Type => {}
            _ => return None,
        }
        Some(())
    }

    /// The function behind `evaluate` of the contract's interface.
    fn evaluate(&self) -> Option<Lift> {
        let find = |funcs: &[(&str, u32)], name: &str| {
            funcs.iter().find(|(other, _)| *other == name).map(|(_, index)| *index)
        };
        let func = match self.instances.get(to_usize(self.policy?))? {
            Instance::Exports(funcs) => find(funcs, "evaluate")?,
            Instance::Of { component, funcs } => {
                let inner = self.components.get(to_usize(*component))?;
                let import = inner.funcs.get(to_usize(find(&inner.exports, "evaluate")?))?;
                find(funcs, import)?
            }
        };
        self.funcs.get(to_usize(func))?.clone()
    }
}

impl<'a> Inner<'a> {
    fn take(&mut self, payload: Payload<'a>) -> Option<()> {
        match payload {
            Payload::Version { .. }
            | Payload::ComponentTypeSection(_)
            | Payload::CoreTypeSection(_)
            | Payload::CustomSection(_) => {}
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.ok()?;
                    match import.ty {
                        ComponentTypeRef::Func(_) => self.funcs.push(import.name.name),
                        ComponentTypeRef::Type(_) => {}
                        _ => return None,
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export.ok()?;
                    match export.kind {
                        ComponentExternalKind::Func => {
                            self.funcs.push(self.funcs.get(to_usize(export.index))?);
                            self.exports.push((export.name.name, export.index));
                        }
                        ComponentExternalKind::Type => {}
                        _ => return None,
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }
}

/// Sections of a module, by their numbers (WebAssembly 5.5.2).
const IMPORT_SECTION: u8 = 2;
const FUNCTION_SECTION: u8 = 3;
const MEMORY_SECTION: u8 = 5;
const EXPORT_SECTION: u8 = 7;
const DATA_SECTION: u8 = 11;
const DATA_COUNT_SECTION: u8 = 12;
const GLOBAL: u8 = 3;

/// Mutable globals of an instance that is put back: each costs the host time at
/// every request, and no fuel. A policy in Rust has one.
const MOST_GLOBALS: usize = 64;

/// To be raised with every change of what is taken for a plain policy: compiled
/// code in the cache was judged by the rules of its time.
pub(crate) const SHAPE_RULES: u32 = 2;

/// The module with an export for each of its mutable globals, and their names. If instances of it may
/// share a memory, the module imports that, and what it begins with is no longer in the module.
///
/// None unless the memory and these globals are all that can change in an
/// instance of it: nothing imported, no start function, no instruction that
/// writes to a table or drops a segment, one memory of 32-bit addresses.
pub(super) fn opened(
    module: &[u8],
    instances: Instances,
) -> Option<(Vec<u8>, Vec<String>, Option<Pristine>)> {
    let shared = (instances == Instances::Restored).then(|| shared_memory(module)).flatten();
    let (memory, pristine) = shared.unzip();
    let mut out = module.get(..8)?.to_vec();
    let (mut globals, mut memories) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.ok()?;
        match &payload {
            Payload::ImportSection(section) => {
                let mut imports = section.clone().into_imports();
                if imports.next().is_some() {
                    return None;
                }
            }
            Payload::StartSection { .. } | Payload::TagSection(_) => return None,
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    let memory = memory.ok()?;
                    if memory.memory64 || memory.shared {
                        return None;
                    }
                    memories += 1;
                }
            }
            Payload::GlobalSection(section) => {
                for (index, global) in section.clone().into_iter().enumerate() {
                    let ty = global.ok()?.ty;
                    if ty.mutable {
                        // Four types, of which each has a value to put back.
                        if ty.content_type.is_reference_type() || ty.shared {
                            return None;
                        }
                        globals.push(index);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().ok()? {
                    if changes_a_table(&operator.ok()?) {
                        return None;
                    }
                }
            }
            _ => {}
        }
        let Some((id, range)) = payload.as_section() else { continue };
        let content = module.get(range)?;
        match id {
            // A custom section: names, which nothing here reads; or imports, which are none.
            0 | IMPORT_SECTION => {}
            // The section after that of imports; without functions there is nothing to call.
            FUNCTION_SECTION => {
                if let Some(memory) = memory {
                    push_section(&mut out, IMPORT_SECTION, &[IMPORTED_MEMORY, memory].concat())?;
                }
                push_section(&mut out, id, content)?;
            }
            MEMORY_SECTION | DATA_SECTION | DATA_COUNT_SECTION if memory.is_some() => {}
            EXPORT_SECTION => {
                let content = with_exports(content, &globals)?;
                push_section(&mut out, id, &content)?;
            }
            _ => push_section(&mut out, id, content)?,
        }
    }
    let names = globals.into_iter().map(global_name).collect();
    (memories == 1).then_some((out, names, pristine))
}

/// A section of one import: a memory, of the type that follows.
const IMPORTED_MEMORY: &[u8] = &[1, 1, b't', 1, b'm', 2];

/// The type of the one memory of a module, as it is written, and what it begins with, if the memory
/// is small.
fn shared_memory(module: &[u8]) -> Option<(&[u8], Pristine)> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::MemorySection(section) = payload.ok()? {
            let content = module.get(section.range())?;
            let memory = section.into_iter().next()?.ok()?;
            let size = usize::try_from(memory.initial).ok()?.checked_mul(PAGE)?;
            if size > KEEP_RESIDENT || memory.page_size_log2.is_some() {
                return None;
            }
            // One memory: its count takes one byte.
            let [1, ty @ ..] = content else { return None };
            return Some((ty, Pristine::of(module, size)?));
        }
    }
    None
}

/// The name under which [`only_memory`] exports the memory.
pub(crate) const ONLY_MEMORY: &str = "m";

/// A module that has a memory of so many pages, and nothing else.
pub(crate) fn only_memory(minimum: u64, maximum: Option<u64>) -> Vec<u8> {
    let pages = |pages: u64| u32::try_from(pages).unwrap_or(u32::MAX);
    let mut memory = vec![1, u8::from(maximum.is_some())];
    push_number(&mut memory, pages(minimum));
    if let Some(maximum) = maximum {
        push_number(&mut memory, pages(maximum));
    }
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (section, content) in [(MEMORY_SECTION, &memory[..]), (EXPORT_SECTION, b"\x01\x01m\x02\0")]
    {
        // Both are a few bytes long.
        let _ = push_section(&mut module, section, content);
    }
    module
}

fn changes_a_table(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
    )
}

fn global_name(index: usize) -> String {
    format!("tokenward:global-{index}")
}

/// The content of an export section with these globals added. A name that is
/// taken already makes the module invalid, and so not of the shape.
fn with_exports(content: &[u8], globals: &[usize]) -> Option<Vec<u8>> {
    let mut reader = wasmparser::BinaryReader::new(content, 0);
    let count = reader.read_var_u32().ok()?;
    let entries = content.get(reader.original_position()..)?;
    let mut out = Vec::with_capacity(content.len() + globals.len() * 32);
    push_number(&mut out, count.checked_add(u32::try_from(globals.len()).ok()?)?);
    out.extend_from_slice(entries);
    for index in globals {
        let name = global_name(*index);
        push_number(&mut out, u32::try_from(name.len()).ok()?);
        out.extend_from_slice(name.as_bytes());
        out.push(GLOBAL);
        push_number(&mut out, u32::try_from(*index).ok()?);
    }
    Some(out)
}

fn push_section(out: &mut Vec<u8>, id: u8, content: &[u8]) -> Option<()> {
    out.push(id);
    push_number(out, u32::try_from(content.len()).ok()?);
    out.extend_from_slice(content);
    Some(())
}

/// LEB128 without sign.
fn push_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}
