//! Whose signatures make a bundle one to be used.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use tokenward_token::{Key, KeySet};

use super::sign::check_algorithm;
use crate::manifest::{check_id, show};

/// The keys that sign bundles, and how many of them must have signed one.
#[derive(Debug, Clone)]
pub struct BundleTrust {
    pub(super) keys: Vec<TrustedKey>,
    pub(super) threshold: usize,
    pub(super) names: Vec<String>,
    pub(super) require_expiry: bool,
}

/// A key that signs bundles.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// What messages and records call it.
    pub name: String,
    /// The public key, of Ed25519.
    pub key: Key,
}

/// Why a trust file of bundles is refused.
#[derive(Debug, thiserror::Error)]
#[error("`{place}`: {message}")]
pub struct BundleTrustError {
    /// The file.
    pub place: String,
    /// What is wrong, and what is accepted.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TrustFile {
    threshold: Option<usize>,
    bundles: Option<Vec<String>>,
    require_expiry: Option<bool>,
    #[serde(default)]
    key: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct KeyEntry {
    name: String,
    file: String,
}

impl BundleTrust {
    /// Trusts one key alone, and bundles that name no expiry as well.
    ///
    /// # Errors
    ///
    /// What is wrong with the key.
    pub fn of_key(name: &str, key: Key) -> Result<Self, String> {
        let trust = Self {
            keys: vec![TrustedKey { name: name.to_owned(), key }],
            threshold: 1,
            names: Vec::new(),
            require_expiry: false,
        };
        trust.check()?;
        Ok(trust)
    }

    /// Reads a trust file; the key files are relative to the folder it lies in.
    ///
    /// ```toml
    /// threshold = 2                     # of the keys below; default: 1
    /// bundles = ["acme"]                # names that are accepted; default: any
    /// require-expiry = true             # the default
    ///
    /// [[key]]
    /// name = "release"
    /// file = "release.public.jwk"       # a JWK, or PEM; Ed25519
    /// ```
    ///
    /// # Errors
    ///
    /// [`BundleTrustError`].
    pub fn from_file(path: &Path) -> Result<Self, BundleTrustError> {
        let place = path.display().to_string();
        let wrong = |message: String| BundleTrustError { place: place.clone(), message };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let file: TrustFile =
            toml::from_str(&text).map_err(|error| wrong(error.to_string().trim().to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut keys = Vec::new();
        for entry in file.key {
            let of_key = |message: String| wrong(format!("key `{}`: {message}", show(&entry.name)));
            let loaded = tokenward_token::load::key_file(&folder.join(&entry.file))
                .map_err(|error| of_key(error.to_string()))?;
            let key = only_key(&loaded).map_err(of_key)?;
            keys.push(TrustedKey { name: entry.name.clone(), key });
        }
        let trust = Self {
            keys,
            threshold: file.threshold.unwrap_or(1),
            names: match file.bundles {
                Some(names) if names.is_empty() => {
                    let message = "`bundles` is empty; name at least one, or leave it out for any";
                    return Err(wrong(message.to_owned()));
                }
                names => names.unwrap_or_default(),
            },
            require_expiry: file.require_expiry.unwrap_or(true),
        };
        trust.check().map_err(wrong)?;
        Ok(trust)
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// How many of them must have signed a bundle.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// The names of bundles that are accepted; any, if there are none.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn check(&self) -> Result<(), String> {
        if self.keys.is_empty() {
            return Err("it names no key; give at least one [[key]]".to_owned());
        }
        let (mut names, mut prints) = (BTreeSet::new(), BTreeSet::new());
        for TrustedKey { name, key } in &self.keys {
            check_id("key", name)?;
            check_algorithm(key).map_err(|error| format!("key `{name}`: {error}"))?;
            if !names.insert(name) {
                return Err(format!("two keys are called `{name}`"));
            }
            // One key must not count twice.
            if !prints.insert(key.thumbprint()) {
                return Err(format!("key `{name}` is there twice, under two names"));
            }
        }
        if !(1..=self.keys.len()).contains(&self.threshold) {
            return Err(format!(
                "threshold {}; accepted: 1 to {}, the number of keys",
                self.threshold,
                self.keys.len()
            ));
        }
        for name in &self.names {
            check_id("bundle", name)?;
        }
        Ok(())
    }
}

fn only_key(keys: &KeySet) -> Result<Key, String> {
    let mut all = keys.keys();
    match (all.next(), all.next()) {
        (Some(key), None) => Ok(key.clone()),
        (None, _) => Err("its file has no key".to_owned()),
        (Some(_), Some(_)) => Err("its file has several keys; give one a file".to_owned()),
    }
}
