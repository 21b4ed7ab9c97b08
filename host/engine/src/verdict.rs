//! A verdict, checked against the contract and the policy's own description.

use serde::Serialize;

use crate::bindings::contract;
use crate::config::Limits;
use crate::descriptor::Descriptor;
use crate::fault::{Fault, OwnWords};
use crate::pointer::is_json_pointer;

/// The obligation by which a policy says that it raised an error: its value is the message.
const RAISED: &str = "tokenward:raised";

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A weakness that needs no haste.
    Low,
    /// A breach of good practice.
    Medium,
    /// A breach of a requirement.
    High,
    /// A breach with immediate harm.
    Critical,
}

impl Severity {
    /// `info`, `low`, `medium`, `high` or `critical`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What a finding asks of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing: it is reported.
    Advise,
    /// The requirements of the same verdict.
    Require,
    /// That the request be refused.
    Deny,
}

/// Something that a policy found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// One of the policy's rules.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What it asks of the decision.
    pub effect: Effect,
    /// The claim it is about, as a JSON Pointer.
    pub claim: Option<String>,
    /// What was found.
    pub message: String,
}

/// Authentication to be repeated or strengthened (RFC 9470).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepUp {
    /// Acceptable authentication contexts, best first; empty: any.
    pub acr_values: Vec<String>,
    /// The most seconds between authentication and now.
    pub max_age: Option<u64>,
}

/// Something that must hold before, or when, the request passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// Authenticate again.
    StepUp(StepUp),
    /// Obtain a token with these scopes as well.
    Scope(Vec<String>),
    /// Claims, as JSON Pointers, not to be passed on upstream.
    Withhold(Vec<String>),
}

/// One part of a risk score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RiskFactor {
    /// The signal.
    pub signal: String,
    /// Points it added.
    pub points: u32,
    /// Why.
    pub reason: String,
}

/// A risk score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Risk {
    /// 0 to 100.
    pub score: u32,
    /// What made it up.
    pub factors: Vec<RiskFactor>,
}

/// What a policy says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// What was found, in the policy's order.
    pub findings: Vec<Finding>,
    /// What is required.
    pub requirements: Vec<Requirement>,
    /// The risk, from a policy that scores it.
    pub risk: Option<Risk>,
    /// The first moment at which the verdict may be another.
    pub valid_until: Option<i64>,
    /// Whatever else the policy wants recorded, by name, as JSON.
    pub facts: Vec<(String, serde_json::Value)>,
}

impl Verdict {
    pub(crate) fn check(
        raw: contract::Verdict,
        by: &Descriptor,
        limits: &Limits,
    ) -> Result<Self, Fault> {
        check_count("findings", raw.findings.len(), limits)?;
        check_count("requirements", raw.requirements.len(), limits)?;
        check_count("facts", raw.facts.len(), limits)?;
        let findings = raw
            .findings
            .into_iter()
            .map(|finding| Finding::check(finding, by, limits))
            .collect::<Result<Vec<_>, _>>()?;
        let requirements = raw
            .requirements
            .into_iter()
            .map(|requirement| Requirement::check(requirement, limits))
            .collect::<Result<Vec<_>, _>>()?;
        if requirements.is_empty() && findings.iter().any(|f| f.effect == Effect::Require) {
            return Err(malformed("a finding requires, and nothing is required"));
        }
        let facts = raw
            .facts
            .into_iter()
            .map(|fact| {
                check_text("a fact's name", &fact.name, limits)?;
                Ok((fact.name, json(fact.value, limits)?))
            })
            .collect::<Result<Vec<_>, Fault>>()?;
        let risk = raw.risk.map(|risk| Risk::check(risk, limits)).transpose()?;
        Ok(Self { findings, requirements, risk, valid_until: raw.valid_until, facts })
    }
}

impl Finding {
    fn check(raw: contract::Finding, by: &Descriptor, limits: &Limits) -> Result<Self, Fault> {
        if by.rule(&raw.rule).is_none() {
            return Err(malformed("a finding names a rule that the policy does not describe"));
        }
        check_text("a message", &raw.message, limits)?;
        if let Some(claim) = &raw.claim {
            check_pointer(claim, limits)?;
        }
        Ok(Self {
            rule: raw.rule,
            severity: match raw.severity {
                contract::Severity::Info => Severity::Info,
                contract::Severity::Low => Severity::Low,
                contract::Severity::Medium => Severity::Medium,
                contract::Severity::High => Severity::High,
                contract::Severity::Critical => Severity::Critical,
            },
            effect: match raw.effect {
                contract::Effect::Advise => Effect::Advise,
                contract::Effect::Require => Effect::Require,
                contract::Effect::Deny => Effect::Deny,
            },
            claim: raw.claim,
            message: raw.message,
        })
    }
}

impl Requirement {
    fn check(raw: contract::Requirement, limits: &Limits) -> Result<Self, Fault> {
        match raw {
            contract::Requirement::StepUp(step_up) => {
                check_count("acr values", step_up.acr_values.len(), limits)?;
                for acr in &step_up.acr_values {
                    check_challenge_token("an acr value", acr)?;
                }
                let contract::StepUp { acr_values, max_age } = step_up;
                Ok(Self::StepUp(StepUp { acr_values, max_age }))
            }
            contract::Requirement::Scope(scopes) => {
                check_count("scopes", scopes.len(), limits)?;
                if scopes.is_empty() {
                    return Err(malformed("a required scope names none"));
                }
                for scope in &scopes {
                    check_challenge_token("a scope", scope)?;
                }
                Ok(Self::Scope(scopes))
            }
            contract::Requirement::Withhold(paths) => {
                check_count("claims to withhold", paths.len(), limits)?;
                if paths.is_empty() {
                    return Err(malformed("a requirement to withhold names no claim"));
                }
                paths.iter().try_for_each(|path| check_pointer(path, limits))?;
                Ok(Self::Withhold(paths))
            }
            contract::Requirement::Other(fact) => {
                // An SDK's way to say that its policy failed: in a language whose
                // exceptions cannot leave the guest otherwise.
                if fact.name == RAISED
                    && let contract::ValueResult::Text(words) = &fact.value
                {
                    return Err(Fault::Raised(OwnWords::new(words)));
                }
                let name: String = fact.name.chars().take(64).collect();
                Err(Fault::UnknownObligation(name.escape_debug().to_string()))
            }
        }
    }
}

impl Risk {
    fn check(raw: contract::Risk, limits: &Limits) -> Result<Self, Fault> {
        if raw.score > 100 {
            return Err(malformed("the risk score is above 100"));
        }
        check_count("risk factors", raw.factors.len(), limits)?;
        let factors = raw
            .factors
            .into_iter()
            .map(|factor| {
                check_text("a signal's name", &factor.signal, limits)?;
                check_text("a reason", &factor.reason, limits)?;
                let contract::RiskFactor { signal, points, reason } = factor;
                Ok(RiskFactor { signal, points, reason })
            })
            .collect::<Result<Vec<_>, Fault>>()?;
        Ok(Self { score: raw.score, factors })
    }
}

fn malformed(reason: &str) -> Fault {
    Fault::MalformedVerdict(reason.to_owned())
}

fn check_count(what: &str, count: usize, limits: &Limits) -> Result<(), Fault> {
    if count > limits.findings {
        return Err(Fault::OutputTooLarge(format!(
            "{count} {what}; at most {} are accepted",
            limits.findings
        )));
    }
    Ok(())
}

fn check_text(what: &str, text: &str, limits: &Limits) -> Result<(), Fault> {
    if text.len() > limits.message_bytes {
        return Err(Fault::OutputTooLarge(format!(
            "{what} of {} bytes; at most {} are accepted",
            text.len(),
            limits.message_bytes
        )));
    }
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(malformed(&format!("{what} is empty or holds control characters")));
    }
    Ok(())
}

fn check_pointer(path: &str, limits: &Limits) -> Result<(), Fault> {
    if path.len() > limits.pointer_bytes {
        let (bytes, limit) = (path.len(), limits.pointer_bytes);
        return Err(Fault::OutputTooLarge(format!(
            "a claim's pointer of {bytes} bytes; at most {limit} are accepted"
        )));
    }
    if is_json_pointer(path) { Ok(()) } else { Err(malformed("a claim is not a JSON Pointer")) }
}

/// What may stand in a challenge of RFC 6750 section 3: the characters of a
/// scope token (RFC 6749 section 3.3), which close no quoted string.
fn check_challenge_token(what: &str, text: &str) -> Result<(), Fault> {
    let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if text.is_empty() || text.len() > 256 || !text.bytes().all(allowed) {
        return Err(malformed(&format!(
            "{what} is not 1 to 256 printable ASCII characters without space, `\"` and `\\`"
        )));
    }
    Ok(())
}

fn json(value: contract::ValueResult, limits: &Limits) -> Result<serde_json::Value, Fault> {
    use contract::ValueResult as V;
    Ok(match value {
        V::Null => serde_json::Value::Null,
        V::Boolean(boolean) => boolean.into(),
        V::Integer(integer) => integer.into(),
        V::Number(number) => number.into(),
        V::Text(text) | V::Json(text) => {
            check_text("a fact", &text, limits)?;
            text.into()
        }
        V::Texts(texts) => {
            check_count("texts of a fact", texts.len(), limits)?;
            for text in &texts {
                check_text("a fact", text, limits)?;
            }
            texts.into()
        }
    })
}
