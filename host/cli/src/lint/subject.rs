//! What `lint` looks at: a bundle with everything that its policies say of
//! themselves, as plain data.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tokenward::{Enforcement, OnFault, Phase, Reads, Rule};

use crate::policy::schema;

/// A bundle, and what is known around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject {
    pub(crate) entries: Vec<Entry>,
    /// The day by which it is to be reviewed, `YYYY-MM-DD`.
    pub(crate) review_by: Option<String>,
    /// Who names that day.
    pub(crate) review: Review,
    /// The controls that it claims to serve.
    pub(crate) controls: Vec<String>,
    /// The claims that the bundle declares, and those of the tokens of its
    /// cases, as JSON Pointers.
    pub(crate) known_claims: BTreeSet<String>,
    /// The algorithms of the trust file, if one is given.
    pub(crate) trusted_algorithms: Option<BTreeSet<String>>,
    /// `YYYY-MM-DD`.
    pub(crate) today: String,
    /// The phases in which the bundle is asked.
    pub(crate) phases: Vec<Phase>,
}

/// Who names the day of a bundle's review.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Review {
    /// The bundle itself, or nobody.
    #[default]
    Own,
    /// A bundle that it extends.
    Inherited,
}

/// A policy of the bundle.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// In the bundle.
    pub(crate) id: String,
    /// Its own.
    pub(crate) name: String,
    /// Of its component.
    pub(crate) digest: String,
    pub(crate) enforcement: Enforcement,
    pub(crate) on_fault: OnFault,
    /// What the bundle sets.
    pub(crate) settings: Map<String, Value>,
    /// The JSON Schema of its settings.
    pub(crate) schema: Value,
    pub(crate) phases: Vec<Phase>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) reads: Reads,
    /// For a policy that reads all claims: whether a claim that it does not
    /// know by name can make a difference.
    pub(crate) needs_all_claims: Option<bool>,
}

impl Entry {
    /// What a setting is: what the bundle sets, or the default of the schema.
    /// The pointer is one of a member or of a member of a member.
    pub(crate) fn effective(&self, pointer: &str) -> Option<Value> {
        let set = pointer.strip_prefix('/').map(|path| path.split('/').collect::<Vec<_>>())?;
        let (first, rest) = set.split_first()?;
        let rest = if rest.is_empty() { String::new() } else { format!("/{}", rest.join("/")) };
        let given = self.settings.get(*first).and_then(|value| value.pointer(&rest));
        let default = || schema::defaults(&self.schema).get(*first)?.pointer(&rest).cloned();
        given.cloned().or_else(default)
    }

    /// A setting that is a whole number.
    pub(crate) fn number(&self, pointer: &str) -> Option<i64> {
        self.effective(pointer)?.as_i64()
    }

    /// A setting that is a text.
    pub(crate) fn text(&self, pointer: &str) -> Option<String> {
        self.effective(pointer)?.as_str().map(str::to_owned)
    }

    /// The texts of a setting that is a list of them.
    pub(crate) fn texts(&self, pointer: &str) -> Vec<String> {
        let list = self.effective(pointer);
        let items = list.as_ref().and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Whether its findings decide.
    pub(crate) fn is_enforced(&self) -> bool {
        self.enforcement == Enforcement::Enforce
    }
}

impl Subject {
    /// The policies of this name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.name == name)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::lint::finding::LintFinding;
    use tokenward::ClaimSelector;

    /// A bundle of these policies.
    pub(crate) fn bundle(entries: impl IntoIterator<Item = Entry>) -> Subject {
        Subject {
            entries: entries.into_iter().collect(),
            review_by: Some("2027-01-31".into()),
            today: "2026-11-21".into(),
            phases: Phase::ALL.to_vec(),
            ..Subject::default()
        }
    }

    /// An enforced policy with these settings, whose schema knows nothing.
    pub(crate) fn policy(name: &str, settings: &str) -> Entry {
        Entry {
            id: name.into(),
            name: name.into(),
            digest: format!("sha256:{name}"),
            enforcement: Enforcement::Enforce,
            on_fault: OnFault::Closed,
            settings: serde_json::from_str(settings).unwrap(),
            schema: Value::Null,
            phases: Phase::ALL.to_vec(),
            rules: Vec::new(),
            reads: Reads::default(),
            needs_all_claims: None,
        }
    }

    impl Entry {
        pub(crate) fn with_schema(mut self, schema: &str) -> Self {
            self.schema = serde_json::from_str(schema).unwrap();
            self
        }

        pub(crate) fn with_id(mut self, id: &str) -> Self {
            self.id = id.into();
            self
        }

        pub(crate) fn reading(mut self, paths: &[&str]) -> Self {
            let at = |path: &&str| ClaimSelector::At((*path).into());
            self.reads.claims = paths.iter().map(at).collect();
            self
        }

        pub(crate) fn having(mut self, rule: &str, controls: &[&str]) -> Self {
            let controls = controls.iter().map(|control| (*control).into()).collect();
            let (id, title, remedy) = (rule.into(), "A rule".into(), "Change it.".into());
            self.rules.push(Rule { id, title, remedy, controls });
            self
        }

        pub(crate) fn but(mut self, enforcement: Enforcement) -> Self {
            self.enforcement = enforcement;
            self
        }
    }

    /// `LEVEL CODE [POLICY [SETTING]]` of each finding.
    pub(crate) fn places(findings: &[LintFinding]) -> Vec<String> {
        let line = |finding: &LintFinding| {
            let place = [finding.policy.as_deref(), finding.setting.as_deref()];
            let parts = [finding.level.as_str(), finding.code];
            parts.into_iter().chain(place.into_iter().flatten()).collect::<Vec<_>>().join(" ")
        };
        findings.iter().map(line).collect()
    }

    #[test]
    fn a_setting_is_what_is_set_or_its_default() {
        let schema = r#"{"properties":{"a":{"default":{"x":1,"y":2}},"b":{"default":"z"}}}"#;
        let entry = policy("p", r#"{"a":{"x":9},"c":["q"]}"#).with_schema(schema);
        assert_eq!((entry.number("/a/x"), entry.number("/a/y")), (Some(9), Some(2)));
        assert_eq!(entry.text("/b").as_deref(), Some("z"));
        assert_eq!(entry.texts("/c"), ["q"]);
        assert_eq!((entry.number("/none"), entry.number("/a/z")), (None, None));
    }
}
