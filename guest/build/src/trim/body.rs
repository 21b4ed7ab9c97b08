//! Calls that can only end in a panic become a trap.

use wasmparser::Operator;

use super::read::{Function, Linked, Located, is_named, says_where_to_go_on};

/// Puts a trap in the place of each call that can only end in a panic, and of
/// what leads to it without a branch.
pub(crate) fn trap_instead_of_panics(linked: &mut Linked<'_>) {
    let mut traps: Vec<bool> = linked.functions.iter().map(begins_a_panic).collect();
    loop {
        for (function, traps_itself) in linked.functions.iter_mut().zip(&traps) {
            if *traps_itself {
                become_trap(&mut function.operators);
            } else {
                cut_short(&mut function.operators, linked.imported, &traps);
            }
        }
        // What does nothing but call one of these is one itself.
        let mut grew = false;
        for (function, traps) in linked.functions.iter().zip(&mut traps) {
            let is_trap = matches!(
                function.operators.first(),
                Some(Located { operator: Operator::Unreachable, .. })
            );
            grew |= is_trap && !*traps;
            *traps |= is_trap;
        }
        if !grew {
            return;
        }
    }
}

/// Whether a function of the standard library begins a panic: it answers
/// nothing, since it never returns.
fn begins_a_panic(function: &Function<'_>) -> bool {
    // Those of `core::panicking`, in both ways of mangling, the handler itself, and what reports
    // that memory is at its cap.
    const NAMES: [&[&str]; 5] = [
        &["_4core9panicking"],
        &["_ZN4core9panicking"],
        &["_7___rustc", "17rust_begin_unwind"],
        &["_7___rustc", "alloc_error_handler"],
        &["5alloc5alloc", "18handle_alloc_error"],
    ];
    function.results == 0 && NAMES.iter().any(|name| is_named(function.name, name))
}

fn become_trap(operators: &mut Vec<Located<'_>>) {
    operators.clear();
    operators.extend([trap(), Located { operator: Operator::End, refers: None }]);
}

fn trap<'a>() -> Located<'a> {
    Located { operator: Operator::Unreachable, refers: None }
}

/// Ends each run of operators that calls a function which only traps.
fn cut_short(operators: &mut Vec<Located<'_>>, imported: u32, traps: &[bool]) {
    let only_traps = |operator: &Operator<'_>| match operator {
        Operator::Call { function_index } => function_index
            .checked_sub(imported)
            .and_then(|index| traps.get(index as usize))
            .copied()
            .unwrap_or(false),
        _ => false,
    };
    if !operators.iter().any(|located| only_traps(&located.operator)) {
        return;
    }
    let mut kept: Vec<Located<'_>> = Vec::with_capacity(operators.len());
    // How many blocks were opened in code that is never reached; none where code is reached.
    let mut unreached: Option<usize> = None;
    for located in operators.drain(..) {
        match (&located.operator, &mut unreached) {
            (operator, None) => {
                if only_traps(operator) {
                    while kept.last().is_some_and(|last| has_no_effect_but_its_own(&last.operator))
                    {
                        kept.pop();
                    }
                    kept.push(trap());
                    unreached = Some(0);
                } else {
                    kept.push(located);
                }
            }
            (Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. }, Some(open)) => {
                *open += 1;
            }
            (Operator::Else | Operator::End, Some(0)) => {
                unreached = None;
                kept.push(located);
            }
            (Operator::End, Some(open)) => *open -= 1,
            (_, Some(_)) => {}
        }
    }
    *operators = kept;
}

/// Whether all that an operator does is gone with the instance when a trap
/// follows it at once. Not a branch, nor the border of a block, which say where
/// code goes on, nor a call, which may not come back.
fn has_no_effect_but_its_own(operator: &Operator<'_>) -> bool {
    use Operator as O;
    !says_where_to_go_on(operator)
        && !matches!(
            operator,
            O::Unreachable
                | O::Call { .. }
                | O::CallIndirect { .. }
                | O::ReturnCall { .. }
                | O::ReturnCallIndirect { .. }
        )
}
