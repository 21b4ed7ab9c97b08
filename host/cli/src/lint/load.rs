//! Loads the bundle that `lint` looks at, with all that belongs to it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use tokenward::{
    Bundle, ClaimSelector, Engine, MANIFEST_FILE, Phase, built_in_bundles, built_in_cases, load,
    load_policy,
};

use super::cases;
use super::scan;
use super::subject::{Entry, Review, Subject};
use crate::args::{self, LintArgs};
use crate::bundle_source::{self, Opened};
use crate::cache::{Cache, CacheWish};
use crate::output::Output;
use crate::pointer::escape;
use crate::values::{moment, read, short};

/// Bytes that a manifest may have.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// The bundle, and what is looked at.
pub(crate) struct Loaded {
    pub(crate) bundle: Bundle,
    pub(crate) subject: Subject,
}

pub(crate) fn load(args: &LintArgs, output: &Output) -> anyhow::Result<Loaded> {
    let opened = bundle_source::open(&args.bundle, &args.vouch, moment(None)?, output)?;
    let cases = cases_of(&args.bundle, &opened)?;
    let review = review(&args.bundle, &opened)?;
    let bundle = opened.bundle;
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let engine = Engine::new(Cache::open(wish).engine())?;
    let manifest = bundle.manifest();
    let mut entries = Vec::with_capacity(bundle.policies().len());
    for policy in bundle.policies() {
        let entry = &policy.entry;
        let module = load_policy(&engine, &bundle, policy)?;
        let descriptor = module.descriptor().clone();
        let (digest, reads) = (module.digest().to_owned(), module.reads().clone());
        let all = |selector: &ClaimSelector| match selector {
            ClaimSelector::At(path) | ClaimSelector::Below(path) => path.is_empty(),
        };
        let needs_all_claims =
            reads.claims.iter().any(all).then(|| scan::needs_all_claims(&engine, module, &cases));
        entries.push(Entry {
            id: entry.id().to_owned(),
            name: descriptor.name,
            digest,
            enforcement: entry.enforcement,
            on_fault: entry.on_fault,
            settings: entry.settings.clone(),
            schema: descriptor.settings_schema,
            phases: descriptor.phases,
            rules: descriptor.rules,
            reads,
            needs_all_claims,
        });
    }
    let mut known_claims: BTreeSet<String> = cases.iter().flat_map(cases::paths).collect();
    known_claims.extend(manifest.known_claims.iter().map(|claim| as_pointer(claim)));
    let trusted_algorithms = match &args.trust {
        Some(file) => {
            let trust = load::trust_file(file).context("--trust")?;
            Some(trust.algorithms().iter().map(|algorithm| algorithm.name().to_owned()).collect())
        }
        None => None,
    };
    let subject = Subject {
        entries,
        review_by: manifest.review_by.clone(),
        review,
        controls: manifest.controls.clone(),
        known_claims,
        trusted_algorithms,
        today: day(args.now.as_deref())?,
        phases: phases(&args.phase),
    };
    Ok(Loaded { bundle, subject })
}

/// The cases of a built-in bundle; of one in a folder: `cases/*.toml` beside its
/// manifest.
fn cases_of(name_or_folder: &str, opened: &Opened) -> anyhow::Result<Vec<tokenward::Object>> {
    if let Some(packed) = &opened.packed {
        let files = packed.bundle.cases().iter();
        let files: Vec<_> = files.map(|(name, text)| (name.as_str(), text.as_str())).collect();
        return cases::claims_of_files(&files);
    }
    if built_in_bundles().any(|name| name == name_or_folder) {
        return cases::claims_of_files(built_in_cases(name_or_folder));
    }
    let folder = Path::new(name_or_folder).join("cases");
    if folder.is_dir() { cases::claims_in(&folder) } else { Ok(Vec::new()) }
}

/// Whether the manifest itself names a day of review: of those that were put
/// together, nobody can tell any more, nor of one that was packed. Each built-in
/// one names its own.
fn review(name_or_folder: &str, opened: &Opened) -> anyhow::Result<Review> {
    if opened.packed.is_some() {
        return Ok(Review::Own);
    }
    if built_in_bundles().any(|name| name == name_or_folder) {
        return Ok(Review::Own);
    }
    let file = Path::new(name_or_folder).join(MANIFEST_FILE);
    let place = || format!("`{}`", file.display());
    let text = String::from_utf8(read(&file, MANIFEST_LIMIT)?).with_context(place)?;
    let manifest: toml::Table = text.parse().with_context(place)?;
    let own = manifest.contains_key("review-by");
    Ok(if own { Review::Own } else { Review::Inherited })
}

/// A claim by its name or its JSON Pointer, as a pointer.
pub(crate) fn as_pointer(claim: &str) -> String {
    if claim.starts_with('/') { claim.to_owned() } else { format!("/{}", escape(claim)) }
}

/// The day of `--now`: a day, or a moment.
fn day(given: Option<&str>) -> anyhow::Result<String> {
    if let Some(text) = given
        && is_day(text)
    {
        return Ok(text.to_owned());
    }
    let now = match moment(given) {
        Ok(now) => now.to_string(),
        Err(error) if given.is_some_and(|text| text.contains('-')) => {
            bail!("--now `{}`; accepted: the form 2027-01-31: {error}", short(given.unwrap_or("")))
        }
        Err(error) => return Err(error),
    };
    Ok(now.get(..10).unwrap_or(&now).to_owned())
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && format!("{text}T00:00:00Z").parse::<tokenward::UnixTime>().is_ok()
}

fn phases(given: &[args::Phase]) -> Vec<Phase> {
    if given.is_empty() {
        return Phase::ALL.to_vec();
    }
    given.iter().map(|phase| phase.phase()).collect()
}
