//! What `lint` found, as text and as JSON.

use serde::Serialize;
use tokenward::BundleVersion;

use super::finding::{Level, LintFinding};
use super::load::Loaded;
use crate::render::page::Page;
use crate::render::style::{self, BOLD, PLAIN, QUIET};
use crate::render::{json as render_json, safe, words};

/// Columns of the labels.
const LABEL: usize = 7;

/// What was found, as JSON: the schema is in `schema/lint.schema.json`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct LintRecord<'a> {
    schema: &'static str,
    bundle: BundleVersion,
    day: &'a str,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: &'a [LintFinding],
}

pub(crate) fn json(loaded: &Loaded, findings: &[LintFinding]) -> anyhow::Result<String> {
    render_json::pretty(&LintRecord {
        schema: "tokenward.lint/1",
        bundle: BundleVersion::from(&loaded.bundle),
        day: &loaded.subject.today,
        errors: count(findings, Level::Error),
        warnings: count(findings, Level::Warning),
        notes: count(findings, Level::Note),
        findings,
    })
}

pub(crate) fn text(loaded: &Loaded, findings: &[LintFinding]) -> String {
    let mut page = Page::default();
    for finding in findings {
        let style = match finding.level {
            Level::Error => style::DENY,
            Level::Warning => style::STEP_UP,
            Level::Note => BOLD,
        };
        let place = [finding.policy.as_deref(), finding.setting.as_deref()];
        let place: Vec<_> = place.iter().flatten().map(|part| safe::name(part)).collect();
        let place = if place.is_empty() { "the bundle".to_owned() } else { place.join(" ") };
        let code = format!("[{}]", finding.code);
        let level = (style, finding.level.as_str());
        page.styled_field(0, level, LABEL, &[(BOLD, &place), (QUIET, &code)]);
        let indent = LABEL + 2;
        page.paragraph(indent, indent, &[(PLAIN, &safe::text(&finding.message))]);
        page.paragraph(indent, indent, &[(QUIET, &safe::text(&finding.change))]);
    }
    page.blank();
    let BundleVersion { name, version, digest } = BundleVersion::from(&loaded.bundle);
    let counted = |level, one: &str, many: &str| words::count(count(findings, level), one, many);
    let sum = format!(
        "{}, {}, {}",
        counted(Level::Error, "error", "errors"),
        counted(Level::Warning, "warning", "warnings"),
        counted(Level::Note, "note", "notes")
    );
    let name = format!("{name} {version}");
    let digest = words::short_digest(&digest);
    page.paragraph(0, 2, &[(BOLD, &name), (QUIET, digest), (PLAIN, &sum)]);
    page.into_text()
}

/// Names in backticks, with commas, as they are: findings are made safe when
/// they are shown.
pub(crate) fn quoted<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names = names.into_iter().map(|name| format!("`{}`", name.as_ref()));
    names.collect::<Vec<_>>().join(", ")
}

fn count(findings: &[LintFinding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}
