//! `tokenward policy list`: the policies that are built in.

use serde::Serialize;
use tokenward::{Engine, Phase, built_in_policies, component_digest};

use crate::args::{Format, PolicyListArgs};
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{BOLD, PLAIN, QUIET};
use crate::render::{json, words};

#[derive(Serialize)]
struct ListRecord {
    schema: &'static str,
    policies: Vec<PolicyRecord>,
}

/// A policy in one line.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyRecord {
    name: String,
    version: String,
    title: String,
    phases: Vec<Phase>,
    rules: usize,
    bytes: usize,
    digest: String,
}

pub(crate) fn list(args: &PolicyListArgs, output: &Output) -> anyhow::Result<Exit> {
    let engine = Engine::new(Cache::open(CacheWish::Keep).engine())?;
    let mut policies = Vec::new();
    for (_, component) in built_in_policies() {
        // With the defaults, because configured policies are kept in the cache.
        let policy = engine.load(component, "{}")?;
        let descriptor = policy.descriptor();
        policies.push(PolicyRecord {
            name: descriptor.name.clone(),
            version: descriptor.version.clone(),
            title: descriptor.title.clone(),
            phases: descriptor.phases.clone(),
            rules: descriptor.rules.len(),
            bytes: component.len(),
            digest: component_digest(component),
        });
    }
    output.print(&match args.format {
        Format::Text => text(&policies),
        Format::Json => json::pretty(&ListRecord { schema: "tokenward.policies/1", policies })?,
    })?;
    Ok(Exit::Done)
}

fn text(policies: &[PolicyRecord]) -> String {
    let mut page = Page::default();
    for policy in policies {
        let version = format!("{} {}", policy.name, policy.version);
        page.paragraph(0, 2, &[(BOLD, &version), (PLAIN, &policy.title)]);
        let phases: Vec<_> = policy.phases.iter().map(|phase| phase.as_str()).collect();
        let facts = format!(
            "{}; {}; {}",
            phases.join(", "),
            words::count(policy.rules, "rule", "rules"),
            words::size(policy.bytes)
        );
        page.paragraph(2, 2, &[(QUIET, &facts)]);
    }
    page.into_text()
}
