//! A decision as a person reads it: the outcome first, then why, then what to change.

use anstyle::Style;
use tokenward::{Decision, Effect, Enforcement, OnFault, Outcome, PolicyStatus, Refusal};
use tokenward::{PolicyReport, ReportedFinding, Trust, Undecided, UnixTime};
use tokenward_token::Check;

use super::page::Page;
use super::style::{self, BOLD, PLAIN, QUIET};
use super::words::{count, list, short_digest, span};
use super::{explain, findings, hint, safe};
use crate::check::{Detail, Judged, JudgedToken, Report};
use crate::token_source::Origin;

/// Columns of the labels.
const LABEL: usize = 9;

pub(crate) fn text(report: &Report, detail: Detail) -> String {
    let mut page = Page::default();
    let decision = &report.decision;
    page.headline(outcome(decision.outcome()), &headline(report));
    if report.was_judged() {
        if let Judged::Token(token) = &report.judged {
            lifetime(&mut page, token, decision.now());
            unchecked(&mut page, &token.trust);
        }
        nobody(&mut page, decision);
        requirements(&mut page, decision);
        let (decisive, advice): (Vec<_>, Vec<_>) =
            decision.findings().iter().partition(|finding| is_decisive(finding));
        findings::write(&mut page, &decisive, decision.policies());
        faults(&mut page, decision.policies());
        if !advice.is_empty() {
            page.blank();
            page.paragraph(0, 0, &[(BOLD, "Advice"), (QUIET, "(decides nothing)")]);
            findings::write(&mut page, &advice, decision.policies());
        }
    } else if let Judged::Token(token) = &report.judged {
        refusal(&mut page, report, token);
    }
    if detail == Detail::Explained {
        explain::write(&mut page, report);
    }
    page.blank();
    let bundle = decision.bundle();
    page.field(
        0,
        "bundle",
        LABEL,
        &[
            (PLAIN, &format!("{} {}", bundle.name, bundle.version)),
            (QUIET, short_digest(&bundle.digest)),
        ],
    );
    page.into_text()
}

fn outcome(outcome: Outcome) -> (Style, &'static str) {
    match outcome {
        Outcome::Permit => (style::PERMIT, "PERMIT"),
        Outcome::Deny => (style::DENY, "DENY"),
        Outcome::StepUp => (style::STEP_UP, "STEP UP"),
        Outcome::Fault => (style::FAULT, "FAULT"),
    }
}

fn headline(report: &Report) -> String {
    let decision = &report.decision;
    match decision.permit() {
        Err(Refusal::TokenMissing) => return "no token was given".to_owned(),
        Err(Refusal::Token(_)) => return "the token is not accepted".to_owned(),
        _ => {}
    }
    let record = decision.record();
    match &report.judged {
        Judged::Token(_) => {}
        Judged::Claims(_) => {
            let kind = safe::name(record.token.kind.unwrap_or_default());
            return format!("claims to be signed, {kind} token, {}", counted(decision));
        }
        Judged::NoToken => return format!("no token, {}", counted(decision)),
    }
    let kind = safe::name(record.token.kind.unwrap_or("a"));
    let of = match record.token.issuer {
        Some(issuer) => format!("of {}", safe::name(issuer)),
        None => "without issuer".to_owned(),
    };
    format!("{kind} token {of}, {}", counted(decision))
}

/// How many findings there are, and how many of them decide nothing.
fn counted(decision: &Decision) -> String {
    let all = decision.findings().len();
    let advice = decision.findings().iter().filter(|finding| !is_decisive(finding)).count();
    let faults = decision.policies().iter().filter(|policy| is_fault(policy)).count();
    let of_them = match advice {
        0 => String::new(),
        _ if advice == all => " (advice)".to_owned(),
        _ => format!(" ({advice} of them advice)"),
    };
    let findings = count(all, "finding", "findings") + &of_them;
    match faults {
        0 => findings,
        _ => format!("{findings}, {}", count(faults, "fault", "faults")),
    }
}

/// Whether a finding counts for the decision.
fn is_decisive(finding: &ReportedFinding) -> bool {
    finding.enforcement == Enforcement::Enforce && finding.effect != Effect::Advise
}

fn is_fault(policy: &PolicyReport) -> bool {
    matches!(policy.status, PolicyStatus::Fault(_))
}

fn lifetime(page: &mut Page, token: &JudgedToken, now: i64) {
    if let Some(end) = expiry(token) {
        let now = UnixTime(now);
        let words = match (end.since(now), now.since(end)) {
            (Some(left), _) => format!("expires in {}, at {end}", span(left)),
            (None, past) => {
                let past = span(past.unwrap_or(0));
                format!("expired {past} ago, at {end}, within the allowed clock skew")
            }
        };
        page.plain_field(2, "token", LABEL, &words);
    }
}

/// `exp`, where the token has one in its place.
fn expiry(token: &JudgedToken) -> Option<UnixTime> {
    token.parsed.as_ref()?.claims().get("exp")?.as_i64().map(UnixTime)
}

fn unchecked(page: &mut Page, trust: &Trust) {
    let checks = trust.checks();
    let all = [("issuer", checks.issuer), ("audience", checks.audience), ("kind", checks.kind)];
    let names = all.iter().filter(|(_, check)| *check == Check::Unchecked).map(|(name, _)| *name);
    let names = names.collect::<Vec<_>>().join(", ");
    if !names.is_empty() {
        let why = format!("{names}: only a key was given; `--trust` checks them");
        page.field(2, "unchecked", LABEL, &[(QUIET, &why)]);
    }
}

/// That no policy was asked, and so no decision made.
fn nobody(page: &mut Page, decision: &Decision) {
    if let Some(why @ Undecided::NoPolicyAsked(_)) = decision.undecided() {
        let words = format!("{why} [{}]; so nothing passes it", why.code());
        page.styled_field(2, (style::FAULT, "fault"), LABEL, &[(PLAIN, &words)]);
        let check = "`tokenward bundle inspect` shows the phases of each policy; `--phase` says \
                     which is meant.";
        page.plain_field(2, "check", LABEL, check);
    }
}

/// What would let the request pass.
fn requirements(page: &mut Page, decision: &Decision) {
    match decision.permit() {
        Ok(permit) if !permit.withhold().is_empty() => {
            let claims = format!("do not pass on upstream: {}", list(permit.withhold()));
            page.plain_field(2, "withhold", LABEL, &claims);
        }
        Err(Refusal::Scope(scopes)) => {
            let needed = format!("a token that has {} as well", list(scopes));
            page.plain_field(2, "needs", LABEL, &needed);
        }
        Err(Refusal::StepUp(step_up)) => {
            let mut needed = vec!["another authentication".to_owned()];
            needed.extend(step_up.max_age.map(|age| format!("at most {} old", span(age))));
            if !step_up.acr_values.is_empty() {
                needed.push(format!("acr {}", list(&step_up.acr_values)));
            }
            page.plain_field(2, "needs", LABEL, &needed.join(", "));
        }
        _ => {}
    }
    if let (true, Some(challenge)) = (asks_for_more(decision), decision.challenge()) {
        let header = format!("WWW-Authenticate: {challenge}");
        page.plain_field(2, "challenge", LABEL, &safe::text(&header));
    }
}

fn asks_for_more(decision: &Decision) -> bool {
    matches!(decision.permit(), Err(Refusal::Scope(_) | Refusal::StepUp(_)))
}

fn faults(page: &mut Page, policies: &[PolicyReport]) {
    for policy in policies {
        let PolicyStatus::Fault(fault) = &policy.status else { continue };
        page.blank();
        let consequence = match (policy.enforcement, policy.on_fault) {
            (Enforcement::Enforce, OnFault::Closed) => "so no request passes it",
            (Enforcement::Enforce, OnFault::Open) => {
                "decided without it, as the bundle has its faults pass"
            }
            (Enforcement::Warn | Enforcement::Shadow, _) => "it decides nothing",
        };
        page.paragraph(0, 2, &[(BOLD, &policy.id), (QUIET, findings::mark(policy.enforcement))]);
        let words = format!("{} [{}]; {consequence}", safe::text(&fault.to_string()), fault.code());
        page.styled_field(2, (style::FAULT, "fault"), LABEL, &[(PLAIN, &words)]);
    }
}

fn refusal(page: &mut Page, report: &Report, token: &JudgedToken) {
    let decision = &report.decision;
    let record = decision.record();
    let Some(error) = record.token.error else { return };
    page.blank();
    let mut reason = error.message;
    if error.code == "expired"
        && let Some(end) = expiry(token)
        && let Some(past) = UnixTime(decision.now()).since(end)
    {
        // The signature was verified before the time was looked at.
        reason = format!("{reason}, {} ago, at {end}", span(past));
    }
    page.field(2, "reason", LABEL, &[(PLAIN, &reason), (QUIET, &format!("[{}]", error.code))]);
    if error.code == "issuer_unknown" {
        let trusted = list(token.trust.issuers().map(tokenward::Issuer::name));
        page.plain_field(2, "trusted", LABEL, &trusted);
    }
    let check = match &token.origin {
        Origin::Argument { file_of_that_name: Some(path) } => Some(format!(
            "`{0}` is a file: to check the token in it, write `@{0}`.",
            safe::text(&path.display().to_string())
        )),
        _ => hint::of(error.code).map(str::to_owned),
    };
    if let Some(check) = check {
        page.plain_field(2, "check", LABEL, &check);
    }
}
