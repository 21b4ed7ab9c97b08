//! The table of cases, and what a table cannot say.

use super::*;
use tokenward_policy::testing;

fn findings(settings: &str, claims: &[(&str, Value)]) -> Vec<Finding> {
    let policy: ClaimMinimization = tokenward_policy::configure(settings).unwrap();
    let claims =
        claims.iter().map(|(path, value)| Claim { path: (*path).into(), value: value.clone() });
    let input = Input {
        phase: Phase::Use,
        now: None,
        token: None,
        claims: claims.collect(),
        request: None,
        signals: Vec::new(),
        facts: Vec::new(),
    };
    policy.evaluate(&input).findings
}

#[test]
fn cases() {
    testing::run_cases::<ClaimMinimization>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn messages_tell_the_detector_and_never_the_value() {
    let text = |text: &str| Value::Text(text.into());
    let found = findings(
        "{}",
        &[
            ("/email", text("john@example.com")),
            ("/sub", text("john@example.com")),
            ("/ssn", text("unknown-form")),
            ("/blob", text("am9obkBleGFtcGxlLmNvbQ==")),
        ],
    );
    let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "holds an e-mail address (by its name and its value; detector `email`)",
            "holds an e-mail address (found in the value; detector `email`)",
            "holds a US social security number (by its name; detector `us-ssn`)",
            "holds an e-mail address (found in the decoded value; detector `email`)",
        ]
    );
}

#[test]
fn every_rule_is_described_and_the_schema_is_an_object() {
    let descriptor = ClaimMinimization::descriptor();
    let schema = &descriptor.settings_schema;
    for setting in
        ["allow", "deny", "permit", "profiles", "unlisted", "detect", "min-confidence", "withhold"]
    {
        assert!(schema.contains(setting), "{setting}");
    }
    assert_eq!(descriptor.rules.len(), 7);
    assert!(
        descriptor.rules.iter().all(|rule| !rule.controls.is_empty() && !rule.remedy.is_empty())
    );
}

#[test]
fn odd_pointers_do_no_harm() {
    for path in ["", "/", "//", "/0", "/0/1", "/~", "/~2", "no-slash", "/é/ü", "/a//b"] {
        let found = findings("{}", &[(path, Value::Text("john@example.com".into()))]);
        assert!(found.len() <= 1, "{path}");
        assert_eq!(found.len(), 1, "{path}");
    }
}

#[test]
fn many_claims_give_one_finding_each() {
    let paths: Vec<String> = (0..2000).map(|n| format!("/x{n}")).collect();
    let claims: Vec<_> =
        paths.iter().map(|path| (path.as_str(), Value::Text("a@example.com".into()))).collect();
    assert_eq!(findings("{}", &claims).len(), 2000);
}
