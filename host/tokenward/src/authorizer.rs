//! The pipeline: the one place where the order of the steps is written.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use tokenward_bundle::{Bundle, BundledPolicy, Enforcement, OnFault};
use tokenward_engine::{
    Binding, Descriptor, Engine, EngineConfig, LoadError, LoadedPolicy, Phase, PolicySet, Reads,
    RequestFacts, Signals, TokenFacts,
};
use tokenward_token::{
    Object, ParseLimits, TokenDigest, TokenError, Trust, UnixTime, UnverifiedToken, VerifiedToken,
};

use crate::call::Call;
use crate::decision::{Basis, BundleVersion, Decision, Refusal, Undecided};
use crate::judgement::Judgement;
use crate::rehearsal::Rehearsal;
use crate::remembered::{MemoryOfTokens, RememberedTokens};

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

/// Verifies tokens and judges them by the active bundle. Share it in an `Arc`.
#[derive(Debug)]
pub struct Authorizer {
    engine: Engine,
    parse: ParseLimits,
    trust: ArcSwap<Trust>,
    remembered: RememberedTokens,
    active: ArcSwap<Active>,
}

/// Makes an [`Authorizer`] that differs from the default.
#[derive(Debug, Default)]
pub struct Builder {
    engine: EngineConfig,
    parse: ParseLimits,
    tokens: MemoryOfTokens,
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

    /// Remembers verified tokens; by itself, an authorizer remembers none.
    #[must_use]
    pub fn remember_tokens(mut self, memory: MemoryOfTokens) -> Self {
        self.tokens = memory;
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
            remembered: RememberedTokens::new(self.tokens),
            active: ArcSwap::from_pointee(active),
        })
    }
}

/// A bundle that is loaded and ready to be the active one.
#[derive(Debug)]
pub struct Prepared {
    active: Active,
}

/// A loaded bundle.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) version: Arc<BundleVersion>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) policies: PolicySet,
}

/// What the bundle says of one policy, beside what the engine knows.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Arc<str>,
    pub(crate) enforcement: Enforcement,
    pub(crate) on_fault: OnFault,
    pub(crate) descriptor: Arc<Descriptor>,
    pub(crate) digest: Arc<str>,
    pub(crate) reads: Arc<Reads>,
}

impl Active {
    fn load(engine: &Engine, bundle: &Bundle) -> Result<Self, ActivateError> {
        let mut entries = Vec::with_capacity(bundle.policies().len());
        let mut loaded = Vec::with_capacity(bundle.policies().len());
        for policy in bundle.policies() {
            let module = load_policy(engine, bundle, policy)?;
            entries.push(Entry::new(policy, &module));
            loaded.push(module);
        }
        Ok(Self { version: Arc::new(bundle.into()), entries, policies: engine.assemble(loaded) })
    }
}

/// Loads a policy of a bundle, with the settings that the bundle has for it.
///
/// # Errors
///
/// [`ActivateError`].
pub fn load_policy(
    engine: &Engine,
    bundle: &Bundle,
    policy: &BundledPolicy,
) -> Result<LoadedPolicy, ActivateError> {
    let (component, settings) = (&policy.component, policy.settings_json());
    let loaded = match policy.entry.memory_bytes() {
        None => engine.load(component, &settings),
        Some(bytes) => engine.load_with_memory(component, &settings, bytes),
    };
    loaded.map_err(|source| ActivateError {
        bundle: bundle.manifest().name.clone(),
        policy: policy.entry.id().to_owned(),
        source,
    })
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
        Ok(self.switch(self.prepare(bundle)?))
    }

    /// Loads a bundle beside the one that serves, and has it judge once, so that
    /// its first request is no slower than others.
    ///
    /// # Errors
    ///
    /// [`ActivateError`].
    pub fn prepare(&self, bundle: &Bundle) -> Result<Prepared, ActivateError> {
        let active = Active::load(&self.engine, bundle)?;
        let nothing = Object::default();
        let call = Call {
            bearer: &[],
            phase: Phase::Use,
            request: None,
            signals: &Signals::none(),
            facts: &nothing,
            binding: Binding::None,
            encryption: None,
            now: UnixTime(0),
        };
        // What it says of nothing does not matter, nor whether it can say anything.
        drop(Judgement::of(&active, &call, None, &nothing));
        Ok(Prepared { active })
    }

    /// Makes a bundle that this authorizer prepared the active one, at once.
    pub fn switch(&self, prepared: Prepared) -> Arc<BundleVersion> {
        let version = Arc::clone(&prepared.active.version);
        self.active.store(Arc::new(prepared.active));
        version
    }

    /// Replaces the trusted keys and issuers.
    pub fn set_trust(&self, trust: Trust) {
        self.trust.store(Arc::new(trust));
        self.remembered.clear();
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
        self.authorize_at(bearer, request, signals, UnixTime::now())
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
            encryption: None,
            now,
        })
    }

    /// Decides about a call with everything that can be told: verify, judge,
    /// combine, report. A call without a token is refused in every phase; see
    /// [`Authorizer::judge_without_token`].
    #[must_use]
    pub fn decide(&self, call: &Call<'_>) -> Decision {
        // Both are taken once: whatever is swapped meanwhile, this decision
        // knows one set of keys and one bundle.
        let active = self.active.load_full();
        let trust = self.trust.load_full();
        decide(&active, call, || self.verify(call, &trust))
    }

    /// What the decision would be if this were the trust. It is for tools that
    /// ask what would happen if; its answer has no [`Permit`].
    ///
    /// [`Permit`]: crate::Permit
    #[must_use]
    pub fn rehearse(&self, call: &Call<'_>, trust: &Trust) -> Rehearsal {
        let active = self.active.load_full();
        decide(&active, call, || verify(call, &self.parse, trust)).into()
    }

    /// Judges claims that are not signed yet: an issuer asks before it signs,
    /// or an identity provider at log-in. `token` says what the token will be;
    /// `call.bearer`, `call.binding` and `call.encryption` are not looked at.
    ///
    /// In the phases `use` and `refresh` only a token that is verified passes:
    /// then the answer is [`Refusal::TokenMissing`].
    #[must_use]
    pub fn judge_claims(
        &self,
        claims: &Object,
        token: TokenFacts<'_>,
        call: &Call<'_>,
    ) -> Decision {
        let active = self.active.load_full();
        let decision = match call.phase {
            Phase::Issue | Phase::Login => Judgement::of(&active, call, Some(token), claims)
                .decide(&active, call, Basis::Claims, None),
            Phase::Use | Phase::Refresh => {
                refused(&active, Refusal::TokenMissing, Basis::Claims, call)
            }
        };
        Decision { kind: Some(token.kind.name().to_owned()), ..decision }
    }

    /// Judges a log-in, at which there is no token yet: by its request, signals
    /// and facts, such as those of a password. What is said of a token in the
    /// call is not looked at.
    ///
    /// In every phase but `login` there has to be one: then the answer is
    /// [`Refusal::TokenMissing`].
    #[must_use]
    pub fn judge_without_token(&self, call: &Call<'_>) -> Decision {
        let active = self.active.load_full();
        match call.phase {
            Phase::Login => Judgement::of(&active, call, None, &Object::default()).decide(
                &active,
                call,
                Basis::NoToken,
                None,
            ),
            Phase::Issue | Phase::Use | Phase::Refresh => {
                refused(&active, Refusal::TokenMissing, Basis::NoToken, call)
            }
        }
    }

    /// Judges facts as they are given, verified by nobody: what the active
    /// bundle would say of such a token in such a call. It is for tests and for
    /// tools that ask what would happen if; it vouches for nothing, and its
    /// answer has no [`Permit`]. `token` says what is known of the token, or that
    /// there is none; what `call` says of one is not looked at.
    ///
    /// [`Permit`]: crate::Permit
    #[must_use]
    pub fn judge_facts(
        &self,
        token: Option<TokenFacts<'_>>,
        claims: &Object,
        call: &Call<'_>,
    ) -> Rehearsal {
        let active = self.active.load_full();
        let basis = if token.is_some() { Basis::Claims } else { Basis::NoToken };
        let judged = Judgement::of(&active, call, token, claims);
        let kind = token.map(|token| token.kind.name().to_owned());
        Decision { kind, ..judged.decide(&active, call, basis, None) }.into()
    }

    fn verify(&self, call: &Call<'_>, trust: &Arc<Trust>) -> Result<VerifiedToken, Refusal> {
        if let Some(remembered) = self.remembered.get(call.bearer, trust, call.now) {
            return remembered.map_err(not_accepted);
        }
        let token = verify(call, &self.parse, trust)?;
        self.remembered.insert(call.bearer, &token, trust);
        Ok(token)
    }
}

/// The order of the steps: verify, judge, combine, report.
fn decide(
    active: &Active,
    call: &Call<'_>,
    verify: impl FnOnce() -> Result<VerifiedToken, Refusal>,
) -> Decision {
    let started = Instant::now();
    let verified = verify();
    let verify = started.elapsed();
    match verified {
        Err(refusal) => {
            let token = (!call.bearer.is_empty()).then(|| TokenDigest::of(call.bearer));
            Decision { token, verify, ..refused(active, refusal, Basis::Token, call) }
        }
        Ok(token) => {
            let judged = Judgement::of_token(active, call, &token);
            Decision {
                verify,
                token: Some(token.digest()),
                issuer: token.issuer().map(str::to_owned),
                kind: Some(token.kind().name().to_owned()),
                ..judged.decide(active, call, Basis::Token, Some(token))
            }
        }
    }
}

fn verify(call: &Call<'_>, parse: &ParseLimits, trust: &Trust) -> Result<VerifiedToken, Refusal> {
    if call.bearer.is_empty() {
        return Err(Refusal::TokenMissing);
    }
    let token = UnverifiedToken::parse(call.bearer, parse);
    token.and_then(|token| token.verify(trust, call.now)).map_err(not_accepted)
}

/// That its issuer's keys cannot be had is nothing that is wrong with a token.
fn not_accepted(error: TokenError) -> Refusal {
    match error {
        TokenError::KeysUnavailable => Refusal::Fault(Undecided::KeysUnavailable),
        error => Refusal::Token(error),
    }
}

fn refused(active: &Active, refusal: Refusal, basis: Basis, call: &Call<'_>) -> Decision {
    Decision::new(active, Err(refusal), basis, call.now)
}
