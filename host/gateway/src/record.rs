//! A judgement as a line of the decision log: who asked what, what was decided, and why. It holds
//! the digest of the token, never the token, and no claim's value.

use serde::Serialize;
use tokenward::{Basis, BundleVersion, Enforcement, PolicyStatus, ReportedFinding, Severity};

use crate::gate::Judged;
use crate::inquiry::Inquiry;
use crate::reply::Reply;

/// The name and version of the record's shape.
pub(crate) const SCHEMA: &str = "tokenward.record/1";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Record<'a> {
    schema: &'static str,
    outcome: &'static str,
    status: u16,
    reasons: &'a [String],
    /// The code of what is wrong with the token; clients are told `invalid_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    basis: Basis,
    request: Request<'a>,
    token: Token<'a>,
    bundle: &'a BundleVersion,
    policies: Vec<Policy<'a>>,
    findings: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    withhold: &'a [String],
    microseconds: Times,
}

/// A request that could not be judged: nothing of it but what is wrong.
#[derive(Serialize)]
pub(crate) struct Malformed<'a> {
    schema: &'static str,
    outcome: &'static str,
    status: u16,
    reasons: &'a [String],
}

impl<'a> Malformed<'a> {
    pub(crate) fn of(reply: &'a Reply) -> Self {
        Self {
            schema: SCHEMA,
            outcome: reply.outcome.as_str(),
            status: reply.status.as_u16(),
            reasons: &reply.reasons,
        }
    }
}

/// The request; of its query and headers, nothing.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Request<'a> {
    method: Option<&'a str>,
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    path: Option<&'a str>,
    client_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_parent: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Token<'a> {
    digest: Option<String>,
    issuer: Option<&'a str>,
    kind: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Policy<'a> {
    id: &'a str,
    outcome: &'static str,
    enforcement: Enforcement,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Finding<'a> {
    policy: &'a str,
    rule: &'a str,
    severity: Severity,
    enforcement: Enforcement,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    message: &'a str,
    controls: &'a [String],
}

#[derive(Serialize)]
struct Times {
    verify: u64,
    evaluate: u64,
}

impl<'a> Record<'a> {
    pub(crate) fn of(inquiry: &'a Inquiry, judged: &'a Judged) -> Self {
        let (decision, facts) = (&judged.decision, inquiry.facts());
        Self {
            schema: SCHEMA,
            outcome: judged.reply.outcome.as_str(),
            status: judged.reply.status.as_u16(),
            reasons: &judged.reply.reasons,
            token_error: decision.token_error().map(tokenward::TokenError::code),
            fault: decision.undecided().map(tokenward::Undecided::code),
            basis: decision.basis(),
            request: Request {
                method: facts.method(),
                scheme: facts.scheme(),
                host: facts.host(),
                path: facts.path(),
                client_address: facts.client_address(),
                id: inquiry.request_id(),
                trace_parent: inquiry.trace_parent(),
            },
            token: Token {
                digest: decision.token_digest().map(|digest| digest.to_string()),
                issuer: decision.issuer(),
                kind: decision.kind(),
            },
            bundle: decision.bundle(),
            policies: decision.policies().iter().map(Policy::of).collect(),
            findings: decision.findings().iter().map(Finding::of).collect(),
            withhold: decision.permit().map_or(&[], |permit| permit.withhold()),
            microseconds: Times {
                verify: microseconds(decision.verify_time()),
                evaluate: microseconds(decision.evaluate_time()),
            },
        }
    }
}

impl<'a> Policy<'a> {
    fn of(report: &'a tokenward::PolicyReport) -> Self {
        Self {
            id: &report.id,
            outcome: report.status.as_str(),
            enforcement: report.enforcement,
            fault: match &report.status {
                PolicyStatus::Fault(fault) => Some(fault.code()),
                _ => None,
            },
            risk: report.risk.as_ref().map(|risk| risk.score),
        }
    }
}

impl<'a> Finding<'a> {
    fn of(finding: &'a ReportedFinding) -> Self {
        Self {
            policy: &finding.policy,
            rule: &finding.rule,
            severity: finding.severity,
            enforcement: finding.enforcement,
            claim: finding.claim.as_deref(),
            message: &finding.message,
            controls: &finding.controls,
        }
    }
}

fn microseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
