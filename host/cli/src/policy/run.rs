//! `tokenward policy run`: one case, with what the policy was given and what it said.

use tokenward::{
    ClaimSelector, Effect, Fault, Json, Object, PolicyReport, PolicyStatus, Reads, Rehearsal,
};
use tokenward_cases::{Case, Difference, Observed, Runner};
use tokenward_policy_build::Keep;

use super::tried::{self, Source};
use crate::args::PolicyRunArgs;
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::pointer;
use crate::render::page::Page;
use crate::render::style::{BOLD, DENY, PERMIT, QUIET};
use crate::render::words::{elapsed, group, size};
use crate::render::{explain, findings, safe};
use crate::test::write_difference;

/// Columns of the labels.
const LABEL: usize = 9;
/// Characters of a value that are shown.
const SHOWN: usize = 200;

pub(crate) fn run(args: &PolicyRunArgs, output: &Output) -> anyhow::Result<Exit> {
    let tried = tried::open(&args.policy, &args.cases, Keep::Messages, output)?;
    let case = tried::one(&tried.cases, args.case.as_deref())?;
    let mut runner = Runner::new(tried.bundle, &Cache::open(CacheWish::Keep).engine())?;
    runner.check_names(std::slice::from_ref(case))?;
    let mut page = Page::default();
    let place = format!("{}, line {}", case.file, case.line);
    page.paragraph(0, 2, &[(BOLD, &safe::text(&case.name)), (QUIET, &safe::text(&place))]);
    match runner.rehearse(case) {
        Ok(rehearsal) => judged(&mut page, case, &rehearsal, tried.source),
        Err(observed) => not_judged(&mut page, &observed),
    }
    let ran = runner.run(std::slice::from_ref(case), |_| {});
    let differences = ran.iter().flat_map(|ran| &ran.differences).collect::<Vec<_>>();
    expected(&mut page, &differences);
    output.print(&page.into_text())?;
    Ok(if differences.is_empty() { Exit::Done } else { Exit::Failed })
}

fn judged(page: &mut Page, case: &Case, rehearsal: &Rehearsal, source: Source) {
    for policy in rehearsal.policies() {
        given(page, case, &policy.reads);
        let (style, status) = match &policy.status {
            PolicyStatus::Permit => (PERMIT, "permit"),
            status => (DENY, status.as_str()),
        };
        page.styled_field(2, (QUIET, "said"), LABEL, &[(style, status)]);
        for finding in rehearsal.findings() {
            let claim = finding.claim.as_deref().map(|claim| format!(" {claim}"));
            let words = format!(
                "[{}] {} {}{}: {}",
                finding.rule,
                finding.severity.as_str(),
                effect(finding.effect),
                claim.unwrap_or_default(),
                finding.message
            );
            page.plain_field(2, "", LABEL, &safe::text(&words));
        }
        if !rehearsal.withhold().is_empty() {
            let withheld = format!("withhold {}", rehearsal.withhold().join(" "));
            page.plain_field(2, "", LABEL, &safe::text(&withheld));
        }
        if let Some(risk) = &policy.risk {
            findings::risk_reasons(page, risk);
        }
        fault(page, policy, source);
        let took = format!(
            "{} of fuel, {} of memory, {}",
            group(policy.fuel),
            size(policy.memory_bytes),
            elapsed(policy.elapsed)
        );
        page.plain_field(2, "took", LABEL, &took);
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Advise => "advises",
        Effect::Require => "requires",
        Effect::Deny => "denies",
    }
}

/// What a policy that could not judge said of that itself: it is run by its author.
fn fault(page: &mut Page, policy: &PolicyReport, source: Source) {
    let PolicyStatus::Fault(fault) = &policy.status else { return };
    page.plain_field(
        2,
        "fault",
        LABEL,
        &format!("[{}] {}", fault.code(), safe::text(&fault.to_string())),
    );
    if let Fault::Raised(words) = fault {
        for line in words.as_str().lines() {
            page.plain_field(2, "", LABEL, &safe::text(line));
        }
    } else if matches!(fault, Fault::Trap(_)) && source == Source::Component {
        page.plain_field(2, "", LABEL, "a policy's folder in place of its component tells more");
    }
}

fn not_judged(page: &mut Page, observed: &Observed) {
    match observed {
        Observed::SettingErrors { errors } => {
            for (place, message) in errors {
                let words = format!("{}: {}", place.pointer, message);
                page.plain_field(2, "settings", LABEL, &safe::text(&words));
            }
        }
        Observed::NotLoaded { reason } => {
            page.plain_field(2, "fault", LABEL, &safe::text(reason));
        }
        Observed::Decision(_) => {}
    }
}

/// The claims that the policy was given, and what else it reads.
fn given(page: &mut Page, case: &Case, reads: &Reads) {
    let mut label = "given";
    let claims = case.claims().unwrap_or_default();
    for (path, value) in claims_given(&claims, reads) {
        let mut value = value.to_compact();
        if value.chars().count() > SHOWN {
            value = value.chars().take(SHOWN).chain("…".chars()).collect();
        }
        let words = format!("claim `{}`: {}", safe::name(&path), safe::json(&value));
        page.plain_field(2, std::mem::take(&mut label), LABEL, &words);
    }
    let [_, others @ ..] = explain::in_words(reads);
    for words in others.into_iter().flatten() {
        page.plain_field(2, std::mem::take(&mut label), LABEL, &format!("{words}, if there"));
    }
    if !label.is_empty() {
        page.plain_field(2, label, LABEL, "nothing of what it reads");
    }
}

fn claims_given(claims: &Object, reads: &Reads) -> Vec<(String, Json)> {
    let mut given = Vec::new();
    for selector in &reads.claims {
        let (ClaimSelector::At(path) | ClaimSelector::Below(path)) = selector;
        if path.is_empty() {
            let whole = claims.iter();
            given.extend(
                whole.map(|(name, value)| (format!("/{}", pointer::escape(name)), value.clone())),
            );
        } else if let Some(value) = pointer::get(claims, path) {
            given.push((path.clone(), value.clone()));
        }
    }
    given
}

fn expected(page: &mut Page, differences: &[&Difference]) {
    if differences.is_empty() {
        page.styled_field(2, (QUIET, "expected"), LABEL, &[(PERMIT, "so it is")]);
    }
    for difference in differences {
        write_difference(page, difference);
    }
}
