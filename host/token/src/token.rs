//! The JWT (RFC 7519): unverified when parsed, verified by trust at a moment.

use std::fmt;
use std::sync::Arc;

use crate::claims::{self, ClaimsValidated};
use crate::digest::TokenDigest;
use crate::error::{Part, TokenError};
use crate::header;
use crate::json::Object;
use crate::jws::{ParseLimits, UnverifiedJws, VerifiedJws};
use crate::keys::VerificationKey;
use crate::kind::TokenKind;
use crate::time::UnixTime;
use crate::trust::Trust;

/// A well-formed JWT of which nothing is known to be true.
///
/// `Debug` shows its digest only.
#[derive(Clone)]
pub struct UnverifiedToken {
    jws: UnverifiedJws,
    claims: Object,
}

impl UnverifiedToken {
    /// Reads the compact serialization of a JWT: header and claims are strict
    /// JSON objects. What they say is not judged yet.
    ///
    /// ```
    /// use tokenward_token::{ParseLimits, UnverifiedToken};
    ///
    /// let error = UnverifiedToken::parse(b"not a token", &ParseLimits::default()).unwrap_err();
    /// assert_eq!(error.code(), "malformed_compact");
    /// ```
    ///
    /// # Errors
    ///
    /// The codes from `token_too_large` to `b64_unsupported`.
    pub fn parse(bytes: &[u8], limits: &ParseLimits) -> Result<Self, TokenError> {
        let jws = UnverifiedJws::parse(bytes, limits)?;
        let claims =
            TokenError::read_object(Part::Payload, jws.unverified_payload(), &limits.json)?;
        Ok(Self { jws, claims })
    }

    /// The header, of which nothing is known to be true.
    #[must_use]
    pub fn header(&self) -> &Object {
        self.jws.header()
    }

    /// The claims, of which nothing is known to be true.
    #[must_use]
    pub fn claims(&self) -> &Object {
        &self.claims
    }

    /// The digest of the whole token.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        self.jws.digest()
    }

    /// The `alg` of the header as it stands there, if it is a string.
    #[must_use]
    pub fn algorithm_name(&self) -> Option<&str> {
        self.jws.algorithm_name()
    }

    /// Verifies the signature with a key of the issuer that the token names,
    /// and the claims by that issuer's rules. `now` is the moment that counts.
    ///
    /// # Errors
    ///
    /// Any code from `b64_unsupported` on. Claims are not judged before the
    /// signature is verified, except `iss`, which picks the keys.
    pub fn verify(self, trust: &Trust, now: UnixTime) -> Result<VerifiedToken, TokenError> {
        // What is wrong with the header comes before what is wrong with `iss`.
        header::check(self.header(), trust.algorithms())?;
        let issuer = trust.issuer_of(claims::claimed_issuer(&self.claims)?)?;
        let jws = self.jws.verify(issuer.keys())?;
        let valid = claims::validate(jws.header(), &self.claims, issuer, now)?;
        Ok(VerifiedToken(Arc::new(Content {
            jws,
            claims: self.claims,
            kind: valid.kind,
            expires_at: valid.expires_at,
            _proof: valid.proof,
        })))
    }
}

impl fmt::Debug for UnverifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedToken({})", self.digest())
    }
}

/// A JWT whose signature and claims were verified. Only
/// [`UnverifiedToken::verify`] makes one; a clone shares it.
///
/// `Debug` shows its digest only.
///
/// ```compile_fail
/// let forged = tokenward_token::VerifiedToken { claims: Default::default() };
/// ```
#[derive(Clone)]
pub struct VerifiedToken(Arc<Content>);

struct Content {
    jws: VerifiedJws,
    claims: Object,
    kind: TokenKind,
    expires_at: UnixTime,
    _proof: ClaimsValidated,
}

impl VerifiedToken {
    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &Object {
        &self.0.claims
    }

    /// The JOSE header.
    #[must_use]
    pub fn header(&self) -> &Object {
        self.0.jws.header()
    }

    /// What the token is for.
    #[must_use]
    pub fn kind(&self) -> &TokenKind {
        &self.0.kind
    }

    /// Who issued it. None only with [`Trust::key_only`], for a token without `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.0.claims.get("iss")?.as_str()
    }

    /// The key that verified it.
    #[must_use]
    pub fn key(&self) -> &VerificationKey {
        self.0.jws.key()
    }

    /// The digest of the whole token.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        self.0.jws.digest()
    }

    /// Whether the token is still accepted at another moment, by the same trust: its claims are
    /// validated again, its signature is not verified again.
    ///
    /// It is for a memory of verified tokens. `trust` must hold the key that verified the token:
    /// forget the token when the trust is replaced.
    ///
    /// # Errors
    ///
    /// Any code from `issuer_missing` on that claims can have, for instance `expired`.
    pub fn revalidate(&self, trust: &Trust, now: UnixTime) -> Result<(), TokenError> {
        let issuer = trust.issuer_of(self.issuer())?;
        claims::validate(self.header(), self.claims(), issuer, now).map(drop)
    }

    /// `exp`, without skew.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.0.expires_at
    }
}

impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedToken({})", self.digest())
    }
}
