//! JSON for programs: the schema is in `schema/decision.schema.json`.

use serde::Serialize;
use tokenward::{ClaimEvidence, DecisionRecord, Trust, claim_evidence};
use tokenward_token::Check;

use super::safe;
use crate::check::{Detail, Judged, Report};

#[derive(Serialize)]
struct CheckRecord<'a> {
    #[serde(flatten)]
    decision: DecisionRecord<'a>,
    /// None where there was no token to check.
    checks: Option<ChecksRecord>,
    #[serde(rename = "unread-claims", skip_serializing_if = "Option::is_none")]
    unread_claims: Option<Vec<String>>,
    #[serde(rename = "claim-evidence", skip_serializing_if = "Option::is_none")]
    claim_evidence: Option<Vec<ClaimEvidence>>,
}

/// What was checked of the token beside its signature and its times.
#[derive(Serialize)]
struct ChecksRecord {
    issuer: &'static str,
    audience: &'static str,
    kind: &'static str,
}

impl ChecksRecord {
    fn of(trust: &Trust) -> Self {
        let checks = trust.checks();
        let word = |check| match check {
            Check::Checked => "checked",
            Check::Unchecked => "unchecked",
        };
        Self {
            issuer: word(checks.issuer),
            audience: word(checks.audience),
            kind: word(checks.kind),
        }
    }
}

/// The decision, with what was checked and, if it is explained, which policies
/// read which claims.
pub(crate) fn decision(report: &Report, detail: Detail) -> anyhow::Result<String> {
    let evidence = match (detail, report.claims()) {
        (Detail::Explained, Some(claims)) => {
            Some(claim_evidence(claims, report.decision.policies()))
        }
        _ => None,
    };
    pretty(&CheckRecord {
        decision: report.decision.record(),
        checks: match &report.judged {
            Judged::Token(token) => Some(ChecksRecord::of(&token.trust)),
            Judged::Claims(_) | Judged::NoToken => None,
        },
        unread_claims: evidence.as_ref().map(|rows| {
            let unread = rows.iter().filter(|row| row.is_unread());
            unread.map(|row| row.claim.clone()).collect()
        }),
        claim_evidence: evidence,
    })
}

/// JSON over several lines, safe to show on a terminal.
pub(crate) fn pretty(value: &impl Serialize) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(safe::json(&text).into_owned())
}
