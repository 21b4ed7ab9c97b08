//! Inputs and engines that several tests use.

use tokenward_engine::{
    Binding, Calls, Compilation, Encryption, Engine, EngineConfig, Evaluation, Instances, KeyFacts,
    MemoryOfVerdicts, Outcome, Phase, PolicyInput, PolicySet, RequestFacts, Signals, TokenFacts,
};
use tokenward_policy::testing::KeyGiven;
use tokenward_token::TokenKind;
use tokenward_token::json::{Json, JsonLimits, Object, parse_strict};

/// An engine that remembers nothing, so that every evaluation is a real one.
pub(crate) fn engine() -> Engine {
    engine_with(EngineConfig { memory: MemoryOfVerdicts::Off, ..EngineConfig::default() })
}

/// The two ways in which policies run, neither of which remembers anything.
pub(crate) fn both_engines() -> [Engine; 2] {
    both_engines_compiled(Compilation::Optimized)
}

/// The same, for policies that are compiled so.
pub(crate) fn both_engines_compiled(compilation: Compilation) -> [Engine; 2] {
    let memory = MemoryOfVerdicts::Off;
    let of = |calls, instances| {
        let config =
            EngineConfig { calls, instances, compilation, memory, ..EngineConfig::default() };
        engine_with(config)
    };
    [of(Calls::Direct, Instances::Restored), of(Calls::Component, Instances::Fresh)]
}

pub(crate) fn engine_with(config: EngineConfig) -> Engine {
    Engine::new(config).expect("an engine")
}

pub(crate) fn object(text: &str) -> Object {
    match parse_strict(text.as_bytes(), &JsonLimits::default()).expect("JSON") {
        Json::Object(object) => object,
        other => panic!("an object, not {}", other.type_name()),
    }
}

/// Everything that one evaluation is given, owned.
pub(crate) struct Given {
    pub(crate) phase: Phase,
    pub(crate) now: i64,
    /// None where there is no token.
    pub(crate) kind: Option<TokenKind>,
    pub(crate) header: Object,
    pub(crate) key: Option<KeyGiven>,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) binding: Binding,
    pub(crate) claims: Object,
    pub(crate) request: Option<RequestFacts>,
    pub(crate) signals: Signals,
    pub(crate) facts: Object,
}

impl Given {
    pub(crate) fn claims(text: &str) -> Self {
        Self {
            phase: Phase::Use,
            now: 1_700_000_000,
            kind: Some(TokenKind::Access),
            header: Object::default(),
            key: None,
            encryption: None,
            binding: Binding::None,
            claims: object(text),
            request: None,
            signals: Signals::none(),
            facts: Object::default(),
        }
    }

    pub(crate) fn input(&self) -> PolicyInput<'_> {
        PolicyInput {
            phase: self.phase,
            now: self.now,
            token: self.kind.as_ref().map(|kind| TokenFacts {
                kind,
                header: &self.header,
                key: self.key.as_ref().map(|key| KeyFacts {
                    id: key.id.as_deref(),
                    key_type: &key.key_type,
                    curve: key.curve.as_deref(),
                    bits: key.bits,
                    age_seconds: key.age,
                }),
                encryption: self.encryption.as_ref(),
                binding: self.binding,
            }),
            claims: &self.claims,
            request: self.request.as_ref(),
            signals: &self.signals,
            facts: &self.facts,
        }
    }

    pub(crate) fn judge(&self, set: &PolicySet) -> Vec<Evaluation> {
        set.evaluate(&self.input())
    }
}

/// The code of the fault, or what there is instead.
pub(crate) fn outcome(evaluation: &Evaluation) -> String {
    match &evaluation.outcome {
        Outcome::Fault(fault) => fault.code().to_owned(),
        Outcome::NotAsked => "not-asked".to_owned(),
        Outcome::Judged(verdict) | Outcome::Remembered(verdict) => {
            if verdict.findings.is_empty() { "permit" } else { "finding" }.to_owned()
        }
    }
}
