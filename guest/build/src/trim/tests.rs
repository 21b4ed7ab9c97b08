use wasm_encoder::{CustomSection, Encode, LinkingSection, Section, SymbolTable};
use wasmparser::{Operator, Parser, Payload};

use super::trim;

/// `core::panicking::panic`, as the compiler names it.
const PANIC: &str = "_RNvNtCsgXGp5Oqx2Ny_4core9panicking5panic";

/// A module as the linker leaves it, of text: `i32.const 1000` in it stands for the address of
/// the first symbol, and so on. The symbols are the functions, by these names, and then so many
/// data segments.
fn linked(text: &str, functions: &[&str], segments: u32) -> Vec<u8> {
    const FIRST: i32 = 1000;
    let mut module = wat::parse_str(text).unwrap();
    let mut relocations: Vec<(u8, usize, i32)> = Vec::new();
    let (mut start, mut sections, mut code) = (0, 0, 0);
    let count = i32::try_from(functions.len()).unwrap();
    for payload in Parser::new(0).parse_all(&module) {
        let payload = payload.unwrap();
        match &payload {
            Payload::CodeSectionStart { range, .. } => (start, code) = (range.start, sections),
            Payload::CodeSectionEntry(body) => {
                let mut reader = body.get_operators_reader().unwrap();
                while !reader.eof() {
                    let at = reader.original_position() + 1 - start;
                    if let Operator::I32Const { value: value @ FIRST.. } = reader.read().unwrap() {
                        // An entry of a table, or an address in memory.
                        let kind = if value - FIRST < count { 1 } else { 4 };
                        relocations.push((kind, at, value - FIRST));
                    }
                }
            }
            _ => {}
        }
        sections += u32::from(payload.as_section().is_some());
    }
    let mut symbols = SymbolTable::new();
    for (index, name) in (0..).zip(functions) {
        symbols.function(0, index, Some(name));
    }
    for index in 0..segments {
        let definition = wasm_encoder::DataSymbolDefinition { index, offset: 0, size: 1 };
        symbols.data(0, &format!("data{index}"), Some(definition));
    }
    let mut linking = LinkingSection::new();
    linking.symbol_table(&symbols);
    linking.append_to(&mut module);
    let mut data = Vec::new();
    code.encode(&mut data);
    u32::try_from(relocations.len()).unwrap().encode(&mut data);
    for (kind, at, symbol) in relocations {
        data.push(kind);
        at.encode(&mut data);
        u32::try_from(symbol).unwrap().encode(&mut data);
        if kind == 4 {
            data.push(0);
        }
    }
    CustomSection { name: "reloc.CODE".into(), data: data.into() }.append_to(&mut module);
    module
}

/// What is left of it, as text.
fn trimmed(text: &str, functions: &[&str], segments: u32) -> String {
    let left = trim(&linked(text, functions, segments)).unwrap();
    wasmparser::Validator::new().validate_all(&left).unwrap();
    let printed = wasmprinter::print_bytes(&left).unwrap();
    let lines = printed.lines().map(|line| line.split(";;").next().unwrap_or_default());
    lines.map(|line| line.trim().to_owned() + "\n").collect()
}

#[test]
fn a_call_that_panics_is_a_trap_and_takes_what_it_says_along() {
    let left = trimmed(
        r#"(module
            (table 4 funcref)
            (memory (export "memory") 1)
            (func (export "run") (param i32)
                local.get 0
                if
                    i32.const 0
                    i32.const 1004
                    i32.store
                    i32.const 1002
                    call $says
                    unreachable
                end
                i32.const 1005
                drop)
            (func $says (param i32)
                i32.const 8
                i32.const 1003
                i32.store
                i32.const 8
                call $panic
                unreachable)
            (func $panic (param i32) unreachable)
            (func $formats (result i32) i32.const 7)
            (elem (i32.const 1) func $formats)
            (data (i32.const 100) "told by the panic")
            (data (i32.const 200) "read by the policy"))"#,
        &["run", "says", PANIC, "formats"],
        2,
    );
    // Of `says` nothing is left: its caller traps at once, without what it would have stored.
    assert!(left.contains("if\nunreachable\nend\n"), "{left}");
    assert!(!left.contains("i32.store"), "{left}");
    assert!(!left.contains("told by the panic"), "{left}");
    assert!(left.contains("(i32.const 200) \"read by the policy\""), "{left}");
    // What a table holds keeps its place there, and traps.
    assert!(left.contains("(elem (;0;) (i32.const 1) func 1)"), "{left}");
    assert_eq!(left.matches("(func (;").count(), 2, "{left}");
    assert!(!left.contains("i32.const 7"), "{left}");
}

#[test]
fn what_is_used_stays() {
    let text = r#"(module
        (type $answers (func (result i32)))
        (table 4 funcref)
        (memory (export "memory") 1)
        (global $stack (mut i32) (i32.const 64))
        (func (export "run") (result i32)
            call $called
            drop
            global.get $stack
            drop
            i32.const 1002
            call_indirect (type $answers))
        (func $called (result i32) i32.const 1004)
        (func $pointed (result i32) i32.const 1005)
        (func $unused (result i32) i32.const 1006)
        (elem (i32.const 1) func $called $pointed)
        (data (i32.const 100) "one")
        (data (i32.const 106) "two")
        (data (i32.const 200) "unused"))"#;
    let left = trimmed(text, &["run", "called", "pointed", "unused"], 3);
    // Neighbours become one segment, with zeros between them.
    assert!(left.contains(r#"(i32.const 100) "one\00\00\00two""#), "{left}");
    assert!(!left.contains("unused"), "{left}");
    assert_eq!(left.matches("(func (;").count(), 3, "{left}");
    for used in ["call_indirect", "global.get", "i32.const 1005", "func 1 2"] {
        assert!(left.contains(used), "{used} in {left}");
    }
}

#[test]
fn only_what_never_returns_is_taken_for_a_panic() {
    // Its name is among those of panics, and it answers: it stays, and so does what follows.
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "run") (result i32)
            block
                call $shows
                br_if 0
                i32.const 3
                return
            end
            i32.const 1002)
        (func $shows (result i32) i32.const 5)
        (data (i32.const 100) "kept"))"#;
    let left = trimmed(text, &["run", "_ZN4core9panicking4show17h0E"], 1);
    for kept in ["i32.const 5", "br_if 0", "return", "kept"] {
        assert!(left.contains(kept), "{kept} in {left}");
    }
}

#[test]
fn code_after_a_trap_goes_up_to_the_end_of_its_block() {
    let text = r#"(module
        (func (export "run") (param i32) (result i32)
            local.get 0
            if (result i32)
                call $panic
                block
                    loop
                    end
                end
                i32.const 1
            else
                i32.const 2
            end)
        (func $panic unreachable))"#;
    let left = trimmed(text, &["run", PANIC], 0);
    assert!(left.contains("if (result i32)\nunreachable\nelse\ni32.const 2\nend\n"), "{left}");
}

/// The allocator's function, and the one of lists, as the compiler names them.
const FREE: &str = "_RNvCsfLfy6EI15iL_7___rustc14___rust_dealloc";
const FREE_LIST: &str = "_ZN5alloc7raw_vec20RawVecInner$LT$A$GT$10deallocate17h0E";

/// A module that frees a list; `frees` is what the allocator does about it.
fn freeing(frees: &str) -> String {
    format!(
        r#"(module
            (memory (export "memory") 1)
            (func (export "run") (param i32)
                local.get 0
                i32.const 8
                i32.add
                i32.const 4
                call $drop
                local.get 0
                call $policys_own)
            (func $drop (param i32 i32)
                loop
                    local.get 0
                    i32.load
                    local.tee 0
                    i32.const 1
                    i32.const 2
                    call $list
                    local.get 0
                    br_if 0
                end)
            (func $list (param i32 i32 i32)
                i32.const 16
                i32.const 1
                i32.store
                local.get 0
                local.get 1
                local.get 2
                call $free)
            (func $free (param i32 i32 i32) {frees})
            (func $policys_own (param i32)
                local.get 0
                i32.const 32
                i32.store))"#
    )
}

const FREEING: [&str; 5] =
    ["run", "_ZN4core3ptr13drop_in_place17h0E", FREE_LIST, FREE, "_ZN3own10deallocate17h0E"];

#[test]
fn freeing_that_does_nothing_goes() {
    let left = trimmed(&freeing(""), &FREEING, 0);
    assert!(!left.contains("loop") && !left.contains("i32.load"), "{left}");
    // A function of the policy that does something stays, whatever its name.
    assert!(left.contains("(param i32)\nlocal.get 0\ncall 1\n"), "{left}");
    assert!(left.contains("i32.const 32\ni32.store"), "{left}");
}

/// It may wait for ever, which is a fault for want of fuel: leaving it out would be none.
#[test]
fn a_loop_of_the_policys_own_is_no_freeing() {
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "run") (param i32)
            local.get 0
            call $waits)
        (func $waits (param i32)
            loop
                local.get 0
                i32.load
                br_if 0
            end)
        (func $free (param i32 i32 i32)))"#;
    let left = trimmed(text, &["run", "_ZN3own5waits17h0E", FREE], 0);
    assert!(left.contains("call 1") && left.contains("loop"), "{left}");
}

#[test]
fn freeing_that_does_something_stays() {
    let left = trimmed(&freeing("i32.const 0 i32.const 1 i32.store"), &FREEING, 0);
    assert!(left.contains("loop") && left.contains("i32.load"), "{left}");
    assert_eq!(left.matches("(func (;").count(), 5, "{left}");
}

#[test]
fn a_module_without_relocations_is_refused() {
    let module = wat::parse_str(r#"(module (func (export "run")))"#).unwrap();
    assert_eq!(trim(&module), Err("it has no relocations".into()));
    let mut module = linked(r#"(module (func (export "run")))"#, &["run"], 0);
    CustomSection { name: "linking".into(), data: (&[9][..]).into() }.append_to(&mut module);
    assert_eq!(trim(&module), Err("its section `linking` is not understood".into()));
}

#[test]
fn data_that_data_points_at_stays() {
    let text = r#"(module
        (table 4 funcref)
        (memory (export "memory") 1)
        (func (export "run") i32.const 1003 drop)
        (func $pointed (result i32) i32.const 42)
        (func $unused (result i32) i32.const 43)
        (elem (i32.const 1) func $pointed $unused)
        (data (i32.const 100) "\00\00\00\00\00\00\00\01")
        (data (i32.const 200) "pointed at")
        (data (i32.const 300) "not used"))"#;
    let mut module = linked(text, &["run", "pointed", "unused"], 3);
    // In the first segment: the address of the second, and an entry of the table.
    let (mut place, mut number, mut sections) = (0, 0_u32, 0);
    for payload in Parser::new(0).parse_all(&module) {
        let payload = payload.unwrap();
        if let Payload::DataSection(section) = &payload {
            number = sections;
            let first = section.clone().into_iter().next().unwrap().unwrap();
            place = first.range.end - first.data.len() - section.range().start;
        }
        sections += u32::from(payload.as_section().is_some());
    }
    let mut data = Vec::new();
    number.encode(&mut data);
    2_u32.encode(&mut data);
    for (kind, at, symbol) in [(5_u8, place, 4_u32), (2, place + 4, 1)] {
        data.push(kind);
        at.encode(&mut data);
        symbol.encode(&mut data);
        if kind == 5 {
            data.push(0);
        }
    }
    CustomSection { name: "reloc.DATA".into(), data: data.into() }.append_to(&mut module);
    let printed = wasmprinter::print_bytes(trim(&module).unwrap()).unwrap();
    assert!(printed.contains("\"pointed at\"") && !printed.contains("not used"), "{printed}");
    assert!(printed.contains("i32.const 42") && !printed.contains("i32.const 43"), "{printed}");
}
