//! The same rules natively, in regorus and in Cedar.

use std::str::FromStr;

use serde_json::{Value as Json, json};
use tokenward_policy::testing::{Case, KeyGiven, TlsGiven};
use tokenward_policy::{self as sdk, Policy};

use crate::subject::{FACTS, HEADER, KEY, NOW, REQUEST, SIGNALS, Subject, TLS};

/// A policy compiled natively, with its input made before.
pub(crate) trait Native {
    fn judge(&self) -> usize;
}

struct NativePolicy<P: Policy> {
    policy: P,
    input: sdk::Input,
}

impl<P: Policy> Native for NativePolicy<P> {
    fn judge(&self) -> usize {
        let verdict = self.policy.evaluate(std::hint::black_box(&self.input));
        verdict.findings.len() + verdict.requirements.len()
    }
}

pub(crate) fn native(policies: &[(&str, &str)], subject: &Subject) -> Vec<Box<dyn Native>> {
    policies
        .iter()
        .filter_map(|(name, settings)| {
            let make = match *name {
                "audience-binding" => one::<audience_binding::AudienceBinding>,
                "cardholder-data" => one::<cardholder_data::CardholderData>,
                "claim-minimization" => one::<claim_minimization::ClaimMinimization>,
                "consent" => one::<consent::Consent>,
                "encryption-required" => one::<encryption_required::EncryptionRequired>,
                "health-data" => one::<health_data::HealthData>,
                "key-strength" => one::<key_strength::KeyStrength>,
                "lifetime-limits" => one::<lifetime_limits::LifetimeLimits>,
                "password-policy" => one::<password_policy::PasswordPolicy>,
                "reissue-rate" => one::<reissue_rate::ReissueRate>,
                "risk-score" => one::<risk_score::RiskScore>,
                "role-access" => one::<role_access::RoleAccess>,
                "scope-check" => one::<scope_check::ScopeCheck>,
                "secrets" => one::<secrets::Secrets>,
                "session-limits" => one::<session_limits::SessionLimits>,
                "transport" => one::<transport::Transport>,
                other => panic!("no policy `{other}`"),
            };
            make(settings, subject)
        })
        .collect()
}

/// None of a policy that is not asked when a token is used.
fn one<P: Policy + 'static>(settings: &str, subject: &Subject) -> Option<Box<dyn Native>> {
    if P::descriptor().phases & sdk::Phases::USE != sdk::Phases::USE {
        return None;
    }
    let policy = sdk::configure::<P>(settings).expect("settings");
    let [version, cipher] = TLS.map(|text| Some(text.to_owned()));
    let case = Case {
        name: "bench".into(),
        now: NOW,
        claims: subject.text.clone(),
        header: HEADER.into(),
        key: Some(KeyGiven {
            id: KEY.id.map(Into::into),
            key_type: KEY.key_type.into(),
            curve: KEY.curve.map(Into::into),
            bits: KEY.bits,
            age: KEY.age_seconds,
        }),
        request: Some(REQUEST.join(" ")),
        tls: Some(TlsGiven { version, cipher, client_certificate: false }),
        token_location: Some("authorization-header".into()),
        signals: SIGNALS.into(),
        facts: FACTS.into(),
        ..Case::default()
    };
    let input = case.input(&policy.reads());
    Some(Box::new(NativePolicy { policy, input }))
}

/// regorus: one module a round, each holding the rules of all four policies.
pub(crate) struct Rego {
    engine: regorus::Engine,
    rules: Vec<String>,
    input: regorus::Value,
}

impl Rego {
    pub(crate) fn new(rounds: usize, subject: &Subject) -> Self {
        let source = include_str!("../peers/rules.rego");
        let mut engine = regorus::Engine::new();
        let mut rules = Vec::new();
        for round in 0..rounds {
            let place = format!("r{round}");
            engine
                .add_policy(format!("{place}.rego"), source.replace("PLACE", &place))
                .expect("Rego");
            rules.push(format!("data.tokenward.{place}.findings"));
        }
        let claims: Json = serde_json::from_str(&subject.text).expect("claims");
        let input = json!({
            "claims": claims,
            "request": {"method": "GET", "path": "/records/7"},
            "signals": {"unusual-location": false, "unusual-time": false, "new-device": false},
            "now": NOW,
        });
        let input = regorus::Value::from_json_str(&input.to_string()).expect("input");
        let mut rego = Self { engine, rules, input };
        rego.judge(); // prepares the modules, so that clones are ready
        let prepared = rego.prepared();
        rego.engine = prepared;
        rego
    }

    fn prepared(&self) -> regorus::Engine {
        let mut engine = self.engine.clone();
        engine.set_input(self.input.clone());
        for rule in &self.rules {
            engine.eval_rule(rule.clone()).expect("a rule");
        }
        engine
    }

    /// A request: a clone of the prepared engine, its input, every rule.
    pub(crate) fn judge(&self) -> usize {
        let mut engine = self.engine.clone();
        engine.set_input(self.input.clone());
        let mut findings = 0;
        for rule in &self.rules {
            let value = engine.eval_rule(rule.clone()).expect("a rule");
            if let Ok(set) = value.as_set() {
                findings += set.len();
            }
        }
        findings
    }
}

/// Cedar: one policy set a round; the context is made from JSON for each request.
pub(crate) struct Cedar {
    sets: Vec<cedar_policy::PolicySet>,
    context: Json,
    entities: cedar_policy::Entities,
    authorizer: cedar_policy::Authorizer,
    uid: cedar_policy::EntityUid,
}

impl Cedar {
    pub(crate) fn new(rounds: usize, subject: &Subject) -> Self {
        let source = include_str!("../peers/rules.cedar");
        let set = || cedar_policy::PolicySet::from_str(source).expect("Cedar");
        let claims: Json = serde_json::from_str(&subject.text).expect("claims");
        Self {
            sets: (0..rounds).map(|_| set()).collect(),
            context: json!({
                "claims": claims,
                "scopes": ["records:read", "records:list"],
                "request": {"method": "GET", "path": "/records/7"},
                "signals": {"location": false, "time": false, "attempts": false},
                "now": NOW,
            }),
            entities: cedar_policy::Entities::empty(),
            authorizer: cedar_policy::Authorizer::new(),
            uid: "T::\"x\"".parse().expect("a name"),
        }
    }

    pub(crate) fn judge(&self) -> usize {
        let context = cedar_policy::Context::from_json_value(self.context.clone(), None);
        let request = cedar_policy::Request::new(
            self.uid.clone(),
            self.uid.clone(),
            self.uid.clone(),
            context.expect("a context"),
            None,
        )
        .expect("a request");
        let judge = |set| self.authorizer.is_authorized(&request, set, &self.entities);
        let answers = self.sets.iter().map(judge);
        answers.filter(|answer| answer.decision() == cedar_policy::Decision::Deny).count()
    }
}
