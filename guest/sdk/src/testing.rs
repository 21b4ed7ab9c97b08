//! Case tables: what a policy must say, in TOML, run natively by
//! [`run_cases`] and, by the host's test suite, through the component.
//!
//! ```toml
//! [[case]]
//! name = "a long-lived access token"
//! settings = { access-max = 900 }         # default: {}
//! kind = "access"                         # default
//! phase = "use"                           # default
//! now = 1700000000                        # default
//! claims = '{"iat":1700000000,"exp":1700003600}'
//! header = '{"alg":"ES256"}'              # default: {}
//! request = "GET https://api.example/a"   # default: none
//! headers = { x-forwarded-proto = "https" }
//! signals = '{"new-device":true,"ip-risk":{"value":70,"confidence":80,"age":30,"source":"geo"}}'
//! facts = '{"password.length":9}'
//! expect = ["deny high lifetime-too-long"]
//! ```
//!
//! What else a case may give, each left out by default:
//!
//! ```toml
//! [[case]]
//! name = "everything"
//! no-token = false                        # `true`: there is no token yet
//! key = { id = "k1", type = "EC", curve = "P-256", bits = 256, age = 86400 }
//! encryption = { algorithm = "RSA-OAEP-256", content = "A256GCM" }
//! binding = "dpop"                        # or "none" (default), "mutual-tls"
//! request = "GET https://api.example/a?q=1"
//! client-address = "192.0.2.7"
//! token-location = "cookie"               # or "authorization-header", "body", "query", "other-header"
//! tls = { version = "1.3", cipher = "TLS_AES_128_GCM_SHA256", client-certificate = false }
//! cookies = [{ name = "rt", http-only = true, secure = true, same-site = "strict", max-age = 600 }]
//! ```
//!
//! `expect` lists every finding as `EFFECT SEVERITY RULE [POINTER]` and every
//! requirement as `step-up [acr=A,B] [max-age=N]`, `scope A B` or
//! `withhold POINTER ...`, in the order of the verdict, findings first. An
//! empty list is a permit without remarks. `expect-risk`, `expect-valid-until`
//! and `expect-setting-errors` (a list of pointers) are checked when given.

mod given;
mod narrow;
mod schema;
mod summary;

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

pub use given::{CookieGiven, EncryptionGiven, KeyGiven, TlsGiven};
pub use narrow::{narrow_claims, value};
pub use schema::{assert_rules_are_told, assert_schema_is_that_of, read_settings};
pub use summary::summary;

use crate::{Phase, Phases, Policy, Verdict};

/// The moment at which a case runs when it names none.
pub const DEFAULT_NOW: i64 = 1_700_000_000;

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The cases.
    #[serde(default)]
    pub case: Vec<Case>,
}

/// One case. See the module's documentation for the fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the module's documentation describes them")]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub settings: Option<toml::Value>,
    #[serde(default)]
    pub no_token: bool,
    #[serde(default = "access")]
    pub kind: String,
    #[serde(default = "use_phase")]
    pub phase: String,
    #[serde(default = "default_now")]
    pub now: i64,
    #[serde(default = "empty_object")]
    pub claims: String,
    #[serde(default = "empty_object")]
    pub header: String,
    #[serde(default)]
    pub key: Option<KeyGiven>,
    #[serde(default)]
    pub encryption: Option<EncryptionGiven>,
    #[serde(default)]
    pub binding: Option<String>,
    #[serde(default)]
    pub request: Option<String>,
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub client_address: Option<String>,
    #[serde(default)]
    pub token_location: Option<String>,
    #[serde(default)]
    pub tls: Option<TlsGiven>,
    #[serde(default)]
    pub cookies: Vec<CookieGiven>,
    #[serde(default = "empty_object")]
    pub signals: String,
    #[serde(default = "empty_object")]
    pub facts: String,
    #[serde(default)]
    pub expect: Vec<String>,
    #[serde(default)]
    pub expect_risk: Option<u32>,
    #[serde(default)]
    pub expect_valid_until: Option<i64>,
    #[serde(default)]
    pub expect_setting_errors: Vec<String>,
}

impl Default for Case {
    fn default() -> Self {
        toml::from_str("name = ''").expect("every field but the name has a default")
    }
}

fn access() -> String {
    "access".into()
}

fn use_phase() -> String {
    "use".into()
}

fn default_now() -> i64 {
    DEFAULT_NOW
}

fn empty_object() -> String {
    "{}".into()
}

/// Reads every `*.toml` in a folder, in the order of their names.
///
/// # Panics
///
/// If the folder or a file cannot be read, or a file is not a case table.
#[must_use]
pub fn load_cases(folder: impl AsRef<Path>) -> Vec<Case> {
    let folder = folder.as_ref();
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: CaseFile =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(file.case);
    }
    cases
}

/// Runs every case of a folder natively.
///
/// # Panics
///
/// If a case fails: the message lists every failure, what was expected and what came.
pub fn run_cases<P: Policy>(folder: impl AsRef<Path>) {
    let cases = load_cases(folder);
    assert!(!cases.is_empty(), "no case was found");
    let mut failures = String::new();
    let asked = P::descriptor().phases;
    for case in &cases {
        if case.expect_setting_errors.is_empty() && !asked.contains(case.phase_flag()) {
            // A component would not be called: what it says natively shows nothing.
            let _ = write!(failures, "\n- {}\n  phase: the policy is not asked", case.name);
        }
        if let Err(difference) = case.check(|settings| native::<P>(case, settings)) {
            let _ = write!(failures, "\n- {}\n{difference}", case.name);
        }
    }
    assert!(failures.is_empty(), "cases failed:{failures}");
}

fn native<P: Policy>(case: &Case, settings: &str) -> Result<Verdict, Vec<String>> {
    let policy = crate::configure::<P>(settings)
        .map_err(|errors| errors.into_iter().map(|e| e.path).collect::<Vec<_>>())?;
    Ok(policy.evaluate(&case.input(&policy.reads())))
}

impl Case {
    /// The settings as JSON text.
    ///
    /// # Panics
    ///
    /// If they cannot be written as JSON.
    #[must_use]
    pub fn settings_json(&self) -> String {
        self.settings.as_ref().map_or_else(empty_object, |settings| {
            serde_json::to_string(settings).expect("settings that are JSON")
        })
    }

    /// Runs the case and compares. `run` is given the settings as JSON and
    /// answers the verdict, or the pointers of the settings that are wrong.
    ///
    /// # Errors
    ///
    /// A readable difference.
    pub fn check(
        &self,
        run: impl FnOnce(&str) -> Result<Verdict, Vec<String>>,
    ) -> Result<(), String> {
        let mut differences = String::new();
        let mut differ = |what: &str, expected: &str, got: &str| {
            if expected != got {
                let _ = writeln!(
                    differences,
                    "  {what}: expected {expected}\n  {what}: got      {got}"
                );
            }
        };
        match run(&self.settings_json()) {
            Err(paths) => differ(
                "setting errors",
                &format!("{:?}", self.expect_setting_errors),
                &format!("{paths:?}"),
            ),
            Ok(verdict) => {
                differ("setting errors", &format!("{:?}", self.expect_setting_errors), "[]");
                differ(
                    "verdict",
                    &format!("{:#?}", self.expect),
                    &format!("{:#?}", summary(&verdict)),
                );
                if let Some(risk) = self.expect_risk {
                    differ(
                        "risk",
                        &risk.to_string(),
                        &format!("{}", verdict.risk.as_ref().map_or(0, |r| r.score)),
                    );
                }
                if let Some(until) = self.expect_valid_until {
                    differ(
                        "valid until",
                        &format!("{:?}", Some(until)),
                        &format!("{:?}", verdict.valid_until),
                    );
                }
            }
        }
        if differences.is_empty() { Ok(()) } else { Err(differences) }
    }

    fn phase_flag(&self) -> Phases {
        match self.phase() {
            Phase::Issue => Phases::ISSUE,
            Phase::Use => Phases::USE,
            Phase::Refresh => Phases::REFRESH,
            Phase::Login => Phases::LOGIN,
        }
    }

    /// The case's phase.
    ///
    /// # Panics
    ///
    /// If it is none of the four.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.phase.as_str() {
            "issue" => Phase::Issue,
            "use" => Phase::Use,
            "refresh" => Phase::Refresh,
            "login" => Phase::Login,
            other => panic!("{}: phase `{other}`; one of issue, use, refresh, login", self.name),
        }
    }
}
