//! Bundles: what is shown of them, and what enforcement and faults do.

use crate::support::World;

#[test]
fn faults_are_shown_as_faults() {
    let world = World::new();
    world.write("b/hostile.wasm", tokenward_tests::HOSTILE);
    let token = world.token(r#"{"sub":"u-1"}"#);
    let policy = "[[policy]]\nmodule='./hostile.wasm'\nsettings.evaluate=";
    for (tail, code, parts) in [
        (
            "'trap'",
            4,
            &["FAULT  access token", "no findings, 1 fault", "[trap]; so no request passes it"][..],
        ),
        ("'endless-loop'", 4, &["FAULT", "[fuel]"]),
        ("'trap'\non-fault='open'", 0, &["PERMIT", "1 fault", "[trap]; decided without it"]),
        ("'trap'\nenforcement='warn'", 0, &["PERMIT", "hostile (warn: ", "it decides nothing"]),
        ("'deny'", 1, &["DENY", "1 finding", "denied as configured", "TEST 1"]),
        ("'deny'\nenforcement='warn'", 0, &["PERMIT", "(advice)", "hostile (warn: decides"]),
        ("'deny'\nenforcement='shadow'", 0, &["PERMIT", "hostile (shadow: decides nothing"]),
    ] {
        world.bundle("b", &format!("{policy}{tail}\n"));
        world.check(&token, &["--bundle", "b"]).expect(code, parts);
    }
    // A denial stands, and the fault beside it is shown.
    let both = format!("{policy}'trap'\n{policy}'deny'\nid='second'\n");
    world.bundle("b", &both);
    world.check(&token, &["--bundle", "b"]).expect(1, &["DENY", "1 finding, 1 fault", "[trap]"]);
}

#[test]
fn a_bundle_is_inspected() {
    let world = World::new();
    world
        .run(&["bundle", "list"])
        .expect(0, &["baseline 0.2.0", "claim-minimization, scope-check"]);
    let ran = world.run(&["bundle", "inspect"]).expect(
        0,
        &[
            "baseline 0.2.0 Sensible rules",
            "  digest       sha256:",
            "  review by    2027-05-31",
            "\nscope-check 0.1.0 ",
            "  enforcement  enforce; a fault stops the request",
            "  phases       issue, use\n",
            "  settings     the defaults",
            "  reads        all claims",
            "  rules        personal-data: The claim holds personal data",
            "GDPR 5(1)(c)",
        ],
    );
    assert_eq!(ran.err, "");
    world.bundle(
        "own",
        "review-by='2020-01-31'\n[[policy]]\nmodule='lifetime-limits'\nid='short'\n\
         enforcement='warn'\non-fault='open'\nsettings.max-lifetime.access=300\n",
    );
    world.run(&["bundle", "inspect", "own"]).expect(
        0,
        &[
            "own 1.2.3 A test",
            "review by    2020-01-31, which has passed",
            "\nshort 0.1.0 ",
            "module       lifetime-limits",
            "warn; a fault is reported and passes",
            "settings     {\"max-lifetime\":{\"access\":300}}",
        ],
    );
}

#[test]
fn a_bundle_as_json() {
    let world = World::new();
    let record = world.run(&["bundle", "inspect", "--format", "json"]).expect(0, &[]).json();
    assert_eq!(record["schema"], "tokenward.bundle/1");
    assert_eq!(record["manifest"]["name"], "baseline");
    let policies = record["policies"].as_array().unwrap();
    assert_eq!(policies.len(), record["manifest"]["policy"].as_array().unwrap().len());
    for policy in policies {
        assert!(policy["digest"].as_str().unwrap().starts_with("sha256:"), "{policy}");
        assert!(policy["bytes"].as_u64().unwrap() > 1000, "{policy}");
        assert!(!policy["rules"].as_array().unwrap().is_empty(), "{policy}");
        assert!(policy["reads"]["claims"].is_array() && policy["phases"][0].is_string());
        assert_eq!(
            (&policy["enforcement"], &policy["on-fault"]),
            (&"enforce".into(), &"closed".into())
        );
    }
}
