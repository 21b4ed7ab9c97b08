//! `tokenward policy build`: from a policy's folder to its component.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use tokenward::{Descriptor, Engine, Limits};
use tokenward_engine::Anatomy;
use tokenward_engine::LoadedPolicy;
use tokenward_policy_build::{BuildError, BuiltPolicy, Keep, Language, build as build_policy};

use super::inspect::load;
use super::probe;
use crate::args::{PolicyBuildArgs, PolicyTestArgs};
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::safe;
use crate::render::style::{BOLD, PLAIN};
use crate::render::words::{self, group};
use crate::values::read;

/// Columns of the labels.
const LABEL: usize = 9;
/// Bytes that a `Cargo.toml` may have.
const MANIFEST_LIMIT: u64 = 1 << 20;

pub(crate) fn build(args: &PolicyBuildArgs, output: &Output) -> anyhow::Result<Exit> {
    let built = built(&args.dir, Keep::Nothing, output)?;
    // What cannot be loaded is no policy, however well it compiled.
    let engine = Engine::new(Cache::open(CacheWish::Keep).engine())?;
    let policy = load(&engine, &built.component, "{}");
    let (path, mut page) = match policy {
        Ok(policy) => {
            let path = args.out.clone().unwrap_or_else(|| file_of(&args.dir, policy.descriptor()));
            (path, described(&engine, policy))
        }
        // It may need settings: then only a bundle can load it.
        Err(error @ tokenward::LoadError::Settings { .. }) => {
            let descriptor = engine.describe(&built.component)?;
            let mut page = Page::default();
            let name = format!("built {}", safe::text(&descriptor.name));
            page.paragraph(0, 2, &[(BOLD, &name)]);
            page.plain_field(2, "settings", LABEL, &format!("it needs some: {error}"));
            (args.out.clone().unwrap_or_else(|| file_of(&args.dir, &descriptor)), page)
        }
        Err(error) => return Err(error.into()),
    };
    fs::write(&path, &built.component).with_context(|| format!("`{}`", path.display()))?;
    let contract = Anatomy::of(&built.component)?.contract().unwrap_or_else(|| "none".to_owned());
    page.plain_field(2, "contract", LABEL, &format!("{contract}, no imports"));
    if !built.stopped.is_empty() {
        let packages = built.stopped.iter().map(|name| name.split('/').next().unwrap_or(name));
        let packages: BTreeSet<_> = packages.collect();
        let packages = packages.into_iter().collect::<Vec<_>>().join(", ");
        let stopped = format!("a call of anything in {packages} traps");
        page.plain_field(2, "stopped", LABEL, &safe::text(&stopped));
    }
    let file = format!("{}, {}", path.display(), words::size(built.component.len()));
    page.plain_field(2, "file", LABEL, &file);
    output.print(&page.into_text())?;
    Ok(Exit::Done)
}

/// `tokenward policy test`: builds the policy of a folder, and runs its cases.
pub(crate) fn test(args: &PolicyTestArgs, output: &Output) -> anyhow::Result<Exit> {
    let built = built(&args.dir, Keep::Nothing, output)?;
    let engine = Engine::new(Cache::open(CacheWish::Keep).engine())?;
    let path = file_of(&args.dir, &engine.describe(&built.component)?);
    fs::write(&path, &built.component).with_context(|| format!("`{}`", path.display()))?;
    crate::test::run_component(&path.display().to_string(), &args.run, output)
}

/// Builds the policy of a folder, saying so where it takes long.
pub(super) fn built(dir: &Path, keep: Keep, output: &Output) -> anyhow::Result<BuiltPolicy> {
    let Some(language) = Language::of(dir) else {
        let files = Language::ALL.map(|(_, file)| format!("`{file}`"));
        bail!(
            "`{}` has none of {}; accepted: the folder of a policy, as `tokenward policy new` \
             writes one",
            dir.display(),
            files.join(", ")
        );
    };
    let package = match language {
        Language::Rust => package(&dir.join("Cargo.toml"))?,
        _ => dir.display().to_string(),
    };
    let mut progress = output.progress();
    progress.show(&format!("building {}", dir.display()));
    let built = build_policy(language, dir, &package, keep);
    progress.clear();
    if let Err(BuildError::Failed { said, .. }) = &built {
        for line in said.lines() {
            output.note(&safe::text(line));
        }
    }
    Ok(built?)
}

/// Where the component of a policy is written: `NAME.wasm` in its folder.
fn file_of(dir: &Path, descriptor: &Descriptor) -> PathBuf {
    dir.join(format!("{}.wasm", descriptor.name))
}

fn described(engine: &Engine, policy: LoadedPolicy) -> Page {
    let mut page = Page::default();
    let Descriptor { name, version, title, .. } = policy.descriptor().clone();
    let title = safe::text(&title);
    let name = format!("built {} {}", safe::text(&name), safe::text(&version));
    page.paragraph(0, 2, &[(BOLD, &name), (PLAIN, &title)]);
    page.plain_field(2, "digest", LABEL, policy.digest());
    let memory_bytes = policy.memory_bytes();
    let needs = probe::needs(engine, policy);
    let memory = format!(
        "{}, at most {} in what was tried; {} of fuel",
        words::size(needs.configured_bytes),
        words::size(needs.worst.memory_bytes),
        group(needs.worst.fuel)
    );
    page.plain_field(2, "memory", LABEL, &memory);
    let usual = Limits::default().memory_bytes;
    if memory_bytes > usual {
        let words = format!(
            "the {} that a policy usually has are too little: its bundle sets `memory-mib`",
            words::size(usual)
        );
        page.plain_field(2, "", LABEL, &words);
    }
    if let Some(fault) = &needs.fault {
        page.plain_field(2, "fault", LABEL, &safe::text(fault));
    }
    page
}

/// The name of the package.
fn package(manifest: &Path) -> anyhow::Result<String> {
    let place = || format!("`{}`", manifest.display());
    let text = String::from_utf8(read(manifest, MANIFEST_LIMIT)?);
    let text = text.map_err(|_| anyhow!("it is not UTF-8")).with_context(place)?;
    let table: toml::Table = text.parse().with_context(place)?;
    let name = table.get("package").and_then(|package| package.get("name"));
    let name = name.and_then(toml::Value::as_str).context("it names no package");
    Ok(name.with_context(place)?.to_owned())
}
