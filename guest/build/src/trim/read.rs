//! A linked module, taken apart, with the linker's relocations.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use wasmparser::{
    DataKind, ElementItems, ExternalKind, KnownCustom, Linking, Operator, Parser, Payload,
    RelocationEntry, RelocationType, SymbolFlags, SymbolInfo, TypeRef, Validator, WasmFeatures,
};

use super::Reason;

/// A linked module.
pub(crate) struct Linked<'a> {
    /// Functions that it imports: they come first in the index space.
    pub(crate) imported: u32,
    /// Functions that it defines.
    pub(crate) functions: Vec<Function<'a>>,
    /// How many values each of them takes.
    pub(crate) parameters: Vec<usize>,
    /// Functions that something outside can call.
    pub(crate) entries: BTreeSet<u32>,
    /// Functions that a table holds.
    pub(crate) in_tables: BTreeSet<u32>,
    pub(crate) segments: Vec<Segment<'a>>,
}

/// A function that the module defines.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// How many values it answers.
    pub(crate) results: usize,
    pub(crate) operators: Vec<Located<'a>>,
}

/// An operator, and what the linker wrote into it.
pub(crate) struct Located<'a> {
    pub(crate) operator: Operator<'a>,
    pub(crate) refers: Option<Target>,
}

/// A data segment.
pub(crate) struct Segment<'a> {
    /// Where in memory it begins; none where it is not put there when an instance is made.
    pub(crate) address: Option<u32>,
    pub(crate) data: &'a [u8],
    pub(crate) refers: Vec<Target>,
}

/// What is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A function, by its index.
    Function(u32),
    /// A data segment, by its index.
    Segment(u32),
}

/// Whether a mangled name has these parts, in their order.
pub(crate) fn is_named(name: &str, parts: &[&str]) -> bool {
    let mut rest = Some(name);
    for part in parts {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, after)| after);
    }
    rest.is_some()
}

/// Whether an operator is a branch, or the border of a block.
pub(crate) fn says_where_to_go_on(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Return
    )
}

/// Where in the module a reference stands, and to which symbol.
struct Reference {
    /// From the beginning of the section's content.
    offset: u32,
    symbol: u32,
}

/// In the place of the signature of a type that is none of a function.
const NO_FUNCTION: (usize, usize) = (usize::MAX, usize::MAX);

#[derive(Default)]
struct Sections<'a> {
    /// Of each type: how many values a function takes and answers.
    signatures: Vec<(usize, usize)>,
    imported: u32,
    types: Vec<u32>,
    code: Vec<wasmparser::FunctionBody<'a>>,
    code_start: usize,
    segments: Vec<(Segment<'a>, Range<usize>)>,
    data_start: usize,
    entries: BTreeSet<u32>,
    in_tables: BTreeSet<u32>,
    /// Whether something outside can call what a table holds.
    exports_table: bool,
    names: HashMap<u32, &'a str>,
    targets: Vec<Option<Target>>,
    /// Symbols that stand for where all data of a kind begins or ends.
    borders: Vec<&'a str>,
    /// By the number of the section that they are in.
    relocations: HashMap<u32, Vec<Reference>>,
    code_number: Option<u32>,
    data_number: Option<u32>,
}

impl<'a> Linked<'a> {
    pub(crate) fn read(module: &'a [u8]) -> Result<Self, Reason> {
        // What else there is, such as exceptions and calls of references, is not understood here.
        let understood = WasmFeatures::WASM1
            | WasmFeatures::BULK_MEMORY
            | WasmFeatures::MULTI_VALUE
            | WasmFeatures::REFERENCE_TYPES
            | WasmFeatures::SATURATING_FLOAT_TO_INT
            | WasmFeatures::SIGN_EXTENSION;
        Validator::new_with_features(understood)
            .validate_all(module)
            .map_err(|error| error.to_string())?;
        let mut sections = Sections::default();
        let mut number = 0;
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.map_err(|error| error.to_string())?;
            let counts = payload.as_section().is_some();
            sections.take(payload, number)?;
            number += u32::from(counts);
        }
        sections.join()
    }
}

impl<'a> Sections<'a> {
    fn take(&mut self, payload: Payload<'a>, number: u32) -> Result<(), Reason> {
        if let Payload::CustomSection(section) = &payload
            && matches!(section.as_known(), KnownCustom::Unknown)
            && (section.name() == "linking" || section.name().starts_with("reloc."))
        {
            return Err(format!("its section `{}` is not understood", section.name()));
        }
        self.try_take(payload, number).map_err(|error| error.to_string())
    }

    fn try_take(&mut self, payload: Payload<'a>, number: u32) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.signatures.push(match &ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(func) => {
                                (func.params().len(), func.results().len())
                            }
                            _ => NO_FUNCTION,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.types.push(ty?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.entries.insert(export.index);
                    }
                    self.exports_table |= export.kind == ExternalKind::Table;
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    for operator in global?.init_expr.get_operators_reader() {
                        if let Operator::RefFunc { function_index } = operator? {
                            self.entries.insert(function_index);
                        }
                    }
                }
            }
            Payload::StartSection { func, .. } => {
                self.entries.insert(func);
            }
            Payload::ElementSection(section) => {
                for element in section {
                    self.take_element(&element?.items)?;
                }
            }
            Payload::CodeSectionStart { range, .. } => {
                self.code_start = range.start;
                self.code_number = Some(number);
            }
            Payload::CodeSectionEntry(body) => self.code.push(body),
            Payload::DataSection(section) => {
                self.data_start = section.range().start;
                self.data_number = Some(number);
                for data in section {
                    let data = data?;
                    let segment =
                        Segment { address: address(&data)?, data: data.data, refers: Vec::new() };
                    self.segments.push((segment, data.range));
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Linking(linking) => {
                    for part in linking.subsections() {
                        if let Linking::SymbolTable(symbols) = part? {
                            for symbol in symbols {
                                self.take_symbol(&symbol?);
                            }
                        }
                    }
                }
                KnownCustom::Reloc(relocations) => {
                    let of = self.relocations.entry(relocations.section_index()).or_default();
                    for entry in relocations.entries() {
                        of.extend(reference(&entry?));
                    }
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn take_element(&mut self, items: &ElementItems<'a>) -> wasmparser::Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions.clone() {
                    self.in_tables.insert(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions.clone() {
                    for operator in expression?.get_operators_reader() {
                        if let Operator::RefFunc { function_index } = operator? {
                            self.in_tables.insert(function_index);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn take_symbol(&mut self, symbol: &SymbolInfo<'a>) {
        self.targets.push(match symbol {
            SymbolInfo::Func { index, name, .. } => {
                if let Some(name) = name {
                    self.names.insert(*index, name);
                }
                Some(Target::Function(*index))
            }
            // An address and no place in a segment, such as that of the heap.
            SymbolInfo::Data { flags, .. } if flags.contains(SymbolFlags::ABSOLUTE) => None,
            SymbolInfo::Data { symbol, .. } => symbol.map(|data| Target::Segment(data.index)),
            _ => None,
        });
        if let SymbolInfo::Data { name, .. } = symbol
            && (name.starts_with("__start_") || name.starts_with("__stop_"))
        {
            self.borders.push(name);
        }
    }

    fn join(mut self) -> Result<Linked<'a>, Reason> {
        let (Some(code), data) = (self.code_number, self.data_number) else {
            return Err("it has no code".into());
        };
        if let Some(border) = self.borders.first() {
            return Err(format!("it refers to `{border}`, so that what it uses is not known"));
        }
        // Without these, what refers to what is not known, and all would seem unused.
        let mut in_code = self.relocations.remove(&code).ok_or("it has no relocations")?;
        if self.targets.is_empty() {
            return Err("it has no symbols".into());
        }
        // Each in the order of its place.
        in_code.sort_by_key(|reference| reference.offset);
        let in_data = data.and_then(|data| self.relocations.remove(&data)).unwrap_or_default();
        let target = |reference: &Reference| {
            let target = self.targets.get(reference.symbol as usize).copied();
            target.ok_or_else(|| format!("symbol {} is missing", reference.symbol))
        };
        let (mut segments, mut found) = (Vec::new(), 0);
        for (mut segment, range) in self.segments {
            let place = |reference: &Reference| self.data_start + reference.offset as usize;
            for reference in in_data.iter().filter(|r| range.contains(&place(r))) {
                found += 1;
                segment.refers.extend(target(reference)?);
            }
            segments.push(segment);
        }
        if found != in_data.len() {
            return Err("a relocation is in no data".into());
        }
        let (mut functions, mut parameters) = (Vec::new(), Vec::new());
        let mut found = 0;
        for (body, (index, ty)) in self.code.iter().zip((self.imported..).zip(&self.types)) {
            let located = located(body, self.code_start, &in_code).map_err(|e| e.to_string())?;
            let mut operators = Vec::with_capacity(located.len());
            for (operator, reference) in located {
                found += usize::from(reference.is_some());
                let refers = reference.map(target).transpose()?.flatten();
                operators.push(Located { operator, refers });
            }
            let (takes, results) =
                self.signatures.get(*ty as usize).copied().unwrap_or(NO_FUNCTION);
            parameters.push(takes);
            let name = self.names.get(&index).copied().unwrap_or_default();
            functions.push(Function { name, results, operators });
        }
        if found != in_code.len() {
            return Err("a relocation is in no instruction, or one of several".into());
        }
        let Self { imported, mut entries, in_tables, .. } = self;
        if self.exports_table {
            entries.extend(&in_tables);
        }
        Ok(Linked { imported, functions, parameters, entries, in_tables, segments })
    }
}

/// The operators of a body, each with what the linker wrote into it.
fn located<'a, 'r>(
    body: &wasmparser::FunctionBody<'a>,
    start: usize,
    references: &'r [Reference],
) -> wasmparser::Result<Vec<(Operator<'a>, Option<&'r Reference>)>> {
    let mut operators = Vec::new();
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let from = reader.original_position() - start;
        let operator = reader.read()?;
        let to = reader.original_position() - start;
        let first = references.partition_point(|reference| (reference.offset as usize) < from);
        let here = references.get(first).filter(|reference| (reference.offset as usize) < to);
        operators.push((operator, here));
    }
    Ok(operators)
}

/// A relocation that refers to something; the others say where a type or the
/// source is.
fn reference(entry: &RelocationEntry) -> Option<Reference> {
    use RelocationType as R;
    let refers = !matches!(
        entry.ty,
        R::TypeIndexLeb | R::SectionOffsetI32 | R::FunctionOffsetI32 | R::FunctionOffsetI64
    );
    refers.then_some(Reference { offset: entry.offset, symbol: entry.index })
}

/// Where an active segment begins, if that is a plain number.
fn address(data: &wasmparser::Data<'_>) -> wasmparser::Result<Option<u32>> {
    let DataKind::Active { memory_index: 0, offset_expr } = &data.kind else { return Ok(None) };
    let mut operators = offset_expr.get_operators_reader();
    Ok(match (operators.read()?, operators.read()?) {
        (Operator::I32Const { value }, Operator::End) => Some(value.cast_unsigned()),
        _ => None,
    })
}
