//! The module, written anew with what is left of it.

use std::collections::HashMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ConstExpr, CustomSection, DataSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, DataSectionReader, FunctionSectionReader, Operator,
    Parser,
};

use super::Reason;
use super::live::Live;
use super::read::{Linked, Segment};

/// What `wit-bindgen` leaves for whoever makes a component of the module.
const KEPT: &str = "component-type";

/// Bytes of zero that are written rather than a new segment begun.
const GAP: usize = 8;

pub(crate) fn write(module: &[u8], linked: &Linked<'_>, live: &Live) -> Result<Vec<u8>, Reason> {
    let mut indices = HashMap::new();
    let defined = linked.imported..linked.imported + count(linked.functions.len())?;
    let kept = (0..linked.imported).chain(defined.filter(|index| {
        // A table keeps its places, so that what is in it stays, if only as a trap.
        live.functions.contains(index) || linked.in_tables.contains(index)
    }));
    for (new, old) in (0..).zip(kept) {
        indices.insert(old, new);
    }
    let mut written = Module::new();
    Writer { linked, live, indices }
        .parse_core_module(&mut written, Parser::new(0), module)
        .map_err(|error| error.to_string())?;
    Ok(written.finish())
}

fn count(number: usize) -> Result<u32, Reason> {
    u32::try_from(number).map_err(|error| error.to_string())
}

struct Writer<'l, 'a> {
    linked: &'l Linked<'a>,
    live: &'l Live,
    /// Of each function that is kept, its new index.
    indices: HashMap<u32, u32>,
}

type Encoded<T> = Result<T, Error<Infallible>>;

impl Writer<'_, '_> {
    fn is_kept(&self, index: u32) -> bool {
        self.indices.contains_key(&index)
    }

    /// The data that is left, with its addresses; none if all stays as it is, since some code
    /// names segments by their index, or some are not understood.
    fn segments(&self) -> Option<Vec<(u32, Vec<u8>)>> {
        let named = |operator: &Operator<'_>| {
            matches!(operator, Operator::MemoryInit { .. } | Operator::DataDrop { .. })
        };
        let mut operators = self.linked.functions.iter().flat_map(|f| &f.operators);
        if operators.any(|located| named(&located.operator))
            || self.linked.segments.iter().any(|segment| segment.address.is_none())
        {
            return None;
        }
        let live = (0..).zip(&self.linked.segments);
        let live = live.filter(|(index, _)| self.live.segments.contains(index));
        Some(merged(live.map(|(_, segment)| segment)))
    }
}

impl Reencode for Writer<'_, '_> {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Encoded<u32> {
        // All that is reached is kept.
        self.indices.get(&index).copied().ok_or(Error::InvalidConstExpr)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Encoded<()> {
        for (index, ty) in (self.linked.imported..).zip(section) {
            if self.is_kept(index) {
                functions.function(self.type_index(ty?)?);
            }
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Encoded<()> {
        let linked = self.linked;
        for ((index, body), function) in (linked.imported..).zip(section).zip(&linked.functions) {
            if !self.is_kept(index) {
                continue;
            }
            if !self.live.functions.contains(&index) {
                let mut trap = wasm_encoder::Function::new([]);
                trap.instructions().unreachable().end();
                code.function(&trap);
                continue;
            }
            let mut written = utils::new_function_with_parsed_locals(self, &body?)?;
            for located in &function.operators {
                written.instruction(&self.instruction(located.operator.clone())?);
            }
            code.function(&written);
        }
        Ok(())
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> Encoded<()> {
        let Some(segments) = self.segments() else {
            return utils::parse_data_section(self, data, section);
        };
        for (address, bytes) in segments {
            data.active(0, &ConstExpr::i32_const(address.cast_signed()), bytes);
        }
        Ok(())
    }

    fn data_count(&mut self, count: u32) -> Encoded<u32> {
        let segments = self.segments().and_then(|segments| u32::try_from(segments.len()).ok());
        Ok(segments.unwrap_or(count))
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: CustomSectionReader<'_>,
    ) -> Encoded<()> {
        if section.name().starts_with(KEPT) {
            module.section(&CustomSection {
                name: section.name().into(),
                data: section.data().into(),
            });
        }
        Ok(())
    }
}

/// Segments that lie beside one another, as one: in the order of their
/// addresses, without the zeros at their ends.
fn merged<'s, 'a: 's>(segments: impl Iterator<Item = &'s Segment<'a>>) -> Vec<(u32, Vec<u8>)> {
    let mut sorted: Vec<(u32, &[u8])> =
        segments.filter_map(|segment| Some((segment.address?, segment.data))).collect();
    sorted.sort_by_key(|(address, _)| *address);
    let mut merged: Vec<(u32, Vec<u8>)> = Vec::new();
    for (address, data) in sorted {
        let used = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let data = data.get(..used).unwrap_or_default();
        if data.is_empty() {
            continue;
        }
        let gap = merged.last().and_then(|(start, bytes)| {
            (address as usize).checked_sub(*start as usize + bytes.len()).filter(|gap| *gap <= GAP)
        });
        match (gap, merged.last_mut()) {
            (Some(gap), Some((_, bytes))) => {
                bytes.resize(bytes.len() + gap, 0);
                bytes.extend_from_slice(data);
            }
            _ => merged.push((address, data.to_vec())),
        }
    }
    merged
}
