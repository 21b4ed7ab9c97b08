//! How large the components of the first-party policies are, and what is not in them.

use tokenward::built_in_policies;
use tokenward_engine::{Compilation, EngineConfig, Refill};

use crate::support::{Given, engine_with};

/// Policies that search every claim, or the subject, with detectors.
const WITH_DETECTORS: [&str; 5] =
    ["audience-binding", "cardholder-data", "claim-minimization", "health-data", "secrets"];

#[test]
fn components_keep_to_their_size() {
    for (name, component) in built_in_policies() {
        let limit = if WITH_DETECTORS.contains(&name) { 256 << 10 } else { 64 << 10 };
        assert!(component.len() <= limit, "{name}: {} of {limit} bytes", component.len());
    }
}

/// What a panic says is in no component: a panic traps, and nobody reads it.
#[test]
fn components_hold_nothing_that_a_panic_says() {
    for (name, component) in built_in_policies() {
        for text in ["attempt to add", "called `Option", "panicked at", "memory allocation of"] {
            let found = component.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{name} holds `{text}`");
        }
    }
}

/// All of them share the memory of a store, which serves one request after the other.
#[test]
fn policies_are_put_back_rather_than_made_anew() {
    let engine = engine_with(EngineConfig {
        refill: Refill::Inline,
        compilation: Compilation::Quick,
        ..EngineConfig::default()
    });
    let load = |(name, component)| engine.load(component, "{}").expect(name);
    let set = engine.assemble(built_in_policies().map(load).collect());
    for _ in 0..2 {
        assert!(Given::claims(r#"{"sub":"a"}"#).judge(&set).iter().any(|e| e.fuel > 0));
        assert_eq!(set.ready(), 1);
    }
}
