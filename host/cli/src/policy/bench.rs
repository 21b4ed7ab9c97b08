//! `tokenward policy bench`: fuel and time of a policy, case by case.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokenward::mint::PrivateKey;
use tokenward::{
    Algorithm, EngineConfig, MemoryOfVerdicts, Object, ParseLimits, PolicyStatus, Trust, UnixTime,
    UnverifiedToken,
};
use tokenward_cases::{Case, Runner};
use tokenward_policy_build::Keep;

use super::tried;
use crate::args::{Format, PolicyBenchArgs};
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{BOLD, DENY, PLAIN, QUIET};
use crate::render::words::group;
use crate::render::{json, safe};
use crate::values::read;

const SCHEMA: &str = "tokenward.policy-bench/1";
/// Bytes of a file of figures.
const FILE_LIMIT: u64 = 4 << 20;
/// How long each case is repeated at least, and how often.
const LEAST: Duration = Duration::from_millis(100);
const ROUNDS: usize = 20;

/// The figures of a policy.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Figures {
    schema: String,
    policy: String,
    version: String,
    digest: String,
    /// Nanoseconds of one ES256 signature check, measured in turns with the cases.
    es256_ns: u64,
    cases: BTreeMap<String, Cost>,
}

/// What a case took.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cost {
    /// Units of fuel; those of the first run.
    fuel: u64,
    /// Bytes of linear memory.
    memory_bytes: u64,
    /// Nanoseconds of a call: the median.
    ns: u64,
}

pub(crate) fn bench(args: &PolicyBenchArgs, output: &Output) -> anyhow::Result<Exit> {
    let before = args.against.as_deref().map(saved).transpose().context("--against")?;
    let tried = tried::open(&args.policy, &args.cases, Keep::Nothing, output)?;
    // As it serves requests, but for what it remembers: nothing is remembered.
    let engine = EngineConfig {
        memory: MemoryOfVerdicts::Off,
        cache: Cache::open(CacheWish::Keep).engine().cache,
        ..EngineConfig::default()
    };
    let mut runner = Runner::new(tried.bundle, &engine)?;
    runner.check_names(&tried.cases)?;
    let figures = measure(&mut runner, &tried.cases, output)?;
    if let Some(path) = &args.save {
        let text = json::pretty(&figures)?;
        fs::write(path, text).with_context(|| format!("`{}`", path.display()))?;
    }
    let tolerance = args.tolerance;
    output.print(&match args.format {
        Format::Json => json::pretty(&figures)?,
        Format::Text => text(&figures, before.as_ref(), tolerance),
    })?;
    let worse = before.is_some_and(|before| {
        figures.cases.iter().any(|(name, cost)| {
            before.cases.get(name).is_some_and(|before| is_worse(*before, *cost, tolerance))
        })
    });
    Ok(if worse { Exit::Failed } else { Exit::Done })
}

fn saved(path: &Path) -> anyhow::Result<Figures> {
    let place = || format!("`{}`", path.display());
    let figures: Figures = serde_json::from_slice(&read(path, FILE_LIMIT)?).with_context(place)?;
    if figures.schema != SCHEMA {
        bail!("{} is of `{}`; accepted: `{SCHEMA}`", place(), safe::text(&figures.schema));
    }
    Ok(figures)
}

fn measure(runner: &mut Runner, cases: &[Case], output: &Output) -> anyhow::Result<Figures> {
    let mut progress = output.progress();
    let check = SignatureCheck::new()?;
    let mut unit = Vec::new();
    let mut costs = BTreeMap::new();
    let (mut policy, mut version, mut digest) = (String::new(), String::new(), String::new());
    for (number, case) in cases.iter().enumerate() {
        progress.show(&format!("{} of {} cases", number + 1, cases.len()));
        let mut cost: Option<Cost> = None;
        let mut times = Vec::new();
        let started = Instant::now();
        while times.len() < ROUNDS || started.elapsed() < LEAST {
            unit.push(check.time());
            // Settings that are refused judge nothing.
            let Ok(rehearsal) = runner.rehearse(case) else { break };
            let Some(report) = rehearsal.policies().first() else { break };
            match &report.status {
                PolicyStatus::NotAsked => break,
                PolicyStatus::Fault(fault) => {
                    progress.clear();
                    bail!(
                        "case `{}`: {fault}; `tokenward policy run` says more, and what faults has \
                         no cost",
                        case.name
                    );
                }
                PolicyStatus::Permit | PolicyStatus::Deny | PolicyStatus::StepUp => {}
            }
            times.push(report.elapsed);
            if cost.is_none() {
                let memory_bytes = u64::try_from(report.memory_bytes).unwrap_or(u64::MAX);
                cost = Some(Cost { fuel: report.fuel, memory_bytes, ns: 0 });
                policy.clone_from(&report.descriptor.name);
                version.clone_from(&report.descriptor.version);
                digest = report.digest.to_string();
            }
        }
        if let Some(cost) = cost {
            // Two files may have a case of one name.
            let name = if costs.contains_key(&case.name) {
                format!("{}: {}", case.file, case.name)
            } else {
                case.name.clone()
            };
            costs.insert(name, Cost { ns: median(&mut times), ..cost });
        }
    }
    progress.clear();
    if costs.is_empty() {
        bail!("no case asks the policy: each is for another phase, or of settings that it refuses");
    }
    let es256_ns = median(&mut unit);
    Ok(Figures { schema: SCHEMA.into(), policy, version, digest, es256_ns, cases: costs })
}

fn median(times: &mut [Duration]) -> u64 {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    u64::try_from(middle.as_nanos()).unwrap_or(u64::MAX)
}

/// What time is measured by: the check of one token's signature.
struct SignatureCheck {
    token: String,
    trust: Trust,
    now: UnixTime,
}

impl SignatureCheck {
    fn new() -> anyhow::Result<Self> {
        let key = PrivateKey::generate(Algorithm::ES256)?;
        let now = UnixTime(1_700_000_000);
        let mut claims = Object::new();
        claims.set("sub", "u-1");
        let token = key.mint(None, &claims)?;
        Ok(Self { token, trust: Trust::key_only(key.key_set()?), now })
    }

    fn time(&self) -> Duration {
        let started = Instant::now();
        let token = UnverifiedToken::parse(self.token.as_bytes(), &ParseLimits::default());
        let _ = black_box(token.map(|token| token.verify(&self.trust, self.now)));
        started.elapsed()
    }
}

/// Whether a case takes more fuel than before, by more than so many percent.
fn is_worse(before: Cost, now: Cost, tolerance: u32) -> bool {
    u128::from(now.fuel) * 100 > u128::from(before.fuel) * (100 + u128::from(tolerance))
}

#[allow(clippy::cast_precision_loss, reason = "for people to read")]
fn text(figures: &Figures, before: Option<&Figures>, tolerance: u32) -> String {
    let mut page = Page::default();
    let name = format!("{} {}", safe::text(&figures.policy), safe::text(&figures.version));
    let unit = format!("one ES256 check: {}", micros(figures.es256_ns));
    page.paragraph(0, 2, &[(BOLD, &name), (QUIET, &unit)]);
    let width = figures.cases.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    for (case, cost) in &figures.cases {
        let ratio = cost.ns as f64 / figures.es256_ns.max(1) as f64;
        let words = format!("{:>11} fuel {:>11} {ratio:>7.2} ×", group(cost.fuel), micros(cost.ns));
        let label = format!("{case:<width$}");
        let before = before.and_then(|before| before.cases.get(case));
        let Some(before) = before else {
            page.line(PLAIN, &format!("  {}  {words}", safe::text(&label)));
            continue;
        };
        let change = (cost.fuel as f64 / before.fuel.max(1) as f64 - 1.0) * 100.0;
        let style = if is_worse(*before, *cost, tolerance) { DENY } else { PLAIN };
        page.line(style, &format!("  {}  {words}   fuel {change:+.1} %", safe::text(&label)));
    }
    let gone = before.into_iter().flat_map(|before| before.cases.keys());
    for case in gone.filter(|case| !figures.cases.contains_key(*case)) {
        page.line(QUIET, &format!("  {}  is there no more", safe::text(case)));
    }
    page.into_text()
}

#[allow(clippy::cast_precision_loss, reason = "for people to read")]
fn micros(ns: u64) -> String {
    format!("{:.1} µs", ns as f64 / 1000.0)
}
