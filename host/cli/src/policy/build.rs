//! `tokenward policy build`: from a policy's folder to its component.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokenward::{Descriptor, Engine};
use tokenward_engine::Anatomy;
use tokenward_policy_build::build_policies;

use super::probe;
use crate::args::PolicyBuildArgs;
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
    let manifest = args.dir.join("Cargo.toml");
    if !manifest.is_file() {
        bail!(
            "`{}` has no `Cargo.toml`; accepted: the folder of a policy, as `tokenward policy new` \
             writes one",
            args.dir.display()
        );
    }
    let package = package(&manifest)?;
    let target = args.dir.join("target/tokenward");
    let built = build_policies(&manifest, &[&package], &target)?;
    let component = built.into_iter().next().context("nothing was built")?.component;
    // What cannot be loaded is no policy, however well it compiled.
    let engine = Engine::new(Cache::open(CacheWish::Keep).engine())?;
    let policy = engine.load(&component, "{}");
    let path = args.out.clone().unwrap_or_else(|| args.dir.join(format!("{package}.wasm")));
    fs::write(&path, &component).with_context(|| format!("`{}`", path.display()))?;
    let anatomy = Anatomy::of(&component)?;
    let mut page = Page::default();
    let file = path.display().to_string();
    match policy {
        Ok(policy) => {
            let Descriptor { name, version, title, .. } = policy.descriptor().clone();
            let title = safe::text(&title);
            let name = format!("built {} {}", safe::text(&name), safe::text(&version));
            page.paragraph(0, 2, &[(BOLD, &name), (PLAIN, &title)]);
            page.plain_field(2, "digest", LABEL, policy.digest());
            let needs = probe::needs(&engine, policy);
            let memory = format!(
                "{}, at most {} in what was tried; {} of fuel",
                words::size(needs.configured_bytes),
                words::size(needs.worst.memory_bytes),
                group(needs.worst.fuel)
            );
            page.plain_field(2, "memory", LABEL, &memory);
            if let Some(fault) = &needs.fault {
                page.plain_field(2, "fault", LABEL, &safe::text(fault));
            }
        }
        // It may need settings: then only a bundle can load it.
        Err(error @ tokenward::LoadError::Settings { .. }) => {
            page.paragraph(0, 2, &[(BOLD, &format!("built {package}"))]);
            page.plain_field(2, "settings", LABEL, &format!("it needs some: {error}"));
        }
        Err(error) => return Err(error.into()),
    }
    let contract = anatomy.contract().unwrap_or_else(|| "none".to_owned());
    page.plain_field(2, "contract", LABEL, &format!("{contract}, no imports"));
    page.plain_field(2, "file", LABEL, &format!("{file}, {}", words::size(component.len())));
    output.print(&page.into_text())?;
    Ok(Exit::Done)
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
