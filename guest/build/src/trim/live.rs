//! What something still refers to.

use std::collections::BTreeSet;

use wasmparser::Operator;

use super::read::{Linked, Target};

/// What of a module can still be used, by index.
pub(crate) struct Live {
    pub(crate) functions: BTreeSet<u32>,
    pub(crate) segments: BTreeSet<u32>,
}

impl Live {
    pub(crate) fn of(linked: &Linked<'_>) -> Self {
        let mut live = Self { functions: BTreeSet::new(), segments: BTreeSet::new() };
        let mut next: Vec<Target> =
            linked.entries.iter().map(|function| Target::Function(*function)).collect();
        // What is put elsewhere than at a known place is not understood, and stays.
        let odd = (0..).zip(&linked.segments).filter(|(_, segment)| segment.address.is_none());
        next.extend(odd.map(|(index, _)| Target::Segment(index)));
        while let Some(target) = next.pop() {
            match target {
                Target::Function(index) => {
                    if live.functions.insert(index) {
                        next.extend(references(linked, index));
                    }
                }
                Target::Segment(index) => {
                    if live.segments.insert(index)
                        && let Some(segment) = linked.segments.get(index as usize)
                    {
                        next.extend(&segment.refers);
                    }
                }
            }
        }
        live
    }
}

/// What a function refers to. Calls are read off the code itself: the linker
/// makes functions of its own, which have no relocations.
fn references<'l>(linked: &'l Linked<'_>, index: u32) -> impl Iterator<Item = Target> + 'l {
    let defined = index.checked_sub(linked.imported);
    let function = defined.and_then(|index| linked.functions.get(index as usize));
    function.into_iter().flat_map(|function| &function.operators).filter_map(
        |located| match located.operator {
            Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } => Some(Target::Function(function_index)),
            _ => located.refers,
        },
    )
}
