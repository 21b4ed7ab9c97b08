//! The configuration file, as it is written: every setting known, or refused.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    #[serde(default)]
    pub(crate) listen: Listen,
    #[serde(default)]
    pub(crate) admin: Admin,
    pub(crate) trust: Trust,
    pub(crate) bundle: Bundle,
    #[serde(default)]
    pub(crate) token: Token,
    #[serde(default)]
    pub(crate) upstream: Upstream,
    #[serde(default)]
    pub(crate) signals: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) facts: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) reply: Reply,
    #[serde(default)]
    pub(crate) authzen: AuthZen,
    #[serde(default)]
    pub(crate) log: Log,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision_log: Option<DecisionLog>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<Trace>,
}

/// What gateways ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Listen {
    pub(crate) address: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<Tls>,
    pub(crate) connections: usize,
    pub(crate) header_timeout: u64,
    pub(crate) request_timeout: u64,
    pub(crate) settle: u64,
    pub(crate) drain: u64,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 9191)),
            tls: None,
            connections: 16_384,
            header_timeout: 75,
            request_timeout: 10,
            settle: 1,
            drain: 30,
        }
    }
}

/// A certificate, its key, and whose clients' certificates are accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_ca: Option<PathBuf>,
}

/// The listener for operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Admin {
    pub(crate) address: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<Tls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) playground: bool,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 9192)),
            tls: None,
            token_file: None,
            playground: false,
        }
    }
}

/// Whose tokens are believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Trust {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) playground: bool,
    #[serde(default = "refresh")]
    pub(crate) refresh: u64,
    #[serde(default = "cooldown")]
    pub(crate) cooldown: u64,
    #[serde(default = "max_stale")]
    pub(crate) max_stale: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_ages: Option<PathBuf>,
}

fn refresh() -> u64 {
    300
}

fn cooldown() -> u64 {
    30
}

fn max_stale() -> u64 {
    86_400
}

/// Which bundle judges: one of the first six.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bundle {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) built_in: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oci: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust: Option<PathBuf>,
    pub(crate) unsigned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) poll: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) return_on_faults: Option<ReturnOnFaults>,
}

/// When to go back to the bundle before by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ReturnOnFaults {
    pub(crate) at_least: u64,
    pub(crate) share: f64,
}

/// Bounds of tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Token {
    pub(crate) max_bytes: usize,
    pub(crate) remember_verified: bool,
    pub(crate) remember_mib: u64,
    pub(crate) remember_verdicts: bool,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            max_bytes: 16_384,
            remember_verified: true,
            remember_mib: 16,
            remember_verdicts: true,
        }
    }
}

/// What upstreams are told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Upstream {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) claims: Option<String>,
    pub(crate) authorization: Authorization,
}

/// What becomes of the token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Authorization {
    #[default]
    Remove,
    Keep,
}

/// What clients are told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Reply {
    pub(crate) reasons: Reasons,
}

/// How much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reasons {
    #[default]
    Rules,
    None,
}

/// The Authorization API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AuthZen {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_url: Option<String>,
}

/// The server's own log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Log {
    pub(crate) level: LogLevel,
    pub(crate) format: LogFormat,
}

/// From which level on it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// What stops the server, or a part of it.
    Error,
    /// What an operator should look at.
    Warn,
    /// What changes.
    #[default]
    Info,
    /// Every request, by its outcome.
    Debug,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

/// Where decisions are recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DecisionLog {
    pub(crate) file: PathBuf,
    #[serde(default)]
    pub(crate) when_full: WhenFull,
    #[serde(default = "queue")]
    pub(crate) queue: usize,
    #[serde(default)]
    pub(crate) sync: bool,
    #[serde(default)]
    pub(crate) mask: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rotate_mib: Option<u64>,
    #[serde(default = "keep")]
    pub(crate) keep: usize,
}

fn queue() -> usize {
    8192
}

fn keep() -> usize {
    8
}

/// What happens when a record cannot be kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WhenFull {
    /// It is dropped, and counted.
    #[default]
    Drop,
    /// There is no decision without a record: the answer is a fault.
    Refuse,
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Trace {
    pub(crate) otlp: String,
    #[serde(default = "ratio")]
    pub(crate) ratio: f64,
}

fn ratio() -> f64 {
    1.0
}
