//! A policy that the arguments name, and the settings that they give it.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::{Object, built_in_policies, built_in_policy};

use crate::values::{read, short};

/// Bytes that a component may have.
const COMPONENT_LIMIT: u64 = 64 << 20;
/// Bytes that settings may have.
const SETTINGS_LIMIT: u64 = 1 << 20;

/// The component of a built-in policy, or of a file.
pub(crate) fn component(name_or_file: &str) -> anyhow::Result<Cow<'static, [u8]>> {
    if let Some(component) = built_in_policy(name_or_file) {
        return Ok(component.into());
    }
    let path = Path::new(name_or_file);
    let is_path = name_or_file.contains(['/', '\\'])
        || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
    if !is_path {
        let known: Vec<_> = built_in_policies().map(|(name, _)| format!("`{name}`")).collect();
        bail!(
            "unknown policy `{}`; accepted: {}, or a component's file written `./name.wasm`",
            short(name_or_file),
            known.join(", ")
        );
    }
    Ok(read(path, COMPONENT_LIMIT)?.into())
}

/// The settings: a JSON object, or a file with one. None: none is set.
pub(crate) fn settings(argument: Option<&str>) -> anyhow::Result<Object> {
    let Some(argument) = argument else { return Ok(Object::new()) };
    let text = match argument.strip_prefix('@') {
        Some(file) => read(Path::new(file), SETTINGS_LIMIT)?,
        None => argument.as_bytes().to_vec(),
    };
    let limits = JsonLimits::default();
    let json = parse_strict(&text, &limits).map_err(|error| anyhow!("{error}"))?;
    match json.as_object() {
        Some(settings) => Ok(settings.clone()),
        None => {
            Err(anyhow!("an {}; accepted: an object", json.type_name())).context("the settings")
        }
    }
}
