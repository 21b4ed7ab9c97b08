//! A hyper service, with keys that are fetched from the issuer: what a proxy of one's own is made of.
//! The inner service sees requests that may pass alone, with identity headers set and stripped.
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokenward::{Authorizer, Bundle};
use tokenward_gateway::{Gate, TokenwardLayer};
use tokenward_keys::{Keeper, TrustFile};
use tower::{Layer, service_fn};

/// Here a proxy would ask its upstream. Of the client's headers, none passes for an identity.
async fn proxy(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let subject = request.headers().get("x-tokenward-subject").and_then(|v| v.to_str().ok());
    let text = format!("{} asks for {}\n", subject.unwrap_or("nobody"), request.uri().path());
    Ok(Response::new(Full::from(text)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let TrustFile { trust, sources } = TrustFile::read("trust.toml".as_ref())?;
    let authorizer = Authorizer::new(trust.clone(), &Bundle::built_in("baseline")?)?;
    let authorizer = Arc::new(authorizer);
    let serving = Arc::clone(&authorizer);
    let keys = Keeper::builder(trust, sources).on_change(move |trust| serving.set_trust(trust));
    let gate = Gate::new(authorizer).keys(Arc::new(keys.start().await?));
    let layer = TokenwardLayer::new(Arc::new(gate));
    let service = layer.layer(service_fn(proxy));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                eprintln!("a connection ended early: {error}");
            }
        });
    }
}
