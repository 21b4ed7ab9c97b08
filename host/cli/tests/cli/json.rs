//! `--format json`: every kind of outcome keeps to the schema that is published.

use serde_json::Value;

use crate::support::World;

const SCHEMA: &str = include_str!("../../schema/decision.schema.json");

#[test]
fn every_outcome_keeps_to_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let world = World::new();
    world.write("hostile/hostile.wasm", tokenward_tests::HOSTILE);
    world.bundle(
        "hostile",
        "[[policy]]\nmodule='./hostile.wasm'\nsettings={evaluate='trap',reads=['/sub']}\n\
         [[policy]]\nmodule='scope-check'\nenforcement='shadow'\n",
    );
    world.bundle(
        "mixed",
        "[[policy]]\nmodule='scope-check'\nsettings.routes=[{path='/a',all-of=['s']}]\n\
         [[policy]]\nmodule='risk-score'\nsettings.profile='classic'\n",
    );
    let good = world.token(r#"{"sub":"u-1","scope":"s"}"#);
    let bare = world.token(r#"{"sub":"u-1","email":"alice@example.com"}"#);
    let risky = ["--signal", "new-device=true", "--signal", "unusual-time=true"];
    for (name, token, arguments, outcome, code, challenge) in [
        ("permit", &good, vec![], "permit", 0, Value::Null),
        ("deny", &bare, vec![], "deny", 1, Value::Null),
        ("invalid", &good, vec!["--now", "0"], "deny", 1, "invalid_token".into()),
        ("missing", &String::new(), vec![], "deny", 1, "none".into()),
        (
            "scope",
            &bare,
            vec!["--bundle", "mixed", "--request", "GET /a"],
            "deny",
            1,
            "insufficient_scope".into(),
        ),
        (
            "step-up",
            &good,
            [&["--bundle", "mixed", "--request", "GET /a"][..], &risky].concat(),
            "step-up",
            3,
            "insufficient_user_authentication".into(),
        ),
        ("fault", &good, vec!["--bundle", "hostile"], "fault", 4, Value::Null),
    ] {
        let mut all = vec!["check", "--key", "idp.public.jwk", "--format", "json", "--explain"];
        if !arguments.contains(&"--now") {
            all.extend(["--now", "1800000000"]);
        }
        all.extend(arguments);
        let ran = world.run_with(&all, token, &[]).expect(code, &[]);
        let record = ran.json();
        let errors: Vec<_> = validator.iter_errors(&record).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?} in {}", ran.out);
        assert_eq!(record["schema"], "tokenward.decision/1");
        assert_eq!(record["outcome"], outcome, "{name}");
        assert_eq!(record["challenge"]["error"], challenge, "{name}");
        assert_eq!(record["checks"]["issuer"], "unchecked", "{name}");
        assert_eq!(record["basis"], "token", "{name}");
        let fault = if name == "fault" { "policy_fault".into() } else { Value::Null };
        assert_eq!(record["fault"]["code"], fault, "{name}");
        let verified = !["invalid", "missing"].contains(&name);
        assert_eq!(record["token"]["verified"], verified, "{name}");
        assert_eq!(record["unread-claims"].is_array(), verified, "{name}");
        assert_eq!(record["policies"].as_array().unwrap().is_empty(), !verified, "{name}");
        assert!(!ran.out.contains("alice@"), "{name}");
    }
}

#[test]
fn what_is_judged_without_a_token_keeps_to_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let world = World::new();
    world.bundle("two", "[[policy]]\nmodule='scope-check'\n[[policy]]\nmodule='risk-score'\n");
    world.bundle("one", "[[policy]]\nmodule='scope-check'\n");
    let claims = ["--phase", "issue", "--claims", r#"{"sub":"u-1","scope":"s"}"#];
    let none = ["--phase", "login", "--no-token"];
    for (bundle, arguments, outcome, code, basis, kind, fault) in [
        ("two", &claims[..], "permit", 0, "claims", "access".into(), Value::Null),
        ("two", &none, "permit", 0, "no-token", Value::Null, Value::Null),
        ("one", &none, "fault", 4, "no-token", Value::Null, "no_policy_asked".into()),
    ] {
        let check = ["check", "--bundle", bundle, "--format", "json", "--explain"];
        let ran = world.run(&[&check, arguments].concat()).expect(code, &[]);
        let record = ran.json();
        let errors: Vec<_> = validator.iter_errors(&record).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?} in {}", ran.out);
        assert_eq!(
            (record["outcome"].as_str(), record["basis"].as_str()),
            (Some(outcome), Some(basis))
        );
        assert_eq!(record["fault"]["code"], fault);
        let token = &record["token"];
        assert_eq!((&token["kind"], &token["verified"]), (&kind, &Value::Bool(false)));
        assert!(
            token["error"].is_null() && token["digest"].is_null() && record["checks"].is_null()
        );
        assert_eq!(record["claim-evidence"].is_array(), basis == "claims");
        assert!(!record["policies"].as_array().unwrap().is_empty());
    }
}

#[test]
fn unread_claims_are_there_when_asked_for() {
    let world = World::new();
    world.bundle("one", "[[policy]]\nmodule='lifetime-limits'\n");
    let token = world.token(r#"{"sub":"u-1","a/b":1}"#);
    let arguments = ["--bundle", "one", "--format", "json"];
    let record = world.check(&token, &arguments).expect(0, &[]).json();
    assert!(record.get("unread-claims").is_none());
    let explained = [&arguments[..], &["--explain"]].concat();
    let record = world.check(&token, &explained).expect(0, &[]).json();
    assert_eq!(record["unread-claims"], serde_json::json!(["/sub", "/a~1b"]));
    let row = |claim: &str, read_by: &[&str]| serde_json::json!({"claim": claim, "read-by": read_by, "not-asked": []});
    let expected = [
        row("/sub", &[]),
        row("/a~1b", &[]),
        row("/iat", &["lifetime-limits"]),
        row("/exp", &["lifetime-limits"]),
    ];
    assert_eq!(record["claim-evidence"], Value::Array(expected.to_vec()));
}

#[test]
fn policies_of_other_phases_stand_apart_in_the_evidence() {
    let world = World::new();
    world.bundle("two", "[[policy]]\nmodule='scope-check'\n[[policy]]\nmodule='risk-score'\n");
    let token = world.token(r#"{"scope":"a"}"#);
    let arguments = ["--bundle", "two", "--format", "json", "--explain", "--phase", "refresh"];
    let record = world.check(&token, &arguments).expect(0, &[]).json();
    let expected = serde_json::json!({
        "claim": "/scope", "read-by": [], "not-asked": ["scope-check"]
    });
    assert_eq!(record["claim-evidence"][0], expected);
    assert_eq!(record["unread-claims"], serde_json::json!(["/iat", "/exp"]));
    let arguments = ["--bundle", "two", "--explain", "--phase", "refresh"];
    let said = ["  none in this phase, else scope-check: `/scope`\n"];
    world.check(&token, &arguments).expect(0, &said);
}
