//! `tokenward policy inspect`: what a policy is, reads, can be set to, and needs.

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;
use tokenward::{Descriptor, Engine, Fault, LoadError, MOST_MEMORY_MIB, Phase, Reads, Rule};
use tokenward_engine::{Anatomy, LoadedPolicy};

use super::probe::{self, Needs};
use super::schema::{self, Setting};
use super::source;
use crate::args::{Format, PolicyInspectArgs};
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{BOLD, PLAIN, QUIET};
use crate::render::words::{self, group};
use crate::render::{explain, json, rules, safe};

/// The most memory that a bundle can give a policy.
const MOST_MEMORY: usize = (MOST_MEMORY_MIB as usize) << 20;
/// Columns of the labels.
const LABEL: usize = 11;

/// A policy as JSON: the schema is in `schema/policy.schema.json`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyRecord {
    schema: &'static str,
    name: String,
    version: String,
    title: String,
    description: String,
    contract: Option<String>,
    digest: String,
    component: Anatomy,
    phases: Vec<Phase>,
    reads: Reads,
    rules: Vec<Rule>,
    settings: Vec<Setting>,
    settings_schema: Value,
    needs: Needs,
    limits: LimitsRecord,
}

/// What an evaluation may need at most.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct LimitsRecord {
    memory_bytes: usize,
    fuel: u64,
}

/// Loads a policy by itself. One that the usual memory is too little for has the most that a bundle
/// can give it.
pub(super) fn load(
    engine: &Engine,
    component: &[u8],
    settings: &str,
) -> Result<LoadedPolicy, LoadError> {
    match engine.load(component, settings) {
        Err(LoadError::Fault { fault: Fault::Memory(_), .. }) => {
            engine.load_with_memory(component, settings, MOST_MEMORY)
        }
        loaded => loaded,
    }
}

pub(crate) fn inspect(args: &PolicyInspectArgs, output: &Output) -> anyhow::Result<Exit> {
    let component = source::component(&args.policy)?;
    let settings = source::settings(args.settings.as_deref()).context("--settings")?;
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let config = Cache::open(wish).engine();
    let fuel = config.limits.fuel;
    let engine = Engine::new(config)?;
    let policy = load(&engine, &component, &settings.to_compact())?;
    let limits = LimitsRecord { memory_bytes: policy.memory_bytes(), fuel };
    let Descriptor { name, version, title, description, phases, rules, settings_schema, .. } =
        policy.descriptor().clone();
    let anatomy = Anatomy::of(&component)?;
    let record = PolicyRecord {
        schema: "tokenward.policy/1",
        name,
        version,
        title,
        description,
        contract: anatomy.contract(),
        digest: policy.digest().to_owned(),
        component: anatomy,
        phases,
        reads: policy.reads().clone(),
        rules,
        settings: schema::settings(&settings_schema),
        settings_schema,
        needs: probe::needs(&engine, policy),
        limits,
    };
    output.print(&match args.format {
        Format::Text => text(&record),
        Format::Json => json::pretty(&record)?,
    })?;
    Ok(Exit::Done)
}

fn text(policy: &PolicyRecord) -> String {
    let mut page = Page::default();
    let version = format!("{} {}", policy.name, policy.version);
    page.paragraph(0, 2, &[(BOLD, &version), (PLAIN, &safe::text(&policy.title))]);
    component(&mut page, policy);
    let phases: Vec<_> = policy.phases.iter().map(|phase| phase.as_str()).collect();
    page.plain_field(2, "phases", LABEL, &phases.join(", "));
    explain::read(&mut page, 2, LABEL, &policy.reads);
    needs(&mut page, policy);
    rules::write(&mut page, &policy.rules);
    settings(&mut page, &policy.settings);
    page.into_text()
}

fn component(page: &mut Page, policy: &PolicyRecord) {
    let anatomy = &policy.component;
    let contract = policy.contract.as_deref().unwrap_or("none");
    page.plain_field(2, "contract", LABEL, contract);
    page.plain_field(2, "digest", LABEL, &policy.digest);
    let sizes = format!(
        "{}: code {}, data {}",
        words::size(anatomy.bytes),
        words::size(anatomy.code_bytes),
        words::size(anatomy.data_bytes)
    );
    page.plain_field(2, "component", LABEL, &sizes);
    page.plain_field(2, "exports", LABEL, &words::list(&anatomy.exports));
    let imports = match anatomy.imports.as_slice() {
        [] => "nothing".to_owned(),
        names => words::list(names),
    };
    page.plain_field(2, "imports", LABEL, &imports);
}

fn needs(page: &mut Page, policy: &PolicyRecord) {
    let (needs, limits) = (&policy.needs, &policy.limits);
    let memory = format!(
        "{} configured, {} for an empty request, {} at worst, of {} at most",
        words::size(needs.configured_bytes),
        words::size(needs.empty.memory_bytes),
        words::size(needs.worst.memory_bytes),
        words::size(limits.memory_bytes)
    );
    page.plain_field(2, "memory", LABEL, &memory);
    let fuel = format!(
        "{} for an empty request, {} at worst, of {} at most",
        group(needs.empty.fuel),
        group(needs.worst.fuel),
        group(limits.fuel)
    );
    page.plain_field(2, "fuel", LABEL, &fuel);
    if let Some(fault) = &needs.fault {
        page.plain_field(2, "fault", LABEL, &safe::text(fault));
    }
}

fn settings(page: &mut Page, settings: &[Setting]) {
    page.blank();
    page.paragraph(0, 0, &[(BOLD, "Settings")]);
    if settings.is_empty() {
        page.paragraph(2, 2, &[(QUIET, "none")]);
    }
    for setting in settings {
        let mut facts = vec![setting.kind.clone()];
        facts.extend(setting.unit.map(|unit| format!("in {unit}")));
        facts.extend(setting.required.then(|| "required".to_owned()));
        facts.extend(setting.default.as_ref().map(|default| format!("default {default}")));
        let facts = format!("({})", facts.join("; "));
        page.paragraph(2, 4, &[(BOLD, &safe::name(&setting.name)), (QUIET, &safe::text(&facts))]);
        page.paragraph(4, 4, &[(PLAIN, &safe::text(&setting.meaning))]);
    }
}
