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
//! facts = '{"login.password-length":9}'
//! expect = ["deny high lifetime-too-long"]
//! ```
//!
//! `expect` lists every finding as `EFFECT SEVERITY RULE [POINTER]` and every
//! requirement as `step-up [acr=A,B] [max-age=N]`, `scope A B` or
//! `withhold POINTER ...`, in the order of the verdict, findings first. An
//! empty list is a permit without remarks. `expect-risk`, `expect-valid-until`
//! and `expect-setting-errors` (a list of pointers) are checked when given.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::{
    Claim, ClaimSelector, Fact, Input, Phase, Policy, Reads, Request, RequestParts, Requirement,
    Signal, Token, TokenKind, Value, Verdict,
};

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
    pub request: Option<String>,
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
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
    for case in &cases {
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

    /// The input, narrowed to `reads`, as the host narrows it.
    ///
    /// # Panics
    ///
    /// If a field of the case is not what it must be.
    #[must_use]
    pub fn input(&self, reads: &Reads) -> Input {
        let claims = self.object("claims", &self.claims);
        let header = self.object("header", &self.header);
        let facts = self.object("facts", &self.facts);
        Input {
            phase: self.phase(),
            now: reads.time.then_some(self.now),
            token: Some(Token {
                kind: match self.kind.as_str() {
                    "access" => TokenKind::Access,
                    "refresh" => TokenKind::Refresh,
                    "id" => TokenKind::Id,
                    other => TokenKind::Other(other.to_owned()),
                },
                header: pick(&header, &reads.header),
                key: None,
                encryption: None,
                binding: None,
            }),
            claims: narrow_claims(&Json::Object(claims), &reads.claims),
            request: self.narrow_request(reads),
            signals: self.narrow_signals(reads),
            facts: pick(&facts, &reads.facts),
        }
    }

    fn object(&self, field: &str, text: &str) -> Map<String, Json> {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {field}: {error}", self.name))
    }

    fn narrow_request(&self, reads: &Reads) -> Option<Request> {
        let text = self.request.as_ref()?;
        if reads.request == RequestParts::empty()
            && reads.request_headers.is_empty()
            && reads.query.is_empty()
        {
            return None;
        }
        let (method, url) = text
            .split_once(' ')
            .unwrap_or_else(|| panic!("{}: request is `METHOD URL`", self.name));
        let (scheme, rest) =
            url.split_once("://").unwrap_or_else(|| panic!("{}: the URL has no scheme", self.name));
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (path, _query) = path.split_once('?').unwrap_or((path, ""));
        let part = |part: RequestParts, value: &str| {
            (reads.request & part == part).then(|| value.to_owned())
        };
        Some(Request {
            method: part(RequestParts::METHOD, method),
            scheme: part(RequestParts::SCHEME, scheme),
            host: part(RequestParts::HOST, authority.split(':').next().unwrap_or_default()),
            path: part(RequestParts::PATH, path),
            query: Vec::new(),
            headers: reads
                .request_headers
                .iter()
                .filter_map(|name| {
                    let value = self.headers.get(name)?;
                    Some(Fact { name: name.clone(), value: Value::Text(value.clone()) })
                })
                .collect(),
            client_address: None,
            token_location: None,
            tls: None,
            cookies: Vec::new(),
        })
    }

    fn narrow_signals(&self, reads: &Reads) -> Vec<Signal> {
        let signals = self.object("signals", &self.signals);
        let declared = reads.signals.iter().filter_map(|name| Some((name, signals.get(name)?)));
        declared
            .map(|(name, json)| {
                let field = |key: &str| json.get(key);
                Signal {
                    name: name.clone(),
                    value: value(field("value").unwrap_or(json)),
                    confidence: field("confidence")
                        .and_then(Json::as_u64)
                        .map_or(100, |c| u8::try_from(c).expect("a percentage")),
                    age_seconds: field("age").and_then(Json::as_u64),
                    source: field("source").and_then(Json::as_str).map(str::to_owned),
                }
            })
            .collect()
    }
}

fn pick(from: &Map<String, Json>, names: &[String]) -> Vec<Fact> {
    names
        .iter()
        .filter_map(|name| Some(Fact { name: name.clone(), value: value(from.get(name)?) }))
        .collect()
}

/// Narrows a claims set to what the selectors name, as the host does: in the
/// order of the selectors, and for each in the order of the token.
#[must_use]
pub fn narrow_claims(claims: &Json, selectors: &[ClaimSelector]) -> Vec<Claim> {
    let mut narrowed = Vec::new();
    for selector in selectors {
        match selector {
            ClaimSelector::At(path) => {
                if let Some(json) = claims.pointer(path) {
                    narrowed.push(Claim { path: path.clone(), value: value(json) });
                }
            }
            ClaimSelector::Below(path) => {
                if let Some(json) = claims.pointer(path) {
                    leaves(json, &mut path.clone(), &mut narrowed);
                }
            }
        }
    }
    narrowed
}

fn leaves(json: &Json, path: &mut String, into: &mut Vec<Claim>) {
    let length = path.len();
    match json {
        Json::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                path.push_str(&crate::pointer([name]));
                leaves(member, path, into);
                path.truncate(length);
            }
        }
        Json::Array(items) if !items.is_empty() && !items.iter().all(Json::is_string) => {
            for (index, item) in items.iter().enumerate() {
                let _ = write!(path, "/{index}");
                leaves(item, path, into);
                path.truncate(length);
            }
        }
        leaf => into.push(Claim { path: path.clone(), value: value(leaf) }),
    }
}

/// A JSON value as a value of the contract.
#[must_use]
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => match number.as_i64() {
            Some(integer) if integer.unsigned_abs() < (1 << 53) => Value::Integer(integer),
            _ => Value::Number(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) if !items.is_empty() && items.iter().all(Json::is_string) => {
            Value::Texts(items.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        }
        other => Value::Json(other.to_string()),
    }
}

/// A verdict in the lines that `expect` uses.
#[must_use]
pub fn summary(verdict: &Verdict) -> Vec<String> {
    let findings = verdict.findings.iter().map(|finding| {
        let mut line =
            format!("{} {} {}", name(finding.effect), name(finding.severity), finding.rule);
        if let Some(claim) = &finding.claim {
            let _ = write!(line, " {claim}");
        }
        line
    });
    let requirements = verdict.requirements.iter().map(|requirement| match requirement {
        Requirement::StepUp(step_up) => {
            let mut line = "step-up".to_owned();
            if !step_up.acr_values.is_empty() {
                let _ = write!(line, " acr={}", step_up.acr_values.join(","));
            }
            if let Some(age) = step_up.max_age {
                let _ = write!(line, " max-age={age}");
            }
            line
        }
        Requirement::Scope(scopes) => format!("scope {}", scopes.join(" ")),
        Requirement::Withhold(paths) => format!("withhold {}", paths.join(" ")),
        Requirement::Other(fact) => format!("other {}", fact.name),
    });
    findings.chain(requirements).collect()
}

fn name(of: impl std::fmt::Debug) -> String {
    let debug = format!("{of:?}");
    debug.rsplit("::").next().unwrap_or_default().to_lowercase()
}
