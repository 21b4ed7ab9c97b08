//! The page of a bundle.

use std::fmt::Write;

use serde_json::Value;
use tokenward::{Bundle, Descriptor, Enforcement, Engine, OnFault, load_policy};

use super::iso;
use super::markdown::{block, cell, code, codes, key, table, toml};

/// A policy of the bundle, with what it says of itself.
struct Entry<'a> {
    id: &'a str,
    enforcement: Enforcement,
    on_fault: OnFault,
    settings: &'a serde_json::Map<String, Value>,
    descriptor: Descriptor,
}

pub(crate) fn page(engine: &Engine, bundle: &Bundle) -> anyhow::Result<String> {
    let manifest = bundle.manifest();
    let mut entries = Vec::with_capacity(bundle.policies().len());
    for policy in bundle.policies() {
        let entry = &policy.entry;
        let module = load_policy(engine, bundle, policy)?;
        entries.push(Entry {
            id: entry.id(),
            enforcement: entry.enforcement,
            on_fault: entry.on_fault,
            settings: &entry.settings,
            descriptor: module.descriptor().clone(),
        });
    }
    let mut out = format!("# {}\n\n", manifest.name);
    let _ = writeln!(out, "**{}.** Version {}.", cell(&manifest.title), manifest.version);
    if let Some(day) = &manifest.review_by {
        let _ = writeln!(out, "To be reviewed by {day}.");
    }
    for paragraph in manifest.description.split("\n\n").filter(|text| !text.trim().is_empty()) {
        let _ = writeln!(out, "\n{}", cell(paragraph));
    }
    let _ = write!(out, "\n## Policies\n\n{}", policies(&entries));
    let set: Vec<_> = entries.iter().filter(|entry| !entry.settings.is_empty()).collect();
    if !set.is_empty() {
        out.push_str("\n## Settings that differ from the defaults\n");
    }
    for entry in set {
        let _ = write!(out, "\n### {}\n\n{}", entry.id, block("toml", &settings(entry)));
    }
    let _ = write!(out, "\n## Controls\n\n{}", controls(&manifest.controls, &entries));
    Ok(out)
}

fn policies(entries: &[Entry<'_>]) -> String {
    let rows = entries.iter().map(|entry| {
        let Descriptor { name, version, title, phases, .. } = &entry.descriptor;
        let phases: Vec<_> = phases.iter().map(|phase| phase.as_str()).collect();
        let fault = match entry.on_fault {
            OnFault::Closed => "stops the request",
            OnFault::Open => "passes",
        };
        vec![
            code(entry.id),
            format!("{name} {version}"),
            cell(title),
            phases.join(", "),
            entry.enforcement.as_str().to_owned(),
            fault.to_owned(),
        ]
    });
    let heads = ["id", "policy", "what it keeps", "phases", "findings", "a fault"];
    table(&heads, &rows.collect::<Vec<_>>())
}

fn settings(entry: &Entry<'_>) -> String {
    entry.settings.iter().fold(String::new(), |mut out, (name, value)| {
        let _ = writeln!(out, "{} = {}", key(name), toml(value));
        out
    })
}

/// Each control, those that the bundle claims first, and the rules that serve it.
fn controls(claimed: &[String], entries: &[Entry<'_>]) -> String {
    let served = entries.iter().flat_map(|entry| &entry.descriptor.rules);
    let mut others: Vec<&String> = served.flat_map(|rule| &rule.controls).collect();
    others.sort_unstable();
    others.dedup();
    others.retain(|control| !claimed.contains(control));
    let row = |control: &String, is_claimed: &str| {
        let serving = entries.iter().filter_map(|entry| {
            let rules = entry.descriptor.rules.iter();
            let rules: Vec<_> =
                rules.filter(|rule| rule.controls.contains(control)).map(|rule| &rule.id).collect();
            (!rules.is_empty()).then(|| format!("{}: {}", entry.id, codes(rules)))
        });
        let old = iso::of_2013(control).unwrap_or_default();
        let serving = serving.collect::<Vec<_>>().join("; ");
        let serving = if serving.is_empty() { "none".to_owned() } else { serving };
        vec![cell(control), old.to_owned(), is_claimed.to_owned(), serving]
    };
    let rows: Vec<_> = claimed
        .iter()
        .map(|control| row(control, "yes"))
        .chain(others.into_iter().map(|control| row(control, "")))
        .collect();
    table(&["control", "ISO 27001:2013", "claimed", "rules that serve it"], &rows)
}
