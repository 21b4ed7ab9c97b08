//! Runs cases against a bundle. Prints nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokenward::mint::PrivateKey;
use tokenward::{
    ActivateError, Algorithm, Authorizer, Bundle, Call, Descriptor, EngineConfig, Object,
    Rehearsal, Signals, Trust, UnixTime,
};

use crate::CaseError;
use crate::case::{Case, Judged, Settings};
use crate::compare::{Difference, compare};
use crate::expect::Expected;
use crate::observe::{Observation, Observed};

/// Runs cases against a bundle and what cases make of it.
pub struct Runner {
    authorizer: Authorizer,
    bundle: Bundle,
    policies: Vec<PolicyFacts>,
    /// What is laid over the settings of the bundle at the moment.
    active: BTreeMap<String, Settings>,
}

/// A policy of a bundle, as it describes itself.
pub struct PolicyFacts {
    /// Its id in the bundle.
    pub id: String,
    /// As it describes itself.
    pub descriptor: Arc<Descriptor>,
}

/// What came of one case.
pub struct Ran {
    /// What came of it.
    pub observed: Observed,
    /// How that differs from what was expected.
    pub differences: Vec<Difference>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Ran {
    /// Whether it came out as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Runner {
    /// Loads the bundle.
    ///
    /// # Errors
    ///
    /// [`CaseError`], if a policy of the bundle cannot be loaded.
    pub fn new(bundle: Bundle, engine: &EngineConfig) -> Result<Self, CaseError> {
        let authorizer = authorizer(&bundle, engine)?;
        let policies = policies(&authorizer);
        Ok(Self { authorizer, bundle, policies, active: BTreeMap::new() })
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Its policies.
    #[must_use]
    pub fn policies(&self) -> &[PolicyFacts] {
        &self.policies
    }

    /// Refuses cases that name a policy or a rule that is not there: they
    /// could only fail, or pass for nothing.
    ///
    /// # Errors
    ///
    /// [`CaseError`]: the case, and what is accepted.
    pub fn check_names(&self, cases: &[Case]) -> Result<(), CaseError> {
        for case in cases {
            self.check_names_of(case).with_context(|| {
                format!("`{}`, line {}, case `{}`", case.file, case.line, case.name)
            })?;
        }
        Ok(())
    }

    fn check_names_of(&self, case: &Case) -> anyhow::Result<()> {
        for id in case.settings.keys() {
            self.policy(id).context("settings")?;
        }
        match &case.expected {
            Expected::SettingErrors(places) => {
                for place in places {
                    self.policy(&place.policy).context("setting-errors")?;
                }
            }
            Expected::Decision(decision) => {
                for finding in &decision.findings {
                    let policy = self.policy(&finding.policy).context("findings")?;
                    if policy.descriptor.rule(&finding.rule).is_none() {
                        let rules = policy.descriptor.rules.iter().map(|rule| rule.id.as_str());
                        bail!(
                            "findings: the policy `{}` has no rule `{}`; accepted: {}",
                            finding.policy,
                            finding.rule,
                            quoted(rules)
                        );
                    }
                }
            }
        }
        Ok(())
    }

    fn policy(&self, id: &str) -> anyhow::Result<&PolicyFacts> {
        match self.policies.iter().find(|policy| policy.id == id) {
            Some(policy) => Ok(policy),
            None => bail!(
                "the bundle has no policy `{id}`; accepted: {}",
                quoted(self.policies.iter().map(|policy| policy.id.as_str()))
            ),
        }
    }

    /// Runs the cases and answers in their order. Those with the same settings
    /// run together; `done` is told how many have run.
    pub fn run(&mut self, cases: &[Case], mut done: impl FnMut(usize)) -> Vec<Ran> {
        let mut ran: Vec<Option<Ran>> = cases.iter().map(|_| None).collect();
        let mut count = 0;
        let mut groups = groups(cases, |case| &case.settings);
        // The bundle as it is was just loaded.
        groups.sort_by_key(|group| {
            group
                .first()
                .and_then(|at| cases.get(*at))
                .is_some_and(|case| !case.settings.is_empty())
        });
        for group in groups {
            let first = group.first().and_then(|index| cases.get(*index));
            let Some(first) = first else { continue };
            let loaded = self.load(first);
            for index in group {
                let (Some(case), Some(place)) = (cases.get(index), ran.get_mut(index)) else {
                    continue;
                };
                let started = Instant::now();
                let observed = match &loaded {
                    Ok(()) => Observed::Decision(observe(&self.authorizer, case)),
                    Err(observed) => observed.as_ref().clone(),
                };
                let elapsed = started.elapsed();
                let differences = compare(&case.expected, &observed);
                *place = Some(Ran { observed, differences, elapsed });
                count += 1;
                done(count);
            }
        }
        ran.into_iter().flatten().collect()
    }

    /// Judges one case, and answers with all that came of it.
    ///
    /// # Errors
    ///
    /// What came of it instead, if the settings of the case are refused.
    pub fn rehearse(&mut self, case: &Case) -> Result<Rehearsal, Box<Observed>> {
        self.load(case)?;
        Ok(rehearse(&self.authorizer, case))
    }

    /// Makes the bundle with the settings of a case the active one.
    fn load(&mut self, case: &Case) -> Result<(), Box<Observed>> {
        if case.settings == self.active {
            return Ok(());
        }
        let mut bundle = self.bundle.clone();
        for (id, overlay) in &case.settings {
            let given = settings_of(&bundle, id);
            bundle = bundle.with_settings(id, &merged(&given, overlay));
        }
        // Where it cannot be loaded, the one before stays.
        self.authorizer.activate(&bundle).map_err(|error| {
            let ActivateError { policy, source, .. } = error;
            Box::new(Observed::of_load_error(&policy, &source))
        })?;
        self.active.clone_from(&case.settings);
        Ok(())
    }
}

/// An authorizer that trusts a key that nobody has: a case with a token brings
/// its own trust.
pub(crate) fn authorizer(bundle: &Bundle, engine: &EngineConfig) -> anyhow::Result<Authorizer> {
    let trust = Trust::key_only(PrivateKey::generate(Algorithm::ES256)?.key_set()?);
    Ok(Authorizer::builder().engine(engine.clone()).build(trust, bundle)?)
}

/// The policies of the active bundle: whatever is asked, each answers who it is.
fn policies(authorizer: &Authorizer) -> Vec<PolicyFacts> {
    let nothing = Object::new();
    let call = Call {
        bearer: &[],
        phase: tokenward::Phase::Use,
        request: None,
        signals: &Signals::none(),
        facts: &nothing,
        binding: tokenward::Binding::None,
        encryption: None,
        now: UnixTime(0),
    };
    let rehearsal = authorizer.judge_facts(None, &nothing, &call);
    let facts = rehearsal.policies().iter().map(|policy| PolicyFacts {
        id: policy.id.to_string(),
        descriptor: Arc::clone(&policy.descriptor),
    });
    facts.collect()
}

/// What the active bundle says of a case.
pub(crate) fn observe(authorizer: &Authorizer, case: &Case) -> Observation {
    Observation::of(&rehearse(authorizer, case))
}

/// The call that a case describes.
pub(crate) fn call_of(case: &Case) -> Call<'_> {
    Call {
        bearer: match &case.judged {
            Judged::Token { bytes, .. } => bytes,
            Judged::Claims { .. } => &[],
        },
        phase: case.call.phase,
        request: case.call.request.as_ref(),
        signals: &case.call.signals,
        facts: &case.call.facts,
        binding: case.binding,
        encryption: None,
        now: case.call.now,
    }
}

fn rehearse(authorizer: &Authorizer, case: &Case) -> Rehearsal {
    let call = call_of(case);
    match &case.judged {
        Judged::Token { trust, .. } => {
            authorizer.set_trust(trust.as_ref().clone());
            authorizer.decide(&call).into()
        }
        Judged::Claims { claims, token } => {
            authorizer.judge_facts(token.as_ref().map(crate::case::Said::facts), claims, &call)
        }
    }
}

/// The indices of what has the same key, in the order in which keys first come.
pub(crate) fn groups<'a, T, K: PartialEq + ?Sized + 'a>(
    items: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
) -> Vec<Vec<usize>> {
    let mut groups: Vec<(&K, Vec<usize>)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let key = key(item);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.push(index),
            None => groups.push((key, vec![index])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The settings that a bundle has for a policy.
pub(crate) fn settings_of(bundle: &Bundle, id: &str) -> Settings {
    let policy = bundle.policies().iter().find(|policy| policy.entry.id() == id);
    policy.map(|policy| policy.entry.settings.clone()).unwrap_or_default()
}

/// One settings laid over others: tables are laid over tables member by
/// member; anything else takes the place of what was there.
pub(crate) fn merged(given: &Settings, overlay: &Settings) -> Settings {
    let mut merged = given.clone();
    for (name, value) in overlay {
        let value = match (merged.get(name), value) {
            (Some(serde_json::Value::Object(given)), serde_json::Value::Object(overlay)) => {
                serde_json::Value::Object(self::merged(given, overlay))
            }
            (_, value) => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_laid_over_settings() {
        for (given, overlay, expected) in [
            ("{}", r#"{"a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":3}"#, r#"{"a":3,"b":2}"#),
            (r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"c":3}}"#, r#"{"a":{"b":1,"c":3}}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, r#"{"a":[3]}"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":2}"#, r#"{"a":{"b":1}}"#, r#"{"a":{"b":1}}"#),
        ] {
            let read = |text: &str| serde_json::from_str::<Settings>(text).unwrap();
            assert_eq!(merged(&read(given), &read(overlay)), read(expected), "{given} {overlay}");
        }
    }

    #[test]
    fn groups_keep_the_order_of_their_first() {
        let items = ["a", "b", "a", "c", "b"];
        assert_eq!(groups(&items, |item| *item), [vec![0, 2], vec![1, 4], vec![3]]);
    }
}
