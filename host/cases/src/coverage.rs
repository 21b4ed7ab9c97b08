//! What the cases of a bundle reach. Prints nothing.
//!
//! Only cases that pass count. Three kinds of things are to be reached:
//!
//! - a rule, when a case names a finding of it;
//! - the silence of a policy, when a case that allows no other findings finds
//!   that the policy permits and says nothing;
//! - a setting of the bundle, when the policy comes out differently for some
//!   case without it, or refuses its settings. Each member of the settings that
//!   is no table is one, and so is each item of a list, with what an item that
//!   is a table has in it. What is compared is the outcome, the findings
//!   without their words, the requirements and the risk.
//!
//! Outcomes that no case expects are told, and do not count: not every bundle
//! has each of them.

use std::cell::OnceCell;

use tokenward::{Authorizer, Bundle, EngineConfig, Outcome, PolicyStatus};

use crate::CaseError;
use crate::case::{Case, Settings};
use crate::expect::{Expected, Others};
use crate::observe::{Observation, Observed, line_of};
use crate::pointer::{leaves, without};
use crate::run::{PolicyFacts, Ran, authorizer, groups, merged, observe, settings_of};

/// What the cases of a bundle reach.
pub struct Coverage {
    /// How many cases expect each outcome.
    pub outcomes: Vec<(Outcome, usize)>,
    /// What they reach of each policy.
    pub policies: Vec<PolicyCoverage>,
}

/// What the cases reach of one policy.
pub struct PolicyCoverage {
    /// Its id in the bundle.
    pub id: String,
    /// How many cases name a finding of each rule.
    pub rules: Vec<(String, usize)>,
    /// How many cases find that it permits and says nothing.
    pub silent: usize,
    /// Its settings in the bundle, and whether they matter to a case.
    pub settings: Vec<SettingCoverage>,
}

/// Whether some case comes out differently without a setting.
pub struct SettingCoverage {
    /// JSON Pointer into the settings of the bundle.
    pub pointer: String,
    /// Whether some case does.
    pub reached: bool,
}

impl Coverage {
    /// Measures. `done` is told how many of how many settings were tried.
    ///
    /// # Errors
    ///
    /// [`CaseError`], if a policy of the bundle cannot be loaded.
    pub fn measure(
        bundle: &Bundle,
        policies: &[PolicyFacts],
        cases: &[Case],
        ran: &[Ran],
        engine: &EngineConfig,
        mut done: impl FnMut(usize, usize),
    ) -> Result<Self, CaseError> {
        let passed: Vec<_> = cases.iter().zip(ran).filter(|(_, ran)| ran.passed()).collect();
        let outcomes = [Outcome::Permit, Outcome::Deny, Outcome::StepUp, Outcome::Fault];
        let expects = |outcome: Outcome| {
            let of = |case: &Case| matches!(&case.expected, Expected::Decision(d) if d.outcome == outcome);
            passed.iter().filter(|(case, _)| of(case)).count()
        };
        let mut coverage = Self {
            outcomes: outcomes.into_iter().map(|outcome| (outcome, expects(outcome))).collect(),
            policies: policies.iter().map(|policy| of_policy(policy, &passed)).collect(),
        };
        let all: usize = bundle.policies().iter().map(|p| leaves(&p.entry.settings).len()).sum();
        let mut tried = 0;
        let judged: Vec<_> = passed
            .iter()
            .map(|(case, _)| *case)
            .filter(|case| matches!(case.expected, Expected::Decision(_)))
            .collect();
        for policy in &mut coverage.policies {
            let pointers = leaves(&settings_of(bundle, &policy.id));
            if pointers.is_empty() {
                continue;
            }
            let Some(probe) = Probe::new(bundle, &policy.id, &judged, engine)? else { continue };
            for pointer in pointers {
                let reached = probe.reaches(&pointer);
                policy.settings.push(SettingCoverage { pointer, reached });
                tried += 1;
                done(tried, all);
            }
        }
        Ok(coverage)
    }

    /// How many things are reached, and how many there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let reached = self.policies.iter().map(PolicyCoverage::reached).sum();
        (reached, self.policies.iter().map(PolicyCoverage::all).sum())
    }

    /// Tenths of a percent, rounded down.
    #[must_use]
    pub fn permille(&self) -> usize {
        let (reached, all) = self.counts();
        (reached * 1000).checked_div(all).unwrap_or(1000)
    }
}

impl PolicyCoverage {
    /// How many things of it are reached.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.rules.iter().filter(|(_, cases)| *cases > 0).count()
            + usize::from(self.silent > 0)
            + self.settings.iter().filter(|setting| setting.reached).count()
    }

    /// How many things of it there are to reach.
    #[must_use]
    pub fn all(&self) -> usize {
        self.rules.len() + 1 + self.settings.len()
    }
}

fn of_policy(policy: &PolicyFacts, passed: &[(&Case, &Ran)]) -> PolicyCoverage {
    let names = |case: &Case, rule: &str| match &case.expected {
        Expected::Decision(decision) => {
            decision.findings.iter().any(|f| f.policy == policy.id && f.rule == rule)
        }
        Expected::SettingErrors(_) => false,
    };
    let rules = policy.descriptor.rules.iter().map(|rule| {
        let cases = passed.iter().filter(|(case, _)| names(case, &rule.id)).count();
        (rule.id.clone(), cases)
    });
    let silent = passed.iter().filter(|(case, ran)| is_silent(&policy.id, case, ran));
    PolicyCoverage {
        id: policy.id.clone(),
        rules: rules.collect(),
        silent: silent.count(),
        settings: Vec::new(),
    }
}

fn is_silent(id: &str, case: &Case, ran: &Ran) -> bool {
    let (Expected::Decision(expected), Observed::Decision(observed)) =
        (&case.expected, &ran.observed)
    else {
        return false;
    };
    expected.others == Others::Refused
        && observed.policies.iter().any(|p| p.id == id && p.status == PolicyStatus::Permit)
        && observed.findings.iter().all(|finding| finding.policy != id)
}

/// One policy alone, with what it says of the cases: settings bear on the
/// policy that has them, and on no other.
struct Probe<'a> {
    bundle: Bundle,
    id: String,
    given: Settings,
    groups: Vec<Group<'a>>,
    less: Less,
}

/// Judges by a policy with a setting less. Such policies are not kept: nobody
/// needs them again.
struct Less {
    engine: EngineConfig,
    authorizer: OnceCell<Authorizer>,
}

/// Cases that lay the same settings over those of the bundle.
struct Group<'a> {
    overlay: Settings,
    cases: Vec<&'a Case>,
    observed: Vec<Seen>,
}

/// What is compared.
#[derive(PartialEq)]
struct Seen {
    outcome: Outcome,
    findings: Vec<String>,
    requirements: Vec<String>,
    statuses: Vec<(PolicyStatus, Option<u32>)>,
}

impl<'a> Probe<'a> {
    fn new(
        bundle: &Bundle,
        id: &str,
        cases: &[&'a Case],
        engine: &EngineConfig,
    ) -> anyhow::Result<Option<Self>> {
        let Some(bundle) = bundle.only(id) else { return Ok(None) };
        let given = settings_of(&bundle, id);
        let none = Settings::new();
        let overlays: Vec<_> =
            cases.iter().map(|case| case.settings.get(id).unwrap_or(&none)).collect();
        let less = EngineConfig { cache: None, ..engine.clone() };
        let mut probe = Self {
            bundle,
            id: id.to_owned(),
            given,
            groups: Vec::new(),
            less: Less { engine: less, authorizer: OnceCell::new() },
        };
        let authorizer = authorizer(&probe.bundle, engine)?;
        for indices in groups(&overlays, |overlay| *overlay) {
            let overlay = indices.first().and_then(|index| overlays.get(*index));
            let Some(overlay) = overlay.map(|overlay| (*overlay).clone()) else { continue };
            authorizer.activate(&probe.with(&merged(&probe.given, &overlay)))?;
            let cases: Vec<_> =
                indices.iter().filter_map(|index| cases.get(*index).copied()).collect();
            let observed = cases.iter().map(|case| see(&authorizer, case)).collect();
            probe.groups.push(Group { overlay, cases, observed });
        }
        Ok(Some(probe))
    }

    /// Whether the policy says something else of some case without a setting.
    fn reaches(&self, pointer: &str) -> bool {
        let less = without(&self.given, pointer);
        self.groups.iter().any(|group| {
            let settings = merged(&less, &group.overlay);
            if settings == merged(&self.given, &group.overlay) {
                return false;
            }
            let Some(authorizer) = self.less.with(&self.with(&settings)) else { return true };
            let mut seen = group.cases.iter().zip(&group.observed);
            seen.any(|(case, seen)| see(authorizer, case) != *seen)
        })
    }

    /// The policy with these settings.
    fn with(&self, settings: &Settings) -> Bundle {
        self.bundle.clone().with_settings(&self.id, settings)
    }
}

impl Less {
    /// An authorizer with this bundle; none if it cannot be loaded.
    fn with(&self, bundle: &Bundle) -> Option<&Authorizer> {
        if let Some(authorizer) = self.authorizer.get() {
            return authorizer.activate(bundle).ok().map(|_| authorizer);
        }
        let new = authorizer(bundle, &self.engine).ok()?;
        Some(self.authorizer.get_or_init(|| new))
    }
}

fn see(authorizer: &Authorizer, case: &Case) -> Seen {
    let Observation { outcome, findings, requirements, policies, .. } = observe(authorizer, case);
    let findings = findings.iter().map(|finding| {
        let (effect, severity) = (finding.effect, finding.severity);
        format!("{} {effect:?} {severity:?}", line_of(finding))
    });
    Seen {
        outcome,
        findings: findings.collect(),
        requirements,
        statuses: policies.into_iter().map(|policy| (policy.status, policy.risk)).collect(),
    }
}
