//! The HTTPS JSON binding (section 10.1): identifiers, authentication, and errors of the whole.

use std::sync::Arc;

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http::{Method, Request};
use hyper::body::Frame;
use serde_json::Value;

use super::super::transport::BODY_BYTES;
use super::{Settings, about, baseline, decision, good, post, send, with};
use crate::server::secret::Secret;

const PATH: &str = "/access/v1/evaluation";

fn header(mut request: Request<Body>, name: &'static str, value: &[u8]) -> Request<Body> {
    request.headers_mut().append(name, http::HeaderValue::from_bytes(value).unwrap());
    request
}

/// A body that comes in pieces.
struct Pieces(Vec<Result<Bytes, std::io::Error>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop().map(|piece| piece.map(Frame::data)))
    }
}

/// A body that nobody may read.
struct Unread;

impl HttpBody for Unread {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        panic!("the body is read")
    }
}

/// Section 10.1.3: the same identifier in every response, also of errors.
#[tokio::test]
async fn request_identifiers_come_back() {
    let good = about(&good()).to_string();
    let guarded =
        Settings { token: Some(Arc::new(Secret::of(b"another-secret"))), ..Settings::default() };
    let open = Settings::default();
    let get =
        |path: &str| Request::get(path).header("host", "pdp.example").body(Body::empty()).unwrap();
    let large = || vec![b' '; BODY_BYTES + 1];
    let cases: [(&dyn Fn() -> Request<Body>, &Settings, u16); 8] = [
        (&|| post(PATH, good.clone()), &open, 200),
        (&|| post("/access/v1/evaluations", good.clone()), &open, 200),
        (&|| post(PATH, "{"), &open, 400),
        (&|| post(PATH, good.clone()), &guarded, 401),
        (&|| get(PATH), &open, 405),
        (&|| post("/access/v1/search/subject", "{}"), &open, 404),
        (&|| post(PATH, large()), &open, 413),
        (&|| get("/.well-known/authzen-configuration"), &open, 200),
    ];
    let longest = "~".repeat(256);
    for (request, settings, status) in cases {
        for id in ["bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "an id, \"any\"", &longest] {
            let request = header(request(), "x-request-id", id.as_bytes());
            let got = send(baseline(), settings.clone(), request).await;
            assert_eq!((got.status, got.header("x-request-id")), (status, Some(id)));
        }
        let got = send(baseline(), settings.clone(), request()).await;
        assert_eq!((got.status, got.header("x-request-id")), (status, None));
    }
}

#[tokio::test]
async fn identifiers_that_cannot_come_back_are_refused() {
    let longest = [b'a'; 257];
    for ids in [&[&longest[..]][..], &[b"\xff"], &[b"a\tb"], &[b"a", b"a"]] {
        let mut request = post(PATH, about(&good()).to_string());
        for id in ids {
            request = header(request, "x-request-id", id);
        }
        let got = send(baseline(), Settings::default(), request).await;
        assert_eq!((got.status, got.header("x-request-id")), (400, None));
        assert!(got.text().starts_with("the header `X-Request-ID` is not accepted"));
    }
}

/// Section 11.3, before anything is read of the body.
#[tokio::test]
async fn callers_authenticate() {
    let settings =
        Settings { token: Some(Arc::new(Secret::of(b"pep-secret"))), ..Settings::default() };
    let missing = "Bearer realm=\"tokenward\"";
    let wrong = "Bearer realm=\"tokenward\", error=\"invalid_token\"";
    for path in [PATH, "/access/v1/evaluations"] {
        for (values, challenge) in [
            (vec![], missing),
            (vec!["Basic cGVwLXNlY3JldA=="], missing),
            (vec!["pep-secret"], missing),
            (vec!["Bearer"], missing),
            (vec!["Bearer pep-secret", "Bearer pep-secret"], missing),
            (vec!["Bearer "], wrong),
            (vec!["Bearer pep-secre"], wrong),
            (vec!["Bearer pep-secrets"], wrong),
            (vec!["Bearer PEP-SECRET"], wrong),
        ] {
            let mut request = post(path, Body::new(Unread));
            for value in &values {
                request = header(request, "authorization", value.as_bytes());
            }
            let got = send(baseline(), settings.clone(), request).await;
            assert_eq!((got.status, got.header("www-authenticate")), (401, Some(challenge)));
            assert!(!got.text().contains("secret"));
        }
        for value in ["Bearer pep-secret", "bearer  pep-secret"] {
            let request = post(path, about(&good()).to_string());
            let request = header(request, "authorization", value.as_bytes());
            let got = send(baseline(), settings.clone(), request).await;
            assert_eq!(decision(&got)["decision"], true);
        }
    }
    // The PEP's token is not the request's.
    let request = post(PATH, with(about(""), "/context", Value::Null).to_string());
    let request = header(request, "authorization", b"Bearer pep-secret");
    let got = send(baseline(), settings, request).await;
    assert_eq!(decision(&got)["context"]["code"], "token_missing");
}

/// Section 10.1, and the certification profile: everything but `application/json` is 400.
#[tokio::test]
async fn content_types() {
    let body = || about(&good()).to_string();
    for good in ["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"] {
        let request = Request::post(PATH).header("content-type", good).body(Body::from(body()));
        let got = send(baseline(), Settings::default(), request.unwrap()).await;
        assert_eq!(got.status, 200, "{good}");
    }
    for bad in [
        &["text/plain"][..],
        &["application/jsonx"],
        &["application/problem+json"],
        &[""],
        &[],
        &["application/json", "application/json"],
    ] {
        let mut request = Request::post(PATH);
        for value in bad {
            request = request.header("content-type", *value);
        }
        let got =
            send(baseline(), Settings::default(), request.body(Body::from(body())).unwrap()).await;
        assert_eq!(got.status, 400, "{bad:?}");
        assert_eq!(got.text(), "the `Content-Type` is not accepted; accepted: `application/json`");
    }
}

#[tokio::test]
async fn methods_and_paths() {
    for path in [PATH, "/access/v1/evaluations"] {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let got = send(baseline(), Settings::default(), request).await;
            assert_eq!((got.status, got.header("allow")), (405, Some("POST")));
        }
    }
    let request = post("/.well-known/authzen-configuration", "{}");
    let got = send(baseline(), Settings::default(), request).await;
    assert_eq!((got.status, got.header("allow")), (405, Some("GET")));
    // The Search APIs (section 8) are not served.
    for path in ["/access/v1/search/subject", "/access/v1/evaluation/", "/access/v2/evaluation"] {
        let got = send(baseline(), Settings::default(), post(path, "{}")).await;
        assert_eq!(got.status, 404, "{path}");
    }
}

/// Section 11.7. What is announced as too large is not read.
#[tokio::test]
async fn bodies_are_bounded() {
    let mut body = about(&good()).to_string().into_bytes();
    body.resize(BODY_BYTES, b' ');
    let got = send(baseline(), Settings::default(), post(PATH, body.clone())).await;
    assert_eq!(decision(&got)["decision"], true);
    body.push(b' ');
    let pieces = body.chunks(1 << 16).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let streamed = Body::new(Pieces(pieces));
    let announced = header(post(PATH, Body::new(Unread)), "content-length", b"1048577");
    for request in [post(PATH, body), post(PATH, streamed), announced] {
        let got = send(baseline(), Settings::default(), request).await;
        let message = "the body is too large; accepted: at most 1048576 bytes";
        assert_eq!((got.status, got.text()), (413, message));
    }
    let broken = Body::new(Pieces(vec![Err(std::io::Error::other("reset"))]));
    let got = send(baseline(), Settings::default(), post(PATH, broken)).await;
    assert_eq!((got.status, got.text()), (400, "the body could not be read"));
}
