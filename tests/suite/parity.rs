//! Each policy says the same natively and as a component, called directly and
//! as one: on its whole case table, and on random inputs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};
use tokenward_engine::{
    Calls, Compilation, Engine, EngineConfig, LoadError, Outcome, PolicySet, RequestFacts, Verdict,
};
use tokenward_policy::testing::{Case, load_cases};
use tokenward_policy::{self as sdk, Policy};
use tokenward_token::json::{JsonLimits, parse_strict};

mod convert;
mod policies;
mod random;

use convert::{engine_verdict, given};
use random::random_case;

use crate::support::{both_engines_compiled, engine_with};

fn folder(policy: &str) -> String {
    format!("{}/../policies/{policy}", env!("CARGO_MANIFEST_DIR"))
}

fn component(policy: &str) -> &'static [u8] {
    tokenward::built_in_policy(policy).expect("a built-in policy")
}

/// How many of the settings of a table are run as a component too: what the two
/// ways of calling differ in does not depend on settings, and each costs a
/// compilation.
const AS_COMPONENT: usize = 3;

/// A policy with some settings.
struct Loaded {
    direct: PolicySet,
    as_component: Option<PolicySet>,
}

/// Runs the case table of a policy directly and as a component, and beside it natively.
fn whole_table<P: Policy>(policy: &str) {
    // Compiled as quickly as can be: most settings are run once or twice.
    let [direct, as_component] = both_engines_compiled(Compilation::Quick);
    let mut sets: BTreeMap<String, Result<Loaded, Vec<String>>> = BTreeMap::new();
    let mut components = 0;
    let mut failures = String::new();
    let mut only_native = 0;
    let cases = load_cases(format!("{}/cases", folder(policy)));
    assert!(!cases.is_empty());
    for case in &cases {
        let result = case.check(|settings| {
            let load = |engine: &Engine| match engine.load(component(policy), settings) {
                Ok(policy) => Ok(engine.assemble(vec![policy])),
                Err(LoadError::Settings { errors }) => {
                    Err(errors.into_iter().map(|e| e.path).collect::<Vec<_>>())
                }
                Err(other) => panic!("{}: {other}", case.name),
            };
            let set = sets.entry(settings.to_owned()).or_insert_with(|| {
                let direct = load(&direct)?;
                let wanted = components < AS_COMPONENT;
                let as_component = wanted.then(|| load(&as_component)).transpose()?;
                components += usize::from(wanted);
                Ok(Loaded { direct, as_component })
            });
            let Loaded { direct, as_component } = set.as_ref().map_err(Clone::clone)?;
            let native = native::<P>(settings, case);
            if reaches_policies(case) {
                let native = engine_verdict(&native);
                assert_eq!(by_component(direct, case), native, "{}, direct", case.name);
                if let Some(set) = as_component {
                    assert_eq!(by_component(set, case), native, "{}, component", case.name);
                }
            } else {
                // What the host lets no policy see: what the policy makes of it
                // all the same is tested natively.
                only_native += 1;
            }
            Ok(native)
        });
        if let Err(difference) = result {
            let _ = write!(failures, "\n- {}\n{difference}", case.name);
        }
    }
    assert!(failures.is_empty(), "{policy} as a component:{failures}");
    assert!(only_native * 10 <= cases.len(), "{only_native} cases were not run as a component");
    println!(
        "{policy}: {} cases, {} settings, {only_native} only natively",
        cases.len(),
        sets.len()
    );
}

/// Compares the two on random inputs, for each of these settings.
fn random_inputs<P: Policy>(policy: &str, settings: &[Json]) {
    for settings in settings {
        let settings = settings.to_string();
        let engines = both_engines_compiled(Compilation::Quick);
        let sets = engines.each_ref().map(|engine| {
            let loaded = engine.load(component(policy), &settings).expect("it loads");
            engine.assemble(vec![loaded])
        });
        assert_eq!(sets[0].policies()[0].calls(), Calls::Direct);
        // The same policy, asked for room string by string, as the ABI has it.
        let [engine, _] = &engines;
        let loaded = engine.load(&without_arena(component(policy)), &settings).expect("it loads");
        assert_eq!(loaded.calls(), Calls::Direct);
        let by_realloc = engine.assemble(vec![loaded]);
        let mut runner =
            TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
        let reads = sdk::configure::<P>(&settings).expect("settings").reads();
        let outcome = runner.run(&random_case(&reads), |case| {
            let native = engine_verdict(&native::<P>(&settings, &case));
            prop_assert_eq!(by_component(&sets[0], &case), native.clone());
            prop_assert_eq!(by_component(&by_realloc, &case), native.clone());
            prop_assert_eq!(by_component(&sets[1], &case), native);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{policy} with {settings}: {error}"));
    }
}

/// The component with the export renamed by which it takes its input in one block.
fn without_arena(component: &[u8]) -> Vec<u8> {
    let name = b"tokenward:arena";
    let mut renamed = component.to_vec();
    let at = renamed.windows(name.len()).position(|w| w == name).expect("the export");
    renamed[at] = b'T';
    renamed
}

/// What the policy says natively, if it is meant for the case's phase.
fn native<P: Policy>(settings: &str, case: &Case) -> sdk::Verdict {
    let phase = match case.phase() {
        sdk::Phase::Issue => sdk::Phases::ISSUE,
        sdk::Phase::Use => sdk::Phases::USE,
        sdk::Phase::Refresh => sdk::Phases::REFRESH,
        sdk::Phase::Login => sdk::Phases::LOGIN,
    };
    if P::descriptor().phases & phase != phase {
        return sdk::Verdict::permit();
    }
    let policy = sdk::configure::<P>(settings).expect("settings that the component took");
    policy.evaluate(&case.input(&policy.reads()))
}

fn by_component(set: &PolicySet, case: &Case) -> Verdict {
    let [evaluation] = given(case).judge(set).try_into().expect("one policy");
    match evaluation.outcome {
        Outcome::Judged(verdict) => (*verdict).clone(),
        Outcome::NotAsked => Verdict::default(),
        other => panic!("{}: {other:?}", case.name),
    }
}

/// Whether the case's claims can be those of a verified token, and its request
/// reaches policies as it is written.
fn reaches_policies(case: &Case) -> bool {
    let claims = parse_strict(case.claims.as_bytes(), &JsonLimits::default()).is_ok();
    let request = case.request.as_ref().is_none_or(|text| {
        let (method, url) = text.split_once(' ').expect("METHOD URL");
        let facts = RequestFacts::new(method, url);
        facts.is_ok_and(|facts| {
            let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
            let raw = rest.find('/').map_or("/", |at| &rest[at..]);
            let host = rest.split(['/', ':']).next().filter(|_| !scheme.is_empty());
            facts.path() == raw.split('?').next() && facts.host() == host
        })
    });
    claims && request
}

/// The schema that a policy publishes and the settings that it takes agree.
#[test]
fn settings_schemas_are_what_the_policies_take() {
    let engine = engine_with(EngineConfig::one_shot());
    for (policy, bytes) in tokenward::built_in_policies() {
        let schema = engine.describe(bytes).expect("it describes itself").settings_schema;
        let validator = jsonschema::draft202012::new(&schema)
            .unwrap_or_else(|error| panic!("{policy}: its schema is none: {error}"));
        for case in load_cases(format!("{}/cases", folder(policy))) {
            let settings: Json = serde_json::from_str(&case.settings_json()).expect("settings");
            let accepted = case.expect_setting_errors.is_empty();
            // A schema cannot say everything that a policy checks, but what a
            // policy takes its schema takes.
            if accepted {
                assert!(validator.is_valid(&settings), "{policy}, {}: {settings}", case.name);
            }
        }
        assert!(!validator.is_valid(&json!({"no-such-setting": 1})), "{policy}");
    }
}
