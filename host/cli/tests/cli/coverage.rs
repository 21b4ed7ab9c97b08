//! The requirements of the frameworks, and which of them a bundle answers.

use crate::policy::keeps_to;
use crate::support::World;

const SCHEMA: &str = include_str!("../../schema/coverage.schema.json");

/// What a row says that it answers is what its policies say that they serve.
#[test]
fn every_control_of_a_row_is_told_by_a_rule_of_its_policies() {
    let table = tokenward::built_in_coverage().unwrap();
    let engine = tokenward::Engine::new(tokenward::EngineConfig::one_shot()).unwrap();
    let mut told = 0;
    for row in &table.rows {
        let owners = &row.owner.policies;
        let components: Vec<_> =
            owners.iter().filter_map(|name| tokenward::built_in_policy(name)).collect();
        if owners.is_empty() || components.len() < owners.len() {
            // The build script knows which policies may be missing yet.
            continue;
        }
        let rules = components.iter().flat_map(|c| engine.describe(c).unwrap().rules);
        let served: Vec<String> = rules.flat_map(|rule| rule.controls).collect();
        for control in &row.controls {
            assert!(served.contains(control), "{}: no rule of {owners:?} tells {control}", row.id);
            told += 1;
        }
    }
    assert!(told > 8);
}

#[test]
fn a_bundle_says_what_it_answers() {
    let world = World::new();
    world.bundle(
        "b",
        "[[policy]]\nmodule='lifetime-limits'\n[[policy]]\nmodule='scope-check'\nenforcement='warn'\n",
    );
    world.write("own/scope-check.wasm", tokenward_tests::HOSTILE);
    world.bundle("own", "[[policy]]\nmodule='./scope-check.wasm'\n");
    let record = world.run(&["bundle", "coverage", "b", "--format", "json"]).expect(0, &[]).json();
    keeps_to(SCHEMA, &record);
    let answer = |record: &serde_json::Value, id: &str| {
        let rows = record["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == id).unwrap();
        row["answer"].as_str().unwrap().to_owned()
    };
    for (id, expected) in [
        ("G4", "answered"),
        ("H3", "not-enforced"),
        ("I1", "in-part"),
        ("G1", "not-in-bundle"),
        ("I5", "host"),
        ("G2", "planned"),
        ("O1", "attested"),
    ] {
        assert_eq!(answer(&record, id), expected, "{id}");
    }
    let own = world.run(&["bundle", "coverage", "own", "--format", "json"]).expect(0, &[]).json();
    assert_eq!(answer(&own, "H3"), "not-in-bundle");
    world.run(&["bundle", "coverage", "b"]).expect(
        0,
        &[
            "b 1.2.3 sha256:",
            "G4    Storage limitation: ",
            "\n      answered lifetime-limits\n      GDPR 5(1)(e)\n",
            "\n      in part lifetime-limits, session-limits; without session-limits\n",
            "O1    A Data Protection Officer is named\n      a person attests\n",
        ],
    );
    world.run(&["bundle", "coverage", "none"]).expect_error(&["unknown bundle `none`"]);
}
