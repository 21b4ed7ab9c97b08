//! Verifies a bearer token and judges it by a bundle of sandboxed compliance
//! policies.
//!
//! An [`Authorizer`] holds the trusted keys and the active [`Bundle`]. Each
//! request gives it the bearer token, the facts of the request and what is
//! known of its context, and gets a [`Decision`]: permit, deny, step up or
//! fault, with every finding and its reasons.
//!
//! ```
//! use tokenward::{Authorizer, Bundle, Outcome, RequestFacts, Signals, Trust};
//! use tokenward::mint::PrivateKey;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let key = PrivateKey::generate(tokenward::Algorithm::ES256)?;
//! # let now = tokenward::UnixTime(1_800_000_000);
//! # let claims = tokenward::json::parse_strict(
//! #     br#"{"sub":"u-1","iat":1800000000,"exp":1800000600,"email":"alice@example.com"}"#,
//! #     &Default::default(),
//! # )?;
//! # let token = key.mint(None, claims.as_object().ok_or("an object")?)?;
//! let trust = Trust::key_only(key.key_set()?);
//! let authorizer = Authorizer::new(trust, &Bundle::built_in("baseline")?)?;
//!
//! let request = RequestFacts::new("GET", "https://api.example/orders")?;
//! let decision = authorizer.authorize_at(token.as_bytes(), &request, &Signals::none(), now);
//! assert_eq!(decision.outcome(), Outcome::Deny);
//! assert_eq!(decision.findings()[0].claim.as_deref(), Some("/email"));
//! # Ok(()) }
//! ```
//!
//! It is synchronous and does no I/O while it decides: call it from any thread
//! or async runtime.

mod authorizer;
mod call;
mod challenge;
mod combine;
mod decision;
mod evidence;
mod judgement;
mod owned_call;
mod permit;
mod record;
mod rehearsal;
mod remembered;

pub use authorizer::{ActivateError, Authorizer, Builder, Prepared, load_policy};
pub use call::Call;
pub use challenge::Challenge;
pub use combine::{Combined, Judged, combine};
pub use decision::{
    Basis, BundleVersion, Decision, Outcome, PolicyReport, PolicyStatus, Refusal, ReportedFinding,
    Undecided,
};
pub use evidence::{ClaimEvidence, claim_evidence};
pub use owned_call::OwnedCall;
pub use permit::Permit;
pub use record::{DecisionRecord, SCHEMA};
pub use rehearsal::Rehearsal;
pub use remembered::MemoryOfTokens;

pub use tokenward_bundle::packed;
pub use tokenward_bundle::{
    Bundle, BundleError, BundleManifest, BundledPolicy, CoverageRow, CoverageTable, DEFAULT_BUNDLE,
    Enforcement, HostState, MANIFEST_FILE, MOST_MEMORY_MIB, OnFault, Owner, PolicyEntry,
    built_in_bundles, built_in_cases, built_in_coverage, built_in_policies, built_in_policy,
    built_in_policy_cases, files_in, read_file,
};
pub use tokenward_engine::{
    Binding, CacheError, ClaimSelector, CompilationCache, Cookie, Descriptor, Effect, Encryption,
    Engine, EngineConfig, Fault, KeyFacts, Limits, LoadError, MemoryOfVerdicts, Phase, Reads,
    Refill, RequestError, RequestFacts, RequestPart, Requirement, Risk, Rule, SameSite, Severity,
    Signal, Signals, StepUp, Tls, TokenFacts, TokenLocation, TokenPart, component_digest,
};
pub use tokenward_token::credential;
pub use tokenward_token::{
    Algorithm, BearerToken, Issuer, Json, Key, KeySet, Object, ParseLimits, TokenDigest,
    TokenError, TokenKind, Trust, UnixTime, UnverifiedToken, VerifiedToken, json, load, mint, time,
};
