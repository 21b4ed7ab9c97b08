//! What is tested: a bundle, or a policy as a bundle of its own, and its cases.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use tokenward::{
    Bundle, BundleError, BundleManifest, MANIFEST_FILE, built_in_bundles, built_in_cases,
    built_in_policies, files_in,
};
use tokenward_cases::Case;

use crate::args::BundleVouch;
use crate::bundle_source::{self, Opened};
use crate::output::Output;
use crate::values::{moment, read};

/// The folder beside a bundle or a policy that holds its cases.
pub(crate) const CASES: &str = "cases";
/// Bytes of a case file.
const FILE_LIMIT: u64 = 4 << 20;

/// What is tested. No `Debug`: cases hold tokens.
pub(crate) struct Subject {
    pub(crate) bundle: Bundle,
    pub(crate) cases: Vec<Case>,
    /// Every file and folder that it was read from.
    pub(crate) sources: Vec<PathBuf>,
}

/// Where a subject is read from.
enum Place {
    BuiltIn(String),
    BuiltInPolicy(String),
    /// A file that was packed.
    Packed(PathBuf),
    Folder(PathBuf),
    Component(PathBuf),
}

/// A case file that was read.
struct CaseFile {
    name: String,
    folder: Option<PathBuf>,
    text: String,
}

impl Subject {
    /// Reads a bundle or a policy by name, folder or file, and its cases: those
    /// of the paths, if there are any.
    pub(crate) fn open(
        name: &str,
        paths: &[PathBuf],
        vouch: &BundleVouch,
        output: &Output,
    ) -> anyhow::Result<Self> {
        let place = place(name)?;
        let mut sources = Vec::new();
        let opened = opened(&place, name, vouch, output, &mut sources)?;
        let files = if paths.is_empty() {
            own_files(name, &place, &opened, &mut sources)?
        } else {
            given_files(paths, &mut sources)?
        };
        let cases = read_cases(files, &mut sources)?;
        Ok(Self { bundle: opened.bundle, cases, sources })
    }
}

/// The own cases of a bundle that was opened; none, if it has none.
pub(crate) fn cases_of(name: &str, opened: &Opened) -> anyhow::Result<Vec<Case>> {
    let place = place(name)?;
    let has_none = match &place {
        Place::BuiltIn(name) => built_in_cases(name).is_empty(),
        Place::Packed(_) => opened.packed.as_ref().is_none_or(|p| p.bundle.cases().is_empty()),
        Place::Folder(folder) => !folder.join(CASES).is_dir(),
        Place::BuiltInPolicy(_) | Place::Component(_) => true,
    };
    if has_none {
        return Ok(Vec::new());
    }
    let sources = &mut Vec::new();
    read_cases(own_files(name, &place, opened, sources)?, sources)
}

/// The cases of `--cases`.
pub(crate) fn cases_at(paths: &[PathBuf]) -> anyhow::Result<Vec<Case>> {
    let sources = &mut Vec::new();
    read_cases(given_files(paths, sources)?, sources)
}

fn given_files(paths: &[PathBuf], sources: &mut Vec<PathBuf>) -> anyhow::Result<Vec<CaseFile>> {
    let read = paths.iter().map(|path| files_at(path, sources).context("--cases"));
    Ok(read.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn read_cases(files: Vec<CaseFile>, sources: &mut Vec<PathBuf>) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for file in files {
        let folder = file.folder.as_deref();
        cases.extend(Case::of_file(&file.text, &file.name, folder, sources)?);
    }
    Ok(cases)
}

/// Where to look again while a subject cannot be read.
pub(crate) fn sources_of(name: &str, paths: &[PathBuf]) -> Vec<PathBuf> {
    let path = PathBuf::from(name);
    let beside = path.parent().map(|folder| folder.join(CASES));
    let own = [path.join(MANIFEST_FILE), path.join(CASES), path];
    own.into_iter().chain(beside).chain(paths.iter().cloned()).collect()
}

fn place(name: &str) -> anyhow::Result<Place> {
    if built_in_bundles().any(|bundle| bundle == name) {
        return Ok(Place::BuiltIn(name.to_owned()));
    }
    let path = PathBuf::from(name);
    if path.extension() == Some(OsStr::new("wasm")) {
        return Ok(Place::Component(path));
    }
    if bundle_source::is_packed(name) {
        return Ok(Place::Packed(path));
    }
    if path.join(MANIFEST_FILE).is_file() {
        return Ok(Place::Folder(path));
    }
    if path.is_dir() {
        let components = files_in(&path, "wasm")?;
        return match components.as_slice() {
            [component] => Ok(Place::Component(component.clone())),
            [] => bail!(
                "`{name}` holds neither `{MANIFEST_FILE}` nor a component; accepted: the folder of \
                 a bundle, or of one policy's `.wasm`"
            ),
            _ => bail!("`{name}` holds several components; name the one to test"),
        };
    }
    if built_in_policies().any(|(policy, _)| policy == name) {
        return Ok(Place::BuiltInPolicy(name.to_owned()));
    }
    match Bundle::built_in(name) {
        Err(error @ BundleError::Unknown { .. }) => {
            Err(anyhow!("{error}, a component's file `NAME.wasm`, or a built-in policy"))
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(Place::BuiltIn(name.to_owned())),
    }
}

fn opened(
    place: &Place,
    name: &str,
    vouch: &BundleVouch,
    output: &Output,
    sources: &mut Vec<PathBuf>,
) -> anyhow::Result<Opened> {
    if !matches!(place, Place::Packed(_)) {
        bundle_source::refuse_vouch(name, vouch)?;
    }
    let bundle = match place {
        Place::BuiltIn(name) => Bundle::built_in(name)?,
        Place::BuiltInPolicy(name) => {
            Bundle::from_manifest(BundleManifest::of_policy(name, name), None)?
        }
        Place::Packed(path) => {
            sources.push(path.clone());
            return bundle_source::open(name, vouch, moment(None)?, output);
        }
        Place::Folder(_) => {
            let opened = bundle_source::open(name, vouch, moment(None)?, output)?;
            sources.extend(opened.bundle.files().iter().cloned());
            return Ok(opened);
        }
        Place::Component(path) => {
            let file = path.file_name().and_then(OsStr::to_str);
            let file = file.with_context(|| format!("`{}` is no file name", path.display()))?;
            sources.push(path.clone());
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let manifest = BundleManifest::of_policy(&id_of(file), &format!("./{file}"));
            Bundle::from_manifest(manifest, Some(folder.unwrap_or(Path::new("."))))?
        }
    };
    Ok(Opened { bundle, packed: None })
}

/// A policy's id from its file: `my_policy.wasm` is `my-policy`.
pub(crate) fn id_of(file: &str) -> String {
    let stem = file.strip_suffix(".wasm").unwrap_or(file);
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    stem.chars().take(64).map(allowed).collect()
}

/// The cases that come with a bundle or a policy.
fn own_files(
    name: &str,
    place: &Place,
    opened: &Opened,
    sources: &mut Vec<PathBuf>,
) -> anyhow::Result<Vec<CaseFile>> {
    match place {
        Place::BuiltIn(name) => {
            let files: Vec<_> = built_in_cases(name)
                .iter()
                .map(|(file, text)| CaseFile {
                    name: format!("{name}/{file}"),
                    folder: None,
                    text: (*text).to_owned(),
                })
                .collect();
            if files.is_empty() {
                bail!("the bundle `{name}` has no cases of its own; give some with `--cases PATH`");
            }
            Ok(files)
        }
        Place::Packed(_) => {
            let files = opened.packed.iter().flat_map(|packed| packed.bundle.cases());
            let of_file = |(file, text): &(String, String)| CaseFile {
                name: format!("{name}: {file}"),
                folder: None,
                text: text.clone(),
            };
            let files: Vec<_> = files.map(of_file).collect();
            if files.is_empty() {
                bail!("`{name}` has no cases of its own; give some with `--cases PATH`");
            }
            Ok(files)
        }
        Place::BuiltInPolicy(name) => {
            bail!("no cases of the policy `{name}` are built in; give some with `--cases PATH`")
        }
        Place::Folder(folder) => {
            let cases = folder.join(CASES);
            if !cases.is_dir() {
                bail!("`{name}` has no folder `{CASES}`; `--cases PATH` names cases elsewhere");
            }
            files_at(&cases, sources)
        }
        Place::Component(path) => {
            let cases = path.parent().unwrap_or(Path::new("")).join(CASES);
            if !cases.is_dir() {
                bail!("`{name}` has no folder `{CASES}` beside it; `--cases PATH` names cases");
            }
            files_at(&cases, sources)
        }
    }
}

/// A case file, or those of a folder.
fn files_at(path: &Path, sources: &mut Vec<PathBuf>) -> anyhow::Result<Vec<CaseFile>> {
    sources.push(path.to_owned());
    if !path.is_dir() {
        return Ok(vec![file_at(path)?]);
    }
    let paths = files_in(path, "toml")?;
    if paths.is_empty() {
        bail!("`{}` holds no case file; accepted: one or more `.toml` files", path.display());
    }
    sources.extend(paths.iter().cloned());
    paths.iter().map(|path| file_at(path)).collect()
}

fn file_at(path: &Path) -> anyhow::Result<CaseFile> {
    let name = path.strip_prefix(".").unwrap_or(path).display().to_string();
    let text = String::from_utf8(read(path, FILE_LIMIT)?);
    let text = text.map_err(|_| anyhow!("`{name}`: it is not UTF-8 text"))?;
    Ok(CaseFile { folder: Some(path.parent().unwrap_or(Path::new("")).to_owned()), name, text })
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn ids_come_from_file_names() {
        for (file, id) in [
            ("scope-check.wasm", "scope-check"),
            ("my_policy.wasm", "my-policy"),
            ("My Policy.wasm", "my-policy"),
            ("é.wasm", "-"),
        ] {
            assert_eq!(id_of(file), id);
        }
    }
}
