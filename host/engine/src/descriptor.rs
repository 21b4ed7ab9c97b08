//! Who a policy is and what it reads, checked.

use serde::{Deserialize, Serialize};

use crate::bindings::contract;
use crate::pointer::is_json_pointer;

/// The moment in a token's life at which policies are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// An issuer asks before it signs.
    Issue,
    /// A gateway asks before it lets a request through.
    Use,
    /// An issuer asks before it exchanges a refresh token.
    Refresh,
    /// An identity provider asks at log-in.
    Login,
}

impl Phase {
    /// All phases.
    pub const ALL: [Self; 4] = [Self::Issue, Self::Use, Self::Refresh, Self::Login];

    /// `issue`, `use`, `refresh` or `login`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Use => "use",
            Self::Refresh => "refresh",
            Self::Login => "login",
        }
    }
}

/// A rule that a policy can report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id, unique in the policy.
    pub id: String,
    /// One line.
    pub title: String,
    /// What to change when it is reported.
    pub remedy: String,
    /// The controls it serves.
    pub controls: Vec<String>,
}

/// Claims that a policy reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimSelector {
    /// The value at one JSON Pointer.
    At(String),
    /// Every leaf at and below one JSON Pointer; empty: the whole claims set.
    Below(String),
}

/// A part of the token beside its kind, header and claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it; the contract documents each")]
pub enum TokenPart {
    Key,
    Encryption,
    Binding,
}

/// A part of the request that is not named one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it; the contract documents each")]
pub enum RequestPart {
    Method,
    Scheme,
    Host,
    Path,
    ClientAddress,
    TokenLocation,
    Tls,
    Cookies,
}

/// What a policy reads. It is given nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reads {
    /// Claims.
    pub claims: Vec<ClaimSelector>,
    /// JOSE header members.
    pub header: Vec<String>,
    /// Other parts of the token.
    pub token: Vec<TokenPart>,
    /// Parts of the request.
    pub request: Vec<RequestPart>,
    /// Request headers, in lower case.
    pub request_headers: Vec<String>,
    /// Query parameters.
    pub query: Vec<String>,
    /// Signals.
    pub signals: Vec<String>,
    /// Facts.
    pub facts: Vec<String>,
    /// Whether it reads the time.
    pub time: bool,
}

/// Who a policy is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Descriptor {
    /// Its name.
    pub name: String,
    /// Its version (Semantic Versioning 2.0).
    pub version: String,
    /// One line.
    pub title: String,
    /// What it judges and why, in Markdown.
    pub description: String,
    /// The phases for which it is meant.
    pub phases: Vec<Phase>,
    /// Every rule it can report.
    pub rules: Vec<Rule>,
    /// A JSON Schema (2020-12) of its settings.
    pub settings_schema: serde_json::Value,
    /// What it reads with default settings.
    pub reads: Reads,
    /// If it is not to be used any more: why, and what takes its place. Only policies of the draft
    /// of the contract 0.2 can say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
}

/// Bytes of a settings schema.
const SCHEMA_BYTES: usize = 128 << 10;

impl Descriptor {
    /// The rule of this id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    pub(crate) fn check(
        raw: contract::Descriptor,
        deprecated: Option<String>,
    ) -> Result<Self, String> {
        check_id("name", &raw.name)?;
        check_version(&raw.version)?;
        check_line("title", &raw.title)?;
        deprecated.as_ref().map_or(Ok(()), |why| check_line("deprecated", why))?;
        if raw.description.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err("`description` holds control characters".into());
        }
        let phases: Vec<_> = Phase::ALL
            .into_iter()
            .filter(|phase| raw.phases.contains(contract::Phases::of(*phase)))
            .collect();
        if phases.is_empty() {
            return Err("`phases` names none; a policy is meant for at least one".into());
        }
        if raw.settings_schema.len() > SCHEMA_BYTES {
            return Err(format!("`settings-schema` has more than {SCHEMA_BYTES} bytes"));
        }
        let settings_schema: serde_json::Value = serde_json::from_str(&raw.settings_schema)
            .map_err(|error| format!("`settings-schema` is not JSON: {error}"))?;
        if !settings_schema.is_object() {
            return Err("`settings-schema` is not a JSON object".into());
        }
        Ok(Self {
            name: raw.name,
            version: raw.version,
            title: raw.title,
            description: raw.description,
            phases,
            rules: check_rules(raw.rules)?,
            settings_schema,
            reads: Reads::check(raw.reads)?,
            deprecated,
        })
    }
}

fn check_rules(raw: Vec<contract::Rule>) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::with_capacity(raw.len());
    for rule in raw {
        check_id("rule id", &rule.id)?;
        check_line("rule title", &rule.title)?;
        check_line("rule remedy", &rule.remedy)?;
        for control in &rule.controls {
            check_line("control", control)?;
        }
        if rules.iter().any(|other| other.id == rule.id) {
            return Err(format!("the rule `{}` is there twice", rule.id));
        }
        let contract::Rule { id, title, remedy, controls } = rule;
        rules.push(Rule { id, title, remedy, controls });
    }
    Ok(rules)
}

impl Reads {
    pub(crate) fn check(raw: contract::Reads) -> Result<Self, String> {
        use {RequestPart as R, TokenPart as T};
        use {contract::RequestParts as Parts, contract::TokenParts as Tokens};
        let mut claims = Vec::with_capacity(raw.claims.len());
        for selector in raw.claims {
            let (contract::ClaimSelector::At(path) | contract::ClaimSelector::Below(path)) =
                &selector;
            if !is_json_pointer(path) {
                return Err(format!("`{}` is not a JSON Pointer", path.escape_debug()));
            }
            claims.push(match selector {
                contract::ClaimSelector::At(path) => ClaimSelector::At(path),
                contract::ClaimSelector::Below(path) => ClaimSelector::Below(path),
            });
        }
        let lists = [&raw.header, &raw.request_headers, &raw.query, &raw.signals, &raw.facts];
        for name in lists.into_iter().flatten() {
            check_line("a name that it reads", name)?;
        }
        if let Some(name) = raw.request_headers.iter().find(|n| **n != n.to_ascii_lowercase()) {
            return Err(format!("the request header `{name}` is not in lower case"));
        }
        let token = [
            (Tokens::KEY, T::Key),
            (Tokens::ENCRYPTION, T::Encryption),
            (Tokens::BINDING, T::Binding),
        ];
        let request = [
            (Parts::METHOD, R::Method),
            (Parts::SCHEME, R::Scheme),
            (Parts::HOST, R::Host),
            (Parts::PATH, R::Path),
            (Parts::CLIENT_ADDRESS, R::ClientAddress),
            (Parts::TOKEN_LOCATION, R::TokenLocation),
            (Parts::TLS, R::Tls),
            (Parts::COOKIES, R::Cookies),
        ];
        let of_token = token.into_iter().filter(|(flag, _)| raw.token.contains(*flag));
        let of_request = request.into_iter().filter(|(flag, _)| raw.request.contains(*flag));
        Ok(Self {
            claims,
            header: raw.header,
            token: of_token.map(|(_, part)| part).collect(),
            request: of_request.map(|(_, part)| part).collect(),
            request_headers: raw.request_headers,
            query: raw.query,
            signals: raw.signals,
            facts: raw.facts,
            time: raw.time,
        })
    }
}

impl contract::Phases {
    fn of(phase: Phase) -> Self {
        match phase {
            Phase::Issue => Self::ISSUE,
            Phase::Use => Self::USE,
            Phase::Refresh => Self::REFRESH,
            Phase::Login => Self::LOGIN,
        }
    }
}

fn check_id(what: &str, id: &str) -> Result<(), String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(allowed) {
        return Err(format!(
            "the {what} `{}` is not 1 to 64 lower case letters, digits and hyphens",
            id.escape_debug()
        ));
    }
    Ok(())
}

fn check_line(what: &str, text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > 1024 || text.chars().any(char::is_control) {
        return Err(format!("the {what} is not one line of 1 to 1024 bytes"));
    }
    Ok(())
}

fn check_version(version: &str) -> Result<(), String> {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if core.split('.').count() == 3 && core.split('.').all(numeric) && version.len() <= 64 {
        return Ok(());
    }
    Err(format!("the version `{}` is not of the form 1.2.3", version.escape_debug()))
}
