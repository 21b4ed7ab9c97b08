//! OpenID `AuthZEN` Authorization API 1.0: a PEP asks in JSON whether an HTTP request may pass.
//!
//! Served are the Access Evaluation API (section 6), the Access Evaluations API (section 7) and the
//! metadata (section 9) over the HTTPS JSON binding (section 10.1). The Search APIs (section 8) are
//! not: who may do something is in no token.
//!
//! # What a question means
//!
//! The standard leaves to the PDP what subjects, actions and resources it knows. Here they are an
//! HTTP request with a bearer token:
//!
//! | member | what it says |
//! |---|---|
//! | `action.name` | the method, in upper case |
//! | `resource.type` `url` | `resource.id` is an absolute `http` or `https` URL |
//! | `resource.type` `route` | `resource.id` is a path with or without query, or the template of one (`/users/{id}`), which `path` must match then |
//! | `resource.properties.uri` | the absolute URL |
//! | `resource.properties.scheme` (`schema`), `.host` (`hostname`), `.path`, `.query` | a part of the URL: scheme and host come together, `path` may have its query |
//! | `resource.properties.headers` | the request's headers: `{name: value}`, with an array for a header that is there several times |
//! | `resource.properties.ip`, `context.client-address` | the client's IP address |
//! | `context.token`, `subject.properties.token`, or `Authorization` in the headers | the token |
//! | `context.signals`, `context.facts` | signals, and facts such as `session.active`, that the PEP vouches for: `{name: value}` |
//! | `context.phase` | `use`, if it is not there; or `refresh`, `issue`, `login` |
//! | `subject.type` `token` | nothing is said of who it is |
//! | `subject.type` `client` | `subject.id` must be the verified token's `client_id` |
//! | any other `subject.type`: `user`, `identity` … | `subject.id` must be the verified token's `sub` |
//!
//! What is said twice must be said alike; of hosts, the port may be left out. Headers that the server
//! takes for signals and facts are that here too, and not those of `context` again. Where the request's own headers have none, the
//! `X-Request-ID` and `traceparent` of the PEP's call stand for them in records. Every other member is
//! ignored (section 10.1.1).
//!
//! # What is an error
//!
//! 400 is for what does not have the standard's shape: `subject`, `action`, `resource`, their required
//! keys, their types. What has it, and yet is no request that can be judged (another resource type, two
//! tokens that differ), is a decision: `false`, with `context.error` (section 7.2.1). So is, within an
//! `evaluations` array, an item without the shape. A policy's fault is `false` as well.

mod answer;
mod evaluate;
mod metadata;
mod question;
mod target;
mod transport;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::Method;
use serde::Serialize;
use tokenward::Outcome;

use super::secret::Secret;
use crate::gate::Gate;

use answer::Answer;
use evaluate::Judge;
pub(crate) use metadata::PublicUrl;
use metadata::WELL_KNOWN;
use question::Caller;
use transport::Refused;
use wire::{Asked, WireError};

/// How the API is served.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The bearer token by which PEPs authenticate (section 11.2); none if they need not, for
    /// instance because the listener asks for their certificates.
    pub(crate) token: Option<Arc<Secret>>,
    /// Under which URL PEPs know this PDP; if there is none, the metadata names the host that the
    /// request for it names.
    pub(crate) public_url: Option<PublicUrl>,
    /// Whether the listener speaks TLS.
    pub(crate) tls: bool,
}

struct Served {
    gate: Arc<Gate>,
    settings: Settings,
}

/// The routes of the API. It has no fallback: it can be merged with others.
pub(crate) fn router(gate: Arc<Gate>, settings: Settings) -> Router {
    let mut router = Router::new()
        .route("/access/v1/evaluation", post(evaluation).fallback(only_post))
        .route("/access/v1/evaluations", post(evaluations).fallback(only_post))
        .route("/access/{*rest}", any(not_found))
        .route(WELL_KNOWN, get(configuration).fallback(only_get));
    // Where the PDP's identifier has a path, it comes behind (section 9.2).
    if let Some(path) = settings.public_url.as_ref().and_then(PublicUrl::path) {
        let path = format!("{WELL_KNOWN}{path}");
        router = router.route(&path, get(configuration).fallback(only_get));
    }
    router
        .layer(DefaultBodyLimit::max(transport::BODY_BYTES))
        .layer(from_fn(transport::echo_request_id))
        .with_state(Arc::new(Served { gate, settings }))
}

/// Section 6.
async fn evaluation(State(served): State<Arc<Served>>, request: Request) -> Response {
    match ask_one(&served, request).await {
        Ok(answer) => transport::json(&answer),
        Err(refused) => refused.into_response(),
    }
}

async fn ask_one(served: &Served, request: Request) -> Result<Answer, Refused> {
    let (caller, body) = transport::admit(request, served.settings.token.as_deref()).await?;
    match wire::evaluation(&body) {
        Ok(evaluation) => Ok(evaluate::one(&*served.gate, &evaluation, &caller).await),
        Err(error) => Err(malformed(served, error, &caller).await),
    }
}

/// Section 7.
async fn evaluations(State(served): State<Arc<Served>>, request: Request) -> Response {
    match ask_many(&served, request).await {
        Ok(Answers::One(answer)) => transport::json(&answer),
        Ok(answers) => transport::json(&answers),
        Err(refused) => refused.into_response(),
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answers {
    One(Answer),
    Many { evaluations: Vec<Answer> },
}

async fn ask_many(served: &Served, request: Request) -> Result<Answers, Refused> {
    let (caller, body) = transport::admit(request, served.settings.token.as_deref()).await?;
    match wire::evaluations(&body) {
        Ok(Asked::One(evaluation)) => {
            Ok(Answers::One(evaluate::one(&*served.gate, &evaluation, &caller).await))
        }
        Ok(Asked::Many { items, semantic }) => {
            let evaluations = evaluate::many(&*served.gate, &items, semantic, &caller).await;
            Ok(Answers::Many { evaluations })
        }
        Err(error) => Err(malformed(served, error, &caller).await),
    }
}

/// Records a body that does not have the standard's shape, of a caller who may ask.
async fn malformed(served: &Served, error: WireError, caller: &Caller) -> Refused {
    let reply = Judge::refuse(&*served.gate, error.code(), &error, caller).await;
    if reply.outcome == Outcome::Fault { Refused::not_recorded() } else { error.into() }
}

/// Section 9. Whoever may not ask may still learn where to.
async fn configuration(State(served): State<Arc<Served>>, request: Request) -> Response {
    match metadata::answer(&served.settings, &request) {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

async fn only_post() -> Response {
    Refused::method(&Method::POST).into_response()
}

async fn only_get() -> Response {
    Refused::method(&Method::GET).into_response()
}

async fn not_found() -> Response {
    Refused::not_found().into_response()
}
