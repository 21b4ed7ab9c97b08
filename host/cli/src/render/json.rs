//! JSON for programs: the schema is in `schema/decision.schema.json`.

use serde::Serialize;
use tokenward::DecisionRecord;
use tokenward_token::Check;

use super::safe;
use crate::check::{Detail, Report};
use crate::pointer;

#[derive(Serialize)]
struct CheckRecord<'a> {
    #[serde(flatten)]
    decision: DecisionRecord<'a>,
    checks: ChecksRecord,
    #[serde(rename = "unread-claims", skip_serializing_if = "Option::is_none")]
    unread_claims: Option<Vec<String>>,
}

/// What was checked of the token beside its signature and its times.
#[derive(Serialize)]
struct ChecksRecord {
    issuer: &'static str,
    audience: &'static str,
    kind: &'static str,
}

/// The decision, with what was checked and, if it is explained, which claims
/// no policy reads.
pub(crate) fn decision(report: &Report, detail: Detail) -> anyhow::Result<String> {
    let checks = report.trust.checks();
    let word = |check| match check {
        Check::Checked => "checked",
        Check::Unchecked => "unchecked",
    };
    let unread = match (detail, &report.parsed) {
        (Detail::Explained, Some(token)) if report.is_verified() => {
            let reads = report.decision.policies().iter().map(|policy| policy.reads.as_ref());
            Some(pointer::unread(token.claims(), reads))
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
        unread_claims: unread,
    })
}

/// JSON over several lines, safe to show on a terminal.
pub(crate) fn pretty(value: &impl Serialize) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(safe::json(&text).into_owned())
}
