//! Hostile guests: each is contained, the other policies' verdicts stand, and
//! the process lives.

use std::fmt::Write as _;

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokenward_engine::{
    Calls, Engine, EngineConfig, Fault, Instances, LoadError, Outcome, PolicySet, Refill,
};
use tokenward_tests::{HOSTILE, LYING};

use crate::support::{Given, both_engines, engine, engine_with, outcome};

fn settings(behaviour: &str) -> String {
    format!(r#"{{"evaluate":"{behaviour}"}}"#)
}

/// A set of one hostile policy between two that deny properly.
fn sandwich(engine: &Engine, behaviour: &str) -> PolicySet {
    let load = |behaviour: &str| engine.load(HOSTILE, &settings(behaviour)).expect("it loads");
    engine.assemble(vec![load("deny"), load(behaviour), load("deny")])
}

/// Runs the set several times: the fault must be the same each time, and the
/// neighbours must not notice.
fn is_contained(behaviour: &str, fault: &str) {
    for engine in both_engines() {
        let set = sandwich(&engine, behaviour);
        for round in 0..3 {
            let calls = set.policies()[1].calls();
            let outcomes: Vec<_> =
                Given::claims(r#"{"canary":1}"#).judge(&set).iter().map(outcome).collect();
            let expected = ["finding", fault, "finding"];
            assert_eq!(outcomes, expected, "{behaviour}, {calls:?}, round {round}");
        }
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

/// What a policy says of its own error is for its author, and in nothing that is written.
#[test]
fn an_error_that_a_policy_raises_is_a_fault() {
    is_contained("raise", "raised");
    let set = sandwich(&engine(), "raise");
    let evaluations = Given::claims("{}").judge(&set);
    let Outcome::Fault(fault @ Fault::Raised(words)) = &evaluations[1].outcome else {
        panic!("it is a fault");
    };
    assert_eq!(words.as_str(), "of alice@example.com[31m\nat line 7");
    let written = [format!("{fault} {fault:?}"), serde_json::to_string(fault).unwrap()].concat();
    assert!(!written.contains("alice"), "{written}");
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
    let refills = [Refill::Inline, Refill::Background { ready: 8 }];
    let ways = [
        (Calls::Component, Instances::Fresh),
        (Calls::Direct, Instances::Fresh),
        (Calls::Direct, Instances::Restored),
    ];
    for (refill, (calls, instances)) in refills.iter().flat_map(|r| ways.map(|way| (*r, way))) {
        let config = EngineConfig { refill, calls, instances, ..EngineConfig::one_shot() };
        let engine = engine_with(config);
        let state = engine.load(HOSTILE, &settings("state")).expect("it loads");
        let other = engine.load(HOSTILE, &settings("nothing")).expect("it loads");
        let again = engine.load(HOSTILE, &settings("state")).expect("it loads");
        assert_eq!(state.calls(), calls);
        let set = engine.assemble(vec![state, other, again]);
        let canary = AtomicU64::new(1);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let canary = canary.fetch_add(1, Ordering::Relaxed);
                        let given = Given::claims(&format!(r#"{{"canary":{canary}}}"#));
                        let outcomes: Vec<_> = given.judge(&set).iter().map(outcome).collect();
                        assert_eq!(outcomes, ["permit"; 3], "{refill:?} {instances:?}");
                    }
                });
            }
        });
    }
}

/// A policy that makes the memory grow that it shares with others: they find theirs as it was, in
/// the same request and in the next.
#[test]
fn memory_that_one_policy_makes_grow_is_no_larger_for_others() {
    for engine in both_engines() {
        let load = |behaviour| engine.load(HOSTILE, &settings(behaviour)).expect("it loads");
        let behaviours =
            ["report-memory", "grow-memory", "report-memory", "grow-memory", "report-memory"];
        let set = engine.assemble(behaviours.map(load).into());
        for request in 0..5 {
            let evaluations = Given::claims("{}").judge(&set);
            let messages: Vec<_> = evaluations
                .iter()
                .filter_map(|e| Some(e.outcome.verdict()?.findings.first()?.message.as_str()))
                .collect();
            assert_eq!(messages, [messages[0]; 5], "request {request}");
            let grew: Vec<_> =
                evaluations.iter().map(|e| e.memory.peak > e.memory.configured).collect();
            assert_eq!(grew, [false, true, false, true, false], "request {request}");
        }
    }
}

/// A policy whose memory is large is made anew for each request, beside others
/// that are put back: none of them sees what was before.
#[test]
fn large_policies_stand_beside_small_ones() {
    let large = |behaviour: &str| format!(r#"{{"evaluate":"{behaviour}","ballast":1000000}}"#);
    for (calls, refill) in [
        (Calls::Direct, Refill::Inline),
        (Calls::Direct, Refill::Background { ready: 4 }),
        (Calls::Component, Refill::Inline),
    ] {
        let engine = engine_with(EngineConfig { refill, calls, ..EngineConfig::default() });
        let load = |settings: &str| engine.load(HOSTILE, settings).expect("it loads");
        let set = engine.assemble(vec![
            load(&settings("state")),
            load(&large("state")),
            load(&settings("deny")),
            load(&large("trap")),
            load(&large("state")),
            load(&settings("state")),
        ]);
        for canary in 1..30 {
            let given = Given::claims(&format!(r#"{{"canary":{canary}}}"#));
            let evaluations = given.judge(&set);
            let outcomes: Vec<_> = evaluations.iter().map(outcome).collect();
            let expected = ["permit", "permit", "finding", "trap", "permit", "permit"];
            assert_eq!(outcomes, expected, "{calls:?} {refill:?}");
            assert!(evaluations[0].memory.configured < 256 << 10);
            assert!(evaluations[1].memory.configured > 1_000_000);
        }
    }
}

/// A policy may be given more memory than others, up to what the engine grants.
#[test]
fn more_memory_is_granted_to_one_policy() {
    let engine = engine();
    let settings = r#"{"evaluate":"memory-bomb","ballast":20000000}"#;
    let error = engine.load(HOSTILE, settings).unwrap_err();
    assert!(matches!(&error, LoadError::Fault { fault: Fault::Memory(16_777_216), .. }), "{error}");
    let granted = engine.load_with_memory(HOSTILE, settings, 32 << 20).unwrap();
    assert_eq!(granted.memory_bytes(), 32 << 20);
    let plain = engine.load(HOSTILE, &self::settings("memory-bomb")).unwrap();
    let set = engine.assemble(vec![plain, granted]);
    let evaluations = Given::claims("{}").judge(&set);
    let limits = evaluations.iter().map(|evaluation| match &evaluation.outcome {
        Outcome::Fault(Fault::Memory(limit)) => *limit,
        other => panic!("{other:?}"),
    });
    assert_eq!(limits.collect::<Vec<_>>(), [16 << 20, 32 << 20], "each by its own");
    let error = engine.load_with_memory(HOSTILE, "{}", 257 << 20).unwrap_err();
    assert!(error.to_string().contains("at most 268435456 are accepted"), "{error}");
}

/// A store in which one policy traps is thrown away; the others go on in a new
/// one, and neither they nor later requests see anything of what was.
#[test]
fn restored_neighbours_of_a_trap_keep_nothing() {
    for refill in [Refill::Inline, Refill::Background { ready: 2 }] {
        let instances = Instances::Restored;
        let config = EngineConfig { refill, instances, ..EngineConfig::one_shot() };
        let engine = engine_with(config);
        let load = |behaviour| engine.load(HOSTILE, &settings(behaviour)).expect("it loads");
        let calm = engine.assemble(["state", "nothing", "state"].map(load).into());
        let torn =
            engine.assemble(["state", "trap", "state", "memory-bomb", "state"].map(load).into());
        assert!(torn.policies().iter().all(|policy| policy.calls() == Calls::Direct));
        for canary in 1..50 {
            let given = Given::claims(&format!(r#"{{"canary":{canary}}}"#));
            let outcomes =
                |set: &PolicySet| given.judge(set).iter().map(outcome).collect::<Vec<_>>();
            assert_eq!(outcomes(&torn), ["permit", "trap", "permit", "memory", "permit"]);
            assert_eq!(outcomes(&calm), ["permit"; 3]);
        }
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

/// What both ways of calling make of a verdict of these bytes; that it is the
/// same is checked here.
fn of_bytes(sets: &[PolicySet; 2], bytes: &[u8], pointers: &[u16], at: i64) -> String {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    let pointers: Vec<u8> = pointers.iter().flat_map(|p| p.to_be_bytes()).collect();
    let (bytes, pointers) = (hex(bytes), hex(&pointers));
    let given =
        Given::claims(&format!(r#"{{"bytes":"{bytes}","pointers":"{pointers}","at":{at}}}"#));
    let [direct, component] = sets.each_ref().map(|set| {
        let [evaluation] = given.judge(set).try_into().expect("one policy");
        match evaluation.outcome {
            Outcome::Judged(verdict) => format!("{verdict:?}"),
            Outcome::Fault(fault) => fault.code().to_owned(),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(direct, component, "{bytes} at {at}");
    direct
}

fn lying() -> [PolicySet; 2] {
    let [direct, component] = both_engines().map(|engine| {
        let policy = engine.load(LYING, "{}").expect("it loads");
        (policy.calls(), engine.assemble(vec![policy]))
    });
    assert_eq!((direct.0, component.0), (Calls::Direct, Calls::Component));
    [direct.1, component.1]
}

/// A verdict as it lies in memory, and where its pointers are: a finding that
/// points at a claim, a step-up, a risk of one factor, and a fact of two texts.
fn verdict_in_memory() -> (Vec<u8>, Vec<u16>) {
    let mut bytes = vec![0; 80];
    let mut pointers = Vec::new();
    let word = |bytes: &mut Vec<u8>, at: usize, value: usize| {
        bytes[at..at + 4].copy_from_slice(&u32::try_from(value).expect("it fits").to_le_bytes());
    };
    let mut list = |bytes: &mut Vec<u8>, at: usize, items: usize, content: &[u8]| {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let start = bytes.len();
        bytes.extend(content);
        word(bytes, at, start);
        word(bytes, at + 4, items);
        pointers.push(u16::try_from(at).expect("it fits"));
        start
    };
    let mut text = |bytes: &mut Vec<u8>, at: usize, text: &str| {
        list(bytes, at, text.len(), text.as_bytes());
    };
    // Places by the canonical ABI: findings at 0, requirements at 8, risk at 16
    // (32 bytes with its option, aligned to 4: 16 + 4 + 12), valid-until at 32.
    let findings = 80;
    bytes.resize(findings + 32, 0);
    word(&mut bytes, 0, findings);
    word(&mut bytes, 4, 1);
    text(&mut bytes, findings, "r");
    bytes[findings + 8] = 3; // high
    bytes[findings + 9] = 2; // deny
    bytes[findings + 12] = 1;
    text(&mut bytes, findings + 16, "/a");
    text(&mut bytes, findings + 24, "a message");
    bytes[16] = 1;
    word(&mut bytes, 20, 50);
    bytes[32] = 1;
    bytes[40] = 9;
    pointers.push(0);
    (bytes, pointers)
}

#[test]
fn a_verdict_of_bytes_is_read_alike_both_ways() {
    let sets = lying();
    let (bytes, pointers) = verdict_in_memory();
    let read = of_bytes(&sets, &bytes, &pointers, 0);
    assert!(read.contains("a message") && read.contains("valid_until: Some(9)"), "{read}");
    for (at, fault) in [(4, "malformed-verdict"), (1 << 30, "malformed-verdict")] {
        assert_eq!(of_bytes(&sets, &bytes, &pointers, at), fault, "at {at}");
    }
    // Every byte, one after the other, with values that cross some border.
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for index in 0..bytes.len() {
        for value in [0, 1, 2, 3, 4, 5, 7, 0x40, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[index] = value;
            let read = of_bytes(&sets, &changed, &pointers, 0);
            *seen.entry(read.split_whitespace().next().unwrap().to_owned()).or_default() += 1;
        }
    }
    for outcome in ["Verdict", "malformed-verdict", "output-too-large"] {
        assert!(seen.contains_key(outcome), "{seen:?}");
    }
}

#[test]
fn random_bytes_are_read_alike_both_ways() {
    let sets = lying();
    let (bytes, pointers) = verdict_in_memory();
    let change = (0..bytes.len(), any::<u8>());
    let changes = prop::collection::vec(change, 1..12);
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&(changes, any::<bool>()), |(changes, relative)| {
        let mut verdict = bytes.clone();
        for (index, value) in changes {
            verdict[index] = value;
        }
        of_bytes(&sets, &verdict, if relative { &pointers } else { &[] }, 0);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// Stores serve one request after the other; one that was spent is replaced by what was made in its
/// place, and none is lost.
#[test]
fn stores_serve_again() {
    let config = EngineConfig { instances: Instances::Restored, ..EngineConfig::one_shot() };
    let engine = engine_with(config);
    let load = |behaviour| engine.load(HOSTILE, &settings(behaviour)).expect("it loads");
    for (behaviours, kept) in [
        (["nothing", "state", "deny"], 1),
        // What came after the first in the store that was made in its place.
        (["grow-memory", "state", "nothing"], 1),
        (["trap", "state", "nothing"], 1),
        // The last one leaves none.
        (["nothing", "state", "grow-memory"], 0),
        (["nothing", "state", "trap"], 0),
    ] {
        let set = engine.assemble(behaviours.map(load).into());
        for request in 0..4 {
            let evaluations = Given::claims(r#"{"canary":7}"#).judge(&set);
            assert!(evaluations.iter().all(|e| outcome(e) != "instance"), "{behaviours:?}");
            assert_eq!(set.ready(), kept, "{behaviours:?} {request}");
        }
    }
}
