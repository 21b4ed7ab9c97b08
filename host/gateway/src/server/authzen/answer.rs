//! A decision as the standard writes it (section 5.5), with what Tokenward says beside it.

use std::collections::BTreeMap;
use std::fmt;

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use serde::{Deserialize, Serialize};
use tokenward::{Challenge, Outcome, Permit};

use crate::gate::Judged;
use crate::reply::{Reply, Upstream, code};

/// The most characters of a message: it may show what the PEP sent.
const MESSAGE: usize = 512;

/// A decision.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    decision: bool,
    context: Context,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Context {
    Permitted(Permitted),
    Refused(Refused),
}

#[derive(Debug, Serialize)]
struct Permitted {
    outcome: &'static str,
    /// Headers to set upstream.
    identity: BTreeMap<String, String>,
    /// Headers to take out of what goes upstream.
    remove: Vec<String>,
    /// Claims, as JSON Pointers, that are not to go upstream.
    withhold: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
struct Refused {
    outcome: &'static str,
    code: String,
    reasons: Vec<Reason>,
    /// The value of `WWW-Authenticate` for the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// As the standard's example of a step-up writes it (section 5.5.1): with spaces between.
    #[serde(skip_serializing_if = "Option::is_none")]
    acr_values: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

/// Section 7.2.1.
#[derive(Debug, Serialize)]
struct Error {
    status: u16,
    message: String,
}

/// A reason as a [`Reply`] tells it.
#[derive(Debug, Serialize, Deserialize)]
struct Reason {
    policy: String,
    rule: String,
    title: String,
    claim: Option<String>,
    controls: Vec<String>,
}

impl Answer {
    /// Whether the request may pass.
    pub(super) fn decision(&self) -> bool {
        self.decision
    }

    /// What came out.
    pub(super) fn of(judged: &Judged) -> Self {
        // Both must permit: a decision that could not be recorded is answered as a fault, and one
        // about somebody else as a denial.
        match (&judged.reply.upstream, judged.decision.permit()) {
            (Some(upstream), Ok(permit)) => Self::permit(upstream, permit),
            _ => Self::refuse(Refused::of(judged)),
        }
    }

    /// An error of one evaluation: decisions default to closed. Where `reply` says that even this
    /// could not be recorded, the answer is that fault.
    pub(super) fn error(reply: &Reply, code: &str, error: &impl fmt::Display) -> Self {
        if reply.outcome == Outcome::Fault {
            let (outcome, code) = (reply.outcome.as_str(), told(reply));
            return Self::refuse(Refused { outcome, code, ..Refused::default() });
        }
        let message = error.to_string().chars().take(MESSAGE).collect();
        Self::refuse(Refused {
            outcome: Outcome::Deny.as_str(),
            code: code.to_owned(),
            error: Some(Error { status: http::StatusCode::BAD_REQUEST.as_u16(), message }),
            ..Refused::default()
        })
    }

    fn permit(upstream: &Upstream, permit: &Permit) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let set = upstream.set.iter();
        let context = Context::Permitted(Permitted {
            outcome: Outcome::Permit.as_str(),
            identity: set.map(|(name, value)| (name.to_string(), text(value))).collect(),
            remove: upstream.remove.iter().map(ToString::to_string).collect(),
            withhold: permit.withhold().to_vec(),
        });
        Self { decision: true, context }
    }

    fn refuse(refused: Refused) -> Self {
        Self { decision: false, context: Context::Refused(refused) }
    }
}

impl Refused {
    fn of(judged: &Judged) -> Self {
        let Judged { reply, decision, .. } = judged;
        let stands = reply.outcome == decision.outcome();
        let refusal = decision.permit().err().filter(|_| stands);
        let (acr_values, max_age) = match decision.challenge().filter(|_| stands) {
            Some(Challenge::InsufficientUserAuthentication { acr_values, max_age }) => {
                ((!acr_values.is_empty()).then(|| acr_values.join(" ")), max_age)
            }
            _ => (None, None),
        };
        Self {
            outcome: reply.outcome.as_str(),
            code: refusal.map_or_else(|| told(reply), |refusal| code(refusal).to_owned()),
            reasons: reasons(reply),
            challenge: challenge(reply),
            acr_values,
            max_age,
            error: None,
        }
    }
}

fn told(reply: &Reply) -> String {
    reply.reasons.first().cloned().unwrap_or_else(|| Outcome::Fault.as_str().to_owned())
}

fn challenge(reply: &Reply) -> Option<String> {
    let challenge = reply.headers.iter().find(|(name, _)| *name == WWW_AUTHENTICATE);
    challenge.and_then(|(_, value)| value.to_str().ok()).map(str::to_owned)
}

/// As many as the reply tells a client.
fn reasons(reply: &Reply) -> Vec<Reason> {
    #[derive(Default, Deserialize)]
    struct Problem {
        #[serde(default)]
        reasons: Vec<Reason>,
    }
    serde_json::from_slice::<Problem>(&reply.body).unwrap_or_default().reasons
}
