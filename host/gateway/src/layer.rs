//! A tower layer: every request is judged before the service that it wraps sees it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::HOST;
use http::{HeaderMap, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::gate::Gate;
use crate::identity::Identity;
use crate::inquiry::{Inquiry, InquiryError, Vouched};
use crate::reply::{Reply, Upstream};

/// Judges every request by a [`Gate`]. One that may pass reaches the inner service with identity
/// headers set and stripped, and with the [`Judged`](crate::Judged) in an `Arc` as a request
/// extension; every other is answered here.
///
/// What the service knows of the client's connection it puts into the request as an extension
/// beforehand: [`Vouched`], and [`http::uri::Scheme`] where the scheme is known.
#[derive(Debug, Clone)]
pub struct TokenwardLayer {
    gate: Arc<Gate>,
}

impl TokenwardLayer {
    /// A layer over this gate.
    #[must_use]
    pub fn new(gate: Arc<Gate>) -> Self {
        Self { gate }
    }
}

impl<S> Layer<S> for TokenwardLayer {
    type Service = TokenwardService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TokenwardService { gate: Arc::clone(&self.gate), inner }
    }
}

/// What [`TokenwardLayer`] makes of a service.
#[derive(Debug, Clone)]
pub struct TokenwardService<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S, Q, A> Service<Request<Q>> for TokenwardService<S>
where
    S: Service<Request<Q>, Response = Response<A>> + Clone + Send + 'static,
    S::Future: Send,
    Q: Send + 'static,
    A: From<Vec<u8>>,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        // The one that is ready, as `poll_ready` said.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let gate = Arc::clone(&self.gate);
        let inquiry = inquiry(&request, &gate);
        Box::pin(async move {
            let inquiry = match inquiry {
                Ok(inquiry) => inquiry,
                Err(error) => return Ok(Reply::malformed(&error).into_response(request.method())),
            };
            let judged = gate.judge(&inquiry).await;
            match &judged.reply.upstream {
                Some(upstream) => {
                    apply(request.headers_mut(), upstream);
                    request.extensions_mut().insert(Arc::new(judged));
                    inner.call(request).await
                }
                None => Ok(judged.reply.into_response(request.method())),
            }
        })
    }
}

/// What a request says of itself, and what the service said of the connection.
fn inquiry<Q>(request: &Request<Q>, gate: &Gate) -> Result<Inquiry, InquiryError> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let host = match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => host(request.headers())?,
    };
    let scheme = uri.scheme().or_else(|| request.extensions().get::<http::uri::Scheme>());
    let url = match (scheme, host) {
        (Some(scheme), Some(host)) => format!("{scheme}://{host}{target}"),
        // Of a request without host or scheme, policies see the path.
        _ => target.to_owned(),
    };
    let mut builder = Inquiry::builder(request.method().as_str(), &url)?;
    if let Some(vouched) = request.extensions().get::<Vouched>() {
        builder = builder.vouched(vouched);
    }
    let mut builder = builder.signal_headers(gate.signal_headers());
    for (name, value) in request.headers() {
        builder = builder.header(name.as_str(), value.as_bytes())?;
    }
    Ok(builder.build())
}

fn host(headers: &HeaderMap) -> Result<Option<&str>, InquiryError> {
    let mut hosts = headers.get_all(HOST).iter();
    let first = hosts.next();
    if hosts.next().is_some() {
        return Err(InquiryError::HeaderTwice(HOST));
    }
    Ok(first.and_then(|host| host.to_str().ok()))
}

/// Sets and strips: nothing that a client sent in the name of an identity header stays.
pub(crate) fn apply(headers: &mut HeaderMap, upstream: &Upstream) {
    let reserved: Vec<_> =
        headers.keys().filter(|name| Identity::is_reserved(name.as_str())).cloned().collect();
    for name in reserved.iter().chain(&upstream.remove) {
        headers.remove(name);
    }
    for (name, value) in &upstream.set {
        headers.insert(name.clone(), value.clone());
    }
}
