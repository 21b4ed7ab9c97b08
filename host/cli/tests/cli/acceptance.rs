//! The payloads that a compliance tool is judged by: what must be refused, and
//! what must pass without a word.

use crate::support::World;

/// The claims with a finding that denies, in the order of the report.
fn denied(record: &serde_json::Value) -> Vec<String> {
    let findings = record["findings"].as_array().unwrap().iter();
    let denying = findings.filter(|finding| finding["effect"] == "deny");
    denying.map(|finding| finding["claim"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_offending_claim_has_exactly_one_finding() {
    let world = World::new();
    for (what, claims, offending, control) in [
        (
            "GDPR",
            r#"{"sub":"u-1","name":"Alice Example","email":"alice@example.com","ssn":"078-05-1120"}"#,
            &["/name", "/email", "/ssn"][..],
            "GDPR 5(1)(c)",
        ),
        (
            "HIPAA",
            r#"{"sub":"u-1","patient_name":"Bob Example","diagnosis":"type 2 diabetes","medications":["metformin"]}"#,
            &["/patient_name", "/diagnosis", "/medications"][..],
            "HIPAA 164.502(b)",
        ),
        (
            "PCI",
            r#"{"sub":"u-1","card_number":"4111111111111111","cvv":"123"}"#,
            &["/card_number", "/cvv"][..],
            "PCI DSS 4.0.1 3.3.1",
        ),
    ] {
        let ran = world.check(&world.token(claims), &["--format", "json"]).expect(1, &[]);
        let record = ran.json();
        assert_eq!(record["outcome"], "deny", "{what}");
        assert_eq!(denied(&record), offending, "{what}");
        assert_eq!(record["findings"].as_array().unwrap().len(), offending.len(), "{what}");
        let first = &record["findings"][0]["controls"];
        assert!(first.as_array().unwrap().iter().any(|id| id == control), "{what}: {first}");
        for value in ["Alice", "alice@", "078-05", "Bob", "diabetes", "metformin", "4111", "123\""]
        {
            assert!(!ran.out.contains(value), "{what}: the value {value} is in the record");
        }
    }
}

#[test]
fn minimal_tokens_pass_without_a_finding() {
    let world = World::new();
    for claims in [
        r#"{"sub":"u-1"}"#,
        r#"{"sub":"u-1","scope":"records:read","patient_id":"p-83f1"}"#,
        r#"{"sub":"u-1","payment_token":"tok_83f1c2"}"#,
        r#"{"iss":"https://idp.example","aud":"https://api.example","sub":"u-1","client_id":"c","jti":"83f1c2d4"}"#,
    ] {
        let ran = world.check(&world.token(claims), &[]);
        let ran = ran.expect(0, &["PERMIT  access token ", ", no findings\n"]);
        assert!(!ran.out.contains("Advice"), "{claims}: {}", ran.out);
    }
}
