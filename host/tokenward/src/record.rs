//! A decision as a record: what `tokenward check --format json` prints, and
//! what a log keeps. The schema is in its name; fields may be added to it.

use serde::Serialize;
use tokenward_engine::{Reads, Risk};

use crate::challenge::Challenge;
use crate::decision::{
    Basis, BundleVersion, Decision, Outcome, PolicyReport, PolicyStatus, Refusal, ReportedFinding,
};

/// The name and version of the record's schema.
pub const SCHEMA: &str = "tokenward.decision/1";

/// A decision as a record. It holds the token's digest, never the token, and
/// no claim's value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DecisionRecord<'a> {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// `permit`, `deny`, `step-up` or `fault`.
    pub outcome: Outcome,
    /// For `fault`: why no decision could be made.
    pub fault: Option<ErrorRecord>,
    /// What was judged: `token`, `claims` or `no-token`.
    pub basis: Basis,
    /// The moment of the decision, in seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// About the token.
    pub token: TokenRecord<'a>,
    /// Every finding, in the order of the bundle's policies.
    pub findings: &'a [ReportedFinding],
    /// The challenge for the client.
    pub challenge: Option<ChallengeRecord>,
    /// Claims, as JSON Pointers, not to be passed on upstream.
    pub withhold: &'a [String],
    /// The bundle that decided.
    pub bundle: &'a BundleVersion,
    /// How each policy fared, in the order of the bundle.
    pub policies: Vec<PolicyRecord<'a>>,
    /// Nanoseconds of the whole.
    pub nanoseconds: Times,
}

/// About the token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TokenRecord<'a> {
    /// Whether it was verified.
    pub verified: bool,
    /// Why not.
    pub error: Option<ErrorRecord>,
    /// `sha256:` and hexadecimal digits.
    pub digest: Option<String>,
    /// The issuer that the trust file names.
    pub issuer: Option<&'a str>,
    /// What it is for.
    pub kind: Option<&'a str>,
}

/// An error with its stable code.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ErrorRecord {
    /// The stable code.
    pub code: &'static str,
    /// The error in words.
    pub message: String,
}

/// A challenge, in parts and as the value of `WWW-Authenticate`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChallengeRecord {
    /// The parts.
    #[serde(flatten)]
    pub challenge: Challenge,
    /// The header's value.
    pub header: String,
}

/// How one policy fared.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PolicyRecord<'a> {
    /// Its id in the bundle.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The digest of its component.
    pub digest: &'a str,
    /// What its findings do.
    pub enforcement: tokenward_bundle::Enforcement,
    /// `permit`, `deny`, `step-up`, `fault` or `not-asked`.
    pub outcome: &'static str,
    /// Why it gave no verdict.
    pub fault: Option<ErrorRecord>,
    /// What it was given.
    pub reads: &'a Reads,
    /// Whether its verdict was remembered.
    pub remembered: bool,
    /// Fuel that the verdict took.
    pub fuel: u64,
    /// The most bytes of linear memory that it had.
    pub memory_bytes: usize,
    /// Nanoseconds that it took.
    pub nanoseconds: u64,
    /// The risk, if it scores one.
    pub risk: Option<&'a Risk>,
}

/// Nanoseconds of a decision.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Times {
    /// Parsing and verifying the token.
    pub verify: u64,
    /// All policies.
    pub evaluate: u64,
}

impl Decision {
    /// The decision as a record.
    #[must_use]
    pub fn record(&self) -> DecisionRecord<'_> {
        DecisionRecord {
            schema: SCHEMA,
            outcome: self.outcome(),
            fault: self
                .undecided()
                .map(|why| ErrorRecord { code: why.code(), message: why.to_string() }),
            basis: self.basis,
            time: self.now,
            token: TokenRecord {
                verified: self.token.is_some() && self.kind.is_some(),
                error: self.token_error_record(),
                digest: self.token.map(|digest| digest.to_string()),
                issuer: self.issuer.as_deref(),
                kind: self.kind.as_deref(),
            },
            findings: &self.findings,
            challenge: self
                .challenge()
                .map(|challenge| ChallengeRecord { header: challenge.to_string(), challenge }),
            withhold: self.result.as_ref().map_or(&[], |permit| permit.withhold()),
            bundle: &self.bundle,
            policies: self.policies.iter().map(PolicyRecord::of).collect(),
            nanoseconds: Times {
                verify: nanoseconds(self.verify),
                evaluate: nanoseconds(self.evaluate),
            },
        }
    }

    fn token_error_record(&self) -> Option<ErrorRecord> {
        match &self.result {
            Err(Refusal::TokenMissing) => {
                Some(ErrorRecord { code: "token_missing", message: "no token was given".into() })
            }
            Err(Refusal::Token(error)) => {
                Some(ErrorRecord { code: error.code(), message: error.to_string() })
            }
            _ => None,
        }
    }
}

impl<'a> PolicyRecord<'a> {
    fn of(report: &'a PolicyReport) -> Self {
        Self {
            id: &report.id,
            name: &report.descriptor.name,
            version: &report.descriptor.version,
            digest: &report.digest,
            enforcement: report.enforcement,
            outcome: report.status.as_str(),
            fault: match &report.status {
                PolicyStatus::Fault(fault) => {
                    Some(ErrorRecord { code: fault.code(), message: fault.to_string() })
                }
                _ => None,
            },
            reads: &report.reads,
            remembered: report.remembered,
            fuel: report.fuel,
            memory_bytes: report.memory_bytes,
            nanoseconds: nanoseconds(report.elapsed),
            risk: report.risk.as_ref(),
        }
    }
}

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
