//! Forward-auth over HTTP: a gateway asks about a request in headers, and gets a status.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

use crate::gate::Gate;
use crate::inquiry::{Inquiry, InquiryError, Origin, Vouched};

/// How a gateway says which request it asks about. It must set each of these itself: in the place of
/// what a client sent, or an attacker could have another request judged than is made.
struct Dialect {
    method: HeaderName,
    /// An absolute URL, or the path with query; then scheme and host have headers of their own.
    target: HeaderName,
    scheme_and_host: Option<(HeaderName, HeaderName)>,
    client: HeaderName,
}

const fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// Traefik's `forwardAuth`, Caddy's `forward_auth`, and our script for HAProxy.
static FORWARDED: Dialect = Dialect {
    method: name("x-forwarded-method"),
    target: name("x-forwarded-uri"),
    scheme_and_host: Some((name("x-forwarded-proto"), name("x-forwarded-host"))),
    client: name("x-forwarded-for"),
};

/// nginx's `auth_request`, which sets no header by itself.
static ORIGINAL: Dialect = Dialect {
    method: name("x-original-method"),
    target: name("x-original-url"),
    scheme_and_host: None,
    client: name("x-real-ip"),
};

/// Headers that are about the gateway's own request, and none that a client sent.
const OF_THIS_REQUEST: [&str; 7] =
    ["connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "upgrade"];

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/forward-auth", any(|state, request| answer(&FORWARDED, state, request)))
        .route("/auth-request", any(|state, request| answer(&ORIGINAL, state, request)))
        .with_state(gate)
}

async fn answer(
    dialect: &'static Dialect,
    State(gate): State<Arc<Gate>>,
    request: Request,
) -> Response {
    let reply = match dialect.inquiry(request.headers(), &gate) {
        Ok(inquiry) => gate.judge(&inquiry).await.reply,
        Err(error) => {
            let client = client(request.headers(), &dialect.client).ok().flatten();
            let origin = Origin::default().headers(request.headers()).client_address(client);
            gate.refuse(&error, &origin).await
        }
    };
    reply.into_response::<Body>(request.method())
}

impl Dialect {
    fn inquiry(&self, headers: &HeaderMap, gate: &Gate) -> Result<Inquiry, InquiryError> {
        let method = once(headers, &self.method)?;
        let target = once(headers, &self.target)?;
        let wrong = |header: &HeaderName, accepted| InquiryError::HeaderValue {
            header: header.clone(),
            accepted,
        };
        let builder = match &self.scheme_and_host {
            None if target.starts_with('/') => {
                return Err(wrong(&self.target, "an absolute URL, `https://host/path?query`"));
            }
            None => Inquiry::builder(method, target)?,
            Some((scheme, host)) => {
                if !target.starts_with('/') {
                    return Err(wrong(&self.target, "a path with query, `/path?query`"));
                }
                let (name, host) = (once(headers, scheme)?, once(headers, host)?);
                let name = match name {
                    "http" | "ws" => "http",
                    "https" | "wss" => "https",
                    _ => return Err(wrong(scheme, "`http` or `https`")),
                };
                Inquiry::to_host(method, name, host, target)?
            }
        };
        let client_address = client(headers, &self.client)?;
        let mut builder = builder
            .vouched(&Vouched { client_address, tls: None })
            .signal_headers(gate.signal_headers());
        for (name, value) in headers {
            if !OF_THIS_REQUEST.contains(&name.as_str()) && !self.is_of_this(name) {
                builder = builder.header(name.as_str(), value.as_bytes())?;
            }
        }
        Ok(builder.build())
    }

    fn is_of_this(&self, name: &HeaderName) -> bool {
        let pair = self.scheme_and_host.as_ref();
        *name == self.method
            || *name == self.target
            || pair.is_some_and(|(scheme, host)| name == scheme || name == host)
    }
}

/// The value of a header that is there once.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, InquiryError> {
    let value = at_most_once(headers, name)?;
    let value = value.ok_or_else(|| InquiryError::HeaderMissing(name.clone()))?;
    text(name, value)
}

fn at_most_once<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, InquiryError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(InquiryError::HeaderTwice(name.clone())),
    }
}

fn text<'a>(name: &HeaderName, value: &'a HeaderValue) -> Result<&'a str, InquiryError> {
    let text = value.to_str().map_err(|_| InquiryError::HeaderValue {
        header: name.clone(),
        accepted: "printable ASCII",
    })?;
    Ok(text)
}

/// The client's address: the last entry, which the gateway added, with or without a port. What is no
/// address says nothing.
fn client(headers: &HeaderMap, name: &HeaderName) -> Result<Option<IpAddr>, InquiryError> {
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    let Some(last) = values.last() else { return Ok(None) };
    let last = text(name, last)?.rsplit(',').next().unwrap_or_default().trim();
    let bare = last.trim_start_matches('[').trim_end_matches(']');
    let with_port = || last.parse().ok().map(|address: SocketAddr| address.ip());
    Ok(bare.parse().ok().or_else(with_port))
}
