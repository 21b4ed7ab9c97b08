//! A policy that is tried by itself, and its cases.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokenward::{Bundle, Engine};
use tokenward_cases::Case;
use tokenward_policy_build::{Keep, Language};

use super::{build, source};
use crate::cache::{Cache, CacheWish};
use crate::output::Output;
use crate::test::{CASES, cases_at, id_of};

/// A policy by itself, and its cases. No `Debug`: cases hold tokens.
pub(super) struct Tried {
    pub(super) bundle: Bundle,
    pub(super) cases: Vec<Case>,
    pub(super) source: Source,
}

/// Where the policy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It was built just now.
    Folder,
    /// Somebody built it.
    Component,
}

/// Builds the policy of a folder, or reads a component; `cases` are those that were named.
pub(super) fn open(
    policy: &str,
    cases: &[PathBuf],
    keep: Keep,
    output: &Output,
) -> anyhow::Result<Tried> {
    let path = Path::new(policy);
    let (component, id, beside, source) = if Language::of(path).is_some() || path.is_dir() {
        let component = build::built(path, keep, output)?.component;
        let engine = Engine::new(Cache::open(CacheWish::Keep).engine())?;
        let id = engine.describe(&component)?.name;
        (component, id, Some(path), Source::Folder)
    } else {
        let component = source::component(policy)?.into_owned();
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or(policy);
        let beside = path.parent().filter(|_| path.is_file());
        (component, id_of(file), beside, Source::Component)
    };
    let cases = match (cases, beside.map(|folder| folder.join(CASES))) {
        ([], Some(own)) if own.is_dir() => cases_at(&[own])?,
        ([], _) => bail!("`{policy}` has no folder `{CASES}`; `--cases PATH` names cases"),
        (given, _) => cases_at(given)?,
    };
    Ok(Tried { bundle: Bundle::of_component(&id, component), cases, source })
}

/// The one case of this name, or of which `FILE: NAME` has this text.
pub(super) fn one<'a>(cases: &'a [Case], wanted: Option<&str>) -> anyhow::Result<&'a Case> {
    let place = |case: &Case| format!("{}: {}", case.file, case.name);
    let fits: Vec<_> = match wanted {
        None => cases.iter().collect(),
        Some(text) => match cases.iter().find(|case| case.name == text) {
            Some(case) => return Ok(case),
            None => cases.iter().filter(|case| place(case).contains(text)).collect(),
        },
    };
    let names = |cases: &mut dyn Iterator<Item = &&Case>| -> String {
        let names: Vec<_> = cases.map(|case| format!("`{}`", case.name)).collect();
        names.join(", ")
    };
    match fits.as_slice() {
        [only] => Ok(only),
        [] => {
            let all = names(&mut cases.iter().collect::<Vec<_>>().iter());
            Err(anyhow::anyhow!("no case is called so; accepted: {all}")).context("--case")
        }
        several => {
            let names = names(&mut several.iter());
            Err(anyhow::anyhow!("there are several cases; name one of {names}")).context("--case")
        }
    }
}
