//! Why a request cannot be judged.

use http::header::HeaderName;
use tokenward::RequestError;

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
    /// A host that no server has, and that ends where a URL's host would not.
    #[error("the host is not accepted; accepted: a name or an address, with a port or without")]
    Host,
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
            Self::Host => "host_malformed",
            Self::PathNotPlain(_) => "path_not_plain",
            Self::HeaderMissing(_) => "header_missing",
            Self::HeaderTwice(_) => "header_twice",
            Self::HeaderValue { .. } => "header_value",
        }
    }
}
