//! For people: each failure with its differences, what is not reached, a sum.

use std::fmt::Write;

use tokenward_cases::{Case, Difference, Ran};

use super::super::Report;
use super::{cases, outcomes, summary, unreached};
use crate::render::page::Page;
use crate::render::style::{BOLD, DENY, PERMIT, PLAIN, QUIET, STEP_UP};
use crate::render::{safe, words};

/// Columns of the labels.
const LABEL: usize = 10;

pub(crate) fn write(report: &Report) -> String {
    let mut page = Page::default();
    for (case, ran) in report.cases.iter().zip(&report.ran).filter(|(_, ran)| !ran.passed()) {
        failure(&mut page, case, ran);
    }
    page.blank();
    files(&mut page, report);
    coverage(&mut page, report);
    page.blank();
    sum(&mut page, report);
    page.into_text()
}

fn failure(page: &mut Page, case: &Case, ran: &Ran) {
    page.blank();
    let place = format!("({}:{})", safe::text(&case.file), case.line);
    page.styled_field(0, (DENY, "FAIL"), 0, &[(BOLD, &safe::text(&case.name)), (QUIET, &place)]);
    if !case.description.is_empty() {
        page.paragraph(2, 0, &[(QUIET, &safe::text(&case.description))]);
    }
    for difference in &ran.differences {
        self::difference(page, difference);
    }
}

pub(crate) fn difference(page: &mut Page, difference: &Difference) {
    let (expected, got) = match (&difference.expected, &difference.got) {
        (Some(_), None) => ("missing", ""),
        (None, _) => ("", "unexpected"),
        (Some(_), Some(_)) => ("expected", "got"),
    };
    for (style, label, side) in
        [(PERMIT, expected, &difference.expected), (DENY, got, &difference.got)]
    {
        if let Some(side) = side {
            let text = format!("{} {}", difference.about, safe::text(side));
            page.styled_field(2, (style, label), LABEL, &[(PLAIN, &text)]);
        }
    }
    if let Some(note) = &difference.note {
        page.field(2, "", LABEL, &[(QUIET, &safe::text(note))]);
    }
}

/// Each case file, with how many of its cases passed.
fn files(page: &mut Page, report: &Report) {
    let mut counts: Vec<(&str, usize, usize)> = Vec::new();
    for (case, ran) in report.cases.iter().zip(&report.ran) {
        if counts.last().is_none_or(|(file, ..)| *file != case.file) {
            counts.push((&case.file, 0, 0));
        }
        if let Some((_, passed, failed)) = counts.last_mut() {
            *(if ran.passed() { passed } else { failed }) += 1;
        }
    }
    let width = counts.iter().map(|(file, ..)| safe::text(file).chars().count()).max();
    for (file, passed, failed) in counts {
        let mut text = format!("{passed} passed");
        if failed > 0 {
            let _ = write!(text, ", {failed} failed");
        }
        page.plain_field(0, &safe::text(file), width.unwrap_or_default(), &text);
    }
}

fn coverage(page: &mut Page, report: &Report) {
    let Some(coverage) = &report.coverage else { return };
    page.blank();
    page.styled_field(0, (BOLD, "coverage"), 0, &[(PLAIN, &summary(coverage))]);
    for policy in &coverage.policies {
        let (reached, all) = (policy.reached(), policy.all());
        let style = if reached == all { PLAIN } else { STEP_UP };
        let id = format!("{}:", policy.id);
        page.paragraph(2, 2, &[(BOLD, &id), (style, &format!("{reached} of {all}"))]);
        for (what, text) in unreached(policy) {
            page.field(4, what, 7, &[(PLAIN, &safe::text(&text))]);
        }
    }
    page.field(2, "outcomes", 0, &[(PLAIN, &outcomes(coverage))]);
}

fn sum(page: &mut Page, report: &Report) {
    let version = report.runner.bundle().manifest();
    let bundle = format!("{} {}", version.name, version.version);
    let (all, failed) = (report.ran.len(), report.failed());
    let time = words::elapsed(report.elapsed);
    if failed > 0 {
        let text = format!("{failed} of {} of {bundle}, {time}", cases(all));
        page.headline((DENY, "FAILED"), &text);
    } else {
        page.headline((PERMIT, "PASSED"), &format!("{} of {bundle}, {time}", cases(all)));
    }
    if let (Some(coverage), Some(threshold), false) =
        (&report.coverage, report.threshold, report.coverage_suffices())
    {
        let text = format!("coverage {}; {}% is asked for", summary(coverage), threshold.0);
        page.headline((DENY, "FAILED"), &text);
    }
}
