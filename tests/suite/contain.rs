//! Hostile guests: each is contained, the other policies' verdicts stand, and
//! the process lives.

use std::sync::atomic::{AtomicU64, Ordering};

use tokenward_engine::{EngineConfig, LoadError, Outcome, PolicySet, Refill};
use tokenward_tests::HOSTILE;

use crate::support::{Given, engine, engine_with, outcome};

fn settings(behaviour: &str) -> String {
    format!(r#"{{"evaluate":"{behaviour}"}}"#)
}

/// A set of one hostile policy between two that deny properly.
fn sandwich(behaviour: &str) -> PolicySet {
    let engine = engine();
    let load = |behaviour: &str| engine.load(HOSTILE, &settings(behaviour)).expect("it loads");
    engine.assemble(vec![load("deny"), load(behaviour), load("deny")])
}

/// Runs the set several times: the fault must be the same each time, and the
/// neighbours must not notice.
fn is_contained(behaviour: &str, fault: &str) {
    let set = sandwich(behaviour);
    for round in 0..3 {
        let outcomes: Vec<_> =
            Given::claims(r#"{"canary":1}"#).judge(&set).iter().map(outcome).collect();
        assert_eq!(outcomes, ["finding", fault, "finding"], "{behaviour}, round {round}");
    }
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    is_contained("endless-loop", "fuel");
}

#[test]
fn a_recursion_runs_out_of_stack() {
    // The guest's own stack is first in its memory: below it lies nothing.
    is_contained("recursion", "trap");
}

#[test]
fn a_memory_bomb_is_refused_memory() {
    is_contained("memory-bomb", "memory");
}

#[test]
fn a_huge_output_is_not_read() {
    is_contained("huge-output", "output-too-large");
}

#[test]
fn many_findings_are_not_read() {
    is_contained("amplification", "output-too-large");
}

#[test]
fn a_trap_is_a_fault() {
    is_contained("trap", "trap");
}

#[test]
fn malformed_strings_are_a_fault() {
    is_contained("bad-utf8", "malformed-verdict");
    is_contained("control-characters", "malformed-verdict");
}

#[test]
fn a_verdict_that_breaks_the_contract_is_a_fault() {
    for behaviour in
        ["unknown-rule", "bad-pointer", "bad-risk", "require-nothing", "withhold-nothing"]
    {
        is_contained(behaviour, "malformed-verdict");
    }
}

#[test]
fn an_obligation_that_no_host_knows_is_a_fault() {
    is_contained("unknown-obligation", "unknown-obligation");
}

#[test]
fn a_proper_policy_is_no_fault() {
    is_contained("nothing", "permit");
}

#[test]
fn every_policy_of_a_set_may_fault() {
    let engine = engine();
    let load = |b: &str| engine.load(HOSTILE, &settings(b)).expect("it loads");
    let set = engine.assemble(["trap", "endless-loop", "memory-bomb", "trap"].map(load).into());
    let outcomes: Vec<_> = Given::claims("{}").judge(&set).iter().map(outcome).collect();
    assert_eq!(outcomes, ["trap", "fuel", "memory", "trap"]);
}

#[test]
fn what_misbehaves_in_configure_does_not_load() {
    let engine = engine();
    for (behaviour, code) in [
        ("endless-loop", "fuel"),
        ("trap", "trap"),
        ("memory-bomb", "memory"),
        ("recursion", "trap"),
    ] {
        let settings = format!(r#"{{"configure":"{behaviour}"}}"#);
        match engine.load(HOSTILE, &settings) {
            Err(LoadError::Fault { stage: "configure", fault }) => {
                assert_eq!(fault.code(), code, "{behaviour}");
            }
            other => panic!("{behaviour}: {other:?}"),
        }
    }
}

/// A canary that one request writes is never seen by the next, whether
/// instances are made ahead or on the spot, from one thread or several.
#[test]
fn no_state_outlives_a_request() {
    for refill in [Refill::Inline, Refill::Background { ready: 8 }] {
        let config = EngineConfig { refill, ..EngineConfig::one_shot() };
        let engine = engine_with(config);
        let state = engine.load(HOSTILE, &settings("state")).expect("it loads");
        let trap = engine.load(HOSTILE, &settings("trap")).expect("it loads");
        let again = engine.load(HOSTILE, &settings("state")).expect("it loads");
        let set = engine.assemble(vec![state, trap, again]);
        let canary = AtomicU64::new(1);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let canary = canary.fetch_add(1, Ordering::Relaxed);
                        let given = Given::claims(&format!(r#"{{"canary":{canary}}}"#));
                        let outcomes: Vec<_> = given.judge(&set).iter().map(outcome).collect();
                        assert_eq!(outcomes, ["permit", "trap", "permit"], "{refill:?}");
                    }
                });
            }
        });
    }
}

#[test]
fn a_policy_is_given_what_it_declared_and_nothing_else() {
    let engine = engine();
    let settings = r#"{"evaluate":"report-input","reads":["/a/b","/missing"]}"#;
    let set = engine.assemble(vec![engine.load(HOSTILE, settings).expect("it loads")]);
    let given = Given::claims(r#"{"secret":"x","a":{"b":1,"c":2},"canary":3}"#);
    let [evaluation] = given.judge(&set).try_into().expect("one");
    let verdict = evaluation.outcome.verdict().expect("a verdict");
    let claims: Vec<_> = verdict.findings.iter().map(|f| f.claim.as_deref()).collect();
    assert_eq!(claims, [Some("/a/b")], "no other claim, and no time");
}

#[test]
fn verdicts_are_remembered_for_the_same_input_and_their_horizon() {
    let engine = engine_with(EngineConfig::default());
    let load = |settings: &str| engine.load(HOSTILE, settings).expect("it loads");
    let set = engine.assemble(vec![
        load(r#"{"evaluate":"deny"}"#),
        load(r#"{"evaluate":"deny","time":true}"#),
        load(r#"{"evaluate":"deny","time":true,"valid-for":10}"#),
        load(r#"{"evaluate":"trap"}"#),
    ]);
    let remembered = |claims: &str, now: i64| -> Vec<bool> {
        let given = Given { now, ..Given::claims(claims) };
        let evaluations = given.judge(&set);
        evaluations.iter().map(|e| matches!(e.outcome, Outcome::Remembered(_))).collect()
    };
    let a = r#"{"canary":1,"other":1}"#;
    assert_eq!(remembered(a, 100), [false, false, false, false], "first time");
    assert_eq!(remembered(a, 100), [true, false, true, false], "same input, same moment");
    assert_eq!(remembered(a, 109), [true, false, true, false], "within the horizon");
    assert_eq!(remembered(a, 110), [true, false, false, false], "past the horizon");
    assert_eq!(remembered(a, 99), [true, false, false, false], "before it was judged");
    let unread = r#"{"canary":1,"other":2}"#;
    assert_eq!(remembered(unread, 99), [true, false, true, false], "a claim that is not read");
    let read = r#"{"canary":2,"other":1}"#;
    assert_eq!(remembered(read, 99), [false, false, false, false], "a claim that is read");
}
