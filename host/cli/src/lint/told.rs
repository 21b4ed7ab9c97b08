//! Which rules of a policy its settings let it tell.
//!
//! A policy's descriptor lists every rule that it has, whatever the bundle sets.
//! A rule that settings switch off finds nothing, and serves no control.

use tokenward::Rule;

use super::permits::{Tokens, permitting_everything};
use super::subject::Entry;

/// The rules of `claim-minimization` that its detectors tell, each with the
/// categories that it stands for: it is switched off where all of them are.
const DETECTED: [(&str, &[&str]); 5] = [
    // Addresses of a network are personal data of a kind of their own.
    ("personal-data", &["/detect/personal", "/detect/network"]),
    ("health-data", &["/detect/health"]),
    ("cardholder-data", &["/detect/cardholder"]),
    ("financial-data", &["/detect/financial"]),
    ("secret", &["/detect/secret"]),
];

/// A rule that serves a control.
pub(crate) enum Serving<'a> {
    /// It can be told.
    Told,
    /// It is switched off: by the setting at this JSON Pointer.
    Off { rule: &'a Rule, by: &'static str },
}

impl Entry {
    /// The rules that serve this control.
    pub(crate) fn serving(&self, control: &str) -> impl Iterator<Item = Serving<'_>> {
        let serves = move |rule: &&Rule| rule.controls.iter().any(|other| other == control);
        self.rules.iter().filter(serves).map(|rule| match switched_off(self, &rule.id) {
            Some(by) => Serving::Off { rule, by },
            None => Serving::Told,
        })
    }

    /// Whether a rule that can be told serves this control.
    pub(crate) fn serves(&self, control: &str) -> bool {
        self.serving(control).any(|rule| matches!(rule, Serving::Told))
    }
}

/// The setting that switches a rule off, if one does.
fn switched_off(entry: &Entry, rule: &str) -> Option<&'static str> {
    let exempts_all = permitting_everything(entry).iter().any(|all| all.tokens == Tokens::All);
    if exempts_all && rule != "denied-claim" {
        return Some("/permit");
    }
    if entry.name != "claim-minimization" {
        return None;
    }
    match rule {
        "denied-claim" => entry.texts("/deny").is_empty().then_some("/deny"),
        "unlisted-claim" => is_set_to(entry, "/unlisted", "ignore").then_some("/unlisted"),
        _ => {
            let (_, settings) = DETECTED.iter().find(|(detected, _)| *detected == rule)?;
            let all_off = settings.iter().all(|setting| is_set_to(entry, setting, "off"));
            settings.first().copied().filter(|_| all_off)
        }
    }
}

fn is_set_to(entry: &Entry, setting: &str, value: &str) -> bool {
    entry.text(setting).as_deref() == Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::policy;

    const SCHEMA: &str = r#"{"properties":{
        "deny":{"default":[]},"unlisted":{"default":"advise"},
        "detect":{"default":{"personal":"deny","health":"deny","cardholder":"deny",
            "financial":"deny","secret":"deny","network":"advise"}}}}"#;

    #[test]
    fn settings_switch_rules_off() {
        for (settings, rule, by) in [
            ("{}", "personal-data", None),
            ("{}", "unlisted-claim", None),
            ("{}", "denied-claim", Some("/deny")),
            (r#"{"deny":["salary"]}"#, "denied-claim", None),
            (r#"{"unlisted":"ignore"}"#, "unlisted-claim", Some("/unlisted")),
            (r#"{"unlisted":"deny"}"#, "unlisted-claim", None),
            (r#"{"detect":{"personal":"off"}}"#, "personal-data", None),
            (r#"{"detect":{"network":"off"}}"#, "personal-data", None),
            (
                r#"{"detect":{"network":"off","personal":"off"}}"#,
                "personal-data",
                Some("/detect/personal"),
            ),
            (r#"{"detect":{"health":"off"}}"#, "health-data", Some("/detect/health")),
            (r#"{"detect":{"cardholder":"off"}}"#, "cardholder-data", Some("/detect/cardholder")),
            (r#"{"detect":{"cardholder":"advise"}}"#, "cardholder-data", None),
            (r#"{"detect":{"financial":"off"}}"#, "financial-data", Some("/detect/financial")),
            (r#"{"detect":{"secret":"off"}}"#, "secret", Some("/detect/secret")),
            (r#"{"detect":{"secret":"off"}}"#, "financial-data", None),
            (r#"{"permit":["/**"]}"#, "financial-data", Some("/permit")),
            (r#"{"permit":["/**"]}"#, "unlisted-claim", Some("/permit")),
            (r#"{"permit":["/**"],"deny":["salary"]}"#, "denied-claim", None),
            (r#"{"permit":["/a/**"]}"#, "financial-data", None),
            (r#"{"profiles":[{"kind":"id","permit":["/**"]}]}"#, "financial-data", None),
        ] {
            let entry = |name| policy(name, settings).with_schema(SCHEMA).having(rule, &["C 1"]);
            let found = entry("claim-minimization");
            let off = found.serving("C 1").find_map(|serving| match serving {
                Serving::Off { by, .. } => Some(by),
                Serving::Told => None,
            });
            assert_eq!(off, by, "{settings} {rule}");
            assert_eq!(found.serves("C 1"), by.is_none(), "{settings} {rule}");
            assert!(!found.serves("C 2"));
            // Settings of these names mean nothing in other policies.
            assert!(entry("p").serves("C 1"));
        }
    }
}
