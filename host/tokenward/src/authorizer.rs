//! The pipeline: the one place where the order of the steps is written.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use tokenward_bundle::{Bundle, BundledPolicy, Enforcement};
use tokenward_engine::{
    Binding, Effect, Engine, EngineConfig, Evaluation, KeyFacts, LoadError, LoadedPolicy, Outcome,
    Phase, PolicyInput, PolicySet, Reads, RequestFacts, Requirement, Signals, TokenFacts, Verdict,
};
use tokenward_token::{
    Object, ParseLimits, TokenDigest, TokenKind, Trust, UnixTime, UnverifiedToken, VerifiedToken,
};

use crate::combine::{Judged, combine};
use crate::decision::{
    BundleVersion, Decision, Outcome as DecisionOutcome, Permit, PolicyReport, PolicyStatus,
    Refusal, ReportedFinding,
};
use crate::rehearsal::Rehearsal;

/// Why a bundle cannot become the active one. The one before stays active.
#[derive(Debug, thiserror::Error)]
#[error("bundle `{bundle}`, policy `{policy}`: {source}")]
pub struct ActivateError {
    /// The bundle's name.
    pub bundle: String,
    /// The policy's id in the bundle.
    pub policy: String,
    /// What is wrong with it.
    pub source: LoadError,
}

/// Everything that can be told about one request.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The bearer token's bytes; empty if the request has none.
    pub bearer: &'a [u8],
    /// The moment in the token's life.
    pub phase: Phase,
    /// The request, if there is one.
    pub request: Option<&'a RequestFacts>,
    /// What is known of its context.
    pub signals: &'a Signals,
    /// Facts for which the contract has no field, by name.
    pub facts: &'a Object,
    /// A proof of possession that the caller verified.
    pub binding: Binding,
    /// The moment of the decision.
    pub now: UnixTime,
}

/// Verifies tokens and judges them by the active bundle. Share it in an `Arc`.
#[derive(Debug)]
pub struct Authorizer {
    engine: Engine,
    parse: ParseLimits,
    trust: ArcSwap<Trust>,
    active: ArcSwap<Active>,
}

/// Makes an [`Authorizer`] that differs from the default.
#[derive(Debug, Default)]
pub struct Builder {
    engine: EngineConfig,
    parse: ParseLimits,
}

impl Builder {
    /// With this engine configuration.
    #[must_use]
    pub fn engine(mut self, config: EngineConfig) -> Self {
        self.engine = config;
        self
    }

    /// With these limits of a token's size and shape.
    #[must_use]
    pub fn parse_limits(mut self, limits: ParseLimits) -> Self {
        self.parse = limits;
        self
    }

    /// Loads the bundle and makes the authorizer.
    ///
    /// # Errors
    ///
    /// [`ActivateError`], if a policy of the bundle cannot be loaded.
    pub fn build(self, trust: Trust, bundle: &Bundle) -> Result<Authorizer, ActivateError> {
        let engine = Engine::new(self.engine).map_err(|source| ActivateError {
            bundle: bundle.manifest().name.clone(),
            policy: "all".into(),
            source,
        })?;
        let active = Active::load(&engine, bundle)?;
        Ok(Authorizer {
            engine,
            parse: self.parse,
            trust: ArcSwap::from_pointee(trust),
            active: ArcSwap::from_pointee(active),
        })
    }
}

/// A loaded bundle.
#[derive(Debug)]
struct Active {
    version: Arc<BundleVersion>,
    entries: Vec<Entry>,
    policies: PolicySet,
}

/// What the bundle says of one policy, beside what the engine knows.
#[derive(Debug)]
struct Entry {
    id: Arc<str>,
    enforcement: Enforcement,
    on_fault: tokenward_bundle::OnFault,
    descriptor: Arc<tokenward_engine::Descriptor>,
    digest: Arc<str>,
    reads: Arc<Reads>,
}

impl Active {
    fn load(engine: &Engine, bundle: &Bundle) -> Result<Self, ActivateError> {
        let manifest = bundle.manifest();
        let mut entries = Vec::with_capacity(bundle.policies().len());
        let mut loaded = Vec::with_capacity(bundle.policies().len());
        for policy in bundle.policies() {
            let module =
                engine.load(&policy.component, &policy.settings_json()).map_err(|source| {
                    ActivateError {
                        bundle: manifest.name.clone(),
                        policy: policy.entry.id().to_owned(),
                        source,
                    }
                })?;
            entries.push(Entry::new(policy, &module));
            loaded.push(module);
        }
        let version = BundleVersion {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: bundle.digest().to_owned(),
        };
        Ok(Self { version: Arc::new(version), entries, policies: engine.assemble(loaded) })
    }
}

impl Entry {
    fn new(policy: &BundledPolicy, module: &LoadedPolicy) -> Self {
        Self {
            id: policy.entry.id().into(),
            enforcement: policy.entry.enforcement,
            on_fault: policy.entry.on_fault,
            descriptor: Arc::new(module.descriptor().clone()),
            digest: module.digest().into(),
            reads: Arc::new(module.reads().clone()),
        }
    }
}

impl Authorizer {
    /// An authorizer with the default engine and limits.
    ///
    /// # Errors
    ///
    /// [`ActivateError`], if a policy of the bundle cannot be loaded.
    pub fn new(trust: Trust, bundle: &Bundle) -> Result<Self, ActivateError> {
        Self::builder().build(trust, bundle)
    }

    /// An authorizer with another engine or other limits.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Makes this bundle the active one. It is loaded beside the one that
    /// serves; requests that began before keep to the old, later ones get the
    /// new, and none sees both.
    ///
    /// # Errors
    ///
    /// [`ActivateError`]: then the bundle before stays active.
    pub fn activate(&self, bundle: &Bundle) -> Result<Arc<BundleVersion>, ActivateError> {
        let active = Active::load(&self.engine, bundle)?;
        let version = Arc::clone(&active.version);
        self.active.store(Arc::new(active));
        Ok(version)
    }

    /// Replaces the trusted keys and issuers.
    pub fn set_trust(&self, trust: Trust) {
        self.trust.store(Arc::new(trust));
    }

    /// The trusted keys and issuers.
    #[must_use]
    pub fn trust(&self) -> Arc<Trust> {
        self.trust.load_full()
    }

    /// The active bundle.
    #[must_use]
    pub fn active(&self) -> Arc<BundleVersion> {
        Arc::clone(&self.active.load().version)
    }

    /// Decides about a request to a protected resource, now.
    #[must_use]
    pub fn authorize(&self, bearer: &[u8], request: &RequestFacts, signals: &Signals) -> Decision {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let now = UnixTime(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        self.authorize_at(bearer, request, signals, now)
    }

    /// Decides about a request to a protected resource, at this moment.
    #[must_use]
    pub fn authorize_at(
        &self,
        bearer: &[u8],
        request: &RequestFacts,
        signals: &Signals,
        now: UnixTime,
    ) -> Decision {
        let facts = Object::default();
        self.decide(&Call {
            bearer,
            phase: Phase::Use,
            request: Some(request),
            signals,
            facts: &facts,
            binding: Binding::None,
            now,
        })
    }

    /// Decides about a call with everything that can be told: verify, judge,
    /// combine, report.
    #[must_use]
    pub fn decide(&self, call: &Call<'_>) -> Decision {
        // Both are taken once: whatever is swapped meanwhile, this decision
        // knows one set of keys and one bundle.
        let active = self.active.load_full();
        let trust = self.trust.load_full();
        let started = Instant::now();
        let verified = self.verify(call, &trust);
        let verify = started.elapsed();
        match verified {
            Err(refusal) => {
                let token = (!call.bearer.is_empty()).then(|| TokenDigest::of(call.bearer));
                Decision { token, verify, ..Decision::refused(&active, refusal, call.now) }
            }
            Ok(token) => {
                let judged = Judgement::of_token(&active, call, &token);
                Decision {
                    verify,
                    token: Some(token.digest()),
                    issuer: token.issuer().map(str::to_owned),
                    kind: Some(token.kind().name().to_owned()),
                    ..judged.decide(&active, Some(token), call.now)
                }
            }
        }
    }

    /// Judges claims that are not signed yet: an issuer asks before it signs,
    /// or an identity provider at log-in.
    #[must_use]
    pub fn judge_claims(&self, claims: &Object, kind: &TokenKind, call: &Call<'_>) -> Decision {
        let active = self.active.load_full();
        let header = Object::default();
        let token = TokenFacts {
            kind,
            header: &header,
            key: None,
            encryption: None,
            binding: call.binding,
        };
        let judged = Judgement::of(&active, call, Some(token), claims);
        Decision { kind: Some(kind.name().to_owned()), ..judged.decide(&active, None, call.now) }
    }

    /// Judges facts as they are given, verified by nobody: what the active
    /// bundle would say of such a token in such a call. It is for tests and for
    /// tools that ask what would happen if; it vouches for nothing, and its
    /// answer has no [`Permit`]. `call.bearer` and `call.binding` are not looked
    /// at: `token` says what is known of the token, or that there is none.
    #[must_use]
    pub fn judge_facts(
        &self,
        token: Option<TokenFacts<'_>>,
        claims: &Object,
        call: &Call<'_>,
    ) -> Rehearsal {
        let active = self.active.load_full();
        let judged = Judgement::of(&active, call, token, claims);
        let kind = token.map(|token| token.kind.name().to_owned());
        Decision { kind, ..judged.decide(&active, None, call.now) }.into()
    }

    fn verify(&self, call: &Call<'_>, trust: &Trust) -> Result<VerifiedToken, Refusal> {
        if call.bearer.is_empty() {
            return Err(Refusal::TokenMissing);
        }
        UnverifiedToken::parse(call.bearer, &self.parse)
            .and_then(|token| token.verify(trust, call.now))
            .map_err(Refusal::Token)
    }
}

/// What the policies said about one call.
struct Judgement {
    evaluations: Vec<Evaluation>,
    elapsed: Duration,
}

impl Judgement {
    fn of_token(active: &Active, call: &Call<'_>, token: &VerifiedToken) -> Self {
        let key = token.key();
        let facts = TokenFacts {
            kind: token.kind(),
            header: token.header(),
            key: Some(KeyFacts {
                id: key.id(),
                key_type: key.key_type().name(),
                curve: key.curve(),
                bits: key.bits(),
                age_seconds: key.age_seconds(call.now),
            }),
            encryption: None,
            binding: call.binding,
        };
        Self::of(active, call, Some(facts), token.claims())
    }

    fn of(
        active: &Active,
        call: &Call<'_>,
        token: Option<TokenFacts<'_>>,
        claims: &Object,
    ) -> Self {
        let started = Instant::now();
        let evaluations = active.policies.evaluate(&PolicyInput {
            phase: call.phase,
            now: call.now.seconds(),
            token,
            claims,
            request: call.request,
            signals: call.signals,
            facts: call.facts,
        });
        Self { evaluations, elapsed: started.elapsed() }
    }

    fn decide(self, active: &Active, token: Option<VerifiedToken>, now: UnixTime) -> Decision {
        let judged = active.entries.iter().zip(&self.evaluations);
        let combined = combine(judged.clone().map(|(entry, evaluation)| Judged {
            enforcement: entry.enforcement,
            on_fault: entry.on_fault,
            verdict: match &evaluation.outcome {
                Outcome::Fault(fault) => Err(fault),
                other => Ok(other.verdict()),
            },
        }));
        let findings: Vec<_> = judged.clone().flat_map(|(e, v)| e.findings(v)).collect();
        let only_scope =
            !combined.missing_scopes.is_empty() && !denies_beyond_scope(judged.clone());
        let result = match (combined.outcome, combined.step_up) {
            (DecisionOutcome::Permit, _) => Ok(Permit { token, withhold: combined.withhold }),
            (DecisionOutcome::StepUp, Some(step_up)) => Err(Refusal::StepUp(step_up)),
            (DecisionOutcome::Deny, _) if only_scope => {
                Err(Refusal::Scope(combined.missing_scopes))
            }
            (DecisionOutcome::Deny, _) => Err(Refusal::Policy),
            (DecisionOutcome::Fault | DecisionOutcome::StepUp, _) => Err(Refusal::Fault),
        };
        Decision {
            result,
            evaluate: self.elapsed,
            policies: judged.map(|(entry, evaluation)| entry.report(evaluation)).collect(),
            findings,
            ..Decision::empty(active, now)
        }
    }
}

/// Whether an enforced policy denies for more than a missing scope: then
/// another scope would not help, and the client is not told to get one.
fn denies_beyond_scope<'a>(judged: impl Iterator<Item = (&'a Entry, &'a Evaluation)>) -> bool {
    let asks_for_scope =
        |v: &Verdict| v.requirements.iter().any(|r| matches!(r, Requirement::Scope(_)));
    judged
        .filter(|(entry, _)| entry.enforcement == Enforcement::Enforce)
        .filter_map(|(_, evaluation)| evaluation.outcome.verdict())
        .any(|verdict| {
            let mut rules: Vec<&str> = verdict
                .findings
                .iter()
                .filter(|finding| finding.effect == Effect::Deny)
                .map(|finding| finding.rule.as_str())
                .collect();
            rules.dedup();
            // One rule may deny for the scope that the policy asks for.
            rules.len() > usize::from(asks_for_scope(verdict))
        })
}

impl Entry {
    fn findings(&self, evaluation: &Evaluation) -> Vec<ReportedFinding> {
        let findings = evaluation.outcome.verdict().map_or(&[][..], |v| &v.findings);
        findings
            .iter()
            .filter_map(|finding| {
                // The engine let only rules through that the policy describes.
                let rule = self.descriptor.rule(&finding.rule)?;
                Some(ReportedFinding {
                    policy: self.id.to_string(),
                    rule: finding.rule.clone(),
                    title: rule.title.clone(),
                    severity: finding.severity,
                    effect: finding.effect,
                    enforcement: self.enforcement,
                    claim: finding.claim.clone(),
                    message: finding.message.clone(),
                    remedy: rule.remedy.clone(),
                    controls: rule.controls.clone(),
                })
            })
            .collect()
    }

    fn report(&self, evaluation: &Evaluation) -> PolicyReport {
        PolicyReport {
            id: Arc::clone(&self.id),
            enforcement: self.enforcement,
            on_fault: self.on_fault,
            descriptor: Arc::clone(&self.descriptor),
            digest: Arc::clone(&self.digest),
            reads: Arc::clone(&self.reads),
            status: status(&evaluation.outcome),
            remembered: matches!(evaluation.outcome, Outcome::Remembered(_)),
            fuel: evaluation.fuel,
            memory_bytes: evaluation.memory.peak,
            elapsed: evaluation.elapsed,
            risk: evaluation.outcome.verdict().and_then(|verdict| verdict.risk.clone()),
        }
    }
}

fn status(outcome: &Outcome) -> PolicyStatus {
    let verdict = match outcome {
        Outcome::Fault(fault) => return PolicyStatus::Fault(fault.clone()),
        Outcome::NotAsked => return PolicyStatus::NotAsked,
        Outcome::Judged(verdict) | Outcome::Remembered(verdict) => verdict,
    };
    let alone = Judged {
        enforcement: Enforcement::Enforce,
        on_fault: tokenward_bundle::OnFault::Closed,
        verdict: Ok(Some(verdict)),
    };
    match combine([alone]).outcome {
        DecisionOutcome::Deny => PolicyStatus::Deny,
        DecisionOutcome::StepUp => PolicyStatus::StepUp,
        DecisionOutcome::Permit | DecisionOutcome::Fault => PolicyStatus::Permit,
    }
}

impl Decision {
    fn empty(active: &Active, now: UnixTime) -> Self {
        Self {
            result: Err(Refusal::Fault),
            token: None,
            bundle: Arc::clone(&active.version),
            findings: Vec::new(),
            policies: Vec::new(),
            verify: Duration::ZERO,
            evaluate: Duration::ZERO,
            now: now.seconds(),
            issuer: None,
            kind: None,
        }
    }

    fn refused(active: &Active, refusal: Refusal, now: UnixTime) -> Self {
        Self { result: Err(refusal), ..Self::empty(active, now) }
    }
}
