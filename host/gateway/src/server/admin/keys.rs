//! The keys of issuers: what is known of them, and fetching them now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::super::app::App;

pub(crate) async fn status(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "keys": app.keys.as_ref().map(|keys| keys.status()) }))
}

pub(crate) async fn refresh(State(app): State<Arc<App>>) -> Json<Value> {
    let outcomes = match &app.keys {
        Some(keys) => keys.refresh_all().await,
        None => Vec::new(),
    };
    let outcomes = outcomes
        .iter()
        .map(|(issuer, outcome)| json!({ "issuer": issuer, "outcome": outcome.name() }));
    Json(json!({ "refreshed": outcomes.collect::<Vec<_>>() }))
}
