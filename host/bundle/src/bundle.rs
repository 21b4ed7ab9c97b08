//! A bundle: a manifest with the components it names.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use tokenward_token::UnixTime;

use crate::digest;
use crate::embedded::{built_in_bundles, built_in_policies, built_in_policy, manifest};
use crate::error::BundleError;
use crate::extend;
use crate::manifest::{BundleManifest, MANIFEST_FILE, PolicyEntry};
use crate::read::{self, MANIFEST_LIMIT};

/// Bytes that a component may have.
pub(crate) const COMPONENT_LIMIT: u64 = 64 << 20;

/// A policy of a bundle, with its component.
#[derive(Debug, Clone)]
pub struct BundledPolicy {
    /// What the manifest says of it.
    pub entry: PolicyEntry,
    /// Its component.
    pub component: Cow<'static, [u8]>,
}

impl BundledPolicy {
    /// Its settings as JSON text.
    #[must_use]
    pub fn settings_json(&self) -> String {
        serde_json::Value::Object(self.entry.settings.clone()).to_string()
    }
}

/// A manifest with the components it names.
#[derive(Debug, Clone)]
pub struct Bundle {
    manifest: BundleManifest,
    policies: Vec<BundledPolicy>,
    digest: String,
    files: Vec<PathBuf>,
}

impl Bundle {
    /// The built-in bundle of this name.
    ///
    /// # Errors
    ///
    /// [`BundleError::Unknown`].
    pub fn built_in(name: &str) -> Result<Self, BundleError> {
        let text = manifest(name).ok_or_else(|| BundleError::Unknown {
            name: name.escape_debug().to_string(),
            accepted: built_in_bundles().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
        })?;
        Self::from_manifest(BundleManifest::parse(text, &format!("{name}.toml"))?, None)
    }

    /// The bundle in a folder.
    ///
    /// # Errors
    ///
    /// [`BundleError::Read`], [`BundleError::TooLarge`] and [`BundleError::Manifest`].
    pub fn from_folder(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join(MANIFEST_FILE);
        let text = read::text(&path, MANIFEST_LIMIT)?;
        let manifest = extend::resolve(&text, &path.display().to_string(), Some(folder))?;
        Self::from_manifest(manifest, Some(folder))
    }

    /// A built-in bundle by name, or the bundle in a folder.
    ///
    /// # Errors
    ///
    /// See [`BundleError`].
    pub fn open(name_or_folder: &str) -> Result<Self, BundleError> {
        if manifest(name_or_folder).is_some() {
            return Self::built_in(name_or_folder);
        }
        let folder = Path::new(name_or_folder);
        if folder.is_dir() { Self::from_folder(folder) } else { Self::built_in(name_or_folder) }
    }

    /// A bundle of this manifest; components that are files are read from `folder`.
    ///
    /// # Errors
    ///
    /// [`BundleError::Read`], [`BundleError::TooLarge`] and [`BundleError::Manifest`].
    pub fn from_manifest(
        manifest: BundleManifest,
        folder: Option<&Path>,
    ) -> Result<Self, BundleError> {
        let policies = manifest
            .policies
            .iter()
            .map(|entry| {
                let component = component(entry, folder)?;
                Ok(BundledPolicy { entry: entry.clone(), component })
            })
            .collect::<Result<Vec<_>, BundleError>>()?;
        let digest = digest::of_bundle(&manifest, &policies);
        let mut files = manifest.read_from.clone();
        files.extend(manifest.policies.iter().filter_map(|entry| file_of(entry, folder)));
        Ok(Self { manifest, policies, digest, files })
    }

    /// A bundle of one policy, by itself, with its default settings.
    #[must_use]
    pub fn of_component(id: &str, component: Vec<u8>) -> Self {
        let manifest = BundleManifest::of_policy(id, &format!("./{id}.wasm"));
        let entries = manifest.policies.clone().into_iter().zip([component]);
        let policies =
            entries.map(|(entry, component)| BundledPolicy { entry, component: component.into() });
        let policies = policies.collect();
        Self::from_parts(manifest, policies)
    }

    /// A bundle of these policies, each as the manifest has it.
    pub(crate) fn from_parts(manifest: BundleManifest, policies: Vec<BundledPolicy>) -> Self {
        let digest = digest::of_bundle(&manifest, &policies);
        Self { manifest, policies, digest, files: Vec::new() }
    }

    /// The same bundle, valid from and until these moments.
    #[must_use]
    pub fn with_validity(self, not_before: Option<UnixTime>, expires: Option<UnixTime>) -> Self {
        let manifest = BundleManifest { not_before, expires, ..self.manifest };
        let files = self.files;
        Self { files, ..Self::from_parts(manifest, self.policies) }
    }

    /// The same bundle with other settings for the policy of this id, if it has
    /// one: the components are those that were read. Its digest is its own.
    #[must_use]
    pub fn with_settings(
        mut self,
        id: &str,
        settings: &serde_json::Map<String, serde_json::Value>,
    ) -> Self {
        let entries = self.manifest.policies.iter_mut();
        let bundled = self.policies.iter_mut().map(|policy| &mut policy.entry);
        for entry in entries.chain(bundled).filter(|entry| entry.id() == id) {
            entry.settings.clone_from(settings);
        }
        self.digest = digest::of_bundle(&self.manifest, &self.policies);
        self
    }

    /// The bundle of the one policy of this id, as this bundle has it.
    #[must_use]
    pub fn only(&self, id: &str) -> Option<Self> {
        let policy = self.policies.iter().find(|policy| policy.entry.id() == id)?;
        let manifest =
            BundleManifest { policies: vec![policy.entry.clone()], ..self.manifest.clone() };
        let policies = vec![policy.clone()];
        let digest = digest::of_bundle(&manifest, &policies);
        Some(Self { manifest, policies, digest, files: self.files.clone() })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &BundleManifest {
        &self.manifest
    }

    /// The policies, in order.
    #[must_use]
    pub fn policies(&self) -> &[BundledPolicy] {
        &self.policies
    }

    /// The files that it was read from: its manifest, those of the bundles in
    /// folders that it extends, and the components.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// `sha256:` and hexadecimal digits, over the manifest and every component.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Where a component's file lies: beside the manifest that names it.
fn file_of(entry: &PolicyEntry, folder: Option<&Path>) -> Option<PathBuf> {
    Some(entry.folder.as_deref().or(folder)?.join(entry.file()?))
}

fn component(
    entry: &PolicyEntry,
    folder: Option<&Path>,
) -> Result<Cow<'static, [u8]>, BundleError> {
    match (entry.file(), file_of(entry, folder)) {
        (Some(_), Some(path)) => Ok(read::read_file(&path, COMPONENT_LIMIT)?.into()),
        (Some(_), None) => Err(BundleError::Manifest {
            place: format!("policy `{}`", entry.id()),
            message: "it names a file, and the bundle has no folder".into(),
        }),
        (None, _) => built_in_policy(&entry.module).map(Cow::Borrowed).ok_or_else(|| {
            let known: Vec<_> = built_in_policies().map(|(name, _)| format!("`{name}`")).collect();
            BundleError::Manifest {
                place: format!("policy `{}`", entry.id()),
                message: format!(
                    "unknown module `{}`; accepted: {}, or a file written `./name.wasm`",
                    entry.module,
                    known.join(", ")
                ),
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const MANIFEST: &str = "name='a'\nversion='1.0.0'\ntitle='A'\n[[policy]]\nmodule='./p.wasm'\n";

    fn folder(manifest: &str, component: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST_FILE), manifest).unwrap();
        fs::write(folder.path().join("p.wasm"), component).unwrap();
        folder
    }

    #[test]
    fn every_built_in_bundle_opens() {
        for name in built_in_bundles() {
            let bundle = Bundle::built_in(name).unwrap();
            assert_eq!(bundle.manifest().name, name);
        }
        assert!(built_in_bundles().any(|name| name == crate::DEFAULT_BUNDLE));
    }

    #[test]
    fn the_digest_changes_with_manifest_and_component() {
        let open = |manifest: &str, component: &[u8]| {
            Bundle::from_folder(folder(manifest, component).path()).unwrap().digest().to_owned()
        };
        let first = open(MANIFEST, b"one");
        assert_eq!(first, open(MANIFEST, b"one"));
        assert_ne!(first, open(MANIFEST, b"two"));
        assert_ne!(first, open(&MANIFEST.replace("1.0.0", "1.0.1"), b"one"));
        assert_ne!(first, open(&format!("{MANIFEST}settings={{a=1}}\n"), b"one"));
    }

    #[test]
    fn a_bundle_is_varied_without_reading_it_again() {
        let two = format!("{MANIFEST}settings={{a=1}}\n[[policy]]\nmodule='./p.wasm'\nid='q'\n");
        let folder = folder(&two, b"one");
        let bundle = Bundle::from_folder(folder.path()).unwrap();
        fs::remove_file(folder.path().join("p.wasm")).unwrap();
        let settings = serde_json::Map::from_iter([("b".to_owned(), 2.into())]);
        let varied = bundle.clone().with_settings("q", &settings);
        let texts = |bundle: &Bundle| -> Vec<String> {
            bundle.policies().iter().map(BundledPolicy::settings_json).collect()
        };
        assert_eq!(texts(&varied), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(varied.manifest().policies.get(1).unwrap().settings, settings);
        assert_ne!(varied.digest(), bundle.digest());
        let same = bundle.clone().with_settings("no-such", &settings);
        assert_eq!(same.digest(), bundle.digest());
        let only = varied.only("q").unwrap();
        assert_eq!((texts(&only), only.manifest().policies.len()), (vec![r#"{"b":2}"#.into()], 1));
        assert!(varied.only("no-such").is_none());
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let error = Bundle::open("no-such-bundle").unwrap_err().to_string();
        assert!(error.contains("unknown bundle `no-such-bundle`") && error.contains("`baseline`"));
        let empty = tempfile::tempdir().unwrap();
        let error = Bundle::from_folder(empty.path()).unwrap_err().to_string();
        assert!(error.contains("bundle.toml"), "{error}");
        let unknown = MANIFEST.replace("./p.wasm", "no-such");
        let error = Bundle::from_folder(folder(&unknown, b"").path()).unwrap_err().to_string();
        assert!(error.contains("unknown module `no-such`"), "{error}");
        let missing = MANIFEST.replace("./p.wasm", "./q.wasm");
        let error = Bundle::from_folder(folder(&missing, b"").path()).unwrap_err().to_string();
        assert!(error.contains("q.wasm"), "{error}");
    }
}
