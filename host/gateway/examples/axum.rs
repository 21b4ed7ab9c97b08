//! An axum service: every request is verified and judged before its handler runs.
use std::sync::Arc;

use axum::{Extension, Router, routing::get};
use tokenward::{Authorizer, Bundle, load};
use tokenward_gateway::{Gate, Judged, TokenwardLayer};

async fn orders(Extension(judged): Extension<Arc<Judged>>) -> String {
    format!("the orders of {}\n", judged.subject().unwrap_or("nobody"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trust = load::trust_file("trust.toml".as_ref())?;
    let gate = Gate::new(Authorizer::new(trust, &Bundle::built_in("baseline")?)?);
    let layer = TokenwardLayer::new(Arc::new(gate));
    let app = Router::new().route("/orders/{id}", get(orders)).layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, app).await?)
}
