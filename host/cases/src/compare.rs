//! How what came of a case differs from what it expects.

use std::fmt;

use crate::expect::{Expected, ExpectedDecision, Others};
use crate::observe::{Observation, Observed, line_of};

/// One way in which what came differs from what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `outcome`, `finding`, `token`, ...
    pub about: &'static str,
    /// What was expected; none if something came that was not.
    pub expected: Option<String>,
    /// What came; none if something did not come.
    pub got: Option<String>,
    /// Words of the policy about it.
    pub note: Option<String>,
}

/// How what came differs from what was expected: not at all, if empty.
pub(crate) fn compare(expected: &Expected, observed: &Observed) -> Vec<Difference> {
    let mut differences = Differences::default();
    match (expected, observed) {
        (Expected::Decision(expected), Observed::Decision(observed)) => {
            decision(expected, observed, &mut differences);
        }
        (Expected::Decision(expected), other) => {
            differences.differ("outcome", expected.outcome.as_str(), &other.in_words());
        }
        (Expected::SettingErrors(expected), Observed::SettingErrors { errors }) => {
            let got: Vec<_> =
                errors.iter().map(|(place, why)| (place.clone(), Some(why.clone()))).collect();
            differences.sets("setting error", expected, got, Others::Refused);
        }
        (Expected::SettingErrors(places), other) => {
            let places = places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            differences.differ("settings", &format!("refused: {places}"), &other.in_words());
        }
    }
    differences.0
}

fn decision(expected: &ExpectedDecision, observed: &Observation, into: &mut Differences) {
    if expected.outcome != observed.outcome {
        into.differ("outcome", expected.outcome.as_str(), &observed.outcome_in_words());
    }
    let code = observed.token_error.as_ref().map(|(code, _)| *code);
    if expected.token_error.as_deref() != code {
        let words = |code: Option<&str>| {
            code.map_or_else(|| "accepted".to_owned(), |code| format!("refused: {code}"))
        };
        into.0.push(Difference {
            about: "token",
            expected: Some(words(expected.token_error.as_deref())),
            got: Some(words(code)),
            note: observed.token_error.as_ref().map(|(_, message)| message.clone()),
        });
    }
    let got = observed.findings.iter().map(|f| (line_of(f), Some(f.message.clone())));
    into.sets("finding", &expected.findings, got.collect(), expected.others);
    if let Some(requirements) = &expected.requirements {
        let got = observed.requirements.iter().map(|line| (line.clone(), None));
        into.sets("requirement", requirements, got.collect(), Others::Refused);
    }
    if let Some(challenge) = &expected.challenge
        && Some(challenge.as_str()) != observed.challenge
    {
        into.differ("challenge", challenge, observed.challenge.unwrap_or("no challenge"));
    }
    let served = |control: &&String| observed.findings.iter().any(|f| f.controls.contains(control));
    for control in expected.controls.iter().filter(|control| !served(control)) {
        into.missing("control", control);
    }
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn differ(&mut self, about: &'static str, expected: &str, got: &str) {
        let (expected, got) = (Some(expected.to_owned()), Some(got.to_owned()));
        self.0.push(Difference { about, expected, got, note: None });
    }

    fn missing(&mut self, about: &'static str, item: &dyn fmt::Display) {
        self.0.push(Difference { about, expected: Some(item.to_string()), got: None, note: None });
    }

    /// Compares without regard to order; what is there twice counts twice.
    fn sets<T: Clone + PartialEq + fmt::Display>(
        &mut self,
        about: &'static str,
        expected: &[T],
        mut got: Vec<(T, Option<String>)>,
        others: Others,
    ) {
        for item in expected {
            match got.iter().position(|(other, _)| other == item) {
                Some(at) => drop(got.remove(at)),
                None => self.missing(about, item),
            }
        }
        if others == Others::Refused {
            self.0.extend(got.into_iter().map(|(item, note)| Difference {
                about,
                expected: None,
                got: Some(item.to_string()),
                note,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::{FindingLine, finding_line, setting_place};
    use crate::format::parse;
    use tokenward::{Effect, Enforcement, Outcome, ReportedFinding, Severity};

    fn expected(fields: &str) -> Result<Expected, String> {
        let placed = parse(&format!("[[case]]\nname='a'\n{fields}"), "f").unwrap().remove(0);
        Expected::new(&placed.raw).map_err(|error| error.to_string())
    }

    fn finding(line: &str) -> ReportedFinding {
        let FindingLine { policy, rule, claim } = finding_line(line).unwrap();
        ReportedFinding {
            policy,
            rule,
            title: "t".into(),
            severity: Severity::High,
            effect: Effect::Deny,
            enforcement: Enforcement::Enforce,
            claim,
            message: "m".into(),
            remedy: "r".into(),
            controls: vec!["GDPR 6".into()],
        }
    }

    fn observed(findings: &[&str]) -> Observation {
        Observation {
            outcome: if findings.is_empty() { Outcome::Permit } else { Outcome::Deny },
            token_error: None,
            undecided: None,
            findings: findings.iter().map(|line| finding(line)).collect(),
            requirements: vec!["scope a".into()],
            challenge: Some("insufficient_scope"),
            policies: Vec::new(),
        }
    }

    /// The differences, as `about: expected | got`.
    fn differences(fields: &str, observed: &Observed) -> Vec<String> {
        let line = |d: Difference| {
            let text = |side: Option<String>| side.unwrap_or_else(|| "-".into());
            format!("{}: {} | {}", d.about, text(d.expected), text(d.got))
        };
        compare(&expected(fields).unwrap(), observed).into_iter().map(line).collect()
    }

    #[test]
    fn differences_are_told() {
        let none: [&str; 0] = [];
        for (fields, got, expected) in [
            ("expect='permit'", &[][..], &none[..]),
            ("expect='deny'", &[], &["outcome: deny | permit"]),
            ("expect='deny'\nfindings=['p r /a', 'p r']", &["p r", "p r /a"], &none),
            (
                "expect='deny'\nfindings=['p r /a']",
                &["p r /b", "p q"],
                &["finding: p r /a | -", "finding: - | p r /b", "finding: - | p q"],
            ),
            ("expect='deny'\nfindings=['p r', 'p r']", &["p r"], &["finding: p r | -"]),
            ("expect='deny'\nfindings=['p r']", &["p r", "p r"], &["finding: - | p r"]),
            ("expect='deny'", &["p r"], &["finding: - | p r"]),
            ("expect='deny'\nfindings-include=['p r']", &["p q", "p r"], &none),
            ("expect='deny'\nfindings-include=['p r']", &["p q"], &["finding: p r | -"]),
            ("expect='permit'\nrequirements=['scope  a']", &[], &none),
            ("expect='permit'\nrequirements=[]", &[], &["requirement: - | scope a"]),
            ("expect='permit'\nchallenge='insufficient_scope'", &[], &none),
            ("expect='permit'\nchallenge='none'", &[], &["challenge: none | insufficient_scope"]),
            ("expect='deny'\nfindings=['p r']\ncontrols=['GDPR 6']", &["p r"], &none),
            (
                "expect='deny'\nfindings=['p r']\ncontrols=['GDPR 7']",
                &["p r"],
                &["control: GDPR 7 | -"],
            ),
            (
                "expect='permit'\ntoken-error='expired'",
                &[],
                &["token: refused: expired | accepted"],
            ),
        ] {
            assert_eq!(
                differences(fields, &Observed::Decision(observed(got))),
                expected,
                "{fields}"
            );
        }
        let refused = Observation {
            outcome: Outcome::Deny,
            token_error: Some(("expired", "late".into())),
            ..observed(&[])
        };
        let got = differences("expect='deny'", &Observed::Decision(refused));
        assert_eq!(got, ["token: accepted | refused: expired"]);
    }

    #[test]
    fn settings_that_are_refused() {
        let place = |text: &str| (setting_place(text).unwrap(), "why".to_owned());
        let errors = || Observed::SettingErrors { errors: vec![place("p /a"), place("p")] };
        assert!(differences("setting-errors=['p', 'p /a']", &errors()).is_empty());
        assert_eq!(
            differences("setting-errors=['p /b', 'p /']", &errors()),
            ["setting error: p /b | -", "setting error: - | p /a"]
        );
        assert_eq!(
            differences("expect='permit'", &errors()),
            ["outcome: permit | settings refused: p /a: why; p /: why"]
        );
        assert_eq!(
            differences("setting-errors=['p /b']", &Observed::Decision(observed(&[]))),
            ["settings: refused: p /b | permit"]
        );
    }
}
