//! The admin listener: health, metrics, status, and what an operator can do.

mod answer;
mod bundle;
mod guard;
mod keys;
mod play;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokenward::packed::PACKED_LIMIT;
use tower_http::timeout::TimeoutLayer;

pub(crate) use answer::Refused;
pub(crate) use guard::Guard;

use super::app::App;

/// What the interfaces of both listeners are.
const OPENAPI: &str = include_str!("../openapi.json");
/// How long an answer may take that waits for no bundle: a body that does not come is cut off.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most bytes of a body that is no bundle.
const BODY: usize = 1 << 20;

/// The routes of the admin listener.
pub(crate) fn router(app: &Arc<App>, guard: Arc<Guard>) -> Router {
    let bundles = Router::new()
        .route("/v1/bundle/activate", post(bundle::activate))
        .route(
            "/v1/bundle/shadow",
            get(bundle::shadow_report).put(bundle::shadow).delete(bundle::end_shadow),
        )
        // A bundle is verified, tested and loaded before there is an answer.
        .route("/v1/bundle/rollback", post(bundle::rollback))
        .route("/v1/bundle/shadow/promote", post(bundle::promote))
        .layer(DefaultBodyLimit::max(usize::try_from(PACKED_LIMIT).unwrap_or(usize::MAX)));
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE);
    let mut guarded = Router::new()
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
        .route("/v1/status", get(status))
        .route("/v1/config", get(config))
        .route("/v1/bundle", get(bundle::status))
        .route("/v1/bundle/history", get(bundle::history))
        .route("/v1/keys", get(keys::status))
        .route("/v1/keys/refresh", post(keys::refresh))
        .layer(DefaultBodyLimit::max(BODY));
    if app.playground.is_some() {
        guarded = guarded.merge(play::router());
    }
    let guarded = guarded.layer(timeout).merge(bundles);
    let check = move |request: Request, next: Next| {
        let guard = Arc::clone(&guard);
        async move {
            let path = request.uri().path();
            let checked = if path.starts_with("/playground") {
                guard.check_playground(request.uri(), request.headers())
            } else {
                guard.check(request.method(), request.uri(), request.headers())
            };
            match checked {
                Ok(()) => next.run(request).await,
                Err(refused) => refused.into_response(),
            }
        }
    };
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .merge(guarded.route_layer(from_fn(check)))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn(bare))
        .with_state(Arc::clone(app))
}

/// Nothing is to be kept, guessed or framed.
async fn bare(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let name = HeaderName::from_static;
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(name("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(name("x-frame-options"), HeaderValue::from_static("DENY"));
    headers.insert(name("referrer-policy"), HeaderValue::from_static("no-referrer"));
    response
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.not_ready() {
        None => Json(json!({ "status": "ready" })).into_response(),
        Some(why) => {
            let body = json!({ "status": "not ready", "reason": why });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let content = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, content)], app.metrics()).into_response()
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

async fn status(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.status())
}

async fn config(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.config.clone())
}

async fn not_found() -> Refused {
    Refused::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here; see /openapi.json")
}

async fn not_allowed() -> Refused {
    let message = "this is not what can be done here; see /openapi.json";
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}
