//! What a gateway says of a request, taken apart once: credentials, facts, signals.

use std::fmt;
use std::net::IpAddr;

use http::header::{AUTHORIZATION, HeaderName};
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::{
    Binding, Call, Json, Object, Phase, RequestError, RequestFacts, Signal, Signals, Tls,
    TokenDigest, TokenLocation, UnixTime,
};

/// The largest value of a header that carries a signal.
const SIGNAL_BYTES: usize = 1024;

/// Why a request cannot be judged: whoever sent it is to mend it. It answers 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InquiryError {
    /// The request cannot be taken.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// More than one `Authorization` header, or one with more than one token.
    #[error(
        "the request has more than one credential; accepted: one `Authorization: Bearer TOKEN`"
    )]
    SeveralCredentials,
    /// A path that upstreams read in different ways.
    #[error(
        "the path has {0}, which an upstream may read as another path than rules do; accepted: a \
         plain path"
    )]
    PathNotPlain(&'static str),
    /// A header that the gateway must set is missing.
    #[error("the header `{0}` is missing; the gateway must set it")]
    HeaderMissing(HeaderName),
    /// A header that the gateway must set is there more than once.
    #[error(
        "the header `{0}` is there more than once; the gateway must replace what a client sends"
    )]
    HeaderTwice(HeaderName),
    /// A header that the gateway must set holds something else.
    #[error("the header `{header}` is not accepted; accepted: {accepted}")]
    HeaderValue {
        /// The header.
        header: HeaderName,
        /// What is accepted there.
        accepted: &'static str,
    },
}

impl InquiryError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "request_malformed",
            Self::SeveralCredentials => "several_credentials",
            Self::PathNotPlain(_) => "path_not_plain",
            Self::HeaderMissing(_) => "header_missing",
            Self::HeaderTwice(_) => "header_twice",
            Self::HeaderValue { .. } => "header_value",
        }
    }
}

/// The headers by which a gateway vouches for signals, and for facts such as `session.active`: the
/// gateway sets or strips each, so that no client's word is taken for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignalHeaders {
    entries: Vec<(HeaderName, Meaning)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    Signal(String),
    Fact(String),
}

impl SignalHeaders {
    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self { entries: Vec::new() }
    }

    /// With the signal of this name in this header: JSON, or else text.
    #[must_use]
    pub fn with(mut self, header: HeaderName, signal: impl Into<String>) -> Self {
        self.entries.push((header, Meaning::Signal(signal.into())));
        self
    }

    /// With the fact of this name in this header: JSON, or else text.
    #[must_use]
    pub fn with_fact(mut self, header: HeaderName, fact: impl Into<String>) -> Self {
        self.entries.push((header, Meaning::Fact(fact.into())));
        self
    }

    /// Whether one is named by this header.
    #[must_use]
    pub fn is_one(&self, header: &HeaderName) -> bool {
        self.entries.iter().any(|(name, _)| name == header)
    }

    fn meaning(&self, header: &str) -> Option<&Meaning> {
        let mut entries = self.entries.iter();
        entries.find(|(name, _)| name.as_str() == header).map(|(_, meaning)| meaning)
    }
}

/// What the gateway knows of the client's connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vouched {
    /// The client's address.
    pub client_address: Option<IpAddr>,
    /// The transport security, if the client's connection is encrypted and its facts are known.
    pub tls: Option<Tls>,
}

/// A request that is to be judged. `Debug` shows no token, and nothing that a client sent.
#[derive(Clone)]
pub struct Inquiry {
    bearer: Vec<u8>,
    phase: Phase,
    facts: RequestFacts,
    signals: Signals,
    told: Object,
    request_id: Option<String>,
    trace_parent: Option<String>,
}

impl Inquiry {
    /// A request of this method for this URL: absolute, or a path with query.
    ///
    /// # Errors
    ///
    /// [`InquiryError::Request`], [`InquiryError::PathNotPlain`].
    pub fn builder(method: &str, url: &str) -> Result<Builder<'static>, InquiryError> {
        check_plain(url)?;
        Ok(Builder {
            inquiry: Self {
                bearer: Vec::new(),
                phase: Phase::Use,
                facts: RequestFacts::new(method, url)?,
                signals: Signals::none(),
                told: Object::new(),
                request_id: None,
                trace_parent: None,
            },
            credentials: 0,
            signals: &NO_SIGNALS,
        })
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
        self.request_id.as_deref()
    }

    /// `traceparent` (W3C Trace Context), as it came.
    #[must_use]
    pub fn trace_parent(&self) -> Option<&str> {
        self.trace_parent.as_deref()
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

static NO_SIGNALS: SignalHeaders = SignalHeaders::none();

/// Makes an [`Inquiry`] header by header.
pub struct Builder<'a> {
    inquiry: Inquiry,
    credentials: usize,
    signals: &'a SignalHeaders,
}

impl fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inquiry.fmt(f)
    }
}

impl<'a> Builder<'a> {
    /// Takes these headers for signals. Say so before the first header.
    #[must_use]
    pub fn signal_headers(self, signals: &SignalHeaders) -> Builder<'_> {
        Builder { inquiry: self.inquiry, credentials: self.credentials, signals }
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
        match name.as_str() {
            "x-request-id" => self.inquiry.request_id = printable(&text, 128),
            "traceparent" => self.inquiry.trace_parent = printable(&text, 128),
            _ => {}
        }
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
        if is_there {
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
        // As it is set or stripped, an empty one says nothing.
        if text.is_empty() {
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

fn printable(text: &str, most: usize) -> Option<String> {
    let good =
        !text.is_empty() && text.len() <= most && text.bytes().all(|b| (0x21..0x7f).contains(&b));
    good.then(|| text.to_owned())
}

/// Rules judge a normalized path; a gateway passes the path on as it came. So they must not differ
/// in their segments: an upstream might read another path.
fn check_plain(url: &str) -> Result<(), InquiryError> {
    let target = match url.split_once("://") {
        Some((_, rest)) if !url.starts_with('/') => {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
        }
        _ => url,
    };
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if path.contains('\\') {
        return Err(InquiryError::PathNotPlain("a backslash"));
    }
    if path.contains(';') {
        return Err(InquiryError::PathNotPlain("a path parameter (`;`)"));
    }
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.peek().is_some() {
            return Err(InquiryError::PathNotPlain("an empty segment (`//`)"));
        }
        let dots = segment.replace("%2e", ".").replace("%2E", ".");
        if dots == "." || dots == ".." {
            return Err(InquiryError::PathNotPlain("a segment of dots"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&str, &[u8])]) -> Result<Inquiry, InquiryError> {
        let mut builder = Inquiry::builder("GET", "https://api.example/a")?;
        for (name, value) in headers {
            builder = builder.header(name, value)?;
        }
        Ok(builder.build())
    }

    #[test]
    fn credentials_are_taken_once() {
        let good: [(&[u8], &[u8], &str); 7] = [
            (b"Bearer a.b.c", b"a.b.c", "Bearer"),
            (b"bEARER   a.b.c ", b"a.b.c", "bEARER"),
            (b"Bearer", b"", "Bearer"),
            (b"Bearer ", b"", "Bearer"),
            (b"Basic dTpw", b"", "Basic"),
            (b"", b"", "?"),
            (b"a.b.c", b"", "?"),
        ];
        for (value, token, scheme) in good {
            let inquiry = of(&[("Authorization", value)]).unwrap();
            assert_eq!(inquiry.bearer(), token, "{value:?}");
            let header = inquiry.facts().headers().iter().find(|(name, _)| name == "authorization");
            assert_eq!(header.map(|(_, value)| value.as_str()), Some(scheme));
            assert!(!format!("{:?}", inquiry).contains("a.b.c"));
        }
        let bad: [&[(&str, &[u8])]; 4] = [
            &[("Authorization", b"Bearer a.b.c"), ("authorization", b"Bearer a.b.c")],
            &[("Authorization", b"Basic dTpw"), ("Authorization", b"Bearer a.b.c")],
            &[("Authorization", b"Bearer a.b.c, Bearer d.e.f")],
            &[("Authorization", b"Bearer a.b.c d.e.f")],
        ];
        for headers in bad {
            assert_eq!(of(headers).unwrap_err(), InquiryError::SeveralCredentials, "{headers:?}");
        }
        let elsewhere = Inquiry::builder("GET", "/").unwrap();
        let elsewhere = elsewhere.bearer(b"a.b.c", TokenLocation::Cookie).unwrap();
        assert!(elsewhere.header("Authorization", b"Bearer x").is_err());
    }

    #[test]
    fn bytes_that_are_no_text_stay_harmless() {
        let inquiry =
            of(&[("x-a", b"\xff\xfe"), ("Authorization", b"Bearer \xff.\x00.c")]).unwrap();
        assert_eq!(inquiry.bearer(), b"\xff.\x00.c");
        assert_eq!(inquiry.facts().headers()[0].1, "\u{fffd}\u{fffd}");
        assert!(matches!(of(&[("x-a", b"a\r\nb: c")]), Err(InquiryError::Request(_))));
        assert!(matches!(of(&[("x a", b"a")]), Err(InquiryError::Request(_))));
    }

    #[test]
    fn signals_are_what_the_gateway_says() {
        let headers = SignalHeaders::none()
            .with(HeaderName::from_static("x-risk-new-device"), "new-device")
            .with(HeaderName::from_static("x-risk-country"), "country")
            .with_fact(HeaderName::from_static("x-session"), "session.active");
        let of = |given: &[(&str, &[u8])]| {
            let mut builder = Inquiry::builder("GET", "/").unwrap().signal_headers(&headers);
            for (name, value) in given {
                builder = builder.header(name, value)?;
            }
            Ok::<_, InquiryError>(builder.build())
        };
        let given: [(&str, &[u8]); 4] = [
            ("X-Risk-New-Device", b"true"),
            ("x-risk-country", b"DE"),
            ("x-session", b"3"),
            ("x-other", b"1"),
        ];
        let inquiry = of(&given).unwrap();
        assert_eq!(inquiry.signals.get("new-device").unwrap().value, Json::Bool(true));
        assert_eq!(inquiry.signals.get("country").unwrap().value, Json::from("DE"));
        assert_eq!(inquiry.told.get("session.active"), Some(&Json::Integer(3)));
        // A signal is no header for policies.
        assert_eq!(inquiry.facts().headers().len(), 1);
        assert!(of(&[("x-risk-country", b"")]).unwrap().signals.get("country").is_none());
        let twice: [(&str, &[u8]); 2] = [("x-risk-country", b"DE"), ("x-risk-country", b"US")];
        assert_eq!(of(&twice).unwrap_err().code(), "header_twice");
        for bad in [&b"\xff"[..], b"a\nb", &[b'a'; 1025]] {
            assert_eq!(of(&[("x-risk-country", bad)]).unwrap_err().code(), "header_value");
        }
    }

    #[test]
    fn paths_that_are_read_in_two_ways_are_refused() {
        for plain in [
            "/",
            "/a",
            "/a/",
            "/a/b.c",
            "/a?x=//..",
            "/%C3%A9",
            "https://h",
            "https://h/a/",
            "/a..",
        ] {
            assert!(Inquiry::builder("GET", plain).is_ok(), "{plain}");
        }
        for other in [
            "//a",
            "/a//b",
            "/a/../b",
            "/a/.",
            "/a/%2e%2E/b",
            "/a;x=1/b",
            "/a\\b",
            "https://h//a",
            "/a//",
            "https://h/a/..",
        ] {
            let error = Inquiry::builder("GET", other).unwrap_err();
            assert_eq!(error.code(), "path_not_plain", "{other}");
        }
        for wrong in ["/a%2Fb", "/a%00", "a", "ftp://h/", "/a#b"] {
            assert_eq!(Inquiry::builder("GET", wrong).unwrap_err().code(), "request_malformed");
        }
    }

    #[test]
    fn identifiers_are_bounded() {
        let id =
            |value: &[u8]| of(&[("X-Request-ID", value)]).unwrap().request_id().map(str::to_owned);
        assert_eq!(id(b"r-1").as_deref(), Some("r-1"));
        assert_eq!(id(&[b'a'; 129]), None);
        assert_eq!(id("é".as_bytes()), None);
    }
}
