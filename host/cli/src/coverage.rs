//! `tokenward bundle coverage`: which requirements of the frameworks a bundle
//! answers.

use anyhow::anyhow;
use serde::Serialize;
use tokenward::{Bundle, BundleVersion, CoverageRow, Enforcement, HostState, built_in_coverage};

use crate::args::{CoverageArgs, Format};
use crate::bundle_source;
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{self, BOLD, PLAIN, QUIET};
use crate::render::{json, words};
use crate::values::moment;

/// Columns of the ids.
const LABEL: usize = 4;

/// What becomes of a requirement with a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// Every policy that judges it is in the bundle, and decides.
    Answered,
    /// Some of its policies are.
    InPart,
    /// Its policies are in the bundle, and decide nothing.
    NotEnforced,
    /// None of its policies is in the bundle.
    NotInBundle,
    /// A service of the host answers it.
    Host,
    /// A service of the host will answer it.
    Planned,
    /// A person attests to it.
    Attested,
}

impl Answer {
    fn in_words(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::InPart => "in part",
            Self::NotEnforced => "not enforced",
            Self::NotInBundle => "not in this bundle",
            Self::Host => "the host",
            Self::Planned => "planned",
            Self::Attested => "a person attests",
        }
    }
}

/// The coverage as JSON: the schema is in `schema/coverage.schema.json`.
#[derive(Serialize)]
struct CoverageRecord<'a> {
    schema: &'static str,
    bundle: BundleVersion,
    rows: Vec<RowRecord<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RowRecord<'a> {
    id: &'a str,
    requirement: &'a str,
    controls: &'a [String],
    answer: Answer,
    owner: OwnerRecord<'a>,
    /// The policies of the row that the bundle does not enforce.
    missing: Vec<&'a str>,
}

/// Who answers a requirement.
#[derive(Serialize)]
struct OwnerRecord<'a> {
    policies: &'a [String],
    host: Option<&'a str>,
    state: Option<&'static str>,
    attested: bool,
}

pub(crate) fn run(args: &CoverageArgs, output: &Output) -> anyhow::Result<Exit> {
    let bundle =
        bundle_source::open(&args.bundle.name, &args.bundle.vouch, moment(None)?, output)?.bundle;
    let table = built_in_coverage().map_err(|error| anyhow!("{error}"))?;
    let record = CoverageRecord {
        schema: "tokenward.coverage/1",
        bundle: (&bundle).into(),
        rows: table.rows.iter().map(|row| RowRecord::of(row, &bundle)).collect(),
    };
    output.print(&match args.format {
        Format::Text => text(&record),
        Format::Json => json::pretty(&record)?,
    })?;
    Ok(Exit::Done)
}

impl<'a> RowRecord<'a> {
    fn of(row: &'a CoverageRow, bundle: &Bundle) -> Self {
        let uses = |policy: &str, needed: Option<Enforcement>| {
            // A file that happens to have the name is not the project's policy.
            bundle.manifest().policies.iter().any(|entry| {
                entry.module == policy && needed.is_none_or(|needed| entry.enforcement == needed)
            })
        };
        let enforced = |policy: &&String| uses(policy, Some(Enforcement::Enforce));
        let (there, missing): (Vec<_>, Vec<_>) = row.owner.policies.iter().partition(enforced);
        let answer = match (there.len(), missing.len(), row.owner.state) {
            (0, 0, Some(HostState::Built)) => Answer::Host,
            (0, 0, Some(HostState::Planned)) => Answer::Planned,
            (0, 0, None) => Answer::Attested,
            (_, 0, _) => Answer::Answered,
            (0, _, _) if missing.iter().any(|policy| uses(policy, None)) => Answer::NotEnforced,
            (0, _, _) => Answer::NotInBundle,
            _ => Answer::InPart,
        };
        let missing = missing.into_iter().map(String::as_str).collect();
        Self {
            id: &row.id,
            requirement: &row.requirement,
            controls: &row.controls,
            answer,
            owner: OwnerRecord {
                policies: &row.owner.policies,
                host: row.owner.host.as_deref(),
                state: row.owner.state.map(|state| match state {
                    HostState::Built => "built",
                    HostState::Planned => "planned",
                }),
                attested: row.owner.attested,
            },
            missing,
        }
    }

    /// Who answers, or would.
    fn owners(&self) -> String {
        let mut owners = Vec::new();
        if !self.owner.policies.is_empty() {
            owners.push(self.owner.policies.join(", "));
        }
        if !self.missing.is_empty() && self.answer == Answer::InPart {
            owners.push(format!("without {}", self.missing.join(", ")));
        }
        owners.extend(self.owner.host.map(|host| match self.owner.state {
            Some("built") => format!("host: {host}"),
            _ => format!("host, planned: {host}"),
        }));
        owners.join("; ")
    }
}

fn text(record: &CoverageRecord<'_>) -> String {
    let mut page = Page::default();
    let name = format!("{} {}", record.bundle.name, record.bundle.version);
    let digest = words::short_digest(&record.bundle.digest);
    page.paragraph(0, 2, &[(BOLD, &name), (QUIET, digest)]);
    page.blank();
    for row in &record.rows {
        page.field(0, row.id, LABEL, &[(PLAIN, row.requirement)]);
        let style = match row.answer {
            Answer::Answered | Answer::Host => style::PERMIT,
            Answer::InPart | Answer::NotEnforced => style::STEP_UP,
            Answer::NotInBundle | Answer::Planned | Answer::Attested => BOLD,
        };
        let answer = row.answer.in_words();
        page.paragraph(LABEL + 2, LABEL + 2, &[(style, answer), (PLAIN, &row.owners())]);
        if !row.controls.is_empty() {
            let controls = words::controls(row.controls);
            page.paragraph(LABEL + 2, LABEL + 2, &[(QUIET, &controls)]);
        }
    }
    page.into_text()
}
