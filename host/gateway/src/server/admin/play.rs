//! The playground's page, and what it asks.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::Value;

use super::super::app::App;
use super::answer::Refused;
use crate::playground::{CheckRequest, PAGE, Playground, PlaygroundError};

/// The page is all there is: nothing is fetched but from this listener, and nothing frames it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/playground", get(page))
        .route("/playground/options", get(options))
        .route("/playground/mint", post(mint))
        .route("/playground/check", post(check))
}

async fn page() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, PAGE.as_str()).into_response()
}

async fn options(State(app): State<Arc<App>>) -> Json<Value> {
    Json(Playground::options(&app.gate.authorizer().active()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mint {
    claims: Value,
    #[serde(default)]
    typ: Option<String>,
}

async fn mint(
    State(app): State<Arc<App>>,
    body: axum::body::Bytes,
) -> Result<Json<Value>, Refused> {
    let Mint { claims, typ } = read(&body)?;
    let minted = playground(&app)?.mint(typ.as_deref(), &claims);
    minted.map(Json).map_err(|error| refused(&error))
}

async fn check(
    State(app): State<Arc<App>>,
    body: axum::body::Bytes,
) -> Result<Json<Value>, Refused> {
    let asked: CheckRequest = read(&body)?;
    // A bundle that is asked for the first time is compiled, which takes a while.
    let checked = tokio::task::spawn_blocking(move || {
        playground(&app)?.check(&asked, app.gate.authorizer()).map_err(|error| refused(&error))
    });
    let internal = |_| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Refused::new(status, "internal", "the check ended by a fault of the server")
    };
    checked.await.map_err(internal)?.map(Json)
}

fn playground(app: &App) -> Result<&Playground, Refused> {
    app.playground
        .as_ref()
        .ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, "not_found", "there is no playground"))
}

fn read<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::wrong("body", error))
}

fn refused(error: &PlaygroundError) -> Refused {
    Refused::wrong(error.code(), error)
}
