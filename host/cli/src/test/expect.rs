//! What a case expects, what came, and how the two differ.

use std::fmt;

use anyhow::{anyhow, bail};
use tokenward::{Challenge, LoadError, Outcome, PolicyStatus, Refusal, Rehearsal, ReportedFinding};

use super::format::RawCase;
use crate::values::short;

/// What a case expects.
pub(crate) enum Expected {
    /// A decision.
    Decision(ExpectedDecision),
    /// That a policy refuses its settings.
    SettingErrors(Vec<SettingPlace>),
}

/// What a case expects of a decision.
pub(crate) struct ExpectedDecision {
    pub(crate) outcome: Outcome,
    pub(crate) findings: Vec<FindingLine>,
    pub(crate) others: Others,
    requirements: Option<Vec<String>>,
    challenge: Option<String>,
    controls: Vec<String>,
    token_error: Option<String>,
}

/// What findings beside those that a case names mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// The case fails.
    Refused,
    /// Nothing.
    Allowed,
}

/// A finding as a case names it: `POLICY RULE [/pointer]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FindingLine {
    pub(crate) policy: String,
    pub(crate) rule: String,
    pub(crate) claim: Option<String>,
}

/// A setting as a case names it: `POLICY [/pointer]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SettingPlace {
    pub(crate) policy: String,
    pub(crate) pointer: String,
}

impl fmt::Display for FindingLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.policy, self.rule)?;
        self.claim.as_ref().map_or(Ok(()), |claim| write!(f, " {claim}"))
    }
}

impl fmt::Display for SettingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.policy, if self.pointer.is_empty() { "/" } else { &self.pointer })
    }
}

impl Expected {
    pub(crate) fn new(raw: &RawCase) -> anyhow::Result<Self> {
        if let Some(places) = &raw.setting_errors {
            let others = [
                ("expect", raw.expect.is_some()),
                ("findings", raw.findings.is_some()),
                ("findings-include", raw.findings_include.is_some()),
                ("requirements", raw.requirements.is_some()),
                ("challenge", raw.challenge.is_some()),
                ("controls", !raw.controls.is_empty()),
                ("token-error", raw.token_error.is_some()),
            ];
            if let Some((field, _)) = others.into_iter().find(|(_, given)| *given) {
                bail!("`setting-errors` and `{field}` exclude each other");
            }
            if places.is_empty() {
                bail!("`setting-errors` is empty; accepted: one or more `POLICY /pointer`");
            }
            let places = places.iter().map(|text| setting_place(text));
            return Ok(Self::SettingErrors(places.collect::<anyhow::Result<_>>()?));
        }
        let outcome = raw.expect.ok_or_else(|| {
            anyhow!("it has no `expect`; accepted: `permit`, `deny`, `step-up`, `fault`")
        })?;
        let (lines, others) = match (&raw.findings, &raw.findings_include) {
            (Some(_), Some(_)) => bail!("`findings` and `findings-include` exclude each other"),
            (None, Some(lines)) => (lines.as_slice(), Others::Allowed),
            (lines, None) => (lines.as_deref().unwrap_or_default(), Others::Refused),
        };
        let findings = lines.iter().map(|text| finding_line(text));
        let requirements = raw.requirements.as_ref().map(|lines| {
            lines.iter().map(|text| requirement_line(text)).collect::<anyhow::Result<Vec<_>>>()
        });
        if let Some(name) = &raw.challenge {
            challenge_name(name)?;
        }
        Ok(Self::Decision(ExpectedDecision {
            outcome: outcome.into(),
            findings: findings.collect::<anyhow::Result<_>>()?,
            others,
            requirements: requirements.transpose()?,
            challenge: raw.challenge.clone(),
            controls: raw.controls.clone(),
            token_error: raw.token_error.clone(),
        }))
    }
}

fn finding_line(text: &str) -> anyhow::Result<FindingLine> {
    let words: Vec<_> = text.split_whitespace().collect();
    let (policy, rule, claim) = match words.as_slice() {
        [policy, rule] => (policy, rule, None),
        [policy, rule, claim] if claim.starts_with('/') => (policy, rule, Some(*claim)),
        _ => bail!("finding `{}`; accepted: `POLICY RULE` or `POLICY RULE /pointer`", short(text)),
    };
    let claim = claim.map(str::to_owned);
    Ok(FindingLine { policy: (*policy).to_owned(), rule: (*rule).to_owned(), claim })
}

fn setting_place(text: &str) -> anyhow::Result<SettingPlace> {
    let words: Vec<_> = text.split_whitespace().collect();
    let (policy, pointer) = match words.as_slice() {
        [policy] | [policy, "/"] => (policy, ""),
        [policy, pointer] if pointer.starts_with('/') => (policy, *pointer),
        _ => bail!("setting error `{}`; accepted: `POLICY /pointer`", short(text)),
    };
    Ok(SettingPlace { policy: (*policy).to_owned(), pointer: pointer.to_owned() })
}

/// `step-up [acr=A,B] [max-age=N]`, `scope A B` or `withhold /a /b`.
fn requirement_line(text: &str) -> anyhow::Result<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let known = match words.as_slice() {
        ["step-up", parts @ ..] => {
            parts.iter().all(|part| part.starts_with("acr=") || part.starts_with("max-age="))
        }
        ["scope", _, ..] => true,
        ["withhold", pointers @ ..] => pointers.iter().all(|p| p.starts_with('/')),
        _ => false,
    };
    if !known {
        bail!(
            "requirement `{}`; accepted: `step-up [acr=A,B] [max-age=SECONDS]`, `scope A B`, \
             `withhold /a /b`",
            short(text)
        );
    }
    Ok(words.join(" "))
}

const CHALLENGES: [&str; 4] =
    ["none", "invalid_token", "insufficient_scope", "insufficient_user_authentication"];

fn challenge_name(name: &str) -> anyhow::Result<()> {
    if CHALLENGES.contains(&name) {
        return Ok(());
    }
    let accepted = CHALLENGES.map(|name| format!("`{name}`")).join(", ");
    bail!("challenge `{}`; accepted: {accepted}", short(name))
}

/// What came of a case.
#[derive(Debug, Clone)]
pub(crate) enum Observed {
    /// A decision.
    Decision(Observation),
    /// A policy refused its settings.
    SettingErrors { errors: Vec<(SettingPlace, String)> },
    /// A policy could not be loaded with these settings.
    NotLoaded { reason: String },
}

/// What is to be seen of a decision.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) outcome: Outcome,
    /// The code and the words of why the token was not accepted.
    pub(crate) token_error: Option<(&'static str, String)>,
    pub(crate) findings: Vec<ReportedFinding>,
    pub(crate) requirements: Vec<String>,
    pub(crate) challenge: Option<&'static str>,
    pub(crate) policies: Vec<PolicyOutcome>,
}

/// What came of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyOutcome {
    pub(crate) id: String,
    pub(crate) status: PolicyStatus,
    pub(crate) risk: Option<u32>,
}

impl Observation {
    pub(crate) fn of(rehearsal: &Rehearsal) -> Self {
        let mut requirements = Vec::new();
        let mut token_error = None;
        match rehearsal.refusal() {
            Some(Refusal::TokenMissing) => {
                token_error = Some(("token_missing", "no token was given".to_owned()));
            }
            Some(Refusal::Token(error)) => token_error = Some((error.code(), error.to_string())),
            Some(Refusal::Scope(scopes)) => {
                requirements.push(format!("scope {}", scopes.join(" ")))
            }
            Some(Refusal::StepUp(step_up)) => {
                let mut line = "step-up".to_owned();
                if !step_up.acr_values.is_empty() {
                    line += &format!(" acr={}", step_up.acr_values.join(","));
                }
                if let Some(age) = step_up.max_age {
                    line += &format!(" max-age={age}");
                }
                requirements.push(line);
            }
            Some(Refusal::Policy | Refusal::Fault(_)) | None => {}
        }
        if !rehearsal.withhold().is_empty() {
            requirements.push(format!("withhold {}", rehearsal.withhold().join(" ")));
        }
        let policies = rehearsal.policies().iter().map(|policy| PolicyOutcome {
            id: policy.id.to_string(),
            status: policy.status.clone(),
            risk: policy.risk.as_ref().map(|risk| risk.score),
        });
        Self {
            outcome: rehearsal.outcome(),
            token_error,
            findings: rehearsal.findings().to_vec(),
            requirements,
            challenge: rehearsal.challenge().as_ref().map(name_of),
            policies: policies.collect(),
        }
    }

    /// The outcome, and the policies that gave no verdict.
    fn outcome_in_words(&self) -> String {
        let faults = self.policies.iter().filter_map(|policy| match &policy.status {
            PolicyStatus::Fault(fault) => Some(format!("{} [{}] {fault}", policy.id, fault.code())),
            _ => None,
        });
        let faults = faults.collect::<Vec<_>>().join("; ");
        let outcome = self.outcome.as_str();
        match (self.outcome, faults.as_str()) {
            (Outcome::Fault, "") => format!("{outcome} (no policy is meant for the phase)"),
            (_, "") => outcome.to_owned(),
            _ => format!("{outcome} (fault: {faults})"),
        }
    }
}

fn name_of(challenge: &Challenge) -> &'static str {
    match challenge {
        Challenge::TokenMissing => "none",
        Challenge::InvalidToken => "invalid_token",
        Challenge::InsufficientScope { .. } => "insufficient_scope",
        Challenge::InsufficientUserAuthentication { .. } => "insufficient_user_authentication",
    }
}

pub(crate) fn line_of(finding: &ReportedFinding) -> FindingLine {
    let ReportedFinding { policy, rule, claim, .. } = finding.clone();
    FindingLine { policy, rule, claim }
}

impl Observed {
    /// What came of a bundle that could not be loaded, because of one policy.
    pub(crate) fn of_load_error(policy: &str, error: &LoadError) -> Self {
        match error {
            LoadError::Settings { errors } => {
                let errors = errors.iter().map(|error| {
                    let (policy, pointer) = (policy.to_owned(), error.path.clone());
                    (SettingPlace { policy, pointer }, error.message.clone())
                });
                Self::SettingErrors { errors: errors.collect() }
            }
            other => Self::NotLoaded { reason: format!("policy `{policy}`: {other}") },
        }
    }

    /// In one line, where another thing was expected.
    fn in_words(&self) -> String {
        match self {
            Self::Decision(observation) => observation.outcome_in_words(),
            Self::SettingErrors { errors } => {
                let errors = errors.iter().map(|(place, why)| format!("{place}: {why}"));
                format!("settings refused: {}", errors.collect::<Vec<_>>().join("; "))
            }
            Self::NotLoaded { reason } => format!("not loaded: {reason}"),
        }
    }
}

/// One way in which what came differs from what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What it is about: `outcome`, `finding`, `token`, ...
    pub(crate) about: &'static str,
    /// What was expected; none if something came that was not.
    pub(crate) expected: Option<String>,
    /// What came; none if something did not come.
    pub(crate) got: Option<String>,
    /// Words of the policy about it.
    pub(crate) note: Option<String>,
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
    use super::super::format::parse;
    use super::*;
    use tokenward::{Effect, Enforcement, Severity};

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
            findings: findings.iter().map(|line| finding(line)).collect(),
            requirements: vec!["scope a".into()],
            challenge: Some("insufficient_scope"),
            policies: Vec::new(),
        }
    }

    /// The differences, as `about: expected | got`.
    fn differences(fields: &str, observed: Observed) -> Vec<String> {
        let line = |d: Difference| {
            let text = |side: Option<String>| side.unwrap_or_else(|| "-".into());
            format!("{}: {} | {}", d.about, text(d.expected), text(d.got))
        };
        compare(&expected(fields).unwrap(), &observed).into_iter().map(line).collect()
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
                differences(fields, Observed::Decision(observed(got))),
                expected,
                "{fields}"
            );
        }
        let refused = Observation {
            outcome: Outcome::Deny,
            token_error: Some(("expired", "late".into())),
            ..observed(&[])
        };
        let got = differences("expect='deny'", Observed::Decision(refused));
        assert_eq!(got, ["token: accepted | refused: expired"]);
    }

    #[test]
    fn settings_that_are_refused() {
        let place = |text: &str| (setting_place(text).unwrap(), "why".to_owned());
        let errors = || Observed::SettingErrors { errors: vec![place("p /a"), place("p")] };
        assert!(differences("setting-errors=['p', 'p /a']", errors()).is_empty());
        assert_eq!(
            differences("setting-errors=['p /b', 'p /']", errors()),
            ["setting error: p /b | -", "setting error: - | p /a"]
        );
        assert_eq!(
            differences("expect='permit'", errors()),
            ["outcome: permit | settings refused: p /a: why; p /: why"]
        );
        assert_eq!(
            differences("setting-errors=['p /b']", Observed::Decision(observed(&[]))),
            ["settings: refused: p /b | permit"]
        );
    }

    #[test]
    fn what_cannot_be_expected_is_refused() {
        for (fields, message) in [
            ("", "it has no `expect`; accepted: `permit`"),
            ("expect='deny'\nfindings=['p']", "finding `p`; accepted: `POLICY RULE`"),
            ("expect='deny'\nfindings=['p r a']", "finding `p r a`; accepted"),
            ("expect='deny'\nfindings=[]\nfindings-include=[]", "exclude each other"),
            ("expect='deny'\nrequirements=['scope']", "requirement `scope`; accepted: `step-up"),
            ("expect='deny'\nrequirements=['withhold a']", "requirement `withhold a`"),
            ("expect='deny'\nrequirements=['step-up age=3']", "requirement `step-up age=3`"),
            ("expect='deny'\nchallenge='basic'", "challenge `basic`; accepted: `none`"),
            ("setting-errors=[]", "`setting-errors` is empty"),
            ("setting-errors=['p a']", "setting error `p a`; accepted: `POLICY /pointer`"),
            ("setting-errors=['p']\nexpect='deny'", "`setting-errors` and `expect` exclude"),
        ] {
            let error = expected(fields).err().unwrap_or_default();
            assert!(error.contains(message), "{fields}: {error}");
        }
    }
}
