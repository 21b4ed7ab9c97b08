//! The modules of a component, and how it links them.

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind,
    ComponentOuterAliasKind, Encoding, ExternalKind, Instance, Parser, Payload,
};

use super::spaces::Spaces;

/// What is to be linked: core modules, their instances, and what is exported of them.
pub(crate) struct Linked<'a> {
    pub(crate) modules: Vec<&'a [u8]>,
    pub(crate) instances: Vec<CoreInstance<'a>>,
    /// Where the items of the component's core index spaces come from.
    pub(crate) spaces: Spaces<Vec<Origin<'a>>>,
    /// Exports of the module to be: name and origin.
    pub(crate) exports: Vec<(String, ExternalKind, Origin<'a>)>,
    /// What the host would give: interfaces of a component, modules of a module, by name.
    pub(crate) host: Vec<String>,
    /// Whether it was a component.
    pub(crate) is_component: bool,
    /// Whether a module of it says of which world it is: what is written keeps that.
    pub(crate) says_its_world: bool,
}

/// A core instance.
pub(crate) enum CoreInstance<'a> {
    /// Of a module, with the instances that it imports from, by the name of the import's module.
    Of { module: usize, arguments: Vec<(&'a str, u32)> },
    /// Of items put together.
    Items(Vec<(&'a str, ExternalKind, u32)>),
}

/// Where an item comes from.
#[derive(Clone)]
pub(crate) enum Origin<'a> {
    /// An export of an instance.
    Export { instance: u32, name: &'a str },
    /// The host.
    Host,
}

/// One component, of those that lie in one another.
#[derive(Default)]
struct Level<'a> {
    modules: Vec<&'a [u8]>,
    instances: Vec<CoreInstance<'a>>,
    spaces: Spaces<Vec<Origin<'a>>>,
    lifts: Vec<(u32, Box<[CanonicalOption]>)>,
    imports: Vec<String>,
}

/// What the name of the section begins with that a language's tool leaves for whoever makes a
/// component of a module.
pub(crate) const SAYS_ITS_WORLD: &str = "component-type";

/// The functions of the contract.
const FUNCTIONS: [&str; 3] = ["describe", "configure", "evaluate"];
/// What the names of their core functions begin with.
const PREFIX: &str = "tokenward:policy/policy@";

impl<'a> Linked<'a> {
    pub(crate) fn read(wasm: &'a [u8]) -> Result<Self, String> {
        if Parser::is_core_wasm(wasm) {
            return Self::of_module(wasm);
        }
        let mut levels: Vec<Level<'a>> = Vec::new();
        let mut open = Vec::new();
        let mut modules = 0_usize;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(|error| error.to_string())?;
            match payload {
                Payload::Version { encoding: Encoding::Component, .. } => {
                    open.push(levels.len());
                    levels.push(Level::default());
                }
                Payload::Version { encoding: Encoding::Module, .. } => modules += 1,
                Payload::End(_) if modules > 0 => modules -= 1,
                Payload::End(_) => drop(open.pop()),
                payload if modules == 0 => {
                    let level = open.last().and_then(|level| levels.get_mut(*level));
                    level.ok_or("a section outside of a component")?.take(wasm, payload)?;
                }
                _ => {}
            }
        }
        let level = levels.into_iter().find(Level::is_policy);
        level.ok_or("it does not export the contract")?.into_linked()
    }

    /// A module by itself: all that it imports, the host would give.
    fn of_module(module: &'a [u8]) -> Result<Self, String> {
        let told = |error: wasmparser::BinaryReaderError| error.to_string();
        let (mut exports, mut host, mut says_its_world) = (Vec::new(), Vec::new(), false);
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(told)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(told)?;
                        host.push(format!("{}#{}", import.module, import.name));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(told)?;
                        let origin = Origin::Export { instance: 0, name: export.name };
                        exports.push((export.name.to_owned(), export.kind, origin));
                    }
                }
                Payload::CustomSection(section) => {
                    says_its_world |= section.name().starts_with(SAYS_ITS_WORLD);
                }
                _ => {}
            }
        }
        Ok(Self {
            modules: vec![module],
            instances: vec![CoreInstance::Of { module: 0, arguments: Vec::new() }],
            spaces: Spaces::default(),
            exports,
            host,
            is_component: false,
            says_its_world,
        })
    }
}

impl<'a> Level<'a> {
    fn take(&mut self, wasm: &'a [u8], payload: Payload<'a>) -> Result<(), String> {
        let told = |error: wasmparser::BinaryReaderError| error.to_string();
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                let module = wasm.get(unchecked_range);
                self.modules.push(module.ok_or("a module beyond the end")?);
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(told)?;
                    if matches!(import.ty, wasmparser::ComponentTypeRef::Module(_)) {
                        return Err(format!("it imports a module, `{}`", import.name.name));
                    }
                    self.imports.push(import.name.name.to_owned());
                }
            }
            Payload::ComponentStartSection { .. } => {
                return Err("it starts as a component".into());
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.instances.push(match instance.map_err(told)? {
                        Instance::Instantiate { module_index, args } => CoreInstance::Of {
                            module: usize::try_from(module_index).map_err(|e| e.to_string())?,
                            arguments: args.iter().map(|a| (a.name, a.index)).collect(),
                        },
                        Instance::FromExports(items) => CoreInstance::Items(
                            items.iter().map(|item| (item.name, item.kind, item.index)).collect(),
                        ),
                    });
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    match alias.map_err(told)? {
                        ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                            let origin = Origin::Export { instance: instance_index, name };
                            self.spaces.of_mut(kind).push(origin);
                        }
                        ComponentAlias::Outer {
                            kind: ComponentOuterAliasKind::CoreModule, ..
                        }
                        | ComponentAlias::InstanceExport {
                            kind: ComponentExternalKind::Module,
                            ..
                        } => return Err("it takes a module from elsewhere".into()),
                        _ => {}
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for func in section {
                    match func.map_err(told)? {
                        CanonicalFunction::Lift { core_func_index, options, .. } => {
                            self.lifts.push((core_func_index, options));
                        }
                        // All others are core functions that the host makes.
                        _ => self.spaces.of_mut(ExternalKind::Func).push(Origin::Host),
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The function of the contract that this lifts, and the name of its core function.
    fn lifted(&self, core_func: u32) -> Option<(&'static str, &'a str)> {
        let Origin::Export { name, .. } = self.spaces.get(ExternalKind::Func, core_func)? else {
            return None;
        };
        let (_, func) = name.strip_prefix(PREFIX)?.split_once('#')?;
        let func = FUNCTIONS.into_iter().find(|known| *known == func)?;
        Some((func, name))
    }

    fn is_policy(&self) -> bool {
        self.lifts.iter().any(|(func, _)| self.lifted(*func).is_some())
    }

    fn into_linked(self) -> Result<Linked<'a>, String> {
        let mut exports = Vec::new();
        let origin = |kind, index| {
            self.spaces.get(kind, index).cloned().ok_or("an index that the component lacks")
        };
        let (mut memory, mut realloc) = (None, None);
        for (core_func, options) in &self.lifts {
            let Some((func, name)) = self.lifted(*core_func) else { continue };
            exports.push((
                name.to_owned(),
                ExternalKind::Func,
                origin(ExternalKind::Func, *core_func)?,
            ));
            for option in options {
                match option {
                    CanonicalOption::UTF8 => {}
                    CanonicalOption::Memory(index) => {
                        memory = Some(origin(ExternalKind::Memory, *index)?);
                    }
                    CanonicalOption::Realloc(index) => {
                        realloc = Some(origin(ExternalKind::Func, *index)?);
                    }
                    CanonicalOption::PostReturn(index) => {
                        let origin = origin(ExternalKind::Func, *index)?;
                        exports.push((format!("cabi_post_{name}"), ExternalKind::Func, origin));
                    }
                    _ => return Err(format!("`{func}` is lifted in a way that is not known here")),
                }
            }
        }
        exports.push(("memory".into(), ExternalKind::Memory, memory.ok_or("it has no memory")?));
        let realloc = realloc.ok_or("it has no `cabi_realloc`")?;
        exports.push(("cabi_realloc".into(), ExternalKind::Func, realloc));
        let Self { modules, instances, spaces, imports, .. } = self;
        Ok(Linked {
            modules,
            instances,
            spaces,
            exports,
            host: imports,
            is_component: true,
            says_its_world: false,
        })
    }
}
