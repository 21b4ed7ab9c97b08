//! The HTTPS JSON binding (section 10.1): who may ask, what is read of a request, how errors are told.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, WWW_AUTHENTICATE,
};
use http::{Method, StatusCode};
use serde::Serialize;

use super::super::secret::Secret;
use super::question::Caller;
use super::wire::WireError;

/// The most bytes of a request's body.
pub(super) const BODY_BYTES: usize = 1 << 20;

/// The longest request identifier.
const REQUEST_ID_BYTES: usize = 256;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An error that is about the request as a whole (section 10.1.2): a status, and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refused {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into(), header: None }
    }

    pub(super) fn not_found() -> Self {
        let message = "there is no such endpoint; accepted: `/access/v1/evaluation` and \
                       `/access/v1/evaluations`";
        Self { status: StatusCode::NOT_FOUND, ..Self::bad_request(message) }
    }

    pub(super) fn method(accepted: &Method) -> Self {
        let allow = HeaderValue::from_str(accepted.as_str());
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message: format!("the method is not accepted; accepted: `{accepted}`"),
            header: allow.ok().map(|allow| (ALLOW, allow)),
        }
    }

    fn too_large() -> Self {
        let message = format!("the body is too large; accepted: at most {BODY_BYTES} bytes");
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::bad_request(message) }
    }

    /// Section 11.3. Of a token that is not accepted it is said that it is not (RFC 6750 section 3).
    fn unauthorized(challenge: &'static str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            message:
                "the caller is not authenticated; accepted: one `Authorization: Bearer TOKEN` \
                      with the token of this API"
                    .to_owned(),
            header: Some((WWW_AUTHENTICATE, HeaderValue::from_static(challenge))),
        }
    }

    pub(super) fn not_recorded() -> Self {
        let message = "the decision could not be recorded, and there is none without a record";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, ..Self::bad_request(message) }
    }

    fn internal() -> Self {
        let message = "the answer could not be written";
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::bad_request(message) }
    }
}

impl From<WireError> for Refused {
    fn from(error: WireError) -> Self {
        tracing::debug!(code = error.code(), "a request is malformed");
        Self::bad_request(error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.message));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some((name, value)) = self.header {
            headers.insert(name, value);
        }
        response
    }
}

/// A successful response.
pub(super) fn json(answer: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(answer) else { return Refused::internal().into_response() };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Every response has the request's identifier (section 10.1.3). One that could not be given back as
/// it came is refused, rather than left out.
pub(super) async fn echo_request_id(request: Request, next: Next) -> Response {
    let mut ids = request.headers().get_all(&REQUEST_ID).iter();
    match (ids.next().cloned(), ids.next()) {
        (None, _) => next.run(request).await,
        (Some(id), None) if is_printable(&id, REQUEST_ID_BYTES) => {
            let mut response = next.run(request).await;
            response.headers_mut().insert(REQUEST_ID, id);
            response
        }
        _ => Refused::bad_request(format!(
            "the header `X-Request-ID` is not accepted; accepted: at most one, of at most \
             {REQUEST_ID_BYTES} printable ASCII characters"
        ))
        .into_response(),
    }
}

/// What of a request is looked at, of a caller who may ask. Nothing is read of the body of one who
/// may not. The router bounds the body to [`BODY_BYTES`].
pub(super) async fn admit(
    request: Request,
    token: Option<&Secret>,
) -> Result<(Caller, Bytes), Refused> {
    let headers = request.headers();
    if let Some(expected) = token {
        authenticate(headers, expected)?;
    }
    check_content_type(headers)?;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse().ok()).is_some_and(|n: usize| n > BODY_BYTES) {
        return Err(Refused::too_large());
    }
    let text = |name| {
        let value = headers.get(name).filter(|value| is_printable(value, REQUEST_ID_BYTES));
        value.and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let caller = Caller { request_id: text(REQUEST_ID), trace_parent: text(TRACE_PARENT) };
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Refused::too_large();
        }
        Refused::bad_request("the body could not be read")
    })?;
    Ok((caller, body))
}

fn is_printable(value: &HeaderValue, most: usize) -> bool {
    value.len() <= most && value.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// Whether the caller has the secret.
fn authenticate(headers: &HeaderMap, expected: &Secret) -> Result<(), Refused> {
    let missing = || Refused::unauthorized("Bearer realm=\"tokenward\"");
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(missing()) };
    let (scheme, token) = value.as_bytes().split_at_checked(7).ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case(b"Bearer ") {
        return Err(missing());
    }
    if expected.is(token.trim_ascii()) {
        return Ok(());
    }
    Err(Refused::unauthorized("Bearer realm=\"tokenward\", error=\"invalid_token\""))
}

/// Section 10.1 wants `application/json`; the certification profile says that all else is 400.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refused> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    };
    let media = value.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Refused::bad_request("the `Content-Type` is not accepted; accepted: `application/json`"))
}
