//! Envoy's external authorization, version 3, over gRPC.
//!
//! A `CheckRequest` becomes an [`Inquiry`](crate::Inquiry) (`request`), and what is judged becomes
//! a `CheckResponse` (`response`). Every refusal is a `denied_response`, a fault and a request that
//! cannot be judged too: those Envoy carries out whatever it is configured to do on errors. Only
//! what is no message, or too large, is a gRPC error: then Envoy refuses unless it is configured
//! with `failure_mode_allow: true`.

mod proto;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::post;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic_prost::ProstCodec;

use crate::gate::Gate;
use proto::{CheckRequest, CheckResponse};

/// The path of the one method, `Check`.
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// The largest message: headers at Envoy's largest default, several times over. A body that Envoy is
/// configured to send counts, though nobody reads it.
const MESSAGE_BYTES: usize = 1024 * 1024;

/// The service, over this gate.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new().route(CHECK, post(serve)).with_state(gate)
}

async fn serve(State(gate): State<Arc<Gate>>, request: Request) -> Response<Body> {
    if !is_grpc(request.headers()) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let codec: ProstCodec<CheckResponse, CheckRequest> = ProstCodec::default();
    let mut grpc = Grpc::new(codec).max_decoding_message_size(MESSAGE_BYTES);
    grpc.unary(Check(gate), request).await
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"application/grpc"))
}

/// The method `Check`.
struct Check(Arc<Gate>);

impl UnaryService<CheckRequest> for Check {
    type Response = CheckResponse;
    type Future =
        Pin<Box<dyn Future<Output = Result<tonic::Response<CheckResponse>, tonic::Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<CheckRequest>) -> Self::Future {
        let gate = Arc::clone(&self.0);
        Box::pin(async move { Ok(tonic::Response::new(check(&gate, request.get_ref()).await)) })
    }
}

async fn check(gate: &Gate, request: &CheckRequest) -> CheckResponse {
    match request::read(request, gate.signal_headers()) {
        Ok(asked) => {
            let judged = gate.judge(&asked.inquiry).await;
            response::judged(judged, asked.reserved)
        }
        Err(error) => response::malformed(gate.refuse(&error, &request::origin(request)).await),
    }
}
