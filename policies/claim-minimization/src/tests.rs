//! The table of cases, and what a table cannot say.

use super::*;
use tokenward_policy::testing;

fn findings(settings: &str, claims: &[(&str, Value)]) -> Vec<Finding> {
    let policy: ClaimMinimization = tokenward_policy::configure(settings).unwrap();
    let claims =
        claims.iter().map(|(path, value)| Claim { path: (*path).into(), value: value.clone() });
    policy.evaluate(&input(claims.collect())).findings
}

fn input(claims: Vec<Claim>) -> Input {
    Input {
        phase: Phase::Use,
        now: None,
        token: None,
        claims,
        request: None,
        signals: Vec::new(),
        facts: Vec::new(),
    }
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
    assert_eq!(descriptor.rules.len(), 8);
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

/// So many claims of one kind, then one of another.
fn crowd(settings: &str, count: usize, first: &Value, last: &Value) -> Vec<Finding> {
    let mut paths: Vec<String> = (0..count).map(|n| format!("/x{n}")).collect();
    paths.push("/y".into());
    let values = (0..count).map(|_| first.clone()).chain([last.clone()]);
    let claims: Vec<_> = paths.iter().map(String::as_str).zip(values).collect();
    findings(settings, &claims)
}

#[test]
fn a_verdict_stays_in_the_bounds_of_the_host() {
    let email = Value::Text("a@example.com".into());
    let harmless = Value::Text("b".into());
    let advise = r#"{"detect":{"personal":"advise"}}"#;
    let withhold = r#"{"detect":{"personal":"advise"},"withhold":true}"#;
    // Settings, claims, the first of them, the last, findings, effect of the one for the rest.
    let cases = [
        ("{}", 199, &email, &email, 200, None),
        ("{}", 200, &email, &email, 201, Some(Effect::Deny)),
        ("{}", 5000, &email, &email, 201, Some(Effect::Deny)),
        ("{}", 5000, &email, &harmless, 201, Some(Effect::Deny)),
        ("{}", 5000, &harmless, &harmless, 201, Some(Effect::Advise)),
        ("{}", 5000, &harmless, &email, 201, Some(Effect::Advise)),
        (advise, 300, &email, &email, 201, Some(Effect::Advise)),
        (withhold, 199, &email, &email, 200, None),
        (withhold, 300, &email, &email, 201, Some(Effect::Deny)),
        (withhold, 300, &harmless, &email, 201, Some(Effect::Advise)),
    ];
    for (settings, count, first, last, expected, rest) in cases {
        let found = crowd(settings, count, first, last);
        let case = format!("{settings} {count} {first:?} {last:?}");
        assert_eq!(found.len(), expected, "{case}");
        let more = found.last().filter(|finding| finding.rule == "too-many-findings");
        assert_eq!(more.map(|finding| finding.effect), rest, "{case}");
        assert!(more.is_none_or(|finding| finding.claim.is_none()), "{case}");
        // What comes last is not crowded out by what weighs less.
        if first != last && *last == email {
            assert!(found.iter().any(|f| f.claim.as_deref() == Some("/y")), "{case}");
        }
    }
}

#[test]
fn long_names_do_not_make_a_verdict_too_large() {
    let long = "n".repeat(10_000);
    let paths: Vec<String> = (0..100).map(|n| format!("/{long}/x{n}")).collect();
    let email = Value::Text("a@example.com".into());
    let claims: Vec<_> = paths.iter().map(|path| (path.as_str(), email.clone())).collect();
    let found = findings("{}", &claims);
    let bytes: usize = found.iter().filter_map(|f| f.claim.as_ref()).map(String::len).sum();
    assert!(bytes <= 128 << 10, "{bytes}");
    assert!(
        found.last().is_some_and(|f| f.rule == "too-many-findings" && f.effect == Effect::Deny)
    );
}

#[test]
fn data_in_a_name_is_not_shown() {
    // Parts, so that no line looks like a live key.
    let key = ["/sk_li", "ve_4eC39HqLyjWDarjtT1zdp7dc"].concat();
    for path in ["/4111111111111111", "/john@example.com", "/john@example.com/a/b", &key] {
        let found = findings("{}", &[(path, Value::Boolean(true))]);
        let [finding] = found.as_slice() else { panic!("{path}: {found:?}") };
        assert_eq!(finding.claim.as_deref(), Some(""), "{path}");
        assert_eq!(finding.effect, Effect::Deny, "{path}");
        assert!(finding.message.contains("a member name at the top level"), "{path}");
    }
    let nested = ["/x", &key].concat();
    let found = findings("{}", &[(nested.as_str(), Value::Boolean(true))]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].rule.as_str(), found[0].claim.as_deref()), ("secret", Some("/x")));
}

/// Where secrets are off, values are not searched for them, and everything else is found as before:
/// in the texts of the detectors' tables, as values, beside names, and as pairs in a text.
#[test]
fn what_is_no_secret_is_found_whether_or_not_secrets_are_searched_for() {
    use crate::judge::{NoSecrets, active, judged};
    use tokenward_detect::Everything;

    let policy: ClaimMinimization = tokenward_policy::configure(
        r#"{"detect":{"secret":"off","network":"advise"},"min-confidence":"low"}"#,
    )
    .unwrap();
    let tables = concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest/detect/tests/tables");
    let mut texts = Vec::new();
    for table in std::fs::read_dir(tables).expect("the tables of the detectors") {
        let table = std::fs::read_to_string(table.expect("an entry").path()).expect("a table");
        // Each line has its text after a sign, and joins that hide keys from scanners.
        texts.extend(table.lines().filter_map(|l| Some(l.split_once(' ')?.1.replace('|', ""))));
    }
    assert!(texts.len() > 1000, "{}", texts.len());
    let mut found = 0;
    for (place, text) in texts.iter().enumerate() {
        let name = text.split([' ', '=', '/', '~']).next().unwrap_or_default();
        let other = &texts[place * 7 % texts.len()];
        let claims = [
            (format!("/x{place}"), text.clone()),
            (format!("/{name}"), other.clone()),
            (format!("/{name}/email_password"), text.clone()),
            ("/y".to_owned(), format!("\"{name}\": \"{other}\", {name}=abcd1234")),
            ("/z".to_owned(), format!("https://u:p@x.org/{text}?email_password={other}")),
        ];
        let claims = claims.map(|(path, text)| Claim { path, value: Value::Text(text) });
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let numbers = ["password", name, "n"].map(|name| Claim {
            path: format!("/{name}_{place}/{name}"),
            value: Value::Integer(digits.parse().unwrap_or(4_111_111_111_111_111)),
        });
        let input = input(claims.into_iter().chain(numbers).collect());
        let verdict = |judged: fn(&_, Vec<_>, &Input) -> Verdict| {
            judged(&policy.settings, active(&policy.settings, &input), &input)
        };
        let (without, with) = (verdict(judged::<NoSecrets>), verdict(judged::<Everything>));
        assert_eq!(without, with, "{text:?} {other:?}");
        assert!(policy.evaluate(&input) == with);
        found += with.findings.len();
    }
    assert!(found > 1000, "{found}");
}

/// A name hides nothing that its value is, be it a text or a number.
#[test]
fn a_card_number_under_the_name_of_a_secret_is_one() {
    for settings in ["{}", r#"{"detect":{"secret":"off"}}"#, r#"{"detect":{"secret":"advise"}}"#] {
        for value in [
            Value::Text("4111111111111111".into()),
            Value::Integer(4_111_111_111_111_111),
            Value::Number(4_111_111_111_111_111.0),
        ] {
            let found = findings(settings, &[("/password", value.clone())]);
            let [finding] = found.as_slice() else { panic!("{settings} {value:?}: {found:?}") };
            assert_eq!(finding.effect, Effect::Deny, "{settings} {value:?}");
        }
    }
}
