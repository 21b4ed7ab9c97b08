//! What policies can be given: the token, the request, signals and facts.

mod request;
mod tls;

pub use request::{Cookie, RequestError, RequestFacts, SameSite, TokenLocation};
pub use tls::Tls;

use tokenward_token::TokenKind;
use tokenward_token::json::{Json, Object};

use crate::descriptor::Phase;

/// The key that verified a token. Never key material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFacts<'a> {
    /// Its `kid`.
    pub id: Option<&'a str>,
    /// `EC`, `RSA`, `OKP` or `oct`.
    pub key_type: &'a str,
    /// The curve, for `EC` and `OKP`.
    pub curve: Option<&'a str>,
    /// Size in bits.
    pub bits: u32,
    /// Seconds since it was created or first seen.
    pub age_seconds: Option<u64>,
}

/// How an encrypted token was encrypted (RFC 7516).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// The key management algorithm.
    pub algorithm: String,
    /// The content encryption algorithm.
    pub content: String,
}

/// A proof of possession that the host verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Binding {
    /// None: a plain bearer token.
    #[default]
    None,
    /// A DPoP proof (RFC 9449).
    Dpop,
    /// The client's TLS certificate (RFC 8705).
    MutualTls,
}

/// A token, beside its claims.
#[derive(Debug, Clone, Copy)]
pub struct TokenFacts<'a> {
    /// What it is for.
    pub kind: &'a TokenKind,
    /// Its JOSE header.
    pub header: &'a Object,
    /// The key that verified it.
    pub key: Option<KeyFacts<'a>>,
    /// How it was encrypted.
    pub encryption: Option<&'a Encryption>,
    /// The proof of possession.
    pub binding: Binding,
}

/// Something that was observed about the context of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// What was observed.
    pub value: Json,
    /// How sure the source is, in percent, 0 to 100; more counts as 100.
    pub confidence: u8,
    /// Seconds since it was observed.
    pub age_seconds: Option<u64>,
    /// Who observed it.
    pub source: Option<String>,
}

impl Signal {
    /// A signal that is certain and new.
    #[must_use]
    pub fn new(value: Json) -> Self {
        Self { value, confidence: 100, age_seconds: None, source: None }
    }
}

/// Signals by name. One that is not there is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Signals {
    entries: Vec<(String, Signal)>,
}

impl Signals {
    /// None known.
    #[must_use]
    pub const fn none() -> Self {
        Self { entries: Vec::new() }
    }

    /// Adds a signal, or replaces the one of this name.
    pub fn insert(&mut self, name: impl Into<String>, signal: Signal) {
        let name = name.into();
        match self.entries.iter_mut().find(|(other, _)| *other == name) {
            Some((_, entry)) => *entry = signal,
            None => self.entries.push((name, signal)),
        }
    }

    /// With one more signal, certain and new.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Json) -> Self {
        self.insert(name, Signal::new(value));
        self
    }

    /// The signal of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Signal> {
        self.entries.iter().find(|(other, _)| other == name).map(|(_, signal)| signal)
    }

    /// All signals, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Signal)> {
        self.entries.iter().map(|(name, signal)| (name.as_str(), signal))
    }
}

/// Everything that policies can be given for one request. Each is given only
/// what it declared that it reads.
#[derive(Debug, Clone, Copy)]
pub struct PolicyInput<'a> {
    /// The moment in the token's life.
    pub phase: Phase,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// The token; none where there is none yet.
    pub token: Option<TokenFacts<'a>>,
    /// The claims set.
    pub claims: &'a Object,
    /// The request; none where there is none.
    pub request: Option<&'a RequestFacts>,
    /// What is known of the context.
    pub signals: &'a Signals,
    /// Facts for which the contract has no field, by name.
    pub facts: &'a Object,
}
