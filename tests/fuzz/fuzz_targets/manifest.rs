//! The manifest of a bundle: what is accepted has distinct ids and stays in its folder.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use tokenward_bundle::{Bundle, BundleManifest};

fuzz_target!(|text: &str| {
    let Ok(manifest) = BundleManifest::parse(text, "bundle.toml") else { return };
    let ids: BTreeSet<_> = manifest.policies.iter().map(|p| p.id().to_owned()).collect();
    assert_eq!(ids.len(), manifest.policies.len());
    for policy in &manifest.policies {
        if let Some(file) = policy.file() {
            assert!(!file.starts_with('/') && !file.split('/').any(|part| part == ".."));
        }
    }
    let _ = Bundle::from_manifest(manifest, None);
});
