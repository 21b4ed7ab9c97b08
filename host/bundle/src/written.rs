//! A manifest as it is written: TOML, before what it extends is taken in.

use serde::Deserialize;
use tokenward_token::UnixTime;

use crate::error::BundleError;
use crate::manifest::{Enforcement, OnFault, show};

/// `bundle.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WrittenManifest {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: String,
    /// Built-in bundles by name, folders as `./FOLDER` or `../FOLDER`.
    #[serde(default)]
    pub(crate) extends: Vec<String>,
    #[serde(default)]
    pub(crate) review_by: Option<String>,
    #[serde(default)]
    pub(crate) not_before: Option<UnixTime>,
    #[serde(default)]
    pub(crate) expires: Option<UnixTime>,
    #[serde(default)]
    pub(crate) controls: Vec<String>,
    #[serde(default)]
    pub(crate) known_claims: Vec<String>,
    #[serde(default, rename = "policy")]
    pub(crate) policies: Vec<WrittenEntry>,
}

/// One `[[policy]]`: a policy of its own, or what is changed about one of a
/// bundle that is extended.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WrittenEntry {
    /// May be left out where `id` names a policy of a bundle that is extended.
    #[serde(default)]
    pub(crate) module: Option<String>,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) enforcement: Option<Enforcement>,
    #[serde(default)]
    pub(crate) on_fault: Option<OnFault>,
    #[serde(default)]
    pub(crate) memory_mib: Option<u16>,
    /// Whether the settings here are laid over those of the bundle that is
    /// extended, or stand in their place.
    #[serde(default)]
    pub(crate) inherit: Inherit,
    #[serde(default, deserialize_with = "settings")]
    pub(crate) settings: serde_json::Map<String, serde_json::Value>,
}

/// What becomes of a policy of a bundle that is extended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Inherit {
    /// Its settings stay where no other is given: tables are merged, lists and
    /// values replaced.
    #[default]
    Settings,
    /// Its settings are dropped for those given here.
    Nothing,
    /// The policy is left out.
    Removed,
}

impl WrittenManifest {
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, BundleError> {
        toml::from_str(text).map_err(|error| {
            let place = match error.span() {
                Some(span) => format!("`{file}`, {}", line_and_column(text, span.start)),
                None => format!("`{file}`"),
            };
            BundleError::Manifest { place, message: one_line(error.message()) }
        })
    }
}

/// Reads settings as what TOML has, and refuses what JSON has not: a `nan` or
/// `inf` that silently became `null` would lift a limit.
fn settings<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<serde_json::Map<String, serde_json::Value>, D::Error> {
    let table = toml::Table::deserialize(deserializer)?;
    match to_json(toml::Value::Table(table), "") {
        Ok(serde_json::Value::Object(settings)) => Ok(settings),
        Ok(_) => Err(serde::de::Error::custom("settings are not a table")),
        Err(message) => Err(serde::de::Error::custom(message)),
    }
}

fn to_json(value: toml::Value, path: &str) -> Result<serde_json::Value, String> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(integer) => integer.into(),
        toml::Value::Boolean(boolean) => boolean.into(),
        toml::Value::Float(float) => match serde_json::Number::from_f64(float) {
            Some(number) => number.into(),
            None => {
                return Err(format!("setting `{path}` is `{float}`; accepted: a finite number"));
            }
        },
        toml::Value::Datetime(_) => {
            return Err(format!("setting `{path}` is a date; accepted: a date as a string"));
        }
        toml::Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| to_json(item, &format!("{path}/{index}")))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(name, item)| {
                let item = to_json(item, &format!("{path}/{}", show(&name)))?;
                Ok((name, item))
            })
            .collect::<Result<serde_json::Map<_, _>, String>>()?
            .into(),
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line_and_column(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}
