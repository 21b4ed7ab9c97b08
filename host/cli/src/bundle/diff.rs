//! `tokenward bundle diff`: what differs between two bundles.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use serde::Serialize;
use tokenward::{
    Bundle, BundleManifest, BundleVersion, BundledPolicy, PolicyEntry, UnixTime, component_digest,
};
use tokenward_cases::{Case, Said, changed_decisions};

use crate::args::{BundleDiffArgs, BundleVouch, Format};
use crate::bundle_source;
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{BOLD, DENY, PERMIT, PLAIN, QUIET};
use crate::render::{json, safe, words};
use crate::test::cases_of;
use crate::values::{moment, read};

/// Bytes of a log of requests.
const LOG_LIMIT: u64 = 1 << 30;
/// Columns of the labels.
const LABEL: usize = 10;

/// What differs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Record {
    schema: &'static str,
    old: BundleVersion,
    new: BundleVersion,
    /// What is said of the bundle itself: its title, validity and so on.
    manifest: Vec<Change>,
    policies: Vec<PolicyChange>,
    controls_added: Vec<String>,
    controls_removed: Vec<String>,
    /// How many cases both bundles judged.
    cases: usize,
    decisions: Vec<DecisionChange>,
}

/// Something that was one thing and is another; nothing where it was not, or is
/// not any more.
#[derive(Serialize)]
struct Change {
    what: String,
    old: Option<String>,
    new: Option<String>,
}

#[derive(Serialize)]
struct PolicyChange {
    id: String,
    change: &'static str,
    details: Vec<Change>,
}

#[derive(Serialize)]
struct DecisionChange {
    file: String,
    case: String,
    old: String,
    new: String,
}

impl Record {
    fn is_empty(&self) -> bool {
        self.manifest.is_empty()
            && self.policies.is_empty()
            && self.controls_added.is_empty()
            && self.controls_removed.is_empty()
            && self.decisions.is_empty()
    }
}

pub(crate) fn diff(args: &BundleDiffArgs, output: &Output) -> anyhow::Result<Exit> {
    let now = moment(None)?;
    // What vouches for a packed bundle is not for a folder beside it.
    let packed = [&args.old, &args.new].map(|name| bundle_source::is_packed(name));
    let none = BundleVouch::default();
    let vouch = |this: bool| if !this && packed.contains(&true) { &none } else { &args.vouch };
    let old = bundle_source::open(&args.old, vouch(packed[0]), now, output)?;
    let new = bundle_source::open(&args.new, vouch(packed[1]), now, output)?;
    let cases = if !args.log.is_empty() {
        recorded(&args.log)?
    } else if args.cases.is_empty() {
        // A case that both bundles have is judged once.
        let mut cases = cases_of(&args.new, &new)?;
        let names: BTreeSet<_> = cases.iter().map(|case| case.name.clone()).collect();
        let others = cases_of(&args.old, &old)?.into_iter();
        cases.extend(others.filter(|case| !names.contains(&case.name)));
        cases
    } else {
        crate::test::cases_at(&args.cases)?
    };
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let record = record(&old.bundle, &new.bundle, &cases, &Cache::open(wish))?;
    output.print(&match args.format {
        Format::Text => text(&record),
        Format::Json => json::pretty(&record)?,
    })?;
    Ok(if record.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The requests of logs.
fn recorded(files: &[PathBuf]) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let text = String::from_utf8(read(file, LOG_LIMIT).context("--log")?);
        let text = text.map_err(|_| anyhow!("`{name}`: it is not UTF-8")).context("--log")?;
        cases.extend(Case::of_log(&text, &name).context("--log")?);
    }
    Ok(cases)
}

fn record(old: &Bundle, new: &Bundle, cases: &[Case], cache: &Cache) -> anyhow::Result<Record> {
    let changed = changed_decisions(old, new, cases, &cache.engine())?;
    let decisions = changed.iter().filter_map(|change| {
        let case = cases.get(change.case)?;
        let (file, name) = (case.file.clone(), case.name.clone());
        let (old, new) = (in_words(&change.before), in_words(&change.after));
        Some(DecisionChange { file, case: name, old, new })
    });
    let controls = |bundle: &Bundle| -> BTreeSet<String> {
        bundle.manifest().controls.iter().cloned().collect()
    };
    let (before, after) = (controls(old), controls(new));
    Ok(Record {
        schema: "tokenward.bundle-diff/1",
        old: old.into(),
        new: new.into(),
        manifest: manifest(old, new),
        policies: policies(old, new),
        controls_added: after.difference(&before).cloned().collect(),
        controls_removed: before.difference(&after).cloned().collect(),
        cases: cases.len(),
        decisions: decisions.collect(),
    })
}

fn manifest(old: &Bundle, new: &Bundle) -> Vec<Change> {
    let (old, new) = (old.manifest(), new.manifest());
    let time = |moment: Option<UnixTime>| moment.map(|moment| moment.to_string());
    let mut changes = Vec::new();
    differ(&mut changes, "name", Some(old.name.clone()), Some(new.name.clone()));
    differ(&mut changes, "version", Some(old.version.clone()), Some(new.version.clone()));
    differ(&mut changes, "title", Some(old.title.clone()), Some(new.title.clone()));
    let text = |text: &str| Some(text.to_owned());
    differ(&mut changes, "about", text(&old.description), text(&new.description));
    let extends = |manifest: &BundleManifest| {
        let names = manifest.extends.iter().map(|base| format!("{} {}", base.name, base.version));
        Some(names.collect::<Vec<_>>().join(", "))
    };
    differ(&mut changes, "extends", extends(old), extends(new));
    let claims = |manifest: &BundleManifest| Some(manifest.known_claims.join(", "));
    differ(&mut changes, "claims", claims(old), claims(new));
    let ids = |manifest: &BundleManifest| -> Vec<String> {
        manifest.policies.iter().map(|policy| policy.id().to_owned()).collect()
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    // Policies that come and go are told by themselves.
    if sorted(ids(old)) == sorted(ids(new)) {
        differ(&mut changes, "order", Some(ids(old).join(", ")), Some(ids(new).join(", ")));
    }
    differ(&mut changes, "review by", old.review_by.clone(), new.review_by.clone());
    differ(&mut changes, "not before", time(old.not_before), time(new.not_before));
    differ(&mut changes, "expires", time(old.expires), time(new.expires));
    changes
}

fn differ(changes: &mut Vec<Change>, what: &str, old: Option<String>, new: Option<String>) {
    if old != new {
        changes.push(Change { what: what.to_owned(), old, new });
    }
}

fn policies(old: &Bundle, new: &Bundle) -> Vec<PolicyChange> {
    let mut changes = Vec::new();
    for policy in new.policies() {
        let (change, details) = match find(old, policy.entry.id()) {
            None => ("added", Vec::new()),
            Some(before) => {
                let mut details = entry(&before.entry, &policy.entry);
                let [before, after] =
                    [before, policy].map(|policy| component_digest(&policy.component));
                differ(&mut details, "component", Some(before), Some(after));
                ("changed", details)
            }
        };
        if change == "added" || !details.is_empty() {
            changes.push(PolicyChange { id: policy.entry.id().to_owned(), change, details });
        }
    }
    let gone = old.policies().iter().filter(|policy| find(new, policy.entry.id()).is_none());
    changes.extend(gone.map(|policy| PolicyChange {
        id: policy.entry.id().to_owned(),
        change: "removed",
        details: Vec::new(),
    }));
    changes
}

fn find<'a>(bundle: &'a Bundle, id: &str) -> Option<&'a BundledPolicy> {
    bundle.policies().iter().find(|policy| policy.entry.id() == id)
}

fn entry(old: &PolicyEntry, new: &PolicyEntry) -> Vec<Change> {
    let mut changes = Vec::new();
    differ(&mut changes, "module", Some(old.module.clone()), Some(new.module.clone()));
    let enforcement = |entry: &PolicyEntry| Some(entry.enforcement.as_str().to_owned());
    differ(&mut changes, "enforcement", enforcement(old), enforcement(new));
    let memory = |entry: &PolicyEntry| entry.memory_mib.map(|mib| format!("{mib} MiB"));
    differ(&mut changes, "memory", memory(old), memory(new));
    let on_fault = |entry: &PolicyEntry| Some(format!("{:?}", entry.on_fault).to_lowercase());
    differ(&mut changes, "on-fault", on_fault(old), on_fault(new));
    let names: BTreeSet<&String> = old.settings.keys().chain(new.settings.keys()).collect();
    for name in names {
        let text = |entry: &PolicyEntry| entry.settings.get(name).map(ToString::to_string);
        differ(&mut changes, &format!("settings.{name}"), text(old), text(new));
    }
    changes
}

/// `deny: policy rule /claim; requires scope a`.
fn in_words(said: &Said) -> String {
    match said {
        Said::Nothing { reason } => reason.clone(),
        Said::Decision { outcome, findings, requirements } => {
            let mut words = outcome.as_str().to_owned();
            if !findings.is_empty() {
                let findings: Vec<_> = findings.iter().map(ToString::to_string).collect();
                let _ = write!(words, ": {}", findings.join(", "));
            }
            if !requirements.is_empty() {
                let _ = write!(words, "; requires {}", requirements.join(", "));
            }
            words
        }
    }
}

fn text(record: &Record) -> String {
    let mut page = Page::default();
    let name = |version: &BundleVersion| {
        let digest = words::short_digest(&version.digest).to_owned();
        format!("{} {} ({digest})", safe::text(&version.name), safe::text(&version.version))
    };
    let title = format!("{} -> {}", name(&record.old), name(&record.new));
    page.paragraph(0, 2, &[(BOLD, &title)]);
    if record.is_empty() {
        page.paragraph(2, 2, &[(PLAIN, "nothing differs")]);
    }
    for change in &record.manifest {
        page.plain_field(2, &change.what, LABEL, &arrow(change));
    }
    for policy in &record.policies {
        page.blank();
        page.paragraph(0, 2, &[(BOLD, &safe::text(&policy.id)), (PLAIN, policy.change)]);
        for detail in &policy.details {
            page.paragraph(2, 4, &[(QUIET, &safe::text(&detail.what)), (PLAIN, &arrow(detail))]);
        }
    }
    for (sign, controls) in [("+", &record.controls_added), ("-", &record.controls_removed)] {
        if !controls.is_empty() {
            page.blank();
            let controls = words::controls(controls);
            page.paragraph(0, 2, &[(BOLD, &format!("controls {sign}")), (PLAIN, &controls)]);
        }
    }
    page.blank();
    let changed = record.decisions.len();
    let of = words::count(record.cases, "case", "cases");
    let counts = match changed {
        0 => format!("none of {of} comes out otherwise"),
        1 => format!("1 of {of} comes out otherwise"),
        _ => format!("{changed} of {of} come out otherwise"),
    };
    page.paragraph(0, 2, &[(BOLD, "decisions"), (PLAIN, &counts)]);
    for change in &record.decisions {
        page.paragraph(2, 4, &[(PLAIN, &safe::text(&change.case)), (QUIET, &change.file)]);
        page.paragraph(4, 6, &[(DENY, "-"), (PLAIN, &safe::text(&change.old))]);
        page.paragraph(4, 6, &[(PERMIT, "+"), (PLAIN, &safe::text(&change.new))]);
    }
    page.into_text()
}

fn arrow(change: &Change) -> String {
    // What stands on several lines is compared on one.
    let side = |side: &Option<String>| {
        safe::text(&side.as_deref().unwrap_or("(nothing)").replace('\n', " "))
    };
    format!("{} -> {}", side(&change.old), side(&change.new))
}
