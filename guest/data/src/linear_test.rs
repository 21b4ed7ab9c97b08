//! Proves that work grows with the bytes of the token, not with those of the pointers: in these a
//! name is told anew for every claim below it. Comparing a pointer with the one before is not
//! counted: it takes no longer than copying it did.

use tokenward_detect::{Everything, Hit, concerns_patient};
use tokenward_policy::prelude::*;

use crate::report::{Data, MOST, Rank, Weight};
use crate::rules::{Never, Part, Rules, Standing};
use crate::{Path, any_name, judge, steps};

/// Advises against all that is found.
struct Advising;

impl Rules for Advising {
    type Scope = Everything;
    type Own = Never;

    fn standing(&self, _: &Path<'_, '_>) -> Standing<Never> {
        Standing::Searched
    }

    fn weigh(&self, _: &mut Hit, path: &Path<'_, '_>, _: Part<'_>) -> Option<Weight> {
        let _ = path.concerns_patient();
        Some(Weight::Advise)
    }

    fn withholds(&self) -> bool {
        false
    }

    fn rule(&self, _: &Data, _: Rank) -> (&'static str, Severity) {
        ("data", Severity::Low)
    }
}

fn input(claims: Vec<(String, &str)>) -> Input {
    let claim = |(path, text): (String, &str)| Claim { path, value: Value::Text(text.into()) };
    Input {
        phase: Phase::Use,
        now: None,
        token: None,
        claims: claims.into_iter().map(claim).collect(),
        request: None,
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

/// The bytes of the names and values as the token tells them: each name once.
fn told(input: &Input) -> u64 {
    let mut before = "";
    let mut bytes = 0;
    for claim in &input.claims {
        let same = before.bytes().zip(claim.path.bytes()).take_while(|(a, b)| a == b).count();
        bytes += claim.path.len() - same + claim.value.texts().map(str::len).sum::<usize>() + 6;
        before = &claim.path;
    }
    bytes as u64
}

/// Many claims below one name.
fn below(name: &str, value: &'static str) -> Input {
    input((0..380).map(|place| (format!("/{name}/c{place}"), value)).collect())
}

/// Names within names, a few claims beside each.
fn nest(name: &str, member: &str) -> Input {
    let mut claims = Vec::new();
    for depth in 1..30 {
        for place in 0..10 {
            claims.push((format!("{}/{member}{place}", format!("/{name}").repeat(depth)), "a b"));
        }
    }
    input(claims)
}

/// Objects like keys in an array, with the type of the key last.
fn keys(around: &str) -> Input {
    let members = ["d", "k", "p", "q", "dp", "dq", "qi", "kty"];
    let member = |at: usize| members.map(|name| (format!("/{around}/{at}/{name}"), "x"));
    input((0..60).flat_map(member).collect())
}

#[test]
fn a_name_is_looked_at_once() {
    let long = "n".repeat(5600);
    for (what, input) in [
        ("a long name", below(&long, "a b")),
        ("a long name around data", below(&long, "4111111111111111")),
        ("a long name for data", below(&format!("{long}_email"), "a b")),
        ("a long name of a patient", below(&format!("patient_{long}"), "a@example.com")),
        ("a long name that is data", below(&format!("a@{long}.com"), "a b")),
        ("a long name of digits", below(&"41".repeat(2800), "a b")),
        ("a long name with escapes", below(&"~1".repeat(2800), "a b")),
        ("names in names", nest(&"n".repeat(100), "c")),
        ("names for data in names", nest("patient_email", "ssn")),
        ("names that are data in names", nest("a@example.com", "b@example.com")),
        ("keys below a long name", keys(&long)),
    ] {
        let told = told(&input);
        let judged = steps::of(|| {
            let verdict = judge(&Advising, &input);
            assert!(verdict.findings.len() <= MOST + 1, "{what}");
        });
        assert!(judged <= 6 * told, "{what}: {judged} steps for {told} bytes");
        let named = steps::of(|| assert!(!any_name(&input, |name| name == "none"), "{what}"));
        assert!(named <= 3 * told, "{what}: {named} steps for {told} bytes");
    }
}

#[test]
fn each_name_is_asked_about_once() {
    let asked = std::cell::Cell::new(0);
    any_name(&below("patients", "x"), |_| {
        asked.set(asked.get() + 1);
        false
    });
    assert_eq!(asked.get(), 381);
    assert!(any_name(&below("patient", "x"), concerns_patient));
    assert!(any_name(&input(vec![("/a~1b".into(), "x")]), |name| name == "a/b"));
}

#[test]
fn one_finding_tells_of_an_object_however_much_lies_between() {
    // Each member is told by itself, and the object for its last one, in a name.
    let mut claims = vec![("/o/a@example.com".to_owned(), "x")];
    claims.extend((0..20).map(|place| (format!("/o/p/email{place}"), "x")));
    claims.push(("/o/b@example.com".to_owned(), "x"));
    let verdict = judge(&Advising, &input(claims));
    let told = verdict.findings.iter().filter(|finding| finding.claim.as_deref() == Some("/o"));
    assert_eq!((told.count(), verdict.findings.len()), (1, 21));
}
