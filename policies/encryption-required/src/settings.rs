//! The settings, as a bundle gives them.

use tokenward_policy::FromSettings;

use crate::{algorithm, sensitive};

/// What a bundle may set.
#[derive(Debug, Clone, PartialEq, Eq, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// Which tokens must be encrypted.
    pub require: Require,
    /// Names of claims, or JSON Pointers to them, that are sensitive.
    pub claims: Vec<String>,
    /// Kinds of token that must be encrypted, whatever they hold.
    pub always_kinds: Vec<String>,
    /// Audiences whose tokens must be encrypted, whatever they hold.
    pub always_audiences: Vec<String>,
    /// Kinds of token that need not be encrypted.
    pub exempt_kinds: Vec<String>,
    /// Audiences whose tokens need not be encrypted.
    pub exempt_audiences: Vec<String>,
    /// What happens to a token that must be encrypted and is not.
    pub effect: MissingEffect,
    /// The key management algorithms that are allowed.
    pub key_algorithms: Vec<String>,
    /// What happens to a token encrypted with RSA-OAEP, which uses SHA-1.
    pub rsa_oaep_sha1: Reaction,
    /// The content encryption algorithms that are allowed.
    pub content_algorithms: Vec<String>,
}

/// Which tokens must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Require {
    /// Those that hold a sensitive claim.
    Sensitive,
    /// All.
    Always,
    /// None; but how those that are encrypted are is judged.
    Never,
}

/// What happens to a token that must be encrypted and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum MissingEffect {
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Reaction {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            require: Require::Sensitive,
            claims: owned(&sensitive::DEFAULT),
            always_kinds: Vec::new(),
            always_audiences: Vec::new(),
            exempt_kinds: Vec::new(),
            exempt_audiences: Vec::new(),
            effect: MissingEffect::Deny,
            key_algorithms: owned(algorithm::default_key()),
            rsa_oaep_sha1: Reaction::Advise,
            content_algorithms: owned(&algorithm::CONTENT),
        }
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
