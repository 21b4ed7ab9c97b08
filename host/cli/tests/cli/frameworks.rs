//! The bundles of the frameworks, on real tokens: what each must refuse, with the
//! controls of its framework, and what must pass.

use crate::support::World;

/// A session as it should be, at the moment of the tests.
const SESSION: [&str; 8] = [
    "--fact",
    "session.active=1",
    "--fact",
    "session.state=active",
    "--fact",
    "session.started-at=1799999000",
    "--fact",
    "session.last-seen-at=1799999900",
];

/// What a bundle is shown, and what must come of it.
struct Example {
    bundle: &'static str,
    claims: &'static str,
    more: &'static [&'static str],
    /// The rule that denies, and a control that it must print; none for a permit.
    denied: Option<(&'static str, &'static str)>,
}

const fn good(
    bundle: &'static str,
    claims: &'static str,
    more: &'static [&'static str],
) -> Example {
    Example { bundle, claims, more, denied: None }
}

const fn bad(
    bundle: &'static str,
    claims: &'static str,
    more: &'static [&'static str],
    rule: &'static str,
    control: &'static str,
) -> Example {
    Example { bundle, claims, more, denied: Some((rule, control)) }
}

const GET: &[&str] = &["--request", "GET https://api.example/orders/7"];
const POST: &[&str] = &["--request", "POST https://api.example/orders"];
const HTTP: &[&str] = &["--request", "GET http://api.example/orders/7"];

const EXAMPLES: &[Example] = &[
    good("baseline", r#"{"sub":"u-1","scope":"orders:read"}"#, GET),
    bad(
        "baseline",
        r#"{"sub":"u-1","email":"a@example.com"}"#,
        GET,
        "personal-data",
        "GDPR 5(1)(c)",
    ),
    good("gdpr", r#"{"sub":"u-1","aud":"https://api.example","jti":"j-1"}"#, GET),
    good(
        "gdpr",
        r#"{"sub":"u-1","aud":"https://api.example","jti":"j-1","purpose":"newsletter"}"#,
        &["--fact", r#"consent.purposes=["newsletter"]"#],
    ),
    bad(
        "gdpr",
        r#"{"sub":"u-1","phone_number":"+4915112345678"}"#,
        GET,
        "personal-data",
        "GDPR 25(2)",
    ),
    bad(
        "gdpr",
        r#"{"sub":"a@example.com","jti":"j-1"}"#,
        GET,
        "identifying-subject",
        "GDPR 5(1)(c)",
    ),
    bad(
        "gdpr",
        r#"{"sub":"u-1","jti":"j-1","purpose":"profiling"}"#,
        &["--fact", r#"consent.purposes=["newsletter"]"#],
        "consent-missing",
        "GDPR 6",
    ),
    bad("gdpr", r#"{"sub":"u-1","exp":1800090000}"#, GET, "lifetime-too-long", "GDPR 5(1)(e)"),
    good("hipaa", r#"{"sub":"u-1","patient_id":"p-5521","scope":"records:read"}"#, GET),
    bad(
        "hipaa",
        r#"{"sub":"u-1","diagnosis":"E11.9"}"#,
        GET,
        "health-information",
        "HIPAA 164.502(b)",
    ),
    bad(
        "hipaa",
        r#"{"sub":"u-1","mrn":"MRN-00123456"}"#,
        GET,
        "health-identifier",
        "HIPAA 164.514(b)(2)",
    ),
    bad("hipaa", r#"{"sub":"u-1","ssn":"536-22-1234"}"#, GET, "identifier", "HIPAA 164.514(b)(2)"),
    bad("hipaa", r#"{"sub":"u-1"}"#, HTTP, "plaintext", "HIPAA 164.312(e)(1)"),
    good("pci-dss", r#"{"sub":"u-1","payment_token":"tok_83f1c2"}"#, GET),
    bad(
        "pci-dss",
        r#"{"sub":"u-1","card_number":"4111111111111111"}"#,
        GET,
        "pan",
        "PCI DSS 4.0.1 3.4.1",
    ),
    bad(
        "pci-dss",
        r#"{"sub":"u-1","cvv":"123"}"#,
        GET,
        "sensitive-authentication-data",
        "PCI DSS 4.0.1 3.3.1",
    ),
    bad("pci-dss", r#"{"sub":"u-1"}"#, HTTP, "plaintext", "PCI DSS 4.0.1 4.2.1"),
    bad("pci-dss", r#"{"sub":"u-1","exp":1800001000}"#, GET, "lifetime-too-long", "SOC 2 CC6.1"),
    good("soc2", r#"{"sub":"u-1","roles":["user"]}"#, POST),
    bad("soc2", r#"{"sub":"u-1","roles":["guest"]}"#, POST, "missing-permission", "SOC 2 CC6.3"),
    bad("soc2", r#"{"sub":"u-1","roles":["user"],"password":"x1"}"#, GET, "password", "SOC 2 C1.1"),
    bad(
        "soc2",
        r#"{"sub":"u-1","roles":["user"],"email":"a@example.com"}"#,
        GET,
        "sensitive-claim-not-encrypted",
        "SOC 2 CC6.7",
    ),
    good(
        "iso27001",
        r#"{"sub":"u-1","aud":"https://api.example","jti":"j-1","roles":["user"]}"#,
        POST,
    ),
    bad(
        "iso27001",
        r#"{"sub":"u-1","aud":"https://api.example","jti":"j-1","roles":["user"],"exp":1800000841}"#,
        GET,
        "lifetime-too-long",
        "ISO 27001:2022 8.5",
    ),
    bad(
        "iso27001",
        r#"{"sub":"u-1","aud":"https://api.example","jti":"j-1","roles":["guest"]}"#,
        POST,
        "missing-permission",
        "ISO 27001:2022 5.15",
    ),
];

#[test]
fn bad_examples_are_denied_with_their_controls_and_good_ones_permitted() {
    let world = World::new();
    for example in EXAMPLES {
        let mut arguments = vec!["--bundle", example.bundle, "--format", "json"];
        arguments.extend(SESSION);
        arguments.extend(example.more);
        let ran = world.check(&world.token(example.claims), &arguments);
        let (record, what) = (ran.json(), (example.bundle, example.claims));
        let denying = record["findings"].as_array().unwrap().iter();
        let denying: Vec<_> = denying.filter(|finding| finding["effect"] == "deny").collect();
        let Some((rule, control)) = example.denied else {
            assert_eq!(record["outcome"], "permit", "{what:?}: {denying:#?}");
            continue;
        };
        assert_eq!(record["outcome"], "deny", "{what:?}");
        let found = denying.iter().find(|finding| finding["rule"] == rule);
        let found = found.unwrap_or_else(|| panic!("{what:?}: {denying:#?}"));
        let controls = found["controls"].as_array().unwrap();
        assert!(controls.iter().any(|id| id == control), "{what:?}: {controls:?}");
        // Every finding says which controls it serves.
        for finding in record["findings"].as_array().unwrap() {
            assert!(!finding["controls"].as_array().unwrap().is_empty(), "{finding}");
        }
    }
}

/// The cases of each bundle pass, and reach most of what is the bundle's own.
#[test]
fn the_cases_of_every_bundle_pass() {
    let world = World::new();
    for bundle in ["baseline", "gdpr", "hipaa", "pci-dss", "soc2", "iso27001"] {
        world.run(&["test", bundle]).expect(0, &["PASSED  "]);
        world.run(&["lint", bundle]).expect(0, &["no errors, no warnings"]);
    }
}
