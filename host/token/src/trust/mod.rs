//! Trust: which issuers are believed, by which keys, and under which rules.

mod error;
mod file;
mod issuer;
mod source;

use std::collections::BTreeMap;
use std::fmt::Display;

pub use error::TrustError;
pub(crate) use file::{FILES_ALONE, keys_of_file};
pub(crate) use issuer::{Audiences, Kinds};
pub use issuer::{Issuer, Profile};
pub use source::KeySource;

use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::keys::KeySet;

/// The trusted issuers, each with its keys and rules.
///
/// `Debug` shows no key material.
#[derive(Debug, Clone)]
pub struct Trust {
    issuers: Issuers,
    /// Those of any issuer.
    algorithms: Vec<Algorithm>,
}

#[derive(Debug, Clone)]
enum Issuers {
    Named(BTreeMap<String, Issuer>),
    /// Any issuer, or none, with these keys.
    Any(Box<Issuer>),
}

impl Trust {
    /// Reads a trust file (TOML) whose keys are all in files. `load` is given
    /// the `keys` of each issuer, as written, and answers the contents of that
    /// file. [`Trust::from_toml_with`] reads one with keys that are elsewhere.
    ///
    /// ```toml
    /// [[issuer]]
    /// issuer = "https://idp.example"      # exact `iss`
    /// keys = "idp.jwks.json"              # PEM public key, JWK or JWKS
    /// audiences = ["https://api.example"] # one must equal an `aud`
    /// algorithms = ["ES256"]              # default: what the keys can do
    /// symmetric = false                   # HMAC only if true
    /// kinds = ["access"]                  # default: access
    /// profile = "rfc9068"                 # default: "jwt"
    /// skew = 60                           # seconds, at most 300; default: 60
    /// max-lifetime = 86400                # of `exp` - `iat`, seconds; default: none
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong, in which issuer or line, and what is accepted. Keys that
    /// are not in a file are refused.
    pub fn from_toml<E: Display>(
        text: &str,
        mut load: impl FnMut(&str) -> Result<Vec<u8>, E>,
    ) -> Result<Self, TrustError> {
        file::read(text, |_, source| match source {
            KeySource::File(file) => keys_of_file(file, &mut load),
            KeySource::Address(_) | KeySource::Discovery => Err(FILES_ALONE.to_owned()),
        })
    }

    /// Reads a trust file (TOML) whose `keys` may be a file, the address of a
    /// JWKS, or `discovery`. `keys` is given each issuer and where its keys
    /// are, and answers them; [`KeySet::unavailable`], while there are none. Its
    /// error is shown after the setting's value: `is …`, `has …`, `cannot …`.
    ///
    /// ```
    /// use tokenward_token::{KeySet, KeySource, Trust};
    ///
    /// let text = r#"
    /// [[issuer]]
    /// issuer = "https://idp.example"
    /// keys = "https://idp.example/jwks"   # or "discovery", or a file
    /// audiences = ["https://api.example"]
    /// "#;
    /// let mut remote = Vec::new();
    /// let trust = Trust::from_toml_with(text, |issuer, source| match source {
    ///     KeySource::File(_) => Err("is a file; accepted are addresses"),
    ///     KeySource::Address(_) | KeySource::Discovery => {
    ///         remote.push(issuer.to_owned());
    ///         Ok(KeySet::unavailable())
    ///     }
    /// })?;
    /// assert_eq!(remote, ["https://idp.example"]);
    /// assert!(trust.issuers().all(|issuer| !issuer.keys().is_available()));
    /// # Ok::<(), tokenward_token::TrustError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Trust::from_toml`], and what `keys` says.
    pub fn from_toml_with<E: Display>(
        text: &str,
        keys: impl FnMut(&str, KeySource<'_>) -> Result<KeySet, E>,
    ) -> Result<Self, TrustError> {
        file::read(text, keys)
    }

    /// Trust to be built issuer by issuer.
    pub fn builder() -> TrustBuilder {
        TrustBuilder::default()
    }

    /// Trust in keys alone: tokens of any issuer or none, for any audience and
    /// of any kind. Good for looking at a token by hand; [`Trust::checks`]
    /// says what is not checked.
    #[must_use]
    pub fn key_only(keys: KeySet) -> Self {
        let algorithms = keys.algorithms().to_vec();
        Self { issuers: Issuers::Any(Box::new(Issuer::any(keys))), algorithms }
    }

    /// Of trust in keys alone, requires that an `aud` be one of these. Of
    /// named issuers nothing is changed: each has its own.
    #[must_use]
    pub fn with_audiences<S: Into<String>>(
        mut self,
        audiences: impl IntoIterator<Item = S>,
    ) -> Self {
        if let Issuers::Any(issuer) = &mut self.issuers {
            let audiences = audiences.into_iter().map(Into::into).collect();
            issuer.audiences = Audiences::OneOf(audiences);
        }
        self
    }

    /// What is checked beside signature and time.
    #[must_use]
    pub fn checks(&self) -> Checks {
        let check = |checked| if checked { Check::Checked } else { Check::Unchecked };
        match &self.issuers {
            Issuers::Named(_) => {
                Checks { issuer: Check::Checked, audience: Check::Checked, kind: Check::Checked }
            }
            Issuers::Any(issuer) => Checks {
                issuer: Check::Unchecked,
                audience: check(matches!(issuer.audiences, Audiences::OneOf(_))),
                kind: check(matches!(issuer.kinds, Kinds::Only(_))),
            },
        }
    }

    /// The named issuers, by name. None for trust in keys alone.
    pub fn issuers(&self) -> impl Iterator<Item = &Issuer> {
        match &self.issuers {
            Issuers::Named(issuers) => Some(issuers.values()),
            Issuers::Any(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// The same trust with other keys for one issuer, as after a key rotation.
    ///
    /// # Errors
    ///
    /// [`TrustError`], if there is no such issuer or the keys do not fit its rules.
    pub fn with_keys(&self, issuer: &str, keys: &KeySet) -> Result<Self, TrustError> {
        let mut builder = TrustBuilder::default();
        let mut known = false;
        for old in self.issuers() {
            let mut new = old.clone();
            if old.name() == issuer {
                new.keys = keys.clone();
                known = true;
            }
            builder = builder.issuer(new);
        }
        if known { builder.build() } else { Err(TrustError::unknown_issuer(issuer)) }
    }

    /// The algorithms that tokens may use, of whatever issuer.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The rules for a token that names this issuer.
    pub(crate) fn issuer_of(&self, name: Option<&str>) -> Result<&Issuer, TokenError> {
        match (&self.issuers, name) {
            (Issuers::Any(issuer), _) => Ok(issuer),
            (Issuers::Named(_), None) => Err(TokenError::IssuerMissing),
            (Issuers::Named(issuers), Some(name)) => {
                issuers.get(name).ok_or(TokenError::IssuerUnknown)
            }
        }
    }
}

/// Whether something is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It is.
    Checked,
    /// It is not: say so to whoever relies on the answer.
    Unchecked,
}

/// What is checked of a token beside its signature and its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// That `iss` is a trusted issuer, and the key is that issuer's.
    pub issuer: Check,
    /// That an `aud` is one of ours.
    pub audience: Check,
    /// That the token is of an accepted kind.
    pub kind: Check,
}

/// Collects issuers.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct TrustBuilder {
    issuers: Vec<Issuer>,
}

impl TrustBuilder {
    /// Adds an issuer.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Checks the rules of every issuer and makes the trust.
    ///
    /// # Errors
    ///
    /// [`TrustError`], which names the issuer.
    pub fn build(self) -> Result<Trust, TrustError> {
        let mut named = BTreeMap::new();
        let mut algorithms = Vec::new();
        for issuer in self.issuers {
            let issuer = issuer.checked()?;
            algorithms.extend_from_slice(issuer.keys().algorithms());
            let name = issuer.name().to_owned();
            if named.insert(name.clone(), issuer).is_some() {
                return Err(TrustError::duplicate_issuer(&name));
            }
        }
        if named.is_empty() {
            return Err(TrustError::no_issuer());
        }
        algorithms.sort_unstable();
        algorithms.dedup();
        Ok(Trust { issuers: Issuers::Named(named), algorithms })
    }
}
