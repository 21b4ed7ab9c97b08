//! The one module, written.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, ExportSection,
    FunctionSection, GlobalSection, MemorySection, Module, StartSection, TableSection, TagSection,
    TypeSection,
};
use wasmparser::{ExternalKind, FunctionBody, Operator, Parser, Payload};

use super::link::{Function, Placed, Plan};
use super::read::SAYS_ITS_WORLD;

pub(crate) fn write(plan: &Plan<'_>) -> Result<Vec<u8>, String> {
    let mut sections = Sections::default();
    for placed in &plan.placed {
        sections.take(placed).map_err(|error| error.to_string())?;
    }
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for function in &plan.functions {
        match function {
            Function::Stop { ty } => {
                functions.function(*ty);
                let mut stop = wasm_encoder::Function::new([]);
                stop.instructions().unreachable().end();
                code.function(&stop);
            }
            Function::Of { placed, body, ty } => {
                functions.function(*ty);
                let bodies = sections.bodies.get(*placed);
                let body = bodies.and_then(|bodies| bodies.get(*body)).ok_or("no body")?;
                let from = plan.placed.get(*placed).ok_or("no module")?;
                let mut writer = Writer { placed: from, constants: &sections.constants };
                writer.parse_function_body(&mut code, body.clone()).map_err(|e| e.to_string())?;
            }
        }
    }
    let starts: Vec<u32> = plan.placed.iter().filter_map(|placed| placed.start).collect();
    let start = match starts.as_slice() {
        [] => None,
        [one] => Some(StartSection { function_index: *one }),
        several => {
            let mut start = wasm_encoder::Function::new([]);
            for function in several {
                start.instructions().call(*function);
            }
            start.instructions().end();
            code.function(&start);
            functions.function(sections.types.len());
            sections.types.ty().function([], []);
            let function_index = functions.len() - 1;
            Some(StartSection { function_index })
        }
    };
    let mut exports = ExportSection::new();
    for (name, kind, index) in &plan.exports {
        exports.export(name, export_kind(*kind), *index);
    }
    let mut module = Module::new();
    module.section(&sections.types).section(&functions).section(&sections.tables);
    module.section(&sections.memories);
    if !sections.tags.is_empty() {
        module.section(&sections.tags);
    }
    module.section(&sections.globals).section(&exports);
    if let Some(start) = start {
        module.section(&start);
    }
    module.section(&sections.elements);
    module.section(&DataCountSection { count: sections.data.len() });
    module.section(&code).section(&sections.data);
    for (name, data) in &sections.kept {
        module.section(&wasm_encoder::CustomSection { name: (*name).into(), data: (*data).into() });
    }
    Ok(module.finish())
}

fn export_kind(kind: ExternalKind) -> wasm_encoder::ExportKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => wasm_encoder::ExportKind::Func,
        ExternalKind::Table => wasm_encoder::ExportKind::Table,
        ExternalKind::Memory => wasm_encoder::ExportKind::Memory,
        ExternalKind::Global => wasm_encoder::ExportKind::Global,
        ExternalKind::Tag => wasm_encoder::ExportKind::Tag,
    }
}

/// The sections of the one module, but for its functions.
#[derive(Default)]
struct Sections<'a> {
    types: TypeSection,
    tables: TableSection,
    memories: MemorySection,
    tags: TagSection,
    globals: GlobalSection,
    elements: ElementSection,
    data: DataSection,
    /// Of each global, its value, if it is constant and known.
    constants: Vec<Option<Constant>>,
    /// Of each module, the bodies of its functions.
    bodies: Vec<Vec<FunctionBody<'a>>>,
    /// What a language's tool leaves for whoever makes a component of the module.
    kept: Vec<(&'a str, &'a [u8])>,
}

type Encoded<T> = Result<T, Error<Infallible>>;

impl<'a> Sections<'a> {
    fn take(&mut self, placed: &Placed<'a>) -> Encoded<()> {
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(placed.module) {
            let mut writer = Writer { placed, constants: &self.constants };
            match payload? {
                Payload::TypeSection(section) => {
                    writer.parse_type_section(&mut self.types, section)?;
                }
                Payload::TableSection(section) => {
                    writer.parse_table_section(&mut self.tables, section)?;
                }
                Payload::MemorySection(section) => {
                    writer.parse_memory_section(&mut self.memories, section)?;
                }
                Payload::TagSection(section) => {
                    writer.parse_tag_section(&mut self.tags, section)?;
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global?;
                        // It can be made from those before it, in its own module too.
                        let mut writer = Writer { placed, constants: &self.constants };
                        let value = writer.value(&global.init_expr)?;
                        writer.parse_global(&mut self.globals, global.clone())?;
                        self.constants.push(value.filter(|_| !global.ty.mutable));
                    }
                }
                Payload::ElementSection(section) => {
                    writer.parse_element_section(&mut self.elements, section)?;
                }
                Payload::DataSection(section) => {
                    writer.parse_data_section(&mut self.data, section)?;
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::CustomSection(section) if section.name().starts_with(SAYS_ITS_WORLD) => {
                    self.kept.push((section.name(), section.data()));
                }
                _ => {}
            }
        }
        self.bodies.push(bodies);
        Ok(())
    }
}

/// The value of a constant expression.
#[derive(Clone, Copy)]
enum Constant {
    I32(i32),
    I64(i64),
}

/// Writes the items of one module with their new indices.
struct Writer<'p, 'a> {
    placed: &'p Placed<'a>,
    constants: &'p [Option<Constant>],
}

impl Writer<'_, '_> {
    fn index(&self, kind: ExternalKind, index: u32) -> Encoded<u32> {
        self.placed.items.get(kind, index).copied().ok_or(Error::InvalidConstExpr)
    }

    /// What an expression of numbers and constants comes to. A global of another module may stand
    /// in an expression only if it is imported, and in the one module nothing is.
    fn value(&self, expression: &wasmparser::ConstExpr<'_>) -> Encoded<Option<Constant>> {
        use Constant::{I32, I64};
        let mut stack = Vec::new();
        for operator in expression.get_operators_reader() {
            let value = match operator? {
                Operator::I32Const { value } => I32(value),
                Operator::I64Const { value } => I64(value),
                Operator::GlobalGet { global_index } => {
                    let index = self.index(ExternalKind::Global, global_index)?;
                    let known = usize::try_from(index).ok().and_then(|i| self.constants.get(i));
                    let Some(value) = known.copied().flatten() else { return Ok(None) };
                    value
                }
                operator @ (Operator::I32Add
                | Operator::I32Sub
                | Operator::I32Mul
                | Operator::I64Add
                | Operator::I64Sub
                | Operator::I64Mul) => match (stack.pop(), stack.pop(), operator) {
                    (Some(I32(b)), Some(I32(a)), Operator::I32Add) => I32(a.wrapping_add(b)),
                    (Some(I32(b)), Some(I32(a)), Operator::I32Sub) => I32(a.wrapping_sub(b)),
                    (Some(I32(b)), Some(I32(a)), Operator::I32Mul) => I32(a.wrapping_mul(b)),
                    (Some(I64(b)), Some(I64(a)), Operator::I64Add) => I64(a.wrapping_add(b)),
                    (Some(I64(b)), Some(I64(a)), Operator::I64Sub) => I64(a.wrapping_sub(b)),
                    (Some(I64(b)), Some(I64(a)), Operator::I64Mul) => I64(a.wrapping_mul(b)),
                    _ => return Ok(None),
                },
                Operator::End => continue,
                _ => return Ok(None),
            };
            stack.push(value);
        }
        Ok(stack.pop())
    }
}

impl Reencode for Writer<'_, '_> {
    type Error = Infallible;

    fn type_index(&mut self, index: u32) -> Encoded<u32> {
        self.placed.types.checked_add(index).ok_or(Error::InvalidConstExpr)
    }

    fn data_index(&mut self, index: u32) -> Encoded<u32> {
        self.placed.data.checked_add(index).ok_or(Error::InvalidConstExpr)
    }

    fn element_index(&mut self, index: u32) -> Encoded<u32> {
        self.placed.elements.checked_add(index).ok_or(Error::InvalidConstExpr)
    }

    fn function_index(&mut self, index: u32) -> Encoded<u32> {
        self.index(ExternalKind::Func, index)
    }

    fn table_index(&mut self, index: u32) -> Encoded<u32> {
        self.index(ExternalKind::Table, index)
    }

    fn memory_index(&mut self, index: u32) -> Encoded<u32> {
        self.index(ExternalKind::Memory, index)
    }

    fn global_index(&mut self, index: u32) -> Encoded<u32> {
        self.index(ExternalKind::Global, index)
    }

    fn tag_index(&mut self, index: u32) -> Encoded<u32> {
        self.index(ExternalKind::Tag, index)
    }

    fn const_expr(&mut self, expression: wasmparser::ConstExpr<'_>) -> Encoded<ConstExpr> {
        match self.value(&expression)? {
            Some(Constant::I32(value)) => Ok(ConstExpr::i32_const(value)),
            Some(Constant::I64(value)) => Ok(ConstExpr::i64_const(value)),
            None => utils::const_expr(self, expression),
        }
    }
}
