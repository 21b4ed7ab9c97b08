//! One issuer: its keys, and the rules for its tokens.

use super::TrustError;
use crate::algorithm::{Algorithm, list};
use crate::keys::KeySet;
use crate::kind::TokenKind;
use crate::text;

/// The largest accepted clock skew in seconds.
const MAX_SKEW: u32 = 300;

/// Clock skew when nothing is said, in seconds.
const DEFAULT_SKEW: u32 = 60;

/// What a token must have beside what every token must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// RFC 7519 with the rules of this crate.
    #[default]
    Jwt,
    /// Access tokens by RFC 9068: `typ` is `at+jwt`; `iss`, `exp`, `aud`,
    /// `sub`, `client_id`, `iat` and `jti` are present.
    Rfc9068,
}

/// Whether an issuer's keys are shared secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Symmetry {
    #[default]
    Asymmetric,
    Symmetric,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audiences {
    Unchecked,
    OneOf(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kinds {
    Any,
    Only(Vec<TokenKind>),
}

/// A trusted issuer. Its rules are checked when the trust is built.
#[derive(Debug, Clone)]
#[must_use]
pub struct Issuer {
    name: String,
    pub(super) keys: KeySet,
    algorithms: Option<Vec<Algorithm>>,
    symmetry: Symmetry,
    pub(crate) audiences: Audiences,
    pub(crate) kinds: Kinds,
    pub(crate) profile: Profile,
    pub(crate) skew: u32,
    pub(crate) max_lifetime: Option<u64>,
}

impl Issuer {
    /// An issuer by its exact `iss`, with its keys and the audiences of which
    /// one must equal an `aud`. It issues access tokens, by the profile
    /// [`Profile::Jwt`], with 60 s of clock skew.
    pub fn new<S: Into<String>>(
        issuer: impl Into<String>,
        keys: KeySet,
        audiences: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            name: issuer.into(),
            audiences: Audiences::OneOf(audiences.into_iter().map(Into::into).collect()),
            kinds: Kinds::Only(vec![TokenKind::Access]),
            ..Self::any(keys)
        }
    }

    /// Any issuer or none, any audience, any kind.
    pub(super) fn any(keys: KeySet) -> Self {
        Self {
            name: String::new(),
            keys,
            algorithms: None,
            symmetry: Symmetry::Asymmetric,
            audiences: Audiences::Unchecked,
            kinds: Kinds::Any,
            profile: Profile::Jwt,
            skew: DEFAULT_SKEW,
            max_lifetime: None,
        }
    }

    /// Accepts these algorithms only.
    pub fn algorithms(mut self, accepted: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(accepted.into_iter().collect());
        self
    }

    /// Says that the keys are shared secrets (HMAC): whoever can verify a
    /// token of this issuer can forge one.
    pub fn symmetric(mut self) -> Self {
        self.symmetry = Symmetry::Symmetric;
        self
    }

    /// Accepts these kinds instead of access tokens.
    pub fn kinds(mut self, accepted: impl IntoIterator<Item = TokenKind>) -> Self {
        self.kinds = Kinds::Only(accepted.into_iter().collect());
        self
    }

    /// Requires a profile.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the clock skew, in seconds, at most 300.
    pub fn skew(mut self, seconds: u32) -> Self {
        self.skew = seconds;
        self
    }

    /// Sets the longest accepted `exp` - `iat`, in seconds.
    pub fn max_lifetime(mut self, seconds: u64) -> Self {
        self.max_lifetime = Some(seconds);
        self
    }

    /// The exact `iss`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keys, after [`Issuer::algorithms`] was applied.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    pub(super) fn checked(mut self) -> Result<Self, TrustError> {
        let error = |setting, problem: &str| TrustError::setting(&self.name, setting, problem);
        if self.name.is_empty() || text::check_visible(&self.name).is_err() {
            return Err(error("issuer", "is empty or has invisible characters"));
        }
        match &self.audiences {
            Audiences::OneOf(accepted) if !accepted.is_empty() => {
                if accepted.iter().any(String::is_empty) {
                    return Err(error("audiences", "has an empty one"));
                }
            }
            _ => return Err(error("audiences", "is empty; name at least one audience")),
        }
        if matches!(&self.kinds, Kinds::Only(accepted) if accepted.is_empty()) {
            return Err(error("kinds", "is empty; name at least one kind, or leave it out"));
        }
        if self.skew > MAX_SKEW {
            return Err(error("skew", "is above 300 seconds, the accepted maximum"));
        }
        if self.max_lifetime == Some(0) {
            return Err(error("max-lifetime", "is 0; it is a number of seconds, 1 or more"));
        }
        self.check_symmetry()?;
        if let Some(accepted) = &self.algorithms {
            let bound = self.keys.with_algorithms(accepted);
            self.keys = bound.map_err(|e| TrustError::setting(&self.name, "keys", e))?;
        }
        Ok(self)
    }

    fn check_symmetry(&self) -> Result<(), TrustError> {
        let error = |setting, problem: &str| TrustError::setting(&self.name, setting, problem);
        let expected = self.symmetry == Symmetry::Symmetric;
        if expected && !self.keys.is_available() {
            return Err(error("symmetric", "is true, but keys that are fetched are public keys"));
        }
        if self.keys.is_symmetric() != expected {
            return Err(if expected {
                error("symmetric", "is true, but the keys are public keys")
            } else {
                error(
                    "keys",
                    "are shared secrets; accept them with `symmetric = true`, if you must",
                )
            });
        }
        let Some(accepted) = &self.algorithms else { return Ok(()) };
        if accepted.is_empty() {
            return Err(error("algorithms", "is empty; name at least one, or leave it out"));
        }
        let wrong: Vec<_> =
            accepted.iter().copied().filter(|a| a.is_symmetric() != expected).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        let problem = format!("has {}, which `symmetric = {expected}` excludes", list(&wrong));
        Err(error("algorithms", &problem))
    }
}
