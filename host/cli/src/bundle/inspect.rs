//! `tokenward bundle inspect` and `list`: what a bundle holds.

use anyhow::Context;
use serde::Serialize;
use tokenward::packed::Signature;
use tokenward::{
    Bundle, BundleManifest, Descriptor, Enforcement, Engine, OnFault, Phase, Reads, Rule, UnixTime,
    built_in_bundles, component_digest, load_policy,
};

use crate::args::{Format, InspectArgs};
use crate::bundle_source::{self, Opened};
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{BOLD, PLAIN, QUIET};
use crate::render::{explain, json, rules, safe, words};
use crate::values::moment;

/// Columns of the labels.
const LABEL: usize = 11;

/// A bundle as JSON.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct BundleRecord<'a> {
    schema: &'static str,
    digest: &'a str,
    manifest: &'a BundleManifest,
    /// Of a packed bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    packed: Option<PackedRecord<'a>>,
    policies: Vec<PolicyRecord<'a>>,
}

/// What a packed bundle has beside its policies.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PackedRecord<'a> {
    /// The trusted keys that signed it; none where nobody verified it.
    signed_by: Option<&'a [String]>,
    signatures: &'a [Signature],
    cases: Vec<&'a str>,
}

/// A policy of a bundle, as its component describes itself under the settings
/// of the bundle.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyRecord<'a> {
    id: &'a str,
    module: &'a str,
    name: String,
    version: String,
    title: String,
    description: String,
    digest: String,
    bytes: usize,
    enforcement: Enforcement,
    on_fault: OnFault,
    /// What the bundle gives it; none where it is what every policy has.
    memory_mib: Option<u16>,
    settings: &'a serde_json::Map<String, serde_json::Value>,
    phases: Vec<Phase>,
    reads: Reads,
    rules: Vec<Rule>,
}

pub(crate) fn inspect(args: &InspectArgs, output: &Output) -> anyhow::Result<Exit> {
    let now = moment(None)?;
    let opened = bundle_source::open(&args.bundle.name, &args.bundle.vouch, now, output)?;
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let record = record(&opened, &Cache::open(wish))?;
    output.print(&match args.format {
        Format::Text => text(&record, now),
        Format::Json => json::pretty(&record)?,
    })?;
    Ok(Exit::Done)
}

pub(crate) fn list(output: &Output) -> anyhow::Result<Exit> {
    let mut page = Page::default();
    for name in built_in_bundles() {
        let bundle = Bundle::built_in(name).context("built-in bundles")?;
        let manifest = bundle.manifest();
        page.paragraph(0, 2, &[(BOLD, name), (PLAIN, &manifest.version), (PLAIN, &manifest.title)]);
        let policies = bundle.policies().iter().map(|policy| policy.entry.id());
        let policies = policies.collect::<Vec<_>>().join(", ");
        page.paragraph(2, 2, &[(QUIET, &policies)]);
    }
    output.print(&page.into_text())?;
    Ok(Exit::Done)
}

fn record<'a>(opened: &'a Opened, cache: &Cache) -> anyhow::Result<BundleRecord<'a>> {
    let bundle = &opened.bundle;
    let manifest = bundle.manifest();
    let engine = Engine::new(cache.engine())?;
    let mut policies = Vec::with_capacity(bundle.policies().len());
    for policy in bundle.policies() {
        let entry = &policy.entry;
        let module = load_policy(&engine, bundle, policy)?;
        let Descriptor { name, version, title, description, phases, rules, .. } =
            module.descriptor().clone();
        policies.push(PolicyRecord {
            id: entry.id(),
            module: &entry.module,
            name,
            version,
            title,
            description,
            digest: component_digest(&policy.component),
            bytes: policy.component.len(),
            enforcement: entry.enforcement,
            on_fault: entry.on_fault,
            memory_mib: entry.memory_mib,
            settings: &entry.settings,
            phases,
            reads: module.reads().clone(),
            rules,
        });
    }
    let packed = opened.packed.as_ref().map(|packed| PackedRecord {
        signed_by: packed.signed_by.as_deref(),
        signatures: packed.bundle.signatures(),
        cases: packed.bundle.cases().iter().map(|(name, _)| name.as_str()).collect(),
    });
    let (schema, digest) = ("tokenward.bundle/1", bundle.digest());
    Ok(BundleRecord { schema, digest, manifest, packed, policies })
}

fn text(bundle: &BundleRecord<'_>, now: UnixTime) -> String {
    let mut page = Page::default();
    let manifest = bundle.manifest;
    let version = format!("{} {}", manifest.name, manifest.version);
    page.paragraph(0, 2, &[(BOLD, &version), (PLAIN, &safe::text(&manifest.title))]);
    for line in manifest.description.split("\n\n") {
        let words = line.split_whitespace().map(safe::text).collect::<Vec<_>>().join(" ");
        page.paragraph(2, 2, &[(PLAIN, &words)]);
    }
    page.plain_field(2, "digest", LABEL, bundle.digest);
    if let Some(day) = &manifest.review_by {
        // Both are written year first.
        let passed = now.to_string().get(..10).is_some_and(|today| today > day.as_str());
        let words = format!("{day}{}", if passed { ", which has passed" } else { "" });
        page.plain_field(2, "review by", LABEL, &words);
    }
    for (label, moment) in [("not before", manifest.not_before), ("expires", manifest.expires)] {
        if let Some(moment) = moment {
            page.plain_field(2, label, LABEL, &moment.to_string());
        }
    }
    if let Some(packed) = &bundle.packed {
        let keys: Vec<_> = packed.signatures.iter().map(|s| s.keyid.as_str()).collect();
        let signed = match packed.signed_by {
            Some(names) => names.join(", "),
            None if keys.is_empty() => "nobody".to_owned(),
            None => format!("{}, not verified", keys.join(", ")),
        };
        page.plain_field(2, "signed by", LABEL, &signed);
        let cases = packed.cases.iter().map(|name| safe::text(name)).collect::<Vec<_>>();
        let cases = if cases.is_empty() { "none".to_owned() } else { cases.join(", ") };
        page.plain_field(2, "cases", LABEL, &cases);
    }
    for policy in &bundle.policies {
        write_policy(&mut page, policy);
    }
    page.into_text()
}

fn write_policy(page: &mut Page, policy: &PolicyRecord<'_>) {
    page.blank();
    let version = format!("{} {}", policy.id, policy.version);
    page.paragraph(0, 2, &[(BOLD, &version), (PLAIN, &safe::text(&policy.title))]);
    page.plain_field(2, "module", LABEL, &safe::text(policy.module));
    let component =
        format!("{}, {}", words::short_digest(&policy.digest), words::size(policy.bytes));
    page.plain_field(2, "component", LABEL, &component);
    let on_fault = match policy.on_fault {
        OnFault::Closed => "a fault stops the request",
        OnFault::Open => "a fault is reported and passes",
    };
    let enforcement = format!("{}; {on_fault}", policy.enforcement.as_str());
    page.plain_field(2, "enforcement", LABEL, &enforcement);
    if let Some(mib) = policy.memory_mib {
        page.plain_field(2, "memory", LABEL, &format!("at most {mib} MiB"));
    }
    let phases: Vec<_> = policy.phases.iter().map(|phase| phase.as_str()).collect();
    page.plain_field(2, "phases", LABEL, &phases.join(", "));
    let settings = if policy.settings.is_empty() {
        "the defaults".to_owned()
    } else {
        let text = serde_json::to_string(policy.settings).unwrap_or_default();
        safe::json(&text.replace(",\"", ", \"")).into_owned()
    };
    page.plain_field(2, "settings", LABEL, &settings);
    explain::read(page, 2, LABEL, &policy.reads);
    rules::write(page, &policy.rules);
}
