//! What every policy's tests ask of its schema and its rules.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use serde_json::{Map, Value as Json};

use super::load_cases;
use crate::{FromSettings, Policy, SettingError};

/// Asserts that the schema of the policy's settings is the schema of
/// `Settings`: in every object the same names, each described, unknown ones
/// refused, and, where the schema gives defaults, the defaults of the type.
///
/// `nested` names the objects below the top: a JSON Pointer into the schema,
/// and settings whose member `?` stands in such an object, for instance
/// `("/properties/routes/items", r#"{"routes":[{"?":0}]}"#)`.
///
/// # Panics
///
/// If it is not, saying where.
pub fn assert_schema_is_that_of<P: Policy>(nested: &[(&str, &str)])
where
    P::Settings: Default + Debug,
{
    let schema: Json = serde_json::from_str(&P::descriptor().settings_schema).expect("JSON");
    for (object, settings) in nested.iter().chain([&("", r#"{"?":0}"#)]) {
        assert_object_is_that_of::<P::Settings>(&schema, object, settings);
    }
    let properties = schema["properties"].as_object().expect("`properties`");
    let defaults: Map<_, _> = properties
        .iter()
        .filter_map(|(name, property)| Some((name.clone(), property.get("default")?.clone())))
        .collect();
    let defaults =
        read_settings::<P::Settings>(&Json::Object(defaults).to_string()).expect("defaults");
    assert_eq!(
        format!("{defaults:#?}"),
        format!("{:#?}", P::Settings::default()),
        "the defaults of the schema (left) are not those of the settings"
    );
}

fn assert_object_is_that_of<S: FromSettings>(schema: &Json, object: &str, settings: &str) {
    let place = if object.is_empty() { "the top" } else { object };
    let schema = schema.pointer(object).unwrap_or_else(|| panic!("nothing at {object}"));
    assert_eq!(schema["type"], "object", "{place} is not an object");
    assert_eq!(schema["additionalProperties"], false, "{place} does not refuse unknown names");
    let properties = schema["properties"].as_object();
    let properties = properties.unwrap_or_else(|| panic!("no `properties` at {place}"));
    let named: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
    let error =
        read_settings::<S>(settings).err().unwrap_or_else(|| panic!("{settings} was taken"));
    let expected = error.message.split_once("accepted").map_or("", |(_, names)| names);
    let taken: BTreeSet<&str> = expected.split('`').skip(1).step_by(2).collect();
    assert_eq!(named, taken, "at {place}: names of the schema (left), of the settings (right)");
    for (name, property) in properties {
        assert!(property["description"].is_string(), "`{name}` at {place} has no description");
    }
}

/// Reads settings from JSON text as the host does, for tests of a settings type.
///
/// # Errors
///
/// What is wrong, with a JSON Pointer to the setting.
pub fn read_settings<S: FromSettings>(text: &str) -> Result<S, SettingError> {
    crate::settings::read(text)
}

/// Asserts that the cases of a folder tell every rule of the policy, and no other.
///
/// # Panics
///
/// If they do not, naming the rules.
pub fn assert_rules_are_told<P: Policy>(folder: impl AsRef<Path>) {
    let rules = P::descriptor().rules;
    let described: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(described.len(), rules.len(), "two rules have one id");
    let cases = load_cases(folder);
    let told: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| &case.expect)
        .filter(|line| ["advise ", "require ", "deny "].iter().any(|e| line.starts_with(e)))
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert_eq!(described, told, "rules of the descriptor (left) and of the cases (right)");
}
