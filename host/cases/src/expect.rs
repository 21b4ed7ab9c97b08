//! What a case expects.

use std::fmt;

use anyhow::{anyhow, bail};
use tokenward::Outcome;

use crate::format::RawCase;
use crate::text::short;

/// What a case expects.
pub enum Expected {
    /// A decision.
    Decision(ExpectedDecision),
    /// That a policy refuses its settings.
    SettingErrors(Vec<SettingPlace>),
}

/// What a case expects of a decision.
pub struct ExpectedDecision {
    /// The outcome.
    pub outcome: Outcome,
    /// The findings that there are to be.
    pub findings: Vec<FindingLine>,
    /// What others mean.
    pub others: Others,
    /// All requirements, where that is said.
    pub requirements: Option<Vec<String>>,
    /// The error of the challenge, where that is said.
    pub challenge: Option<String>,
    /// Controls that findings are to serve.
    pub controls: Vec<String>,
    /// The code of why the token is refused; none if it is accepted.
    pub token_error: Option<String>,
}

/// What findings beside those that a case names mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// The case fails.
    Refused,
    /// Nothing.
    Allowed,
}

/// A finding as a case names it: `POLICY RULE [/pointer]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingLine {
    /// The policy's id.
    pub policy: String,
    /// The rule's id.
    pub rule: String,
    /// JSON Pointer to the claim.
    pub claim: Option<String>,
}

/// A setting as a case names it: `POLICY [/pointer]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingPlace {
    /// The policy's id.
    pub policy: String,
    /// JSON Pointer into its settings.
    pub pointer: String,
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

pub(crate) fn finding_line(text: &str) -> anyhow::Result<FindingLine> {
    let words: Vec<_> = text.split_whitespace().collect();
    let (policy, rule, claim) = match words.as_slice() {
        [policy, rule] => (policy, rule, None),
        [policy, rule, claim] if claim.starts_with('/') => (policy, rule, Some(*claim)),
        _ => bail!("finding `{}`; accepted: `POLICY RULE` or `POLICY RULE /pointer`", short(text)),
    };
    let claim = claim.map(str::to_owned);
    Ok(FindingLine { policy: (*policy).to_owned(), rule: (*rule).to_owned(), claim })
}

pub(crate) fn setting_place(text: &str) -> anyhow::Result<SettingPlace> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::parse;

    fn expected(fields: &str) -> Result<Expected, String> {
        let placed = parse(&format!("[[case]]\nname='a'\n{fields}"), "f").unwrap().remove(0);
        Expected::new(&placed.raw).map_err(|error| error.to_string())
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
