//! What a guest does to its own state, and that the next request sees none of it.

use super::*;
use crate::config::EngineConfig;
use crate::ready::new_store;

/// A guest that traps unless its globals and its data are as it was made; that
/// then overwrites all of them, and all other memory, from the first byte to
/// the last; and that is told by `post-return` that its verdict was read.
const SCRIBBLER: &str = r#"
(module
  (memory (export "memory") 2)
  (global $next (export "g0") (mut i32) (i32.const 8))
  (global $long (export "g1") (mut i64) (i64.const -7))
  (global $float (export "g2") (mut f64) (f64.const 0.5))
  (global $returned (export "g3") (mut f32) (f32.const 0))
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

struct Guest {
    policy: LeanPolicy,
    store: Store<StoreState>,
    limits: crate::config::Limits,
}

impl Guest {
    fn new(text: &str) -> Self {
        let config = EngineConfig::one_shot();
        let engine = wasmtime::Engine::new(&config.serving()).expect("an engine");
        let module = wat::parse_str(text).expect("a module");
        let module = Module::new(&engine, module).expect("it compiles");
        let names = CoreExports {
            evaluate: "evaluate".into(),
            memory: "memory".into(),
            realloc: "realloc".into(),
            post_return: Some("post-return".into()),
            globals: ["g0", "g1", "g2", "g3"].map(Into::into).into(),
        };
        let policy = LeanPolicy::new(&module, &names).expect("it fits");
        let store = new_store(&engine, &config.limits, config.limits.memory_bytes, 1);
        Self { policy, store, limits: config.limits }
    }

    fn instance(&mut self) -> LeanInstance {
        self.store.set_fuel(self.limits.fuel).expect("fuel");
        self.policy.instantiate(&mut self.store).expect("an instance")
    }

    fn evaluate(&mut self, instance: &mut LeanInstance) -> wasmtime::Result<()> {
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
        let globals = globals.map(|g| format!("{:?}", g.get(&mut self.store))).collect();
        (instance.memory.data(&self.store).to_vec(), globals)
    }
}

#[test]
fn what_a_guest_overwrites_is_as_before_when_it_is_restored() {
    let mut guest = Guest::new(SCRIBBLER);
    let mut instance = guest.instance();
    let before = guest.state(&instance);
    for round in 0..3 {
        guest.evaluate(&mut instance).unwrap_or_else(|error| panic!("round {round}: {error:#}"));
        let used = guest.state(&instance);
        assert!(used.0.iter().all(|byte| *byte != 0), "round {round}: all of memory was written");
        assert_eq!(used.1[3], format!("{:?}", Val::F32(1.0_f32.to_bits())), "post-return ran");
        assert!(used.1.iter().zip(&before.1).all(|(used, before)| used != before));
        assert!(guest.policy.restore(&mut instance, &mut guest.store));
        assert!(guest.state(&instance) == before, "round {round}");
    }
    // Without it, the guest tells.
    guest.evaluate(&mut instance).expect("restored");
    assert!(guest.evaluate(&mut instance).is_err());
}

#[test]
fn an_instance_whose_memory_grew_is_not_restored() {
    let mut guest = Guest::new(&growing());
    let mut instance = guest.instance();
    guest.evaluate(&mut instance).expect("it grows");
    assert!(!guest.policy.restore(&mut instance, &mut guest.store));
    assert!(instance.used);
}
