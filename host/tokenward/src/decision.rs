//! A decision: permit, deny, step up or fault, with every reason.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokenward_bundle::{Bundle, Enforcement, OnFault};
use tokenward_engine::{Descriptor, Effect, Fault, Phase, Reads, Risk, Severity, StepUp};
use tokenward_token::{TokenDigest, TokenError, UnixTime};

use crate::authorizer::Active;
use crate::challenge::Challenge;
use crate::permit::Permit;

/// What is to happen with the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It passes.
    #[default]
    Permit,
    /// It is refused.
    Deny,
    /// It is refused until the user has authenticated again.
    StepUp,
    /// No decision could be made: it does not pass, and that is nobody's denial.
    Fault,
}

impl Outcome {
    /// `permit`, `deny`, `step-up` or `fault`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::StepUp => "step-up",
            Self::Fault => "fault",
        }
    }
}

/// What was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// A token, which had to be there and to be verified.
    Token,
    /// Claims that are about to be signed.
    Claims,
    /// A call in which there is no token yet.
    NoToken,
}

/// Why no decision could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Undecided {
    /// A policy gave no verdict; its [`PolicyStatus`] says why.
    #[error("a policy gave no verdict")]
    PolicyFault,
    /// No policy of the bundle is meant for this phase: nobody judged.
    #[error("nobody judged: no policy of the bundle is meant for the phase `{}`", .0.as_str())]
    NoPolicyAsked(Phase),
    /// The keys of the token's issuer are not to be had: nothing is known of the token.
    #[error("the keys of the token's issuer are not available")]
    KeysUnavailable,
}

impl Undecided {
    /// A stable code: `policy_fault`, `no_policy_asked` or `keys_unavailable`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PolicyFault => "policy_fault",
            Self::NoPolicyAsked(_) => "no_policy_asked",
            Self::KeysUnavailable => "keys_unavailable",
        }
    }
}

/// The bundle that decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BundleVersion {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `sha256:` and hexadecimal digits.
    pub digest: String,
}

impl From<&Bundle> for BundleVersion {
    fn from(bundle: &Bundle) -> Self {
        let manifest = bundle.manifest();
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: bundle.digest().to_owned(),
        }
    }
}

/// A finding, with what the policy's description and the bundle say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReportedFinding {
    /// The policy's id in the bundle.
    pub policy: String,
    /// The rule.
    pub rule: String,
    /// The rule in one line.
    pub title: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What it asks of the decision.
    pub effect: Effect,
    /// Whether that counts.
    pub enforcement: Enforcement,
    /// The claim it is about, as a JSON Pointer.
    pub claim: Option<String>,
    /// What was found.
    pub message: String,
    /// What to change.
    pub remedy: String,
    /// The controls it serves.
    pub controls: Vec<String>,
}

/// How one policy fared.
#[derive(Debug, Clone)]
pub struct PolicyReport {
    /// Its id in the bundle.
    pub id: Arc<str>,
    /// What its findings do.
    pub enforcement: Enforcement,
    /// What its faults do.
    pub on_fault: OnFault,
    /// Who it is.
    pub descriptor: Arc<Descriptor>,
    /// The digest of its component.
    pub digest: Arc<str>,
    /// What it was given.
    pub reads: Arc<Reads>,
    /// What came of it.
    pub status: PolicyStatus,
    /// Whether its verdict was remembered rather than made anew.
    pub remembered: bool,
    /// Fuel that the verdict took.
    pub fuel: u64,
    /// The most bytes of linear memory that the policy had; 0 where it did not run.
    pub memory_bytes: usize,
    /// Time that it took in this decision.
    pub elapsed: Duration,
    /// The risk, if it scores one.
    pub risk: Option<Risk>,
}

/// What came of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyStatus {
    /// It asks for nothing.
    Permit,
    /// It asks that the request be refused.
    Deny,
    /// It asks for another authentication.
    StepUp,
    /// It gave no verdict.
    Fault(Fault),
    /// It is not meant for this phase.
    NotAsked,
}

impl PolicyStatus {
    /// `permit`, `deny`, `step-up`, `fault` or `not-asked`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::StepUp => "step-up",
            Self::Fault(_) => "fault",
            Self::NotAsked => "not-asked",
        }
    }
}

/// Why a request does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No token was given.
    TokenMissing,
    /// The token is not accepted.
    Token(TokenError),
    /// A policy refuses, and no scope would help.
    Policy,
    /// Scopes are missing, and nothing else is wrong.
    Scope(Vec<String>),
    /// The user must authenticate again.
    StepUp(StepUp),
    /// No decision could be made.
    Fault(Undecided),
}

/// A decision, with every reason.
#[derive(Debug)]
pub struct Decision {
    pub(crate) result: Result<Permit, Refusal>,
    pub(crate) basis: Basis,
    pub(crate) token: Option<TokenDigest>,
    pub(crate) bundle: Arc<BundleVersion>,
    pub(crate) findings: Vec<ReportedFinding>,
    pub(crate) policies: Vec<PolicyReport>,
    pub(crate) verify: Duration,
    pub(crate) evaluate: Duration,
    pub(crate) now: i64,
    pub(crate) issuer: Option<String>,
    pub(crate) kind: Option<String>,
}

impl Decision {
    /// A decision of which no more is known.
    pub(crate) fn new(
        active: &Active,
        result: Result<Permit, Refusal>,
        basis: Basis,
        now: UnixTime,
    ) -> Self {
        Self {
            result,
            basis,
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

    /// What is to happen with the request.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match &self.result {
            Ok(_) => Outcome::Permit,
            Err(
                Refusal::TokenMissing | Refusal::Token(_) | Refusal::Policy | Refusal::Scope(_),
            ) => Outcome::Deny,
            Err(Refusal::StepUp(_)) => Outcome::StepUp,
            Err(Refusal::Fault(_)) => Outcome::Fault,
        }
    }

    /// The proof that the request may pass, or why it does not.
    ///
    /// # Errors
    ///
    /// The [`Refusal`], for every outcome but [`Outcome::Permit`].
    pub fn permit(&self) -> Result<&Permit, &Refusal> {
        self.result.as_ref()
    }

    /// Takes the proof out, for a service that wants to hold on to it.
    ///
    /// # Errors
    ///
    /// The [`Refusal`], for every outcome but [`Outcome::Permit`].
    pub fn into_permit(self) -> Result<Permit, Refusal> {
        self.result
    }

    /// Why the token is not accepted, if it is not.
    #[must_use]
    pub fn token_error(&self) -> Option<&TokenError> {
        match &self.result {
            Err(Refusal::Token(error)) => Some(error),
            _ => None,
        }
    }

    /// Why no decision could be made, for [`Outcome::Fault`].
    #[must_use]
    pub fn undecided(&self) -> Option<Undecided> {
        match &self.result {
            Err(Refusal::Fault(why)) => Some(*why),
            _ => None,
        }
    }

    /// What was judged.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// The digest of the token: never the token.
    #[must_use]
    pub fn token_digest(&self) -> Option<TokenDigest> {
        self.token
    }

    /// The issuer that the verified token names.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// What the verified token is for: `access`, `refresh`, `id`, or the subtype of another `typ`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Every finding: in the order of the bundle's policies, and of each in its own order.
    #[must_use]
    pub fn findings(&self) -> &[ReportedFinding] {
        &self.findings
    }

    /// The findings that the caller may see: those of no shadow policy.
    pub fn visible_findings(&self) -> impl Iterator<Item = &ReportedFinding> {
        self.findings.iter().filter(|finding| finding.enforcement != Enforcement::Shadow)
    }

    /// How each policy fared, in the order of the bundle. Empty when the token was not accepted.
    #[must_use]
    pub fn policies(&self) -> &[PolicyReport] {
        &self.policies
    }

    /// The bundle that decided.
    #[must_use]
    pub fn bundle(&self) -> &BundleVersion {
        &self.bundle
    }

    /// The moment of the decision, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Time that the token's verification took.
    #[must_use]
    pub fn verify_time(&self) -> Duration {
        self.verify
    }

    /// Time that the policies took.
    #[must_use]
    pub fn evaluate_time(&self) -> Duration {
        self.evaluate
    }

    /// The challenge for the client: for a token that is not accepted, for
    /// missing scopes, and for a step-up. A policy that refuses for another
    /// reason gives a client nothing to ask for.
    #[must_use]
    pub fn challenge(&self) -> Option<Challenge> {
        match &self.result {
            Err(Refusal::TokenMissing) => Some(Challenge::TokenMissing),
            Err(Refusal::Token(_)) => Some(Challenge::InvalidToken),
            Err(Refusal::Scope(scopes)) => {
                Some(Challenge::InsufficientScope { scopes: scopes.clone() })
            }
            Err(Refusal::StepUp(step_up)) => Some(Challenge::step_up(step_up)),
            Ok(_) | Err(Refusal::Policy | Refusal::Fault(_)) => None,
        }
    }
}
