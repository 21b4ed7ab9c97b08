//! Messages as Envoy sends them, judged by the baseline bundle, and answered as Envoy reads it.

mod answers;
mod framing;
mod messages;

use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use http::header::HeaderName;
use prost::Message;
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Authorizer, Bundle, Trust, UnixTime};
use tokenward_token::base64url;

use super::proto::{CheckRequest, HeaderValue, HttpRequest};
use crate::gate::Gate;
use crate::inquiry::SignalHeaders;

static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(Algorithm::ES256).unwrap());

/// The bundle `baseline`, with a scope for the one route of the captured requests.
static GATE: LazyLock<Arc<Gate>> = LazyLock::new(|| {
    let settings = r#"{"routes":[{"methods":["GET"],"path":"/orders","all-of":["orders:read"]}]}"#;
    let settings = serde_json::from_str(settings).unwrap();
    let bundle = Bundle::built_in("baseline").unwrap().with_settings("scope-check", &settings);
    let trust = Trust::key_only(KEY.key_set().unwrap());
    let gate = Gate::new(Authorizer::new(trust, &bundle).unwrap());
    Arc::new(gate.signals(signals()))
});

fn signals() -> SignalHeaders {
    let header = HeaderName::from_static;
    SignalHeaders::none()
        .with(header("x-risk-new-device"), "new-device")
        .with(header("x-risk-unusual-location"), "unusual-location")
        .with(header("x-risk-failed-attempts"), "failed-attempts")
}

/// A token of these claims, as members of JSON, valid for some time from now.
fn token(claims: &str) -> String {
    let now = UnixTime::now().seconds();
    signed(&format!(r#"{{"iat":{now},"exp":{},{claims}}}"#, now + 600))
}

fn signed(claims: &str) -> String {
    let claims = parse_strict(claims.as_bytes(), &JsonLimits::default()).unwrap();
    KEY.mint(Some("at+jwt"), claims.as_object().unwrap()).unwrap()
}

/// The messages that were captured (`fixtures/README.md`), by name.
fn captured() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    encoded(include_str!("fixtures/checks.txt"))
}

fn encoded(lines: &'static str) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    lines.lines().map(|line| {
        let (name, message) = line.split_once(' ').unwrap();
        (name, base64url::decode(message.as_bytes()).unwrap())
    })
}

fn message(name: &str) -> CheckRequest {
    let (_, bytes) = captured().find(|(captured, _)| *captured == name).unwrap();
    CheckRequest::decode(&*bytes).unwrap()
}

fn http(request: &mut CheckRequest) -> &mut HttpRequest {
    let attributes = request.attributes.as_mut().unwrap();
    attributes.request.as_mut().unwrap().http.as_mut().unwrap()
}

/// A captured message with this token in the placeholder's place.
fn message_with(name: &str, token: &str) -> CheckRequest {
    let mut request = message(name);
    let http = http(&mut request);
    let bearer = format!("Bearer {token}");
    for entry in http.headers.iter_mut().filter(|entry| entry.key == "authorization") {
        entry.value.clone_from(&bearer);
    }
    let map = http.header_map.iter_mut().flat_map(|map| &mut map.headers);
    for header in map.filter(|header| header.key == "authorization") {
        header.raw_value = bearer.clone().into();
    }
    request
}

/// A header as Envoy sends it with `encode_raw_headers`.
fn raw(name: &str, value: &[u8]) -> HeaderValue {
    let raw_value = Bytes::copy_from_slice(value);
    HeaderValue { key: name.to_owned(), raw_value, ..HeaderValue::default() }
}
