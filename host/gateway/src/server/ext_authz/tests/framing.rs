//! gRPC as Envoy speaks it: a frame in the body, and the status in the trailers.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use prost::Message;
use tower_service::Service;

use super::super::proto::{CheckRequest, CheckResponse, HttpResponse};
use super::super::{CHECK, MESSAGE_BYTES, router};
use super::{GATE, captured, http, message, message_with, token};

const GRPC: &str = "application/grpc";

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), message].concat()
}

async fn send(method: Method, path: &str, kind: &str, body: Vec<u8>) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", kind);
    let request = request.header("te", "trailers").body(Body::from(body)).unwrap();
    router(Arc::clone(&GATE)).call(request).await.unwrap()
}

async fn post(body: Vec<u8>) -> Response<Body> {
    send(Method::POST, CHECK, GRPC, body).await
}

/// The data and the trailers.
async fn read(response: Response<Body>) -> (Vec<u8>, HeaderMap) {
    let (mut data, mut trailers) = (Vec::new(), HeaderMap::new());
    let mut body = response.into_body();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        match frame.unwrap().into_data() {
            Ok(bytes) => data.extend_from_slice(&bytes),
            Err(other) => trailers.extend(other.into_trailers().unwrap()),
        }
    }
    (data, trailers)
}

/// The answer in a response that is well formed.
async fn answer(response: Response<Body>) -> CheckResponse {
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], GRPC);
    assert_eq!(response.headers().get("grpc-encoding"), None);
    let (data, trailers) = read(response).await;
    assert_eq!(trailers["grpc-status"], "0");
    assert_eq!(data, frame(data.get(5..).unwrap()));
    CheckResponse::decode(data.get(5..).unwrap()).unwrap()
}

/// The status of a response that has no answer.
async fn failure(body: Vec<u8>) -> String {
    let response = post(body).await;
    assert_eq!(response.status(), StatusCode::OK);
    let early = response.headers().get("grpc-status").cloned();
    let (data, trailers) = read(response).await;
    assert_eq!(data, b"");
    let status = early.or_else(|| trailers.get("grpc-status").cloned()).unwrap();
    status.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn captured_messages_come_in_frames() {
    for (name, bytes) in captured() {
        let answer = answer(post(frame(&bytes)).await).await;
        assert!(matches!(answer.http_response, Some(HttpResponse::Denied(_))), "{name}");
    }
    let permitted = message_with("tls", &token(r#""sub":"u-1","scope":"orders:read""#));
    let answer = answer(post(frame(&permitted.encode_to_vec())).await).await;
    assert_eq!(answer.status.unwrap().code, 0);
    assert!(matches!(answer.http_response, Some(HttpResponse::Ok(_))));
}

#[tokio::test]
async fn an_empty_message_is_denied() {
    let answer = answer(post(frame(&[])).await).await;
    assert_eq!(answer.status.unwrap().code, 3);
}

#[tokio::test]
async fn what_is_no_message_is_an_error() {
    let of_length = |length: usize| {
        // A field that nobody reads, as long as needed: one byte of tag, three or four of length.
        let mut message = vec![0x7a];
        let rest = length - 5;
        message.extend(
            [
                (rest & 0x7f) | 0x80,
                (rest >> 7 & 0x7f) | 0x80,
                (rest >> 14 & 0x7f) | 0x80,
                rest >> 21,
            ]
            .map(|byte| u8::try_from(byte).unwrap()),
        );
        message.resize(length, 0);
        message
    };
    let fits = answer(post(frame(&of_length(MESSAGE_BYTES))).await).await;
    assert_eq!(fits.status.unwrap().code, 3);
    assert_eq!(failure(frame(&of_length(MESSAGE_BYTES + 1))).await, "11");

    let mut path_of_bytes = message("tls");
    http(&mut path_of_bytes).path = "/PLACE".into();
    let mut path_of_bytes = path_of_bytes.encode_to_vec();
    let at = path_of_bytes.windows(6).position(|window| window == b"/PLACE").unwrap();
    path_of_bytes[at + 1] = 0xff;
    assert!(CheckRequest::decode(&*path_of_bytes).is_err());

    let whole = frame(&message("tls").encode_to_vec());
    let mut compressed = whole.clone();
    compressed[0] = 1;
    for (what, body) in [
        ("nothing", vec![]),
        ("half a frame", whole[..whole.len() / 2].to_vec()),
        ("compressed, with nothing said of how", compressed),
        ("a frame of noise", frame(b"\xff\xff\xff\xff")),
        ("a text that is no UTF-8", frame(&path_of_bytes)),
        ("a length that goes beyond", frame(&[0x0a, 0x7f])),
    ] {
        assert_ne!(failure(body).await, "0", "{what}");
    }
}

#[tokio::test]
async fn other_requests_are_not_answered() {
    let whole = || frame(&message("tls").encode_to_vec());
    for (method, path, kind, status) in [
        (Method::GET, CHECK, GRPC, 405),
        (Method::POST, "/envoy.service.auth.v3.Authorization/Other", GRPC, 404),
        (Method::POST, "/envoy.service.auth.v2.Authorization/Check", GRPC, 404),
        (Method::POST, CHECK, "application/json", 415),
        (Method::POST, CHECK, "", 415),
        (Method::POST, CHECK, "application/grpc+proto", 200),
    ] {
        let response = send(method.clone(), path, kind, whole()).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path} {kind}");
    }
}
