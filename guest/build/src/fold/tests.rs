//! Components and modules as text; what comes out is valid, and says what it is to say.

use wasmparser::{Validator, WasmFeatures};

use super::fold;

/// A component as the tools of interpreted languages make one: an interpreter around the memory
/// and the table of another module, and the host's functions through a table that is filled in
/// last. `{more}` stands where a case has something of its own.
const COMPONENT: &str = r#"
(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance $clock (export "now" (func))))
  (core module $main
    (memory (export "memory") 2)
    (table (export "table") 3 funcref)
    (global (export "base") i32 (i32.const 1024))
    (global (export "pointer") (mut i32) (i32.const 64))
    (data (i32.const 0) "main"))
  (core module $shim
    (type $plain (func))
    (table (export "$imports") 1 funcref)
    (func (export "0") (i32.const 0) (call_indirect (type $plain))))
  (core module $lib
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 1 funcref))
    (import "env" "base" (global $base i32))
    (import "env" "pointer" (global $pointer (mut i32)))
    (import "clock" "now" (func $now))
    (global $end i32 (i32.add (global.get $base) (i32.const 16)))
    (func $describe (export "tokenward:policy/policy@0.1.0#describe") (result i32)
      (global.set $pointer (i32.const 8)) (global.get $end))
    (func (export "tokenward:policy/policy@0.1.0#configure") (param i32 i32) (result i32)
      (call $now) (i32.const 0))
    (func (export "tokenward:policy/policy@0.1.0#evaluate") (param i32) (result i32)
      (i32.const 0))
    (func (export "cabi_post_tokenward:policy/policy@0.1.0#evaluate") (param i32))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
    (elem (global.get $base) $describe)
    (data (global.get $base) "lib"))
  (core module $fixup
    (import "" "$imports" (table 1 funcref))
    (import "" "0" (func $now))
    (elem (i32.const 0) $now))
  (core instance $shims (instantiate $shim))
  (core instance $mains (instantiate $main))
  (alias core export $shims "0" (core func $late))
  (core instance $clocks (export "now" (func $late)))
  (alias core export $mains "memory" (core memory $memory))
  (alias core export $mains "table" (core table $table))
  (alias core export $mains "base" (core global $base))
  (alias core export $mains "pointer" (core global $pointer))
  (core instance $env
    (export "memory" (memory $memory))
    (export "table" (table $table))
    (export "base" (global $base))
    (export "pointer" (global $pointer)))
  (core instance $libs (instantiate $lib (with "env" (instance $env)) (with "clock" (instance $clocks))))
  (alias core export $shims "$imports" (core table $slots))
  (alias export $clock "now" (func $now))
  (core func $lowered (canon lower (func $now)))
  (core instance $fix
    (export "$imports" (table $slots))
    (export "0" (func $lowered)))
  (core instance (instantiate $fixup (with "" (instance $fix))))
  (alias core export $libs "tokenward:policy/policy@0.1.0#describe" (core func $describe))
  (alias core export $libs "tokenward:policy/policy@0.1.0#configure" (core func $configure))
  (alias core export $libs "tokenward:policy/policy@0.1.0#evaluate" (core func $evaluate))
  (alias core export $libs "cabi_post_tokenward:policy/policy@0.1.0#evaluate" (core func $post))
  (alias core export $libs "cabi_realloc" (core func $realloc))
  (func (result u32) (canon lift (core func $describe)))
  (func (param "settings" string) (result u32)
    (canon lift (core func $configure) (memory $memory) (realloc $realloc)))
  (func (param "input" u32) (result u32)
    (canon lift (core func $evaluate) (memory $memory) (post-return $post))){more})"#;

fn component(more: &str) -> Vec<u8> {
    wat::parse_str(COMPONENT.replace("{more}", more)).unwrap()
}

fn printed(module: &[u8]) -> String {
    // As the host takes it: no constant expression looks at a global that is not imported.
    let features = WasmFeatures::WASM2;
    Validator::new_with_features(features).validate_all(module).unwrap();
    wasmprinter::print_bytes(module).unwrap()
}

#[test]
fn modules_are_linked_as_their_component_links_them() {
    let folded = fold(&component("")).unwrap();
    assert_eq!(folded.stopped, ["wasi:clocks/wall-clock@0.2.0"]);
    let text = printed(&folded.module);
    let count = |part: &str| text.matches(part).count();
    assert_eq!(count("(import "), 0, "{text}");
    assert_eq!((count("\n  (memory "), count("\n  (table ")), (1, 2), "{text}");
    // The memory of the first, with the data of both; the constants of one in the other.
    for part in [
        "(data (;0;) (i32.const 0) \"main\")",
        "(data (;1;) (i32.const 1024) \"lib\")",
        "(global (;2;) i32 i32.const 1040)",
        "(export \"tokenward:policy/policy@0.1.0#describe\"",
        "(export \"tokenward:policy/policy@0.1.0#configure\"",
        "(export \"tokenward:policy/policy@0.1.0#evaluate\"",
        "(export \"cabi_post_tokenward:policy/policy@0.1.0#evaluate\"",
        "(export \"cabi_realloc\"",
        "(export \"memory\" (memory 0))",
        "(@custom \"component-type:tokenward\"",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // The clock is called through its slot, and the slot holds what traps.
    let slots = "(elem (;1;) (i32.const 0) func ";
    let stop = text.split_once(slots).unwrap().1.split(')').next().unwrap();
    let body = text.split_once(&format!("(func (;{stop};)")).unwrap().1;
    assert!(body.split("(func ").next().unwrap().contains("unreachable"), "{text}");
}

#[test]
fn a_policy_that_lies_in_another_component_is_found() {
    let inner = COMPONENT.replace("{more}", "").replacen("(component", "(component $policy", 1);
    let outer = format!("(component (core module (func unreachable)) {inner})");
    let folded = fold(&wat::parse_str(outer).unwrap()).unwrap();
    assert_eq!(folded.module, fold(&component("")).unwrap().module);
}

#[test]
fn every_start_function_runs_in_its_turn() {
    let start = |module: &str| format!("(core module {module}) ");
    let more = format!(
        "{}{}(core instance (instantiate $first)) (core instance (instantiate $second))",
        start("$first (func $a) (start $a)"),
        start("$second (func $b) (start $b)")
    );
    let text = printed(&fold(&component(&more)).unwrap().module);
    let start = text.split_once("(start ").unwrap().1.split(')').next().unwrap();
    let body = text.split_once(&format!("(func (;{start};)")).unwrap().1;
    let body = body.split("(func ").next().unwrap().split("\n  )").next().unwrap();
    assert_eq!(body.matches("call ").count(), 2, "{text}");
}

#[test]
fn a_module_that_imports_what_a_host_has_traps_there() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "f") (call $exit (i32.const 1))))"#;
    let folded = fold(&wat::parse_str(module).unwrap()).unwrap();
    assert_eq!(folded.stopped, ["wasi_snapshot_preview1#proc_exit"]);
    let text = printed(&folded.module);
    assert!(!text.contains("(import "), "{text}");
    assert!(text.contains("unreachable") && text.contains("(export \"f\""), "{text}");
}

#[test]
fn what_cannot_be_folded_is_said() {
    for (wasm, part) in [
        (wat::parse_str("(component)").unwrap(), "it does not export the contract"),
        (b"no wasm at all".to_vec(), "bad magic number"),
        (
            wat::parse_str("(module (import \"env\" \"memory\" (memory 1)))").unwrap(),
            "`env#memory` is no function, and only a host could give it",
        ),
        (
            wat::parse_str(COMPONENT.replace("{more}", "").replace("(memory $memory) ", ""))
                .unwrap(),
            "it has no memory",
        ),
    ] {
        let error = fold(&wasm).err().unwrap();
        assert!(error.contains(part), "{error}");
    }
    // Cut anywhere, or with any byte another one, nothing panics.
    let whole = component("");
    for at in 0..whole.len() {
        let _ = fold(&whole[..at]);
        for changed in [0, 1, 0x7f, 0xff] {
            let mut other = whole.clone();
            other[at] = changed;
            let _ = fold(&other);
        }
    }
}
