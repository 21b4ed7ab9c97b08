//! Opens what an argument calls a bundle: a built-in one, a folder, or a packed
//! one, which is verified.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokenward::packed::{BundleTrust, PACKED_EXTENSION, PackedBundle};
use tokenward::{Bundle, Key, UnixTime, load};

use crate::args::BundleVouch;
use crate::output::Output;

/// A bundle that was opened.
pub(crate) struct Opened {
    pub(crate) bundle: Bundle,
    /// If it was packed.
    pub(crate) packed: Option<Packed>,
}

/// What is known of a bundle that was packed.
pub(crate) struct Packed {
    pub(crate) bundle: PackedBundle,
    /// The trusted keys that signed it; none where nobody verified it.
    pub(crate) signed_by: Option<Vec<String>>,
}

/// Whether a name is that of a packed bundle's file.
pub(crate) fn is_packed(name: &str) -> bool {
    let path = Path::new(name);
    path.extension() == Some(OsStr::new(PACKED_EXTENSION)) || path.is_file()
}

/// Opens a bundle. A packed one must be vouched for, at this moment.
pub(crate) fn open(
    name: &str,
    vouch: &BundleVouch,
    now: UnixTime,
    output: &Output,
) -> anyhow::Result<Opened> {
    if !is_packed(name) {
        refuse_vouch(name, vouch)?;
        return Ok(Opened { bundle: Bundle::open(name)?, packed: None });
    }
    let packed = PackedBundle::read_file(Path::new(name)).with_context(|| format!("`{name}`"))?;
    vouched(packed, name, vouch, now, output)
}

/// Nobody is to think that something was verified that was not packed.
pub(crate) fn refuse_vouch(name: &str, vouch: &BundleVouch) -> anyhow::Result<()> {
    for (option, given) in [
        ("--bundle-trust", vouch.bundle_trust.is_some()),
        ("--bundle-key", vouch.bundle_key.is_some()),
    ] {
        if given {
            bail!(
                "{option} verifies packed bundles, and `{}` is none; `tokenward bundle build` \
                 packs one",
                crate::values::short(name)
            );
        }
    }
    Ok(())
}

/// What the arguments vouch for; `name` is what errors call it.
pub(crate) fn vouched(
    packed: PackedBundle,
    name: &str,
    vouch: &BundleVouch,
    now: UnixTime,
    output: &Output,
) -> anyhow::Result<Opened> {
    let place = || format!("`{name}`");
    if vouch.unsigned {
        output.note(&format!("`{name}` is not verified, by --unsigned: anybody may have made it"));
        let bundle = packed.unverified().clone();
        return Ok(Opened { bundle, packed: Some(Packed { bundle: packed, signed_by: None }) });
    }
    let trust = trust(vouch.bundle_trust.as_deref(), vouch.bundle_key.as_deref())?;
    let trust = trust.ok_or_else(|| {
        anyhow!(
            "{}: nothing to verify it with; give `--bundle-trust FILE` (keys and a threshold) or \
             `--bundle-key FILE` (a public key), or take it unverified with `--unsigned`",
            place()
        )
    })?;
    // By itself: what was accepted before, only an activation knows.
    let verified = packed.verify(&trust, now, &[]);
    let verified = verified
        .map_err(|error| anyhow!("refused [{}]: {error}", error.code()))
        .with_context(place)?;
    let signed_by = Some(verified.signed_by().to_vec());
    let bundle = verified.bundle().clone();
    Ok(Opened { bundle, packed: Some(Packed { bundle: verified.packed().clone(), signed_by }) })
}

/// The trust of a trust file, or in a key.
pub(crate) fn trust(
    file: Option<&Path>,
    key: Option<&Path>,
) -> anyhow::Result<Option<BundleTrust>> {
    Ok(match (file, key) {
        (Some(file), _) => Some(BundleTrust::from_file(file).context("--bundle-trust")?),
        (None, Some(file)) => {
            let trust = BundleTrust::of_key(&key_name(file), public_key(file)?);
            Some(trust.map_err(|error| anyhow!("--bundle-key: `{}`: {error}", file.display()))?)
        }
        (None, None) => None,
    })
}

/// The one public key of a file.
pub(crate) fn public_key(file: &Path) -> anyhow::Result<Key> {
    let keys = load::key_file(file)?;
    let mut all = keys.keys();
    match (all.next(), all.next()) {
        (Some(key), None) => Ok(key.clone()),
        _ => bail!("`{}` has not one key; accepted: a file with one", file.display()),
    }
}

/// What to call a key: `release` for `keys/release.public.jwk`.
fn key_name(file: &Path) -> String {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = stem.chars().take(64).map(plain).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "key".to_owned() } else { name.to_owned() }
}
