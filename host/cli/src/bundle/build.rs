//! `tokenward bundle build`: packs a bundle, with its own cases, which must pass.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokenward::packed::{CaseFile, PACKED_EXTENSION, PackedBundle, cases_in};
use tokenward::{Bundle, UnixTime, built_in_bundles, built_in_cases};
use tokenward_cases::run_own_cases;

use super::file;
use crate::args::BundleBuildArgs;
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{BOLD, PLAIN};
use crate::render::{safe, words};

/// Columns of the labels.
const LABEL: usize = 9;

pub(crate) fn build(args: &BundleBuildArgs, output: &Output) -> anyhow::Result<Exit> {
    if crate::bundle_source::is_packed(&args.bundle) {
        bail!("`{}` is a file; accepted: a built-in bundle, or a folder", args.bundle);
    }
    let bundle = Bundle::open(&args.bundle)?;
    let manifest = bundle.manifest();
    let not_before = moment("--not-before", args.not_before.as_deref(), manifest.not_before)?;
    let expires = moment("--expires", args.expires.as_deref(), manifest.expires)?;
    if let (Some(not_before), Some(expires)) = (not_before, expires)
        && expires <= not_before
    {
        bail!("it would expire at {expires}, and is not valid before {not_before}");
    }
    let bundle = bundle.with_validity(not_before, expires);
    let packed = PackedBundle::pack(&bundle, cases(&args.bundle)?)?;
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let cases = run_own_cases(packed.unverified(), packed.cases(), &Cache::open(wish).engine())?;
    if let Some(first) = cases.failed.first() {
        for failure in &cases.failed {
            output.note(&safe::text(failure));
        }
        bail!(
            "nothing was packed: {} of the bundle's own cases fail, first `{}`; `tokenward test \
             {}` says more",
            cases.failed.len(),
            safe::text(first),
            args.bundle
        );
    }
    let path = args.out.clone().unwrap_or_else(|| default_path(&packed));
    let size = file::write(&path, &packed)?;
    output.print(&text(&packed, cases.all, &path, size))?;
    Ok(Exit::Done)
}

pub(super) fn default_path(packed: &PackedBundle) -> PathBuf {
    let manifest = packed.manifest();
    format!("{}-{}.{PACKED_EXTENSION}", manifest.name, manifest.version).into()
}

fn moment(
    option: &str,
    given: Option<&str>,
    written: Option<UnixTime>,
) -> anyhow::Result<Option<UnixTime>> {
    match given {
        Some(text) => Ok(Some(text.parse().with_context(|| option.to_owned())?)),
        None => Ok(written),
    }
}

/// The bundle's own cases.
fn cases(name: &str) -> anyhow::Result<Vec<CaseFile>> {
    if built_in_bundles().any(|bundle| bundle == name) {
        let files = built_in_cases(name).iter();
        return Ok(files.map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect());
    }
    Ok(cases_in(Path::new(name))?)
}

fn text(packed: &PackedBundle, cases: usize, path: &Path, size: usize) -> String {
    let manifest = packed.manifest();
    let mut page = Page::default();
    let title = format!("packed {} {}", manifest.name, manifest.version);
    let policies = words::count(manifest.policies.len(), "policy", "policies");
    let cases = match cases {
        0 => "no cases of its own".to_owned(),
        all => format!("{} passed", words::count(all, "case", "cases")),
    };
    page.paragraph(0, 2, &[(BOLD, &title), (PLAIN, &format!("{policies}, {cases}"))]);
    page.plain_field(2, "digest", LABEL, packed.unverified().digest());
    let expires = match manifest.expires {
        Some(expires) => expires.to_string(),
        None => "never; a trust file refuses that unless it says `require-expiry = false`".into(),
    };
    page.plain_field(2, "expires", LABEL, &expires);
    let file = path.display();
    page.plain_field(2, "file", LABEL, &format!("{file}, {}", words::size(size)));
    let next = format!("tokenward bundle sign {file} --key PRIVATE");
    page.plain_field(2, "next", LABEL, &format!("nobody signed it yet: `{next}`"));
    page.into_text()
}
