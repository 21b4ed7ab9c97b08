//! How a decision was made: the steps of verification, what each policy read,
//! and the claims that none reads.

use serde::Serialize;
use tokenward::{ClaimEvidence, ClaimSelector, PolicyReport, Reads, TokenError, claim_evidence};
use tokenward_token::Check;

use super::page::Page;
use super::style::{BOLD, PLAIN, QUIET};
use super::words::{elapsed, group, list, size};
use super::{findings, safe};
use crate::check::{Judged, JudgedToken, Report};

/// Columns of the labels.
const LABEL: usize = 9;

pub(crate) fn write(page: &mut Page, report: &Report) {
    page.blank();
    page.paragraph(0, 0, &[(BOLD, "How it was decided")]);
    match &report.judged {
        Judged::Token(token) => verification(page, report, token),
        Judged::Claims(_) => {
            page.plain_field(2, "token", LABEL, "not signed yet, so there is none to verify");
        }
        Judged::NoToken => page.plain_field(2, "token", LABEL, "none yet, so none to verify"),
    }
    for policy in report.decision.policies() {
        judgement(page, policy);
    }
    page.plain_field(2, "cache", LABEL, &report.cache);
    if let Some(judged) = report.claims() {
        claims(page, &claim_evidence(judged, report.decision.policies()));
    }
}

fn verification(page: &mut Page, report: &Report, token: &JudgedToken) {
    let checks = token.trust.checks();
    let failed = report.decision.token_error().map(|error| Step::of(error.code()));
    let skipped = |step: &Step| match step {
        Step::Issuer => checks.issuer == Check::Unchecked,
        Step::Kind => checks.kind == Check::Unchecked,
        _ => false,
    };
    let (mut passed, mut not_reached) = (Vec::new(), Vec::new());
    for step in Step::ALL {
        match failed {
            Some(failed) if step == failed => {}
            Some(failed) if step > failed => not_reached.push(step.name()),
            _ if skipped(&step) => {}
            _ => passed.push(step.name()),
        }
    }
    if report.decision.token_digest().is_none() {
        page.plain_field(2, "token", LABEL, "there was none to verify");
        return;
    }
    let time = elapsed(report.decision.verify_time());
    let named = |what: &str, steps: &[&str]| {
        (!steps.is_empty()).then(|| format!("{what} {}", steps.join(", ")))
    };
    let words = [
        Some(format!("looked at in {time}")),
        named("passed", &passed),
        failed.map(|failed| format!("failed at {}", failed.name())),
        named("not reached", &not_reached),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    page.plain_field(2, "token", LABEL, &words.join("; "));
    if let Ok(permit) = report.decision.permit()
        && let Some(key) = permit.token().map(tokenward::VerifiedToken::key)
    {
        let curve = key.curve().map(|curve| format!(" {curve}")).unwrap_or_default();
        let id = key.id().map(|id| format!(", `kid` `{}`", safe::name(id))).unwrap_or_default();
        let words = format!("{}{curve}, {} bits{id}", key.key_type().name(), key.bits());
        page.plain_field(2, "key", LABEL, &words);
    }
}

/// The steps of a token's verification, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Form,
    Json,
    Header,
    Issuer,
    Signature,
    Kind,
    Claims,
}

impl Step {
    const ALL: [Self; 7] = [
        Self::Form,
        Self::Json,
        Self::Header,
        Self::Issuer,
        Self::Signature,
        Self::Kind,
        Self::Claims,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Form => "compact form",
            Self::Json => "strict JSON",
            Self::Header => "header",
            Self::Issuer => "issuer",
            Self::Signature => "signature",
            Self::Kind => "kind",
            Self::Claims => "times and claims",
        }
    }

    /// The first code of a step; codes stand in the order of the checks.
    fn first_code(self) -> &'static str {
        match self {
            Self::Form => "token_too_large",
            Self::Json => "header_not_json",
            Self::Header => "b64_unsupported",
            Self::Issuer => "issuer_missing",
            Self::Signature => "keys_unavailable",
            Self::Kind => "typ_not_allowed",
            Self::Claims => "audience_missing",
        }
    }

    /// The step at which a token with this code failed.
    fn of(code: &str) -> Self {
        let place = |code: &str| TokenError::ALL_CODES.iter().position(|other| *other == code);
        let reached = |step: &Self| place(step.first_code()) <= place(code);
        Self::ALL.into_iter().rev().find(reached).unwrap_or(Self::Form)
    }
}

fn judgement(page: &mut Page, policy: &PolicyReport) {
    let name = format!("{} {}", policy.id, policy.descriptor.version);
    let mut facts = vec![policy.status.as_str().to_owned()];
    if policy.remembered {
        facts.push("remembered".into());
    } else {
        facts.push(format!("{}\u{a0}fuel", group(policy.fuel)));
        if policy.memory_bytes > 0 {
            let memory = size(policy.memory_bytes).replace(' ', "\u{a0}");
            facts.push(format!("{memory}\u{a0}memory"));
        }
    }
    facts.push(elapsed(policy.elapsed).replace(' ', "\u{a0}"));
    let facts = facts.join(", ");
    let mark = findings::mark(policy.enforcement);
    page.paragraph(2, 4, &[(BOLD, &name), (PLAIN, &facts), (QUIET, mark)]);
    read(page, 4, LABEL, &policy.reads);
    if let Some(risk) = &policy.risk {
        findings::risk_reasons(page, risk);
    }
}

/// Which policies read each claim of the token. Claims that the same policies
/// read share a line.
fn claims(page: &mut Page, evidence: &[ClaimEvidence]) {
    let mut groups: Vec<(&ClaimEvidence, Vec<&str>)> = Vec::new();
    for row in evidence {
        let same = |(first, _): &&mut (&ClaimEvidence, Vec<&str>)| {
            first.read_by == row.read_by && first.not_asked == row.not_asked
        };
        match groups.iter_mut().find(same) {
            Some((_, claims)) => claims.push(&row.claim),
            None => groups.push((row, vec![&row.claim])),
        }
    }
    page.blank();
    page.paragraph(0, 0, &[(BOLD, "Which policies read which claims")]);
    if groups.is_empty() {
        page.paragraph(2, 2, &[(QUIET, "there are no claims")]);
    }
    // What nobody reads stands last: it is what to look at.
    groups.sort_by_key(|(row, _)| row.is_unread());
    for (row, claims) in groups {
        let readers = match (row.read_by.as_slice(), row.not_asked.as_slice()) {
            ([], []) => "no policy reads".to_owned(),
            (read, []) => format!("{} read", read.join(", ")),
            ([], unasked) => format!("none in this phase, else {}", unasked.join(", ")),
            (read, unasked) => {
                format!("{} read, and in other phases {}", read.join(", "), unasked.join(", "))
            }
        };
        page.paragraph(2, 4, &[(QUIET, &format!("{readers}:")), (PLAIN, &list(claims))]);
    }
}

/// What a policy reads, one line for each kind of thing.
pub(crate) fn read(page: &mut Page, indent: usize, width: usize, reads: &Reads) {
    let mut any = false;
    for words in in_words(reads).into_iter().flatten() {
        page.plain_field(indent, if any { "" } else { "reads" }, width, &words);
        any = true;
    }
    if !any {
        page.plain_field(indent, "reads", width, "nothing");
    }
}

pub(crate) fn in_words(reads: &Reads) -> [Option<String>; 9] {
    let named = |what: &str, names: String| (!names.is_empty()).then(|| format!("{what} {names}"));
    let parts = |names: Vec<String>| names.join(", ");
    [
        selected(&reads.claims),
        named("header", list(&reads.header)),
        named("token", parts(reads.token.iter().map(serialized).collect())),
        named("request", parts(reads.request.iter().map(serialized).collect())),
        named("request headers", list(&reads.request_headers)),
        named("query parameters", list(&reads.query)),
        named("signals", list(&reads.signals)),
        named("facts", list(&reads.facts)),
        reads.time.then(|| "the time of the decision".to_owned()),
    ]
}

fn selected(selectors: &[ClaimSelector]) -> Option<String> {
    let all = |selector: &ClaimSelector| match selector {
        ClaimSelector::At(path) | ClaimSelector::Below(path) => path.is_empty(),
    };
    if selectors.iter().any(all) {
        return Some("all claims".to_owned());
    }
    let one = |selector: &ClaimSelector| match selector {
        ClaimSelector::At(path) => format!("`{}`", safe::name(path)),
        ClaimSelector::Below(path) => format!("`{}` and below", safe::name(path)),
    };
    let names = selectors.iter().map(one).collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("claims {names}"))
}

/// The name of a part as it is written in JSON.
fn serialized(part: &impl Serialize) -> String {
    let name = serde_json::to_value(part).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_step() {
        for step in Step::ALL {
            assert!(TokenError::ALL_CODES.contains(&step.first_code()), "{}", step.name());
        }
        for (code, step) in [
            ("non_canonical_base64", Step::Form),
            ("number_out_of_range", Step::Json),
            ("alg_none", Step::Header),
            ("issuer_unknown", Step::Issuer),
            ("signature_invalid", Step::Signature),
            ("wrong_kind", Step::Kind),
            ("expired", Step::Claims),
        ] {
            assert!(Step::of(code) == step, "{code}");
        }
    }
}
