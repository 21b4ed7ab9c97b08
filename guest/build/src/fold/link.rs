//! Which item of the one module each item of the many becomes.

use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use super::read::{CoreInstance, Linked, Origin};
use super::spaces::Spaces;

/// The modules as one, before it is written.
pub(crate) struct Plan<'a> {
    /// An instance of a module each, in the order in which they are made.
    pub(crate) placed: Vec<Placed<'a>>,
    pub(crate) functions: Vec<Function>,
    /// Exports: name, kind and index.
    pub(crate) exports: Vec<(String, ExternalKind, u32)>,
}

/// A function of the one module, in the order of its indices.
pub(crate) enum Function {
    /// It traps. Its type.
    Stop { ty: u32 },
    /// One of the module's own, by its place in the code section.
    Of { placed: usize, body: usize, ty: u32 },
}

/// A module in the one module: where its items have gone.
pub(crate) struct Placed<'a> {
    pub(crate) module: &'a [u8],
    /// Where its types, its data and its element segments begin.
    pub(crate) types: u32,
    pub(crate) data: u32,
    pub(crate) elements: u32,
    /// The new index of each of its items.
    pub(crate) items: Spaces<Vec<u32>>,
    pub(crate) start: Option<u32>,
    /// Whether it writes to a memory or a table when it is made.
    has_segments: bool,
    exports: Vec<(&'a str, ExternalKind, u32)>,
}

impl Placed<'_> {
    fn export(&self, kind: ExternalKind, name: &str) -> Option<u32> {
        let mut exports = self.exports.iter();
        let (.., index) = exports.find(|(other, of, _)| *other == name && same(*of, kind))?;
        self.items.get(kind, *index).copied()
    }
}

fn same(a: ExternalKind, b: ExternalKind) -> bool {
    let plain = |kind| if kind == ExternalKind::FuncExact { ExternalKind::Func } else { kind };
    plain(a) == plain(b)
}

/// How many items of each kind there are so far.
#[derive(Default)]
struct Counts {
    types: u32,
    data: u32,
    elements: u32,
    /// But for functions: those are in [`Plan::functions`].
    items: Spaces<u32>,
}

pub(crate) fn link<'a>(linked: &Linked<'a>) -> Result<Plan<'a>, String> {
    let mut making = Linker {
        linked,
        plan: Plan { placed: Vec::new(), functions: Vec::new(), exports: Vec::new() },
        by_instance: Vec::new(),
        counts: Counts::default(),
    };
    for instance in &linked.instances {
        let placed = match instance {
            CoreInstance::Items(_) => None,
            CoreInstance::Of { module, arguments } => {
                let module = linked.modules.get(*module).ok_or("a module that is not there")?;
                let placed = making.place(module, arguments)?;
                making.plan.placed.push(placed);
                Some(making.plan.placed.len() - 1)
            }
        };
        making.by_instance.push(placed);
    }
    // All segments of the one module are in place before anything of it runs.
    let started = filled_after_a_start(&making.plan.placed);
    if let Some(later) = started {
        return Err(format!(
            "module {later} is filled after another one has started; the two cannot be one"
        ));
    }
    for (name, kind, origin) in &linked.exports {
        let index = making.resolve(*kind, origin)?;
        let index = index.ok_or_else(|| format!("`{name}` is a function of the host"))?;
        making.plan.exports.push((name.clone(), *kind, index));
    }
    Ok(making.plan)
}

/// The first module that has segments and comes after one with a start function.
fn filled_after_a_start(placed: &[Placed<'_>]) -> Option<usize> {
    let first = placed.iter().position(|placed| placed.start.is_some())?;
    let mut later = placed.iter().enumerate().skip(first + 1);
    later.find(|(_, placed)| placed.has_segments).map(|(number, _)| number)
}

struct Linker<'l, 'a> {
    linked: &'l Linked<'a>,
    plan: Plan<'a>,
    /// Of each core instance, which of [`Plan::placed`] it is, if it is one of a module.
    by_instance: Vec<Option<usize>>,
    counts: Counts,
}

fn sum(a: u32, b: u32) -> Result<u32, String> {
    a.checked_add(b).ok_or_else(|| "more items than a module can have".to_owned())
}

impl<'a> Linker<'_, 'a> {
    fn place(
        &mut self,
        module: &'a [u8],
        arguments: &[(&'a str, u32)],
    ) -> Result<Placed<'a>, String> {
        let counts = &self.counts;
        let mut placed = Placed {
            module,
            types: counts.types,
            data: counts.data,
            elements: counts.elements,
            items: Spaces::default(),
            start: None,
            has_segments: false,
            exports: Vec::new(),
        };
        let number = self.plan.placed.len();
        let mut start = None;
        for payload in Parser::new(0).parse_all(module) {
            let told = |error: wasmparser::BinaryReaderError| error.to_string();
            match payload.map_err(told)? {
                Payload::TypeSection(section) => {
                    for group in section {
                        let types = group.map_err(told)?.types().len();
                        let types = u32::try_from(types).map_err(|e| e.to_string())?;
                        self.counts.types = sum(self.counts.types, types)?;
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(told)?;
                        self.import(&mut placed, arguments, &import)?;
                    }
                }
                Payload::FunctionSection(section) => {
                    for (body, ty) in section.into_iter().enumerate() {
                        let ty = sum(placed.types, ty.map_err(told)?)?;
                        let function = Function::Of { placed: number, body, ty };
                        placed.items.of_mut(ExternalKind::Func).push(self.function(function)?);
                    }
                }
                Payload::TableSection(section) => {
                    self.define(&mut placed, ExternalKind::Table, section.count())?;
                }
                Payload::MemorySection(section) => {
                    self.define(&mut placed, ExternalKind::Memory, section.count())?;
                }
                Payload::GlobalSection(section) => {
                    self.define(&mut placed, ExternalKind::Global, section.count())?;
                }
                Payload::TagSection(section) => {
                    self.define(&mut placed, ExternalKind::Tag, section.count())?;
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(told)?;
                        placed.exports.push((export.name, export.kind, export.index));
                    }
                }
                Payload::StartSection { func, .. } => start = Some(func),
                Payload::ElementSection(section) => {
                    placed.has_segments |= section.count() > 0;
                    self.counts.elements = sum(self.counts.elements, section.count())?;
                }
                Payload::DataSection(section) => {
                    placed.has_segments |= section.count() > 0;
                    self.counts.data = sum(self.counts.data, section.count())?;
                }
                _ => {}
            }
        }
        if let Some(start) = start {
            let start = placed.items.get(ExternalKind::Func, start);
            placed.start = Some(*start.ok_or("a start that is not there")?);
        }
        Ok(placed)
    }

    /// Gives the next indices to so many items of the module's own.
    fn define(
        &mut self,
        placed: &mut Placed<'a>,
        kind: ExternalKind,
        count: u32,
    ) -> Result<(), String> {
        let next = self.counts.items.of_mut(kind);
        let end = sum(*next, count)?;
        placed.items.of_mut(kind).extend(*next..end);
        *next = end;
        Ok(())
    }

    fn function(&mut self, function: Function) -> Result<u32, String> {
        let index = u32::try_from(self.plan.functions.len()).map_err(|e| e.to_string())?;
        self.plan.functions.push(function);
        Ok(index)
    }

    fn import(
        &mut self,
        placed: &mut Placed<'a>,
        arguments: &[(&'a str, u32)],
        import: &wasmparser::Import<'a>,
    ) -> Result<(), String> {
        let name = format!("{}#{}", import.module, import.name);
        let from = arguments.iter().find(|(other, _)| *other == import.module);
        let origin = match from {
            Some((_, instance)) => Origin::Export { instance: *instance, name: import.name },
            None if self.linked.is_component => return Err(format!("nothing gives it `{name}`")),
            None => Origin::Host,
        };
        let kind = match import.ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternalKind::Func,
            TypeRef::Table(_) => ExternalKind::Table,
            TypeRef::Memory(_) => ExternalKind::Memory,
            TypeRef::Global(_) => ExternalKind::Global,
            TypeRef::Tag(_) => ExternalKind::Tag,
        };
        let index = match (self.resolve(kind, &origin)?, import.ty) {
            (Some(index), _) => index,
            (None, TypeRef::Func(ty) | TypeRef::FuncExact(ty)) => {
                self.function(Function::Stop { ty: sum(placed.types, ty)? })?
            }
            (None, _) => {
                return Err(format!("`{name}` is no function, and only a host could give it"));
            }
        };
        placed.items.of_mut(kind).push(index);
        Ok(())
    }

    /// The index of an item in the one module; none if the host would give it.
    fn resolve(&self, kind: ExternalKind, origin: &Origin<'a>) -> Result<Option<u32>, String> {
        let Origin::Export { instance, name } = origin else { return Ok(None) };
        let lost = || format!("no instance exports `{name}` to it");
        let number = usize::try_from(*instance).map_err(|e| e.to_string())?;
        match self.linked.instances.get(number).ok_or_else(lost)? {
            CoreInstance::Items(items) => {
                let mut items = items.iter();
                let item = items.find(|(other, of, _)| other == name && same(*of, kind));
                let (.., index) = item.ok_or_else(lost)?;
                // An index space holds only what was made before: this ends.
                let origin = self.linked.spaces.get(kind, *index).ok_or_else(lost)?;
                self.resolve(kind, origin)
            }
            CoreInstance::Of { .. } => {
                let placed = self.by_instance.get(number).copied().flatten();
                let placed = placed.and_then(|placed| self.plan.placed.get(placed));
                let index = placed.and_then(|placed| placed.export(kind, name));
                index.map(Some).ok_or_else(lost)
            }
        }
    }
}
