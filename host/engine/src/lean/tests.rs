//! What a guest does to its own state, and that the next request sees none of it.

use wasmtime::Val;

use super::*;
use crate::config::{EngineConfig, Instances};
use crate::ready::new_store;

/// A guest that traps unless its globals and its data are as it was made; that
/// then overwrites all of them, and all other memory, from the first byte to
/// the last; and that is told by `post-return` that its verdict was read.
const SCRIBBLER: &str = r#"
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 8))
  (global $long (mut i64) (i64.const -7))
  (global $float (mut f64) (f64.const 0.5))
  (global $returned (mut f32) (f32.const 0))
  (data (i32.const 66000) "pristine")
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
    (local $block i32)
    (local.set $block (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $block) (local.get 3)))
    (local.get $block))
  (func (export "evaluate") (param $input i32) (result i32)
    (if (i32.ne (local.get $input) (i32.const 8)) (then unreachable))
    (if (i64.ne (global.get $long) (i64.const -7)) (then unreachable))
    (if (f64.ne (global.get $float) (f64.const 0.5)) (then unreachable))
    (if (f32.ne (global.get $returned) (f32.const 0)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 66000)) (i64.const 0x656e697473697270)) (then unreachable))
    (if (i32.load8_u (i32.const 0)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 65536)) (i64.const 0)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 131064)) (i64.const 0)) (then unreachable))
    (memory.fill (i32.const 0) (i32.const 0xa5) (i32.const 131072))
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128))
    (global.set $next (i32.const 12345))
    (global.set $long (i64.const 1))
    (global.set $float (f64.const nan))
    (i32.const 1024))
  (func (export "post-return") (param $verdict i32)
    (if (i32.ne (local.get $verdict) (i32.const 1024)) (then unreachable))
    (global.set $returned (f32.const 1))
    (memory.fill (i32.const 1024) (i32.const 0x5a) (i32.const 128))))
"#;

/// The same, but it grows its memory as well.
fn growing() -> String {
    SCRIBBLER.replace("(global.set $next (i32.const 12345))", "(drop (memory.grow (i32.const 1)))")
}

/// The same with other data, at another place, of which the first looks at what is around it.
fn neighbour() -> String {
    let data = r#"(data (i32.const 66000) "pristine")"#;
    let other = r#"(data (i32.const 1040) "neighbour")"#;
    SCRIBBLER.replace(data, other).replace(
        "(i64.load (i32.const 66000)) (i64.const 0x656e697473697270)",
        "(i64.load (i32.const 1040)) (i64.const 0x756f62686769656e)",
    )
}

struct Guest {
    engine: wasmtime::Engine,
    store: Store<StoreState>,
    limits: crate::config::Limits,
}

impl Guest {
    fn new() -> Self {
        let config = EngineConfig::one_shot();
        let engine = wasmtime::Engine::new(&config.serving()).expect("an engine");
        let mut store = new_store(&engine, &config.limits, config.limits.memory_bytes, 4);
        store.set_fuel(config.limits.fuel).expect("fuel");
        Self { engine, store, limits: config.limits }
    }

    fn policy(&self, text: &str) -> LeanPolicy {
        let module = wat::parse_str(text).expect("a module");
        let (module, globals, pristine) =
            shape::opened(&module, Instances::Restored).expect("a plain module");
        assert!(pristine.is_some(), "it shares its memory");
        let module = Module::new(&self.engine, module).expect("it compiles");
        let names = CoreExports {
            evaluate: "evaluate".into(),
            memory: "memory".into(),
            realloc: "realloc".into(),
            post_return: Some("post-return".into()),
            globals,
        };
        LeanPolicy::new(&module, &names, pristine).expect("it fits")
    }

    fn instance(&mut self, policy: &LeanPolicy) -> LeanInstance {
        policy.instantiate(&mut self.store).expect("an instance")
    }

    fn evaluate(&mut self, instance: &LeanInstance) -> wasmtime::Result<()> {
        let input = contract::Input {
            phase: contract::Phase::Use,
            now: Some(1),
            token: None,
            claims: &[],
            request: None,
            signals: &[],
            facts: &[],
        };
        let mut image = Image::default();
        image.lower(&input);
        self.store.set_fuel(self.limits.fuel).expect("fuel");
        let verdict = instance.evaluate(&mut self.store, &mut image, self.limits.output_bytes)?;
        assert!(verdict.findings.is_empty());
        Ok(())
    }

    fn state(&mut self, instance: &LeanInstance) -> (Vec<u8>, Vec<String>) {
        let globals = instance.globals.iter();
        let globals = globals.map(|(g, _)| format!("{:?}", g.get(&mut self.store))).collect();
        (instance.memory.data(&self.store).to_vec(), globals)
    }
}

#[test]
fn nothing_that_a_guest_overwrites_is_left_for_the_next_request() {
    let mut guest = Guest::new();
    let policy = guest.policy(SCRIBBLER);
    let instance = guest.instance(&policy);
    assert!(policy.enter(&instance, &mut guest.store));
    let before = guest.state(&instance);
    for round in 0..3 {
        guest.evaluate(&instance).unwrap_or_else(|error| panic!("round {round}: {error:#}"));
        let used = guest.state(&instance);
        assert!(used.0.iter().all(|byte| *byte != 0), "round {round}: all of memory was written");
        assert_eq!(used.1[3], format!("{:?}", Val::F32(1.0_f32.to_bits())), "post-return ran");
        assert!(used.1.iter().zip(&before.1).all(|(used, before)| used != before));
        assert!(policy.leaves(&instance, &guest.store));
        assert!(policy.enter(&instance, &mut guest.store));
        assert!(guest.state(&instance) == before, "round {round}");
    }
    // Without it, the guest tells.
    guest.evaluate(&instance).expect("as it was made");
    assert!(guest.evaluate(&instance).is_err());
}

#[test]
fn guests_that_share_a_memory_see_nothing_of_each_other() {
    let mut guest = Guest::new();
    let policies = [guest.policy(SCRIBBLER), guest.policy(&neighbour())];
    let instances = [0, 1].map(|place| guest.instance(&policies[place]));
    assert_eq!(guest.store.data().shared.len(), 1, "one memory");
    let mut states = Vec::new();
    for (policy, instance) in policies.iter().zip(&instances) {
        assert!(policy.enter(instance, &mut guest.store));
        states.push(guest.state(instance));
    }
    assert!(states[0].0 != states[1].0);
    for place in [0, 1, 1, 0, 0, 1, 0] {
        assert!(policies[place].enter(&instances[place], &mut guest.store));
        assert!(guest.state(&instances[place]) == states[place]);
        guest.evaluate(&instances[place]).expect("it sees what it was made with");
    }
    // Without it, the other tells.
    assert!(guest.evaluate(&instances[1]).is_err());
}

#[test]
fn memories_of_other_types_are_not_shared() {
    let mut guest = Guest::new();
    let larger =
        SCRIBBLER.replace(r#"(memory (export "memory") 2)"#, r#"(memory (export "memory") 3)"#);
    let bounded =
        SCRIBBLER.replace(r#"(memory (export "memory") 2)"#, r#"(memory (export "memory") 2 9)"#);
    for text in [SCRIBBLER, &larger, &bounded, &neighbour()] {
        let policy = guest.policy(text);
        let instance = guest.instance(&policy);
        assert!(policy.enter(&instance, &mut guest.store));
        guest.evaluate(&instance).expect("it sees what it was made with");
        assert!(policy.leaves(&instance, &guest.store));
    }
    let sizes = guest.store.data().shared.iter().map(|(ty, _)| (ty.minimum(), ty.maximum()));
    assert_eq!(sizes.collect::<Vec<_>>(), [(2, None), (3, None), (2, Some(9))]);
}

#[test]
fn what_shares_no_memory_keeps_its_own() {
    let opened = |text: &str, instances| {
        let module = wat::parse_str(text).expect("a module");
        shape::opened(&module, instances).map(|(_, _, pristine)| pristine.is_some())
    };
    assert_eq!(opened(SCRIBBLER, Instances::Restored), Some(true));
    assert_eq!(opened(SCRIBBLER, Instances::Fresh), Some(false));
    for (what, is) in [
        // 320 KiB.
        (r#"(memory (export "memory") 5)"#, Some(false)),
        (r#"(memory (export "memory") 2) (data "passive")"#, Some(true)),
        (
            r#"(memory (export "memory") 2) (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))) (data "p")"#,
            None,
        ),
        (r#"(memory (export "memory") 2) (memory 1)"#, None),
        (r#"(memory (export "memory") i64 2)"#, None),
    ] {
        let text = SCRIBBLER.replace(r#"(memory (export "memory") 2)"#, what);
        assert_eq!(opened(&text, Instances::Restored), is, "{what}");
    }
}

#[test]
fn a_memory_that_grew_serves_no_other_instance() {
    let mut guest = Guest::new();
    let policy = guest.policy(&growing());
    let instance = guest.instance(&policy);
    assert!(policy.enter(&instance, &mut guest.store));
    guest.evaluate(&instance).expect("it grows");
    assert!(!policy.leaves(&instance, &guest.store));
    assert!(!policy.enter(&instance, &mut guest.store));
}
