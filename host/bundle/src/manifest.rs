//! The manifest of a bundle.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokenward_token::UnixTime;

use crate::error::BundleError;

/// The file that makes a folder a bundle.
pub const MANIFEST_FILE: &str = "bundle.toml";

/// The memory that a policy has where its bundle says nothing, in MiB: that of
/// the engine's default limits.
pub(crate) const USUAL_MEMORY_MIB: u16 = 16;
/// The most memory that a bundle may give one policy, in MiB.
pub const MOST_MEMORY_MIB: u16 = 256;

/// What a policy's findings do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforcement {
    /// They decide.
    #[default]
    Enforce,
    /// They are reported to the caller and decide nothing.
    Warn,
    /// They are recorded, and the caller does not see them.
    Shadow,
}

impl Enforcement {
    /// `enforce`, `warn` or `shadow`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Shadow => "shadow",
        }
    }
}

/// What a fault of an enforced policy does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFault {
    /// The decision is a fault: the request does not pass.
    #[default]
    Closed,
    /// The decision is made without the policy; the fault is reported.
    Open,
}

/// One policy of a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyEntry {
    /// A built-in policy's name, or a component's file relative to the
    /// manifest that names it: `./my-policy.wasm`.
    pub module: String,
    /// Its name in this bundle, where one module is used twice. Default: the
    /// module's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What its findings do.
    pub enforcement: Enforcement,
    /// What its faults do.
    pub on_fault: OnFault,
    /// The linear memory that it may have, in MiB. Default: what the engine gives
    /// every policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u16>,
    /// Its settings, by the schema of its descriptor.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The folder of the manifest that names the module, where that is another
    /// one than this bundle's: a bundle that this one extends.
    #[serde(skip)]
    pub(crate) folder: Option<PathBuf>,
}

/// A bundle that another one extends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseBundle {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Which policies judge, and how: with everything that comes from the bundles
/// that this one extends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BundleManifest {
    /// Lower case letters, digits and hyphens.
    pub name: String,
    /// Semantic Versioning 2.0.
    pub version: String,
    /// One line.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The bundles that it extends, with those that they extend before them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<BaseBundle>,
    /// The day by which it is to be reviewed, `YYYY-MM-DD`. Where it names none:
    /// the earliest of the bundles that it extends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_by: Option<String>,
    /// The first moment at which it is valid: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<UnixTime>,
    /// The first moment at which it is valid no more: RFC 3339. That of a bundle
    /// that it extends does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<UnixTime>,
    /// The controls that it claims to serve, for instance `GDPR 5(1)(c)`, with
    /// those of the bundles that it extends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// Claims of the organization's own, by name or JSON Pointer: `lint` takes
    /// a claim that nobody knows for a mistyped one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_claims: Vec<String>,
    /// The policies, in the order in which they judge.
    #[serde(rename = "policy")]
    pub policies: Vec<PolicyEntry>,
    /// The manifests in folders that it was read from.
    #[serde(skip)]
    pub(crate) read_from: Vec<PathBuf>,
}

impl BundleManifest {
    /// Reads a manifest that extends built-in bundles, or none. `file` is its
    /// name in errors.
    ///
    /// # Errors
    ///
    /// [`BundleError::Manifest`], with line and column where they are known.
    pub fn parse(text: &str, file: &str) -> Result<Self, BundleError> {
        crate::extend::resolve(text, file, None)
    }

    /// A manifest of one policy with its default settings: a built-in one by its
    /// name, or a component's file as `./name.wasm`.
    #[must_use]
    pub fn of_policy(id: &str, module: &str) -> Self {
        Self {
            name: id.to_owned(),
            version: "0.0.0".to_owned(),
            title: "One policy, with its default settings".to_owned(),
            description: String::new(),
            extends: Vec::new(),
            review_by: None,
            not_before: None,
            expires: None,
            controls: Vec::new(),
            known_claims: Vec::new(),
            policies: vec![PolicyEntry {
                module: module.to_owned(),
                id: Some(id.to_owned()),
                enforcement: Enforcement::Enforce,
                on_fault: OnFault::Closed,
                memory_mib: None,
                settings: serde_json::Map::new(),
                folder: None,
            }],
            read_from: Vec::new(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        check_id("name", &self.name)?;
        if !is_version(&self.version) {
            return Err(format!("version `{}`; accepted: the form 1.2.3", show(&self.version)));
        }
        if self.title.is_empty() || self.title.chars().any(char::is_control) {
            return Err("`title` is not one line of text".into());
        }
        if let Some(date) = &self.review_by
            && !is_date(date)
        {
            return Err(format!("review-by `{}`; accepted: the form 2027-01-31", show(date)));
        }
        if self.policies.is_empty() {
            return Err("it names no policy; accepted: one or more [[policy]] tables".into());
        }
        if self.policies.len() > 128 {
            return Err(format!("{} policies; at most 128 are accepted", self.policies.len()));
        }
        let mut ids = BTreeSet::new();
        for policy in &self.policies {
            policy.check()?;
            if !ids.insert(policy.id()) {
                return Err(format!(
                    "two policies are called `{}`; give one of them an `id` of its own",
                    policy.id()
                ));
            }
        }
        Ok(())
    }
}

impl PolicyEntry {
    /// Its name in the bundle.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_else(|| Self::id_of(&self.module))
    }

    /// The id of a policy of this module that names none.
    pub(crate) fn id_of(module: &str) -> &str {
        let file = module.rsplit('/').next().unwrap_or(module);
        file.strip_suffix(".wasm").unwrap_or(file)
    }

    /// The linear memory that it may have, in bytes, if the bundle says so.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<usize> {
        self.memory_mib.map(|mib| usize::from(mib) << 20)
    }

    /// The component's file, relative to the manifest, if it is not built in.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.module.strip_prefix("./")
    }

    fn check(&self) -> Result<(), String> {
        check_id("policy id", self.id())?;
        if let Some(mib) = self.memory_mib
            && !(1..=MOST_MEMORY_MIB).contains(&mib)
        {
            return Err(format!("memory-mib `{mib}`; accepted: 1 to {MOST_MEMORY_MIB}"));
        }
        match self.file() {
            None => check_id("policy module", &self.module)
                .map_err(|error| format!("{error}; a component's file is written `./name.wasm`")),
            Some(file) => {
                let part = |p: &str| !p.is_empty() && p != "." && p != ".." && !p.contains('\\');
                if file.split('/').all(part) && file.strip_suffix(".wasm").is_some() {
                    Ok(())
                } else {
                    Err(format!(
                        "module `{}`; accepted: `./name.wasm` in the bundle's folder or below it",
                        show(&self.module)
                    ))
                }
            }
        }
    }
}

pub(crate) fn check_id(what: &str, id: &str) -> Result<(), String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(allowed) {
        return Err(format!(
            "{what} `{}`; accepted: 1 to 64 lower case letters, digits and hyphens",
            show(id)
        ));
    }
    Ok(())
}

pub(crate) fn show(text: &str) -> String {
    text.chars().take(64).collect::<String>().escape_debug().to_string()
}

/// By Semantic Versioning 2.0: versions are compared.
fn is_version(version: &str) -> bool {
    version.len() <= 64 && semver::Version::parse(version).is_ok()
}

fn is_date(date: &str) -> bool {
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |p: &str, length: usize| {
        (p.len() == length && p.bytes().all(|b| b.is_ascii_digit()))
            .then(|| p.parse::<u32>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
name = "acme"
version = "1.0.0"
title = "Acme"
review-by = "2028-02-29"

[[policy]]
module = "scope-check"

[[policy]]
module = "./own.wasm"
id = "second"
enforcement = "shadow"
on-fault = "open"
settings = { a = 1 }
"#;

    #[test]
    fn a_manifest_is_read_with_its_defaults() {
        let manifest = BundleManifest::parse(GOOD, "bundle.toml").unwrap();
        let [first, second] = manifest.policies.as_slice() else { panic!("two policies") };
        assert_eq!((first.id(), first.file()), ("scope-check", None));
        assert_eq!(first.enforcement, Enforcement::Enforce);
        assert_eq!(first.on_fault, OnFault::Closed);
        assert_eq!((second.id(), second.file()), ("second", Some("own.wasm")));
        assert_eq!(second.enforcement, Enforcement::Shadow);
        assert_eq!(second.on_fault, OnFault::Open);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let cases = [
            ("name = \"acme\"", "name = \"Acme\"", "name `Acme`; accepted: 1 to 64"),
            ("1.0.0", "1.0", "version `1.0`; accepted: the form 1.2.3"),
            ("1.0.0", "01.0.0", "accepted: the form 1.2.3"),
            ("1.0.0", "1.0.0-01", "accepted: the form 1.2.3"),
            ("2028-02-29", "2027-02-29", "review-by `2027-02-29`; accepted"),
            ("./own.wasm", "./../own.wasm", "in the bundle's folder"),
            ("./own.wasm", "./a/../../own.wasm", "in the bundle's folder"),
            ("./own.wasm", "/etc/own.wasm", "written `./name.wasm`"),
            ("./own.wasm", ".//own.wasm", "in the bundle's folder"),
            ("id = \"second\"", "id = \"scope-check\"", "two policies are called `scope-check`"),
            ("\"shadow\"", "\"loud\"", "line 13, column 15: unknown variant `loud`"),
            ("\"open\"", "\"ajar\"", "unknown variant `ajar`"),
            ("on-fault", "on-error", "line 14, column 1: unknown field `on-error`"),
            ("settings = { a = 1 }", "settings = 1", "invalid type"),
            ("settings = { a = 1 }", "memory-mib = 0", "memory-mib `0`; accepted: 1 to 256"),
            ("settings = { a = 1 }", "memory-mib = 257", "memory-mib `257`; accepted: 1 to 256"),
            ("title = \"Acme\"", "", "missing field `title`"),
            ("version", "version = ", "line 3"),
            ("a = 1", "a = nan", "setting `/a` is `NaN`; accepted: a finite number"),
            ("a = 1", "a = { b = [1, inf] }", "setting `/a/b/1` is `inf`"),
            ("a = 1", "a = 2027-01-01", "setting `/a` is a date"),
        ];
        for (from, to, expected) in cases {
            let text = GOOD.replacen(from, to, 1);
            let error = BundleManifest::parse(&text, "bundle.toml").unwrap_err().to_string();
            assert!(error.contains(expected), "{to}: {error}");
            assert!(error.starts_with("`bundle.toml`"), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_bundle_without_policies_is_none() {
        let text = "name='a'\nversion='1.0.0'\ntitle='A'\npolicy=[]\n";
        let error = BundleManifest::parse(text, "b").unwrap_err().to_string();
        assert!(error.contains("names no policy"), "{error}");
    }
}
