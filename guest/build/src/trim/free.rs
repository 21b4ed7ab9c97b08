//! Freeing memory where nothing is ever freed.
//!
//! The allocator of the SDK only moves forward: what a policy would give back is put back as a
//! whole after the request. All that is done to free memory then does nothing, and the compiler
//! leaves it in, since for it freeing is no ordinary call. Here it goes: the calls of functions
//! without any effect, such as the loop that frees each item of a list.

use wasmparser::Operator;

use super::read::{Function, Linked, Located, is_named, says_where_to_go_on};

/// Of the standard library's function that frees a list, in both ways of mangling: it asks what
/// there is to free, in a frame of its own.
const LISTS: [&[&str]; 2] = [
    &["_ZN5alloc7raw_vec", "RawVecInner", "10deallocate"],
    &["_5alloc7raw_vec", "RawVecInner", "10deallocate"],
];

/// Of functions that go through what they drop, and come to its end.
const LOOPS: [&[&str]; 3] = [
    &["drop_in_place"],
    &["alloc..", "..drop..Drop$GT$4drop"],
    &["_5alloc", "4core3ops4drop4Drop"],
];

/// Whether a function ends: one that loops and does nothing else may never.
fn ends(function: &Function<'_>) -> bool {
    let loops =
        function.operators.iter().any(|located| matches!(located.operator, Operator::Loop { .. }));
    !loops || LOOPS.iter().any(|name| is_named(function.name, name))
}

/// Leaves out the calls of functions that do nothing, if freeing memory does nothing.
pub(crate) fn without_freeing(linked: &mut Linked<'_>) {
    let does_nothing = |function: &Function<'_>| {
        matches!(function.operators.as_slice(), [Located { operator: Operator::End, .. }])
    };
    let mut frees =
        linked.functions.iter().filter(|f| is_named(f.name, &["_7___rustc", "14___rust_dealloc"]));
    if !frees.next().is_some_and(does_nothing) {
        return;
    }
    let mut idle: Vec<bool> = linked
        .functions
        .iter()
        .map(|f| {
            f.results == 0 && (does_nothing(f) || LISTS.iter().any(|name| is_named(f.name, name)))
        })
        .collect();
    loop {
        for function in &mut linked.functions {
            leave_out(&mut function.operators, linked.imported, &idle, &linked.parameters);
        }
        let mut grew = false;
        for (function, idle) in linked.functions.iter().zip(&mut idle) {
            let is_idle = function.results == 0
                && ends(function)
                && function.operators.iter().all(|located| has_no_effect(&located.operator));
            grew |= is_idle && !*idle;
            *idle |= is_idle;
        }
        if !grew {
            return;
        }
    }
}

/// Drops the arguments of a call that does nothing in the place of calling.
fn leave_out(operators: &mut Vec<Located<'_>>, imported: u32, idle: &[bool], parameters: &[usize]) {
    let called = |operator: &Operator<'_>| match operator {
        Operator::Call { function_index } => {
            let index = function_index.checked_sub(imported)? as usize;
            let is_idle = idle.get(index).copied().unwrap_or(false);
            is_idle.then(|| parameters.get(index).copied()).flatten()
        }
        _ => None,
    };
    if !operators.iter().any(|located| called(&located.operator).is_some()) {
        return;
    }
    let mut kept = Vec::with_capacity(operators.len());
    for located in operators.drain(..) {
        match called(&located.operator) {
            None => kept.push(located),
            Some(parameters) => drop_values(&mut kept, parameters),
        }
    }
    *operators = kept;
}

/// Takes so many values off the stack: those that were made for nothing else
/// are not made.
fn drop_values(kept: &mut Vec<Located<'_>>, count: usize) {
    let mut count = count;
    while count > 0 {
        let Some(last) = kept.last_mut() else { break };
        match takes(&last.operator) {
            Some(taken) => {
                kept.pop();
                count += taken;
            }
            None => match last.operator {
                Operator::LocalTee { local_index } => {
                    last.operator = Operator::LocalSet { local_index };
                }
                _ => break,
            },
        }
        count -= 1;
    }
    let drop = || Located { operator: Operator::Drop, refers: None };
    kept.extend(std::iter::repeat_with(drop).take(count));
}

/// How many values an operator takes that makes one and does nothing else. That
/// a load may trap does not count: what is loaded is a value of the guest's own.
fn takes(operator: &Operator<'_>) -> Option<usize> {
    use Operator as O;
    Some(match operator {
        O::LocalGet { .. } | O::GlobalGet { .. } | O::I32Const { .. } | O::I64Const { .. } => 0,
        O::I32Load { .. } | O::I32Load8U { .. } | O::I64Load { .. } | O::I32Eqz => 1,
        O::I32Add | O::I32Sub | O::I32Shl | O::I32Mul | O::I32And | O::I32Or | O::I32ShrU => 2,
        _ => None?,
    })
}

/// Whether an operator does nothing that is seen outside its function. Calls
/// that do nothing are gone already.
fn has_no_effect(operator: &Operator<'_>) -> bool {
    use Operator as O;
    takes(operator).is_some()
        || says_where_to_go_on(operator)
        || matches!(
            operator,
            O::Drop
                | O::Nop
                | O::LocalSet { .. }
                | O::LocalTee { .. }
                | O::I32Eq
                | O::I32Ne
                | O::I32LtU
                | O::I32LtS
                | O::I32GtU
                | O::I32GtS
                | O::I32GeU
                | O::I32LeU
                | O::I32LeS
                | O::I32GeS
                | O::I64Eq
                | O::I64Ne
                | O::I64Eqz
                | O::I32DivU
                | O::I32Xor
                | O::Select
        )
}
