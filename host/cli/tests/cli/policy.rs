//! `tokenward policy`: what is shown of a policy, built in or in a file.

use serde_json::Value;

use crate::support::World;

const SCHEMA: &str = include_str!("../../schema/policy.schema.json");

/// Fails unless the record keeps to the schema that is published.
#[track_caller]
pub(crate) fn keeps_to(schema: &str, record: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(record).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} in {record:#}");
}

#[test]
fn the_built_in_policies_are_listed() {
    let world = World::new();
    let ran = world.run(&["policy", "list"]);
    let ran = ran.expect(0, &["claim-minimization 0.1.0 ", "issue, use, refresh; 8 rules; "]);
    let names = |out: &str| -> Vec<String> {
        let titles = out.lines().filter(|line| !line.starts_with(' '));
        titles.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    let listed = names(&ran.out);
    let record = world.run(&["policy", "list", "--format", "json"]).expect(0, &[]).json();
    assert_eq!(record["schema"], "tokenward.policies/1");
    let policies = record["policies"].as_array().unwrap();
    let recorded: Vec<_> = policies.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(listed, recorded);
    let built_in: Vec<_> = tokenward::built_in_policies().map(|(name, _)| name).collect();
    assert_eq!(recorded, built_in);
}

#[test]
fn every_policy_keeps_to_the_schema() {
    let world = World::new();
    for (name, component) in tokenward::built_in_policies() {
        let record = world.run(&["policy", "inspect", name, "--format", "json"]).expect(0, &[]);
        let record = record.json();
        keeps_to(SCHEMA, &record);
        assert_eq!(record["component"]["imports"], Value::Array(Vec::new()), "{name}");
        assert_eq!(record["component"]["bytes"], component.len(), "{name}");
        assert_eq!(record["needs"]["fault"], Value::Null, "{name}");
        let number = |pointer: &str| record.pointer(pointer).unwrap().as_u64().unwrap();
        let configured = number("/needs/configured-bytes");
        assert!(configured > 0 && configured.is_multiple_of(1024), "{name}");
        assert!(number("/needs/empty/memory-bytes") >= configured, "{name}");
        assert!(number("/needs/worst/memory-bytes") >= configured, "{name}");
        assert!(number("/needs/worst/memory-bytes") <= number("/limits/memory-bytes"), "{name}");
        assert!(number("/needs/worst/fuel") > 0 && number("/needs/empty/fuel") > 0, "{name}");
        let code = number("/component/code-bytes") + number("/component/data-bytes");
        assert!(code > 4096 && code < component.len() as u64, "{name}");
    }
}

#[test]
fn a_policy_is_inspected() {
    let world = World::new();
    world.run(&["policy", "inspect", "lifetime-limits"]).expect(
        0,
        &[
            "lifetime-limits 0.1.0 ",
            "  contract     tokenward:policy@0.1.0\n",
            "  digest       sha256:",
            "  exports      `tokenward:policy/policy@0.1.0`\n",
            "  imports      nothing\n",
            "  phases       issue, use, refresh\n",
            "  reads        claims `/exp`",
            "the time of the decision",
            "KiB configured, ",
            "  rules        missing-exp: ",
            "GDPR 5(1)(e)",
            "\nSettings\n",
            "  skew (integer, 0 to 600; in seconds; default 60)\n",
            "  max-lifetime.access (",
            "How far the clocks of issuer and gateway may be apart.",
        ],
    );
}

#[test]
fn settings_count_and_files_are_read() {
    let world = World::new();
    world.write("s.json", r#"{"max-session-age":60}"#);
    for settings in ["@s.json", r#"{"max-session-age":60}"#] {
        world
            .run(&["policy", "inspect", "lifetime-limits", "--settings", settings])
            .expect(0, &["`/auth_time`"]);
    }
    let component = tokenward::built_in_policy("lifetime-limits").unwrap();
    world.write("own.wasm", component);
    let of_file = world.run(&["policy", "inspect", "own.wasm", "--format", "json"]).expect(0, &[]);
    let built_in = world.run(&["policy", "inspect", "lifetime-limits", "--format", "json"]);
    assert_eq!(of_file.json(), built_in.json());
    // What a component does under stress is shown, and is no error of the command.
    world.write("hostile.wasm", tokenward_tests::HOSTILE);
    let settings = r#"{"evaluate":"trap","reads":["/sub"]}"#;
    world
        .run(&["policy", "inspect", "./hostile.wasm", "--settings", settings])
        .expect(0, &["  fault        the policy trapped"]);
    let settings = r#"{"evaluate":"memory-bomb","reads":["/sub"]}"#;
    world
        .run(&["policy", "inspect", "./hostile.wasm", "--settings", settings])
        .expect(0, &["  fault        the policy asked for more than its 16777216 bytes"]);
}

#[test]
fn what_cannot_be_inspected_says_why() {
    let world = World::new();
    world.write("text.wasm", "not a component");
    world.write("importing.wasm", tokenward_tests::IMPORTING);
    world.write("list.json", "[1]");
    for (arguments, parts) in [
        (&["no-such"][..], &["unknown policy `no-such`; accepted: `", "`./name.wasm`"][..]),
        (&["./no-such.wasm"], &["`./no-such.wasm`"]),
        (&["text.wasm"], &["does not begin with the bytes of WebAssembly"]),
        (&["importing.wasm"], &["the component imports `", "may import nothing"]),
        (&["risk-score", "--settings", "{"], &["--settings"]),
        (
            &["risk-score", "--settings", "@list.json"],
            &["--settings", "an array; accepted: an obj"],
        ),
        (&["risk-score", "--settings", "@none.json"], &["--settings", "`none.json`"]),
        (&["risk-score", "--settings", r#"{"profil":"x"}"#], &["setting `/profil`"]),
    ] {
        world.run(&[&["policy", "inspect"], arguments].concat()).expect_error(parts);
    }
    world.run(&["policy", "inspct"]).expect_error(&["did you mean `list`, `inspect`"]);
}
