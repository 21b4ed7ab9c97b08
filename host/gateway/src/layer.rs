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
use crate::inquiry::{Inquiry, InquiryError, Origin, Vouched};
use crate::reply::Upstream;

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
                Err(error) => {
                    let vouched = request.extensions().get::<Vouched>();
                    let client = vouched.and_then(|vouched| vouched.client_address);
                    let origin = Origin::default().headers(request.headers());
                    let reply = gate.refuse(&error, &origin.client_address(client)).await;
                    return Ok(reply.into_response(request.method()));
                }
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
    let method = request.method().as_str();
    let mut builder = match (scheme, host) {
        (Some(scheme), Some(host)) => Inquiry::to_host(method, scheme.as_str(), host, target)?,
        // Of a request without host or scheme, policies see the path.
        _ => Inquiry::builder(method, target)?,
    };
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http::{Method, StatusCode};
    use serde_json::json;

    use super::*;
    use crate::gate::Judged;
    use crate::testing::{gate, token};

    /// Answers with what it got.
    #[derive(Clone, Default)]
    struct Inner(Arc<Mutex<Vec<Request<()>>>>);

    impl Service<Request<()>> for Inner {
        type Response = Response<Vec<u8>>;
        type Error = std::convert::Infallible;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<()>) -> Self::Future {
            self.0.lock().unwrap().push(request);
            std::future::ready(Ok(Response::new(b"served".to_vec())))
        }
    }

    async fn ask(headers: &[(&str, &str)]) -> (Response<Vec<u8>>, Option<Request<()>>) {
        let inner = Inner::default();
        let mut service = TokenwardLayer::new(Arc::new(gate())).layer(inner.clone());
        let mut request = Request::builder().method(Method::GET).uri("/orders/7");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).unwrap();
        request.extensions_mut().insert(http::uri::Scheme::HTTPS);
        let response = service.call(request).await.unwrap();
        let seen = inner.0.lock().unwrap().pop();
        (response, seen)
    }

    #[tokio::test]
    async fn what_may_pass_is_served_with_identity_alone() {
        let bearer = format!("Bearer {}", token(&json!({ "scope": "orders:read" })));
        let (response, seen) = ask(&[
            ("host", "api.example"),
            ("authorization", &bearer),
            ("x-tokenward-subject", "admin"),
            ("x-tokenward-other", "admin"),
            ("x_tokenward_subject", "admin"),
            ("x-kept", "1"),
        ])
        .await;
        assert_eq!(response.body(), b"served");
        let seen = seen.unwrap();
        assert_eq!(seen.headers()["x-tokenward-subject"], "u-1");
        assert_eq!(seen.headers()["x-kept"], "1");
        assert_eq!(seen.headers().get_all("x-tokenward-subject").iter().count(), 1);
        for gone in ["authorization", "x-tokenward-other", "x_tokenward_subject"] {
            assert!(!seen.headers().contains_key(gone), "{gone}");
        }
        let judged = seen.extensions().get::<Arc<Judged>>().unwrap();
        assert_eq!(judged.subject(), Some("u-1"));
        assert!(judged.decision.permit().is_ok());
    }

    #[tokio::test]
    async fn everything_else_is_answered_here() {
        let two = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
        let hosts = [("host", "a.example"), ("host", "b.example")];
        let trick = [("host", "a.example?x="), ("authorization", "Bearer a.b.c")];
        for (headers, status) in [
            (&[][..], StatusCode::UNAUTHORIZED),
            (&[("authorization", "Bearer a.b.c")], StatusCode::UNAUTHORIZED),
            (&two, StatusCode::BAD_REQUEST),
            (&hosts, StatusCode::BAD_REQUEST),
            (&trick, StatusCode::BAD_REQUEST),
        ] {
            let (response, seen) = ask(headers).await;
            assert_eq!(response.status(), status, "{headers:?}");
            assert!(seen.is_none(), "{headers:?}");
        }
    }
}
