//! An axum gateway: every request is verified and judged before its handler runs.
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use tokenward::{Authorizer, Bundle, Refusal, RequestFacts, Signals, load};

async fn guard(State(auth): State<Arc<Authorizer>>, request: Request, next: Next) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let bearer = bearer.and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
    let target = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let Ok(facts) = RequestFacts::new(request.method().as_str(), target) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let decision = auth.authorize(bearer.as_bytes(), &facts, &Signals::none());
    let status = match decision.permit() {
        Ok(_) => return next.run(request).await,
        Err(Refusal::Policy | Refusal::Scope(_)) => StatusCode::FORBIDDEN,
        Err(Refusal::Fault(_)) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::UNAUTHORIZED,
    };
    let challenge = decision.challenge().map(|c| [(header::WWW_AUTHENTICATE, c.to_string())]);
    (status, challenge, "").into_response()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trust = load::trust_file("trust.toml".as_ref())?;
    let auth = Arc::new(Authorizer::new(trust, &Bundle::built_in("baseline")?)?);
    let app = Router::new().route("/orders", get(|| async { "your orders\n" }));
    let app = app.layer(from_fn_with_state(auth, guard));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, app).await?)
}
