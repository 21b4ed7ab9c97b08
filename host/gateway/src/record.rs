//! A judgement as a line of the decision log: who asked what, what was decided, and why. It holds
//! the digest of the token, never the token, and no claim's value.

use std::borrow::Cow;

use serde::Serialize;
use tokenward::credential::path_without_tokens;
use tokenward::{Basis, BundleVersion, Enforcement, PolicyStatus, ReportedFinding, Severity};

use crate::gate::Judged;
use crate::inquiry::{Inquiry, Origin};
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

/// A request that could not be judged: nothing of it but what is wrong, and where it came from.
#[derive(Serialize)]
pub(crate) struct Malformed<'a> {
    schema: &'static str,
    outcome: &'static str,
    status: u16,
    reasons: &'a [String],
    request: Request<'a>,
    bundle: &'a BundleVersion,
}

impl<'a> Malformed<'a> {
    pub(crate) fn of(reply: &'a Reply, origin: &'a Origin, bundle: &'a BundleVersion) -> Self {
        Self {
            schema: SCHEMA,
            outcome: reply.outcome.as_str(),
            status: reply.status.as_u16(),
            reasons: &reply.reasons,
            request: Request {
                client_address: origin.client_address.map(|address| address.to_string().into()),
                id: origin.request_id.as_deref(),
                trace_parent: origin.trace_parent.as_deref(),
                ..Request::default()
            },
            bundle,
        }
    }
}

/// The request; of its query and headers, nothing.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Request<'a> {
    method: Option<&'a str>,
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    path: Option<Cow<'a, str>>,
    client_address: Option<Cow<'a, str>>,
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
                path: facts.path().map(path_without_tokens),
                client_address: facts.client_address().map(Cow::Borrowed),
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

/// What a record has, as JSON Pointers, with `*` for any item of an array.
const FIELDS: [&str; 35] = [
    "/schema",
    "/outcome",
    "/status",
    "/reasons/*",
    "/token-error",
    "/fault",
    "/basis",
    "/request/method",
    "/request/scheme",
    "/request/host",
    "/request/path",
    "/request/client-address",
    "/request/id",
    "/request/trace-parent",
    "/token/digest",
    "/token/issuer",
    "/token/kind",
    "/bundle/name",
    "/bundle/version",
    "/bundle/digest",
    "/policies/*/id",
    "/policies/*/outcome",
    "/policies/*/enforcement",
    "/policies/*/fault",
    "/policies/*/risk",
    "/findings/*/policy",
    "/findings/*/rule",
    "/findings/*/severity",
    "/findings/*/enforcement",
    "/findings/*/claim",
    "/findings/*/message",
    "/findings/*/controls/*",
    "/withhold/*",
    "/microseconds/verify",
    "/microseconds/evaluate",
];

/// Whether some record has what this JSON Pointer names, in which `*` stands for any.
pub(crate) fn has_field(pointer: &str) -> bool {
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let asked = parts(pointer);
    FIELDS.iter().any(|field| {
        let field = parts(field);
        let same = |(asked, field): (&String, &String)| {
            asked == field || asked == "*" || (field == "*" && asked.parse::<usize>().is_ok())
        };
        asked.len() <= field.len() && asked.iter().zip(&field).all(same)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{gate, inquiry, token};

    fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    pointers(value, &format!("{at}/{name}"), all);
                }
            }
            Value::Array(items) => {
                for item in items {
                    pointers(item, &format!("{at}/*"), all);
                }
            }
            _ => all.push(at.to_owned()),
        }
    }

    #[tokio::test]
    async fn what_a_record_has_can_be_masked_and_nothing_else() {
        for claims in [json!({}), json!({ "email": "a@example.com" }), json!({ "exp": 1 })] {
            let bearer = format!("Bearer {}", token(&claims));
            let inquiry = inquiry(&[("authorization", &bearer), ("x-request-id", "r-1")]);
            let judged = gate().judge(&inquiry).await;
            let record = serde_json::to_value(Record::of(&inquiry, &judged)).unwrap();
            let mut all = Vec::new();
            pointers(&record, "", &mut all);
            for pointer in all {
                assert!(has_field(&pointer), "{pointer}");
            }
        }
        for pointer in ["/request", "/findings", "/findings/*", "/findings/0/message", "/*/path"] {
            assert!(has_field(pointer), "{pointer}");
        }
        for pointer in ["/request/client_address", "/path", "/findings/message", "/request/path/x"]
        {
            assert!(!has_field(pointer), "{pointer}");
        }
    }

    #[test]
    fn a_token_in_a_path_is_not_recorded() {
        let jws = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln";
        assert_eq!(path_without_tokens(&format!("/a/{jws}/b")), "/a/not-recorded/b");
    }
}
