//! Makes an inquiry header by header.

use std::fmt;

use http::header::{AUTHORIZATION, HeaderName};
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::{Json, Phase, Signal, TokenLocation};

use super::vouched::Meaning;
use super::{Inquiry, InquiryError, SignalHeaders, Vouched};

/// The largest value of a header that carries a signal or a fact.
const SIGNAL_BYTES: usize = 1024;

static NO_SIGNALS: SignalHeaders = SignalHeaders::none();

/// Makes an [`Inquiry`] header by header.
pub struct Builder<'a> {
    inquiry: Inquiry,
    credentials: usize,
    signals: &'a SignalHeaders,
    /// Headers of signals and facts that came empty.
    empty: Vec<String>,
}

impl fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inquiry.fmt(f)
    }
}

impl Builder<'static> {
    pub(super) fn new(inquiry: Inquiry) -> Self {
        Self { inquiry, credentials: 0, signals: &NO_SIGNALS, empty: Vec::new() }
    }
}

impl Builder<'_> {
    /// Takes these headers for signals. Say so before the first header.
    #[must_use]
    pub fn signal_headers(self, signals: &SignalHeaders) -> Builder<'_> {
        let Self { inquiry, credentials, empty, .. } = self;
        Builder { inquiry, credentials, signals, empty }
    }

    /// With a header. Bytes that are no UTF-8 become U+FFFD, for policies; of `Authorization`,
    /// they see the scheme only.
    ///
    /// # Errors
    ///
    /// [`InquiryError::SeveralCredentials`], [`InquiryError::Request`], and for the header of a
    /// signal [`InquiryError::HeaderTwice`] and [`InquiryError::HeaderValue`].
    pub fn header(mut self, name: &str, value: &[u8]) -> Result<Self, InquiryError> {
        if name.eq_ignore_ascii_case(AUTHORIZATION.as_str()) {
            return self.authorization(value);
        }
        let name = name.to_ascii_lowercase();
        if let Some(meaning) = self.signals.meaning(&name) {
            let meaning = meaning.clone();
            return self.vouched_for(&name, meaning, value);
        }
        let text = String::from_utf8_lossy(value);
        self.inquiry.origin = self.inquiry.origin.header(&name, value);
        self.inquiry.facts = self.inquiry.facts.with_header(&name, &text)?;
        Ok(self)
    }

    /// With a signal of which the caller is certain.
    #[must_use]
    pub fn with_signal(mut self, name: impl Into<String>, signal: Signal) -> Self {
        self.inquiry.signals.insert(name, signal);
        self
    }

    /// With a fact for which the contract has no field, such as `session.active`.
    #[must_use]
    pub fn with_fact(mut self, name: impl Into<String>, fact: Json) -> Self {
        self.inquiry.told.set(name.into(), fact);
        self
    }

    /// With a token that came in another place than the `Authorization` header.
    ///
    /// # Errors
    ///
    /// [`InquiryError::SeveralCredentials`], if there is one already.
    pub fn bearer(mut self, token: &[u8], location: TokenLocation) -> Result<Self, InquiryError> {
        self.credentials += 1;
        if self.credentials > 1 {
            return Err(InquiryError::SeveralCredentials);
        }
        token.clone_into(&mut self.inquiry.bearer);
        self.inquiry.facts = self.inquiry.facts.with_token_location(location);
        Ok(self)
    }

    /// With what is known of the client's connection.
    #[must_use]
    pub fn vouched(mut self, vouched: &Vouched) -> Self {
        if let Some(address) = vouched.client_address {
            self.inquiry.facts = self.inquiry.facts.with_client_address(address);
        }
        if let Some(tls) = &vouched.tls {
            self.inquiry.facts = self.inquiry.facts.with_tls(tls.clone());
        }
        self
    }

    /// About this subject: the claim of the verified token must say so, or the request is denied
    /// (`subject_mismatch`).
    #[must_use]
    pub fn about(mut self, claim: impl Into<String>, value: impl Into<String>) -> Self {
        self.inquiry.expected = Some((claim.into(), value.into()));
        self
    }

    /// In another phase than `use`.
    #[must_use]
    pub fn phase(mut self, phase: Phase) -> Self {
        self.inquiry.phase = phase;
        self
    }

    /// The inquiry.
    #[must_use]
    pub fn build(self) -> Inquiry {
        self.inquiry
    }

    /// Of another scheme than `Bearer` the token is not taken: the request has none. More than
    /// one `Authorization` header is refused, whatever the schemes: an upstream might read the other.
    fn authorization(mut self, value: &[u8]) -> Result<Self, InquiryError> {
        self.credentials += 1;
        if self.credentials > 1 {
            return Err(InquiryError::SeveralCredentials);
        }
        let value = value.trim_ascii();
        let end = value.iter().position(|b| *b == b' ').unwrap_or(value.len());
        let (scheme, rest) = value.split_at_checked(end).unwrap_or((value, &[]));
        let mut facts = self.inquiry.facts;
        if scheme.eq_ignore_ascii_case(b"Bearer") {
            let token = rest.trim_ascii_start();
            // Two tokens in one header, as some servers join two headers (RFC 9110 section 5.3).
            if token.iter().any(|b| matches!(b, b' ' | b',' | b'\t')) {
                return Err(InquiryError::SeveralCredentials);
            }
            token.clone_into(&mut self.inquiry.bearer);
            facts = facts.with_token_location(TokenLocation::AuthorizationHeader);
        }
        let is_word = !scheme.is_empty() && scheme.iter().all(u8::is_ascii_alphanumeric);
        let scheme = if is_word { String::from_utf8_lossy(scheme) } else { "?".into() };
        self.inquiry.facts = facts.with_header("authorization", &scheme)?;
        Ok(self)
    }

    fn vouched_for(
        mut self,
        header: &str,
        meaning: Meaning,
        value: &[u8],
    ) -> Result<Self, InquiryError> {
        let name = || {
            let name = HeaderName::from_bytes(header.as_bytes());
            name.unwrap_or(HeaderName::from_static("x-unknown"))
        };
        let is_there = match &meaning {
            Meaning::Signal(signal) => self.inquiry.signals.get(signal).is_some(),
            Meaning::Fact(fact) => self.inquiry.told.contains(fact),
        };
        if is_there || self.empty.iter().any(|empty| empty == header) {
            return Err(InquiryError::HeaderTwice(name()));
        }
        let refused = || InquiryError::HeaderValue {
            header: name(),
            accepted: "a value: JSON or text of at most 1024 bytes",
        };
        let text = std::str::from_utf8(value).map_err(|_| refused())?.trim();
        if text.len() > SIGNAL_BYTES || text.chars().any(char::is_control) {
            return Err(refused());
        }
        // As it is set or stripped, an empty one says nothing, and yet is the one that counts.
        if text.is_empty() {
            self.empty.push(header.to_owned());
            return Ok(self);
        }
        let limits = JsonLimits { max_depth: 4, max_values: 64 };
        let json = parse_strict(text.as_bytes(), &limits).unwrap_or_else(|_| Json::from(text));
        match meaning {
            Meaning::Signal(signal) => self.inquiry.signals.insert(signal, Signal::new(json)),
            Meaning::Fact(fact) => self.inquiry.told.set(fact, json),
        }
        Ok(self)
    }
}
