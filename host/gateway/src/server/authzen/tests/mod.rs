//! Tests of the Authorization API, over a real authorizer with real tokens.

mod decisions;
mod mapping;
mod metadata;
mod semantics;
mod shapes;
mod transport;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request};
use serde_json::{Value, json};
use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Authorizer, Bundle, Object, Trust, UnixTime};
use tower_service::Service;

use super::evaluate::Judge;
use super::question::Caller;
use super::{Settings, router};
use crate::gate::{Gate, Judged};
use crate::inquiry::{Inquiry, SignalHeaders};
use crate::reply::Reply;

pub(super) static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(Algorithm::ES256).unwrap());

/// By the bundle `baseline`, as it is.
static BASELINE: LazyLock<Arc<Gate>> =
    LazyLock::new(|| Arc::new(Gate::new(authorizer(&Bundle::built_in("baseline").unwrap()))));

/// By `baseline` with settings of an organization.
static ORGANIZATION: LazyLock<Arc<Authorizer>> = LazyLock::new(|| {
    let route = json!({ "methods": ["GET"], "path": "/orders/**", "all-of": ["orders:read"] });
    let step_up = json!({ "step-up": { "acr-values": ["urn:x:mfa", "urn:x:pwd"], "max-age": 60 } });
    let withhold = json!({ "detect": { "personal": "advise" }, "withhold": true });
    let bundle = Bundle::built_in("baseline")
        .unwrap()
        .with_settings("scope-check", json!({ "routes": [route] }).as_object().unwrap())
        .with_settings("risk-score", step_up.as_object().unwrap())
        .with_settings("claim-minimization", withhold.as_object().unwrap());
    authorizer(&bundle)
});

fn authorizer(bundle: &Bundle) -> Arc<Authorizer> {
    let trust = Trust::key_only(KEY.key_set().unwrap());
    Arc::new(Authorizer::new(trust, bundle).unwrap())
}

fn baseline() -> Arc<Gate> {
    Arc::clone(&BASELINE)
}

fn organization() -> Gate {
    Gate::new(Arc::clone(&ORGANIZATION))
}

/// A token with these claims that was issued now.
fn token(claims: Value) -> String {
    let now = UnixTime::now().seconds();
    let mut all = json!({ "iat": now, "exp": now + 600 });
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    let claims = tokenward::json::parse_strict(all.to_string().as_bytes(), &Default::default());
    let claims: Object = claims.unwrap().as_object().unwrap().clone();
    KEY.mint(None, &claims).unwrap()
}

fn good() -> String {
    token(json!({ "sub": "u-1", "client_id": "app", "scope": "orders:read" }))
}

fn personal() -> String {
    token(json!({ "sub": "u-1", "email": "alice@example.com" }))
}

/// An evaluation about a token, of whoever it is.
fn about(token: &str) -> Value {
    json!({
        "subject": { "type": "token", "id": "any" },
        "action": { "name": "GET" },
        "resource": { "type": "url", "id": "https://api.example/orders/7" },
        "context": { "token": token },
    })
}

/// The value with the one at a JSON Pointer replaced, or added, or with null taken away.
fn with(mut value: Value, pointer: &str, replacement: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match replacement {
        Value::Null => drop(parent.remove(name)),
        other => drop(parent.insert(name.to_owned(), other)),
    }
    value
}

/// What came back.
struct Got {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        assert!(values.len() < 2, "{name}: {values:?}");
        values.first().map(|value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body of a success.
    fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn send(gate: Arc<Gate>, settings: Settings, request: Request<Body>) -> Got {
    let response = router(gate, settings).call(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Got { status: head.status.as_u16(), headers: head.headers, body }
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

async fn evaluation(body: &Value) -> Got {
    send(baseline(), Settings::default(), post("/access/v1/evaluation", body.to_string())).await
}

async fn evaluations(body: &Value) -> Got {
    send(baseline(), Settings::default(), post("/access/v1/evaluations", body.to_string())).await
}

/// Whether a value is valid by a definition of a schema.
fn is_valid(schema: &str, definition: &str, value: &Value) -> bool {
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    if !definition.is_empty() {
        schema["$ref"] = format!("#/$defs/{definition}").into();
    }
    jsonschema::validator_for(&schema).unwrap().is_valid(value)
}

const REQUEST: &str = include_str!("../schema/request.json");
const RESPONSE: &str = include_str!("../schema/response.json");
const METADATA: &str = include_str!("../schema/metadata.json");

/// The single decision of a success, which is valid by the schema.
fn decision(got: &Got) -> Value {
    let body = got.json();
    assert!(is_valid(RESPONSE, "decision", &body), "{body:#}");
    body
}

/// The decisions of a success, which is valid by the schema.
fn decisions(got: &Got) -> Vec<Value> {
    let body = got.json();
    assert!(is_valid(RESPONSE, "evaluations", &body), "{body:#}");
    body["evaluations"].as_array().unwrap().clone()
}

/// A judge that counts how often it is asked, and whose log is full for the path `/fault`.
struct Counting {
    gate: Arc<Gate>,
    asked: AtomicUsize,
}

impl Counting {
    fn new(gate: Arc<Gate>) -> Self {
        Self { gate, asked: AtomicUsize::new(0) }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Judge for Counting {
    async fn judge(&self, inquiry: &Inquiry) -> Judged {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut judged = self.gate.judge(inquiry).await;
        if inquiry.facts().path() == Some("/fault") {
            judged.reply = Reply::fault("not_recorded");
        }
        judged
    }

    async fn refuse(
        &self,
        code: &'static str,
        error: &(impl std::fmt::Display + Sync),
        _: &Caller,
    ) -> Reply {
        Reply::unreadable(code, error)
    }

    fn signal_headers(&self) -> &SignalHeaders {
        self.gate.signal_headers()
    }
}
