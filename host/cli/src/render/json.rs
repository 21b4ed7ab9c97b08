//! JSON for programs: the schema is in `schema/decision.schema.json`.

use serde::Serialize;
use tokenward::DecisionRecord;
use tokenward_token::Check;

use super::safe;
use crate::check::{Detail, Report};
use crate::evidence::{self, ClaimEvidence};

#[derive(Serialize)]
struct CheckRecord<'a> {
    #[serde(flatten)]
    decision: DecisionRecord<'a>,
    checks: ChecksRecord,
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

/// The decision, with what was checked and, if it is explained, which policies
/// read which claims.
pub(crate) fn decision(report: &Report, detail: Detail) -> anyhow::Result<String> {
    let checks = report.trust.checks();
    let word = |check| match check {
        Check::Checked => "checked",
        Check::Unchecked => "unchecked",
    };
    let evidence = match (detail, &report.parsed) {
        (Detail::Explained, Some(token)) if report.is_verified() => {
            Some(evidence::of(token.claims(), report.decision.policies()))
        }
        _ => None,
    };
    pretty(&CheckRecord {
        decision: report.decision.record(),
        checks: ChecksRecord {
            issuer: word(checks.issuer),
            audience: word(checks.audience),
            kind: word(checks.kind),
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
