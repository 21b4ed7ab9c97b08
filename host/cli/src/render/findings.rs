//! Findings by policy and rule, the remedy once for each rule.

use tokenward::{Enforcement, PolicyReport, ReportedFinding, Risk};

use super::page::Page;
use super::style::{self, BOLD, PLAIN, QUIET};
use super::{safe, words};

/// Columns of the labels.
const LABEL: usize = 8;

/// The findings of one rule of one policy.
struct Group<'a> {
    first: &'a ReportedFinding,
    findings: Vec<&'a ReportedFinding>,
}

/// Writes the findings, in the order of the policies.
pub(crate) fn write(page: &mut Page, findings: &[&ReportedFinding], policies: &[PolicyReport]) {
    let mut policy = None;
    for group in groups(findings) {
        if policy != Some(&group.first.policy) {
            policy = Some(&group.first.policy);
            heading(page, group.first, policies);
        }
        rule(page, &group);
    }
}

/// What a heading says of a policy that does not decide.
pub(crate) fn mark(enforcement: Enforcement) -> &'static str {
    match enforcement {
        Enforcement::Enforce => "",
        Enforcement::Warn => "(warn: decides nothing)",
        Enforcement::Shadow => "(shadow: decides nothing, callers do not see it)",
    }
}

fn groups<'a>(findings: &[&'a ReportedFinding]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for finding in findings {
        let same =
            |g: &&mut Group<'_>| g.first.policy == finding.policy && g.first.rule == finding.rule;
        match groups.iter_mut().find(same) {
            Some(group) => group.findings.push(finding),
            None => groups.push(Group { first: finding, findings: vec![finding] }),
        }
    }
    // Two rules of one policy may take turns; policies do not.
    groups
}

fn heading(page: &mut Page, finding: &ReportedFinding, policies: &[PolicyReport]) {
    page.blank();
    page.paragraph(0, 2, &[(BOLD, &finding.policy), (QUIET, mark(finding.enforcement))]);
    let risk = policies.iter().find(|p| *p.id == *finding.policy).and_then(|p| p.risk.as_ref());
    if let Some(risk) = risk {
        page.plain_field(2, "risk", LABEL + 2, &risk_in_words(risk));
    }
}

fn risk_in_words(risk: &Risk) -> String {
    let factors = risk.factors.iter();
    let factors = factors.map(|f| format!("`{}` {}", safe::text(&f.signal), f.points));
    match factors.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => risk.score.to_string(),
        factors => format!("{}: {factors}", risk.score),
    }
}

fn rule(page: &mut Page, group: &Group<'_>) {
    let rule = group.first;
    page.paragraph(2, 4, &[(PLAIN, &rule.title), (QUIET, &format!("[{}]", rule.rule))]);
    for finding in &group.findings {
        let claim = finding.claim.as_deref().map(safe::name).unwrap_or_default();
        page.styled_field(
            4,
            (style::severity(finding.severity), finding.severity.as_str()),
            LABEL,
            &[(BOLD, &claim), (PLAIN, &safe::text(&finding.message))],
        );
    }
    page.plain_field(4, "change", LABEL, &rule.remedy);
    if !rule.controls.is_empty() {
        page.field(4, "controls", LABEL, &[(QUIET, &words::controls(&rule.controls))]);
    }
}

/// The reasons of a risk score, for an explanation.
pub(crate) fn risk_reasons(page: &mut Page, risk: &Risk) {
    page.plain_field(4, "risk", LABEL, &risk.score.to_string());
    for factor in &risk.factors {
        let points = format!("+{}", words::group(factor.points.into()));
        let text = format!("`{}`: {}", safe::text(&factor.signal), safe::text(&factor.reason));
        page.plain_field(6, &points, LABEL - 2, &text);
    }
}
