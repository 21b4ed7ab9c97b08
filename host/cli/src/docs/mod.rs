//! The reference of policies and bundles, in Markdown, made from what they say
//! of themselves: descriptors, schemas of settings, case tables.

mod bundle;
mod cases;
mod coverage;
mod iso;
mod markdown;
mod policy;

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokenward::{Engine, built_in_coverage, built_in_policies};

use crate::args::{BundleDocsArgs, PolicyDocsArgs};
use crate::bundle_source;
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::policy::source;
use crate::values::moment;

/// `tokenward policy docs`.
pub(crate) fn policies(args: &PolicyDocsArgs, output: &Output) -> anyhow::Result<Exit> {
    let engine = Engine::new(Cache::open(CacheWish::Keep).engine())?;
    let pages: Vec<(String, String)> = match (&args.policy, args.all) {
        (Some(name), false) => {
            let component = source::component(name)?;
            let cases = match &args.cases {
                Some(folder) => cases::in_folder(folder).context("--cases")?,
                None => cases::built_in(name)?,
            };
            vec![policy::page(&engine, &component, &cases)?]
        }
        (None, true) => {
            let each = built_in_policies();
            each.map(|(name, component)| policy::page(&engine, component, &cases::built_in(name)?))
                .collect::<anyhow::Result<_>>()?
        }
        _ => bail!("give either the name or the file of a policy, or `--all`"),
    };
    let Some(folder) = &args.out else {
        let pages: Vec<_> = pages.into_iter().map(|(_, page)| page).collect();
        output.print(&pages.join("\n"))?;
        return Ok(Exit::Done);
    };
    for (name, page) in &pages {
        write(&folder.join(name), "README.md", page).context("--out")?;
    }
    if args.all {
        let table = built_in_coverage().map_err(|error| anyhow!("{error}"))?;
        write(folder, coverage::FILE, &coverage::page(&table)).context("--out")?;
    }
    Ok(Exit::Done)
}

/// `tokenward bundle docs`.
pub(crate) fn bundle(args: &BundleDocsArgs, output: &Output) -> anyhow::Result<Exit> {
    let bundle =
        bundle_source::open(&args.bundle.name, &args.bundle.vouch, moment(None)?, output)?.bundle;
    let engine = Engine::new(Cache::open(CacheWish::Keep).engine())?;
    output.print(&bundle::page(&engine, &bundle)?)?;
    Ok(Exit::Done)
}

fn write(folder: &Path, name: &str, page: &str) -> anyhow::Result<()> {
    let file = folder.join(name);
    let place = || format!("`{}`", file.display());
    std::fs::create_dir_all(folder).with_context(place)?;
    std::fs::write(&file, page).with_context(place)
}
