//! What a gateway says of a request, taken apart once: credentials, facts, signals.

mod builder;
mod error;
mod origin;
mod plain;
#[cfg(test)]
mod tests;
mod vouched;

use std::fmt;

use tokenward::{
    Binding, Call, Json, Object, Phase, RequestError, RequestFacts, Signals, TokenDigest, UnixTime,
    VerifiedToken,
};

pub use builder::Builder;
pub use error::InquiryError;
pub use origin::Origin;
pub use vouched::{SignalHeaders, Vouched};

/// A request that is to be judged. `Debug` shows no token, and nothing that a client sent.
#[derive(Clone)]
pub struct Inquiry {
    bearer: Vec<u8>,
    phase: Phase,
    facts: RequestFacts,
    signals: Signals,
    told: Object,
    expected: Option<(String, String)>,
    origin: Origin,
}

impl Inquiry {
    /// A request of this method for this URL: absolute, or a path with query.
    ///
    /// # Errors
    ///
    /// [`InquiryError::Request`], [`InquiryError::Host`], [`InquiryError::PathNotPlain`].
    pub fn builder(method: &str, url: &str) -> Result<Builder<'static>, InquiryError> {
        plain::check(url)?;
        Ok(Builder::new(Self {
            bearer: Vec::new(),
            phase: Phase::Use,
            facts: RequestFacts::new(method, url)?,
            signals: Signals::none(),
            told: Object::new(),
            expected: None,
            origin: Origin::default(),
        }))
    }

    /// A request of this method for a path with query, at a host that the scheme `http` or `https`
    /// leads to.
    ///
    /// # Errors
    ///
    /// As [`Inquiry::builder`], and [`InquiryError::Host`].
    pub fn to_host(
        method: &str,
        scheme: &str,
        host: &str,
        target: &str,
    ) -> Result<Builder<'static>, InquiryError> {
        plain::check_host(host)?;
        if !target.starts_with('/') {
            let shown = target.chars().take(40).flat_map(char::escape_debug).collect();
            return Err(InquiryError::Request(RequestError::Url(shown)));
        }
        Self::builder(method, &format!("{scheme}://{host}{target}"))
    }

    /// The call, at a moment.
    #[must_use]
    pub fn call(&self, now: UnixTime) -> Call<'_> {
        Call {
            bearer: &self.bearer,
            phase: self.phase,
            request: Some(&self.facts),
            signals: &self.signals,
            facts: &self.told,
            binding: Binding::None,
            encryption: None,
            now,
        }
    }

    /// Whether the token is about whom the caller says that it is about.
    pub(crate) fn is_about(&self, token: Option<&VerifiedToken>) -> bool {
        let Some((claim, value)) = &self.expected else { return true };
        let claim = token.and_then(|token| token.claims().get(claim));
        claim.and_then(Json::as_str) == Some(value)
    }

    /// The facts of the request.
    #[must_use]
    pub fn facts(&self) -> &RequestFacts {
        &self.facts
    }

    /// The token's bytes; empty if there is none.
    #[must_use]
    pub fn bearer(&self) -> &[u8] {
        &self.bearer
    }

    /// `X-Request-ID`, if it is there, printable, and of at most 128 bytes.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.origin.request_id.as_deref()
    }

    /// `traceparent` (W3C Trace Context), as it came.
    #[must_use]
    pub fn trace_parent(&self) -> Option<&str> {
        self.origin.trace_parent.as_deref()
    }
}

impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = (!self.bearer.is_empty()).then(|| TokenDigest::of(&self.bearer).to_string());
        f.debug_struct("Inquiry")
            .field("token", &digest)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}
