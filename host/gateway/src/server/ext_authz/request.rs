//! What a `CheckRequest` asks, as an [`Inquiry`].

use std::net::IpAddr;

use http::header::HeaderName;
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::{RequestError, Tls};

use crate::identity::Identity;
use crate::inquiry::{Inquiry, InquiryError, Origin, SignalHeaders, Vouched};

use super::proto::{AttributeContext, CheckRequest, HttpRequest};

/// The most headers. Envoy takes 100, unless it is configured otherwise.
const HEADERS: usize = 512;
/// The most bytes of a path with its query: what [`tokenward::RequestFacts`] takes.
const PATH_BYTES: usize = 16 * 1024;

/// What Envoy asks about.
pub(super) struct Asked {
    pub(super) inquiry: Inquiry,
    /// The names in the request that must not reach the upstream as they came
    /// ([`Identity::is_reserved`]), in lower case.
    pub(super) reserved: Vec<String>,
}

/// A header as it is judged: its name, and its bytes.
type Header<'a> = (&'a str, &'a [u8]);

/// Reads a request. What is missing is empty, and an empty method is none: refused.
pub(super) fn read(request: &CheckRequest, signals: &SignalHeaders) -> Result<Asked, InquiryError> {
    let none = AttributeContext::default();
    let attributes = request.attributes.as_ref().unwrap_or(&none);
    let nothing = HttpRequest::default();
    let http = attributes.request.as_ref().and_then(|request| request.http.as_ref());
    let http = http.unwrap_or(&nothing);

    let (headers, joined) = headers(http)?;
    let mut builder = Inquiry::builder(&http.method, &url(http, &headers)?)?
        .vouched(&vouched(attributes))
        .signal_headers(signals);
    let mut reserved = Vec::new();
    for (name, value) in headers {
        if let Some(field) = pseudo_header(http, name) {
            agrees(name, value, field)?;
            continue;
        }
        if joined {
            not_joined(name, value, signals)?;
        }
        builder = builder.header(name, value)?;
        let name = name.to_ascii_lowercase();
        if Identity::is_reserved(&name) && !reserved.contains(&name) {
            reserved.push(name);
        }
    }
    Ok(Asked { inquiry: builder.build(), reserved })
}

/// What records say of a request that cannot be judged.
pub(super) fn origin(request: &CheckRequest) -> Origin {
    let Some(attributes) = request.attributes.as_ref() else { return Origin::default() };
    let origin = Origin::default().client_address(vouched(attributes).client_address);
    let http = attributes.request.as_ref().and_then(|request| request.http.as_ref());
    let headers = http.and_then(|http| headers(http).ok()).unwrap_or_default().0;
    headers.into_iter().fold(origin, |origin, (name, value)| origin.header(name, value))
}

/// The headers, and whether several of one name are joined in one. Envoy sends them in one of two
/// fields; where both hold some, one might be judged and the other be passed on.
fn headers(http: &HttpRequest) -> Result<(Vec<Header<'_>>, bool), InquiryError> {
    let mapped = http.header_map.as_ref().map_or(&[][..], |map| &map.headers);
    let (headers, joined) = match (mapped, http.headers.as_slice()) {
        ([], texts) => {
            let texts = texts.iter().map(|entry| (entry.key.as_str(), entry.value.as_bytes()));
            (texts.collect::<Vec<_>>(), true)
        }
        (mapped, []) => {
            let mut headers = Vec::with_capacity(mapped.len());
            for header in mapped {
                let value = match (header.raw_value.as_ref(), header.value.as_bytes()) {
                    ([], text) => text,
                    (bytes, []) => bytes,
                    _ => return Err(InquiryError::HeaderTwice(name_of(&header.key))),
                };
                headers.push((header.key.as_str(), value));
            }
            (headers, false)
        }
        (_, [first, ..]) => return Err(InquiryError::HeaderTwice(name_of(&first.key))),
    };
    match headers.get(HEADERS) {
        Some((name, _)) => Err(InquiryError::HeaderValue {
            header: name_of(name),
            accepted: "at most 512 headers",
        }),
        None => Ok((headers, joined)),
    }
}

/// The URL. Each part is looked at before they are put together, so that none ends in another's
/// place: a client of HTTP/2 writes all of them.
fn url(http: &HttpRequest, headers: &[Header<'_>]) -> Result<String, InquiryError> {
    if !http.fragment.is_empty() {
        return Err(RequestError::Ambiguous("a fragment (`#`)").into());
    }
    if !http.query.is_empty() {
        return Err(RequestError::Ambiguous("a query apart from it").into());
    }
    // A request of the form `CONNECT host:port` has no path, and `OPTIONS *` none that rules know.
    if !http.path.starts_with('/') || http.path.len() > PATH_BYTES {
        return Err(refused(&http.path));
    }
    if http.host.is_empty() || http.host.contains(['/', '\\', '?', '#', '@']) {
        return Err(refused(&http.host));
    }
    let secure = http.scheme.eq_ignore_ascii_case("https");
    if !secure && !http.scheme.eq_ignore_ascii_case("http") {
        return Err(refused(&http.scheme));
    }
    let scheme = if secure && !came_by_http(headers) { "https" } else { "http" };
    Ok(format!("{scheme}://{}{}", http.host, http.path))
}

/// Whether Envoy says that the request came without TLS. A client of HTTP/2 says `https` where it is
/// not so, and Envoy passes that on as the scheme; `X-Forwarded-Proto` it sets itself, or has it from
/// the proxy before it.
fn came_by_http(headers: &[Header<'_>]) -> bool {
    let mut said =
        headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-proto"));
    said.any(|(_, value)| !value.trim_ascii().eq_ignore_ascii_case(b"https"))
}

/// What Envoy says of the client's connection.
///
/// The address is the peer's, which no client can choose, and never that of a header. A name of
/// either end's certificate, or the client's certificate, is there with TLS only. That the client's
/// certificate was verified is Envoy's default (`trust_chain_verification`).
fn vouched(attributes: &AttributeContext) -> Vouched {
    let source = attributes.source.as_ref();
    let address = source.and_then(|peer| peer.address.as_ref()?.socket_address.as_ref());
    let client_address = address.and_then(|address| address.address.parse::<IpAddr>().ok());
    let client_certificate =
        source.is_some_and(|peer| !peer.principal.is_empty() || !peer.certificate.is_empty());
    let own_name = attributes.destination.as_ref().is_some_and(|peer| !peer.principal.is_empty());
    let tls = (client_certificate || own_name).then_some(Tls {
        version: None,
        cipher: None,
        client_certificate,
    });
    Vouched { client_address, tls }
}

/// The field that a pseudo-header (RFC 9113 section 8.3.1) says again. Any other is no header's
/// name, and refused as such.
fn pseudo_header<'a>(http: &'a HttpRequest, name: &str) -> Option<&'a str> {
    match name {
        ":method" => Some(&http.method),
        ":scheme" => Some(&http.scheme),
        ":authority" => Some(&http.host),
        ":path" => Some(&http.path),
        _ => None,
    }
}

/// They differ where the field is a text and the request had other bytes: the upstream gets these.
fn agrees(name: &str, value: &[u8], field: &str) -> Result<(), InquiryError> {
    if value == field.as_bytes() {
        return Ok(());
    }
    let value = String::from_utf8_lossy(value);
    Err(match name {
        ":method" => RequestError::Method(shown(&value)).into(),
        _ => refused(&value),
    })
}

/// Two headers of one signal are refused, and where Envoy joins them that shows in a comma: the
/// client's might be one of the two. A comma inside of JSON is another thing.
fn not_joined(name: &str, value: &[u8], signals: &SignalHeaders) -> Result<(), InquiryError> {
    if !value.contains(&b',') {
        return Ok(());
    }
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) if signals.is_one(&name) => {
            let limits = JsonLimits { max_depth: 4, max_values: 64 };
            parse_strict(value, &limits).map(drop).map_err(|_| InquiryError::HeaderTwice(name))
        }
        _ => Ok(()),
    }
}

fn refused(part: &str) -> InquiryError {
    RequestError::Url(shown(part)).into()
}

/// As much as a message can show.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}

fn name_of(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).unwrap_or(HeaderName::from_static("x-unknown"))
}
