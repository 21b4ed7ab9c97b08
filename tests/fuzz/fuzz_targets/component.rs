//! The component loader: whatever the bytes, an error or a checked description.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tokenward_engine::{Engine, EngineConfig, Limits};

static ENGINE: OnceLock<Engine> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let engine = ENGINE.get_or_init(|| {
        let limits = Limits { load_fuel: 2_000_000, memory_bytes: 1 << 20, ..Limits::default() };
        Engine::new(EngineConfig { limits, ..EngineConfig::one_shot() }).expect("an engine")
    });
    if let Ok(descriptor) = engine.describe(data) {
        assert!(!descriptor.name.is_empty() && !descriptor.phases.is_empty());
        let _ = engine.load(data, "{}");
    }
});
