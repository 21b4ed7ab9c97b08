//! Bundles that extend others: what comes from where, and what is a contradiction.
//!
//! `extends` names built-in bundles, or folders as `./FOLDER` or `../FOLDER`
//! relative to the manifest. Their policies come first, in their order. A
//! `[[policy]]` whose id (or module, where it names no id) is that of a policy
//! of theirs changes it: enforcement and `on-fault` where given, and settings by
//! `inherit`. Any other `[[policy]]` is added at the end.
//!
//! Where two bundles give one setting two values, or one gives it a value and the
//! other leaves it at the policy's default, neither is taken by chance: the
//! manifest that extends both must give the value itself. Of two enforcements the
//! stricter holds, and a fault that one lets close closes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::embedded::{built_in_bundles, manifest};
use crate::error::BundleError;
use crate::manifest::{
    BaseBundle, BundleManifest, Enforcement, MANIFEST_FILE, OnFault, PolicyEntry, USUAL_MEMORY_MIB,
    show,
};
use crate::read::{self, MANIFEST_LIMIT};
use crate::written::{Inherit, WrittenEntry, WrittenManifest};

/// Bundles that extend one another, one inside the other.
const DEEPEST: usize = 8;

/// Reads a manifest with everything it extends. `file` is its name in errors;
/// `folder` is where it lies, if it lies in one.
pub(crate) fn resolve(
    text: &str,
    file: &str,
    folder: Option<&Path>,
) -> Result<BundleManifest, BundleError> {
    resolve_below(text, file, folder, DEEPEST)
}

fn resolve_below(
    text: &str,
    file: &str,
    folder: Option<&Path>,
    depth: usize,
) -> Result<BundleManifest, BundleError> {
    let in_file = |message| BundleError::Manifest { place: format!("`{file}`"), message };
    let written = WrittenManifest::parse(text, file)?;
    if !written.extends.is_empty() && depth == 0 {
        let message = format!("more than {DEEPEST} bundles extend one another; is it a circle?");
        return Err(in_file(message));
    }
    let mut bases: Vec<BundleManifest> = Vec::new();
    for name in &written.extends {
        let base = match base_folder(name) {
            None => built_in(name, depth).map_err(|error| match error {
                BundleError::Unknown { accepted, .. } => in_file(format!(
                    "extends `{}`; accepted: {accepted}, or a folder as `./NAME` or `../NAME`",
                    show(name)
                )),
                other => other,
            })?,
            Some(path) => {
                let Some(folder) = folder else {
                    let message =
                        format!("extends `{}`; accepted here: built-in bundles", show(name));
                    return Err(in_file(message));
                };
                from_folder(&folder.join(path), depth)?
            }
        };
        if bases.iter().any(|other| other.name == base.name) {
            return Err(in_file(format!("extends `{}` twice", base.name)));
        }
        bases.push(base);
    }
    let mut manifest = assemble(written, bases).map_err(in_file)?;
    manifest.check().map_err(in_file)?;
    manifest.read_from.extend(folder.map(|folder| folder.join(MANIFEST_FILE)));
    Ok(manifest)
}

fn base_folder(name: &str) -> Option<&str> {
    (name.starts_with("./") || name.starts_with("../")).then_some(name)
}

fn built_in(name: &str, depth: usize) -> Result<BundleManifest, BundleError> {
    let text = manifest(name).ok_or_else(|| BundleError::Unknown {
        name: show(name),
        accepted: built_in_bundles().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
    })?;
    resolve_below(text, &format!("{name}.toml"), None, depth - 1)
}

fn from_folder(folder: &Path, depth: usize) -> Result<BundleManifest, BundleError> {
    // Also makes one path of each folder, in whatever way it was come by.
    let folder = fs::canonicalize(folder)
        .map_err(|source| BundleError::Read { path: folder.to_owned(), source })?;
    let path = folder.join(MANIFEST_FILE);
    let text = read::text(&path, MANIFEST_LIMIT)?;
    let mut manifest = resolve_below(&text, &path.display().to_string(), Some(&folder), depth - 1)?;
    for entry in manifest.policies.iter_mut().filter(|entry| entry.file().is_some()) {
        entry.folder.get_or_insert_with(|| PathBuf::from(&folder));
    }
    Ok(manifest)
}

/// A policy of the bundles that are extended, with what they do not agree about.
struct Inherited {
    entry: PolicyEntry,
    /// The bundles that brought it, with the settings that each gives it, for messages.
    given: Vec<(String, Value)>,
    /// The settings about which these do not agree, as JSON Pointers.
    conflicts: Vec<String>,
}

impl Inherited {
    fn new(entry: PolicyEntry, from: &str) -> Self {
        let given = vec![(from.to_owned(), Value::Object(entry.settings.clone()))];
        Self { entry, given, conflicts: Vec::new() }
    }

    /// The bundle that brought it first.
    fn from(&self) -> &str {
        self.given.first().map_or("", |(from, _)| from)
    }

    /// What the bundles do not agree about, in words.
    fn conflict(&self, pointer: &str) -> String {
        let (mut set, mut values, mut unset) = (Vec::new(), Vec::new(), Vec::new());
        for (from, settings) in &self.given {
            match settings.pointer(pointer) {
                Some(value) => {
                    set.push(from.as_str());
                    values.push(value);
                }
                None => unset.push(from.as_str()),
            }
        }
        let same = values.windows(2).all(|two| matches!(two, [one, other] if one == other));
        let what = match (same, set.len()) {
            (true, 1) => "sets it",
            (true, _) => "set it",
            (false, _) => "give different values",
        };
        let mut told = format!("`{}` {pointer}: {} {what}", self.entry.id(), list_of(&set));
        if !unset.is_empty() {
            let have = if unset.len() == 1 { "has" } else { "have" };
            let _ = write!(told, ", {} {have} the default", list_of(&unset));
        }
        told
    }
}

/// Names with commas and `and`.
fn list_of(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        names => names.concat(),
    }
}

fn assemble(
    written: WrittenManifest,
    bases: Vec<BundleManifest>,
) -> Result<BundleManifest, String> {
    let mut extends = Vec::new();
    let mut controls = Vec::new();
    let mut known_claims = Vec::new();
    let mut review_by: Option<String> = None;
    let mut inherited: Vec<Inherited> = Vec::new();
    let mut read_from = Vec::new();
    for base in bases {
        read_from.extend(base.read_from);
        let name = base.name.clone();
        extends.extend(base.extends);
        extends.push(BaseBundle { name: base.name, version: base.version });
        controls.extend(base.controls);
        known_claims.extend(base.known_claims);
        // Both are written year first.
        review_by = match (review_by, base.review_by) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        for entry in base.policies {
            inherit(&mut inherited, entry, &name)?;
        }
    }
    let mut own_ids = BTreeSet::new();
    for own in written.policies {
        let id = own_id(&own)?;
        if !own_ids.insert(id.clone()) {
            return Err(format!(
                "two policies are called `{id}`; give one of them an `id` of its own"
            ));
        }
        match inherited.iter().position(|policy| policy.entry.id() == id) {
            Some(index) if own.inherit == Inherit::Removed => {
                inherited.remove(index);
            }
            Some(index) => {
                if let Some(policy) = inherited.get_mut(index) {
                    overlay(policy, own)?;
                }
            }
            None => inherited.push(added(own, &id)?),
        }
    }
    let open: Vec<String> = inherited
        .iter()
        .flat_map(|policy| policy.conflicts.iter().map(|pointer| policy.conflict(pointer)))
        .collect();
    if !open.is_empty() {
        return Err(format!(
            "the bundles that it extends do not agree; set here what holds: {}",
            open.join("; ")
        ));
    }
    controls.extend(written.controls);
    known_claims.extend(written.known_claims);
    dedup(&mut extends);
    dedup(&mut controls);
    dedup(&mut known_claims);
    Ok(BundleManifest {
        name: written.name,
        version: written.version,
        title: written.title,
        description: written.description,
        extends,
        review_by: written.review_by.or(review_by),
        not_before: written.not_before,
        expires: written.expires,
        controls,
        known_claims,
        policies: inherited.into_iter().map(|policy| policy.entry).collect(),
        read_from,
    })
}

/// Takes in a policy of a bundle that is extended.
fn inherit(into: &mut Vec<Inherited>, entry: PolicyEntry, from: &str) -> Result<(), String> {
    let Some(known) = into.iter_mut().find(|known| known.entry.id() == entry.id()) else {
        into.push(Inherited::new(entry, from));
        return Ok(());
    };
    if known.entry.module != entry.module || known.entry.folder != entry.folder {
        return Err(format!(
            "`{}` and `{from}` mean different modules by `{}`; extend one of them",
            known.from(),
            entry.id()
        ));
    }
    known.entry.enforcement = stricter(known.entry.enforcement, entry.enforcement);
    if entry.on_fault == OnFault::Closed {
        known.entry.on_fault = OnFault::Closed;
    }
    // What one of them needs it needs with the other's settings too.
    known.entry.memory_mib = match (known.entry.memory_mib, entry.memory_mib) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other).filter(|mib| *mib > USUAL_MEMORY_MIB),
    };
    known.given.push((from.to_owned(), Value::Object(entry.settings.clone())));
    join(&mut known.entry.settings, entry.settings, "", &mut |pointer| {
        if !known.conflicts.contains(&pointer) {
            known.conflicts.push(pointer);
        }
    });
    Ok(())
}

fn stricter(a: Enforcement, b: Enforcement) -> Enforcement {
    match (a, b) {
        (Enforcement::Enforce, _) | (_, Enforcement::Enforce) => Enforcement::Enforce,
        (Enforcement::Warn, _) | (_, Enforcement::Warn) => Enforcement::Warn,
        (Enforcement::Shadow, Enforcement::Shadow) => Enforcement::Shadow,
    }
}

/// Adds members of which there is none, and tells what differs: also what only
/// one of the two sets, since the other relies on the default.
fn join(
    into: &mut Map<String, Value>,
    from: Map<String, Value>,
    at: &str,
    differ: &mut impl FnMut(String),
) {
    for (name, _) in into.iter().filter(|(name, _)| !from.contains_key(*name)) {
        differ(pointer(at, name));
    }
    for (name, value) in from {
        let pointer = pointer(at, &name);
        match (into.get_mut(&name), value) {
            (None, value) => {
                into.insert(name, value);
                differ(pointer);
            }
            (Some(Value::Object(known)), Value::Object(more)) => {
                join(known, more, &pointer, differ);
            }
            (Some(known), value) if *known == value => {}
            (Some(_), _) => differ(pointer),
        }
    }
}

fn own_id(own: &WrittenEntry) -> Result<String, String> {
    match (&own.id, &own.module) {
        (Some(id), _) => Ok(id.clone()),
        (None, Some(module)) => Ok(PolicyEntry::id_of(module).to_owned()),
        (None, None) => {
            Err("a [[policy]] has neither `module` nor `id`; accepted: a `module`, or \
                             the `id` of a policy of a bundle that is extended"
                .into())
        }
    }
}

/// Changes a policy of a bundle that is extended.
fn overlay(policy: &mut Inherited, own: WrittenEntry) -> Result<(), String> {
    if let Some(module) = &own.module
        && *module != policy.entry.module
    {
        return Err(format!(
            "policy `{}` is module `{}` in `{}`, and `{}` here; give it an `id` of its own",
            policy.entry.id(),
            policy.entry.module,
            policy.from(),
            show(module)
        ));
    }
    policy.entry.enforcement = own.enforcement.unwrap_or(policy.entry.enforcement);
    policy.entry.on_fault = own.on_fault.unwrap_or(policy.entry.on_fault);
    policy.entry.memory_mib = own.memory_mib.or(policy.entry.memory_mib);
    if own.inherit == Inherit::Nothing {
        policy.entry.settings = own.settings;
        policy.conflicts.clear();
    } else {
        let mut set = Vec::new();
        lay_over(&mut policy.entry.settings, own.settings, "", &mut set);
        policy.conflicts.retain(|pointer| !settled(pointer, &set));
    }
    Ok(())
}

/// Whether a setting was given, or the table around it, or something within it.
fn settled(pointer: &str, set: &[String]) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    set.iter().any(|given| within(pointer, given) || within(given, pointer))
}

/// Tables are merged, everything else is replaced. `set` is told what was given,
/// and everything below what was replaced.
fn lay_over(
    into: &mut Map<String, Value>,
    from: Map<String, Value>,
    at: &str,
    set: &mut Vec<String>,
) {
    for (name, value) in from {
        let pointer = pointer(at, &name);
        match (into.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => {
                lay_over(known, more, &pointer, set);
            }
            (_, value) => {
                into.insert(name, value);
                set.push(pointer);
            }
        }
    }
}

fn added(own: WrittenEntry, id: &str) -> Result<Inherited, String> {
    if own.inherit != Inherit::Settings {
        return Err(format!(
            "policy `{}` sets `inherit`, and no bundle that is extended has it",
            show(id)
        ));
    }
    let Some(module) = own.module else {
        return Err(format!(
            "policy `{}` has no `module`, and no bundle that is extended has a policy of this id",
            show(id)
        ));
    };
    let entry = PolicyEntry {
        module,
        id: own.id,
        enforcement: own.enforcement.unwrap_or_default(),
        on_fault: own.on_fault.unwrap_or_default(),
        memory_mib: own.memory_mib,
        settings: own.settings,
        folder: None,
    };
    Ok(Inherited { entry, given: Vec::new(), conflicts: Vec::new() })
}

fn pointer(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn dedup<T: PartialEq>(items: &mut Vec<T>) {
    let all = std::mem::take(items);
    for item in all {
        if !items.contains(&item) {
            items.push(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;

    fn write(root: &Path, name: &str, text: &str) -> PathBuf {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        let head = format!("name='{name}'\nversion='1.0.0'\ntitle='{name}'\n");
        fs::write(folder.join(MANIFEST_FILE), head + text).unwrap();
        folder
    }

    fn open(folder: &Path) -> Result<BundleManifest, String> {
        let bundle = Bundle::from_folder(folder).map_err(|error| error.to_string())?;
        Ok(bundle.manifest().clone())
    }

    const BASE: &str = "review-by='2027-05-01'\ncontrols=['A','B']\nknown-claims=['tier']\n\
        [[policy]]\nmodule='scope-check'\nenforcement='warn'\non-fault='open'\n\
        settings={unmatched='deny',routes=[{path='/a',all-of=['a']}],n={x=1,y=2}}\n\
        [[policy]]\nmodule='risk-score'\n";

    #[test]
    fn an_overlay_changes_what_it_names_and_keeps_the_rest() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "base", BASE);
        let own = "extends=['../base']\ncontrols=['B','C']\n[[policy]]\nid='scope-check'\n\
            enforcement='enforce'\nsettings={routes=[],n={y=3,z=4}}\n\
            [[policy]]\nmodule='scope-check'\nid='second'\n";
        let manifest = open(&write(root.path(), "own", own)).unwrap();
        let ids: Vec<_> = manifest.policies.iter().map(PolicyEntry::id).collect();
        assert_eq!(ids, ["scope-check", "risk-score", "second"]);
        let [first, _, second] = manifest.policies.as_slice() else { panic!("three") };
        assert_eq!(first.enforcement, Enforcement::Enforce);
        assert_eq!(first.on_fault, OnFault::Open);
        let settings = serde_json::json!({"unmatched":"deny","routes":[],"n":{"x":1,"y":3,"z":4}});
        assert_eq!(Value::Object(first.settings.clone()), settings);
        assert!(second.settings.is_empty());
        assert_eq!(manifest.controls, ["A", "B", "C"]);
        assert_eq!(manifest.known_claims, ["tier"]);
        assert_eq!(manifest.review_by.as_deref(), Some("2027-05-01"));
        let base = BaseBundle { name: "base".into(), version: "1.0.0".into() };
        assert_eq!(manifest.extends, [base]);
    }

    #[test]
    fn settings_are_dropped_and_policies_left_out_where_that_is_said() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "base", BASE);
        let own = "extends=['../base']\nreview-by='2028-01-01'\n[[policy]]\nid='scope-check'\n\
            inherit='nothing'\nsettings={n={z=4}}\n[[policy]]\nid='risk-score'\ninherit='removed'\n";
        let manifest = open(&write(root.path(), "own", own)).unwrap();
        let [only] = manifest.policies.as_slice() else { panic!("one") };
        assert_eq!(Value::Object(only.settings.clone()), serde_json::json!({"n":{"z":4}}));
        assert_eq!(manifest.review_by.as_deref(), Some("2028-01-01"));
    }

    #[test]
    fn a_policy_has_the_memory_that_either_bundle_gives_it() {
        let root = tempfile::tempdir().unwrap();
        let policy = |memory: &str| format!("[[policy]]\nmodule='scope-check'\n{memory}\n");
        for (one, other, own, expected) in [
            ("", "", "", None),
            ("memory-mib=32", "", "", Some(32)),
            ("", "memory-mib=32", "", Some(32)),
            ("memory-mib=64", "memory-mib=32", "", Some(64)),
            ("memory-mib=1", "", "", None),
            ("memory-mib=1", "memory-mib=2", "", Some(2)),
            ("memory-mib=64", "", "memory-mib=8", Some(8)),
        ] {
            write(root.path(), "a", &policy(one));
            write(root.path(), "b", &policy(other));
            let own = format!("extends=['../a','../b']\n[[policy]]\nid='scope-check'\n{own}\n");
            let manifest = open(&write(root.path(), "own", &own)).unwrap();
            assert_eq!(manifest.policies[0].memory_mib, expected, "{one} {other} {own}");
        }
    }

    #[test]
    fn two_bundles_that_disagree_need_a_word() {
        let root = tempfile::tempdir().unwrap();
        let policy = |settings: &str, more: &str| {
            format!("[[policy]]\nmodule='scope-check'\n{more}settings={{{settings}}}\n")
        };
        write(
            root.path(),
            "a",
            &policy("n={x=1,y=1},s=1", "enforcement='shadow'\non-fault='open'\n"),
        );
        write(root.path(), "b", &policy("n={x=1,y=2},t=2", "enforcement='warn'\n"));
        let both = "extends=['../a','../b']\n";
        let error = open(&write(root.path(), "both", both)).unwrap_err();
        let expected = "do not agree; set here what holds: \
             `scope-check` /s: `a` sets it, `b` has the default; \
             `scope-check` /n/y: `a` and `b` give different values; \
             `scope-check` /t: `b` sets it, `a` has the default";
        assert!(error.ends_with(expected), "{error}");
        let word = format!("{both}[[policy]]\nid='scope-check'\nsettings={{n={{y=7}},s=1,t=2}}\n");
        let manifest = open(&write(root.path(), "both", &word)).unwrap();
        let [only] = manifest.policies.as_slice() else { panic!("one") };
        let settings = serde_json::json!({"n":{"x":1,"y":7},"s":1,"t":2});
        assert_eq!(Value::Object(only.settings.clone()), settings);
        assert_eq!((only.enforcement, only.on_fault), (Enforcement::Warn, OnFault::Closed));
        // Each setting once, by the bundles that set it.
        write(root.path(), "c", &policy("n={x=1,y=1},t=2,u=3", ""));
        let three = "extends=['../a','../b','../c']\n";
        let error = open(&write(root.path(), "three", three)).unwrap_err();
        let expected = "set here what holds: \
            `scope-check` /s: `a` sets it, `b` and `c` have the default; \
            `scope-check` /n/y: `a`, `b` and `c` give different values; \
            `scope-check` /t: `b` and `c` set it, `a` has the default; \
            `scope-check` /u: `c` sets it, `a` and `b` have the default";
        assert!(error.ends_with(expected), "{error}");
        let nothing = format!("{both}[[policy]]\nid='scope-check'\ninherit='nothing'\n");
        assert!(open(&write(root.path(), "both", &nothing)).is_ok());
    }

    #[test]
    fn components_stay_beside_the_manifest_that_names_them() {
        let root = tempfile::tempdir().unwrap();
        let base = write(root.path(), "base", "[[policy]]\nmodule='./p.wasm'\n");
        fs::write(base.join("p.wasm"), b"base").unwrap();
        let own = write(root.path(), "own", "extends=['../base']\n[[policy]]\nmodule='./q.wasm'\n");
        fs::write(own.join("q.wasm"), b"own").unwrap();
        let bundle = Bundle::from_folder(&own).unwrap();
        let components: Vec<&[u8]> = bundle.policies().iter().map(|p| &*p.component).collect();
        assert_eq!(components, [b"base".as_slice(), b"own"]);
        let names = bundle.files().iter().map(|f| f.file_name().unwrap().to_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["bundle.toml", "bundle.toml", "p.wasm", "q.wasm"]);
        // Another module under the same id is no overlay.
        let other = "extends=['../base','../own']\n[[policy]]\nid='q'\nmodule='./r.wasm'\n";
        let error = open(&write(root.path(), "other", other)).unwrap_err();
        assert!(
            error.contains("policy `q` is module `./q.wasm` in `own`, and `./r.wasm`"),
            "{error}"
        );
    }

    #[test]
    fn what_cannot_be_extended_says_why() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "base", BASE);
        write(root.path(), "round", "extends=['../round']\n");
        for (own, expected) in [
            ("extends=['no-such']\n", "extends `no-such`; accepted: `baseline`"),
            ("extends=['../missing']\n", "missing`: No such file"),
            ("extends=['../base','./../base']\n", "extends `base` twice"),
            ("extends=['../round']\n", "is it a circle?"),
            ("extends=['../base']\n[[policy]]\nid='risk'\n", "policy `risk` has no `module`"),
            ("extends=['../base']\n[[policy]]\nsettings={}\n", "neither `module` nor `id`"),
            (
                "extends=['../base']\n[[policy]]\nmodule='lifetime-limits'\ninherit='removed'\n",
                "policy `lifetime-limits` sets `inherit`, and no bundle",
            ),
            (
                "extends=['../base']\n[[policy]]\nid='risk-score'\n[[policy]]\nmodule='risk-score'\n",
                "two policies are called `risk-score`",
            ),
        ] {
            let error = open(&write(root.path(), "own", own)).unwrap_err();
            assert!(error.contains(expected), "{own}: {error}");
        }
        let text = "name='a'\nversion='1.0.0'\ntitle='a'\nextends=['../base']\n";
        let error = BundleManifest::parse(text, "b").unwrap_err().to_string();
        assert_eq!(error, "`b`: extends `../base`; accepted here: built-in bundles");
    }
}
