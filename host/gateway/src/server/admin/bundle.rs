//! The bundle, by hand: activate, go back, try in the shadow, promote.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokenward_activation::{ActivationError, Activator, Promotion, ShadowConfig, Switch};

use super::super::app::App;
use super::answer::Refused;

/// How an operator is named in the history.
const WHO: &str = "admin";

type Answer = Result<Json<Value>, Refused>;

pub(crate) async fn status(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({
        "active": *app.gate.authorizer().active(),
        "activation": app.activator.as_ref().map(|activator| activator.status()),
    }))
}

pub(crate) async fn history(State(app): State<Arc<App>>) -> Answer {
    let (events, left_out) = activator(&app)?.history();
    Ok(Json(json!({ "events": events, "left-out": left_out })))
}

pub(crate) async fn activate(State(app): State<Arc<App>>, bundle: Bytes) -> Answer {
    work(&app, move |activator| Ok(switched(&activator.activate(&bundle, WHO)?))).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rollback {
    to: Option<String>,
    reason: Option<String>,
}

pub(crate) async fn rollback(State(app): State<Arc<App>>, body: Bytes) -> Answer {
    let asked: Rollback = read(&body)?;
    work(&app, move |activator| {
        let (to, reason) = (asked.to.as_deref(), asked.reason.as_deref());
        Ok(switched(&activator.rollback(to, WHO, reason)?))
    })
    .await
}

pub(crate) async fn shadow_report(State(app): State<Arc<App>>) -> Answer {
    let report = activator(&app)?.shadow_report();
    Ok(Json(json!({ "shadow": report })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Share {
    /// Of the requests, 0 to 1.
    #[serde(default = "all")]
    share: f64,
}

fn all() -> f64 {
    1.0
}

pub(crate) async fn shadow(
    State(app): State<Arc<App>>,
    Query(Share { share }): Query<Share>,
    bundle: Bytes,
) -> Answer {
    if !(share > 0.0 && share <= 1.0) {
        return Err(Refused::wrong("share", "`share` is a share above 0, at most 1"));
    }
    work(&app, move |activator| {
        let config = ShadowConfig { share, ..ShadowConfig::default() };
        Ok(json!({ "candidate": *activator.shadow(&bundle, WHO, config)? }))
    })
    .await
}

pub(crate) async fn end_shadow(State(app): State<Arc<App>>) -> Answer {
    work(&app, move |activator| Ok(json!({ "shadow": activator.end_shadow() }))).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Promote {
    at_least: u64,
    changed_at_most: f64,
}

pub(crate) async fn promote(State(app): State<Arc<App>>, body: Bytes) -> Answer {
    let Promote { at_least, changed_at_most } = read(&body)?;
    work(&app, move |activator| {
        let condition = Promotion { at_least, changed_at_most };
        Ok(switched(&activator.promote(WHO, condition)?))
    })
    .await
}

fn switched(switch: &Switch) -> Value {
    match switch {
        Switch::Active(version) => json!({ "switched": true, "active": **version }),
        Switch::AlreadyActive => json!({ "switched": false }),
    }
}

/// Reads a body; an empty one is an empty object.
fn read<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refused::wrong("body", error))
}

fn activator(app: &App) -> Result<Arc<Activator>, Refused> {
    app.activator.clone().ok_or_else(|| {
        Refused::new(
            StatusCode::CONFLICT,
            "not_shipped",
            "the bundle of this server is built in or a folder; bundles are activated where \
             `[bundle]` has a source of packed ones, and a `store`",
        )
    })
}

/// Does it off the threads that serve, one at a time.
async fn work(
    app: &Arc<App>,
    work: impl FnOnce(Arc<Activator>) -> Result<Value, ActivationError> + Send + 'static,
) -> Answer {
    let activator = activator(app)?;
    if app.busy.swap(true, Ordering::AcqRel) {
        return Err(Refused::new(StatusCode::CONFLICT, "busy", "a bundle is being activated"));
    }
    let busy = Busy(Arc::clone(app));
    let done = tokio::task::spawn_blocking(move || {
        let _busy = busy;
        work(activator)
    });
    match done.await {
        Ok(Ok(answer)) => Ok(Json(answer)),
        Ok(Err(error)) => {
            tracing::warn!(code = error.code(), %error, "a bundle was refused");
            Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error))
        }
        Err(_) => Err(Refused::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the work ended by a fault of the server; the bundle before serves",
        )),
    }
}

struct Busy(Arc<App>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}
