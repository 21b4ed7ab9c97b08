//! The trust file: TOML, every setting known or refused.

use std::fmt::Display;

use serde::Deserialize;

use super::{Issuer, KeySource, Profile, Trust, TrustBuilder, TrustError};
use crate::algorithm::Algorithm;
use crate::keys::KeySet;
use crate::kind::TokenKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    #[serde(default)]
    issuer: Vec<IssuerEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IssuerEntry {
    issuer: String,
    keys: String,
    audiences: Vec<String>,
    algorithms: Option<Vec<String>>,
    #[serde(default)]
    symmetric: bool,
    kinds: Option<Vec<String>>,
    profile: Option<String>,
    skew: Option<u32>,
    max_lifetime: Option<u64>,
}

pub(super) fn read<E: Display>(
    text: &str,
    mut keys: impl FnMut(&str, KeySource<'_>) -> Result<KeySet, E>,
) -> Result<Trust, TrustError> {
    // Its message shows the line and what was expected there.
    let file: TrustFile = toml::from_str(text).map_err(TrustError::file)?;
    let mut builder = TrustBuilder::default();
    for entry in file.issuer {
        builder = builder.issuer(issuer(entry, &mut keys)?);
    }
    builder.build()
}

/// Why keys that are not in a file are refused where only files are read.
pub(crate) const FILES_ALONE: &str = "is fetched by a server alone; accepted here is a file: \
                                      a PEM public key, a JWK or a JWKS";

/// The keys of a file, whose contents `load` answers.
pub(crate) fn keys_of_file<E: Display>(
    file: &str,
    load: impl FnOnce(&str) -> Result<Vec<u8>, E>,
) -> Result<KeySet, String> {
    let file = load(file).map_err(|error| format!("cannot be read: {error}"))?;
    KeySet::parse(&file).map_err(|error| error.to_string())
}

fn issuer<E: Display>(
    entry: IssuerEntry,
    keys: &mut impl FnMut(&str, KeySource<'_>) -> Result<KeySet, E>,
) -> Result<Issuer, TrustError> {
    let name = entry.issuer.clone();
    let source = KeySource::of(&entry.keys);
    let keys = keys(&name, source).map_err(|problem| {
        TrustError::setting(&name, "keys", format_args!("`{}` {problem}", source.shown()))
    })?;
    let mut issuer = Issuer::new(entry.issuer, keys, entry.audiences);
    if let Some(names) = &entry.algorithms {
        issuer = issuer.algorithms(parse_all::<Algorithm>(&name, "algorithms", names)?);
    }
    if entry.symmetric {
        issuer = issuer.symmetric();
    }
    if let Some(names) = &entry.kinds {
        issuer = issuer.kinds(parse_all::<TokenKind>(&name, "kinds", names)?);
    }
    match entry.profile.as_deref() {
        None | Some("jwt") => {}
        Some("rfc9068") => issuer = issuer.profile(Profile::Rfc9068),
        Some(other) => {
            let problem = format!("is `{other}`; accepted are `jwt` and `rfc9068`");
            return Err(TrustError::setting(&name, "profile", problem));
        }
    }
    if let Some(seconds) = entry.skew {
        issuer = issuer.skew(seconds);
    }
    if let Some(seconds) = entry.max_lifetime {
        issuer = issuer.max_lifetime(seconds);
    }
    Ok(issuer)
}

fn parse_all<T: std::str::FromStr<Err: Display>>(
    issuer: &str,
    setting: &str,
    names: &[String],
) -> Result<Vec<T>, TrustError> {
    let parsed = names.iter().map(|name| name.parse::<T>());
    parsed.collect::<Result<_, _>>().map_err(|e| TrustError::setting(issuer, setting, e))
}
