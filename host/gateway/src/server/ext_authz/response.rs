//! What is judged, as a `CheckResponse`.

use std::collections::BTreeMap;

use axum::body::Bytes;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue as HttpHeaderValue};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use tokenward::{Decision, Enforcement, PolicyStatus};

use crate::gate::Judged;
use crate::reply::{Reply, Upstream};

use super::proto::{
    CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValue, HeaderValueOption,
    HttpResponse, HttpStatus, OkHttpResponse, Status,
};

/// The answer to a request that was judged. `reserved` are the headers of the request that must not
/// reach the upstream as they came.
pub(super) fn judged(judged: Judged, reserved: Vec<String>) -> CheckResponse {
    let metadata = metadata(&judged.reply, Some(&judged.decision));
    answer(judged.reply, reserved, metadata)
}

/// The answer to a request that cannot be judged.
pub(super) fn malformed(reply: Reply) -> CheckResponse {
    let metadata = metadata(&reply, None);
    answer(reply, Vec::new(), metadata)
}

fn answer(reply: Reply, reserved: Vec<String>, metadata: Struct) -> CheckResponse {
    let (code, http_response) = match reply.upstream {
        Some(upstream) => (0, HttpResponse::Ok(passed(&upstream, reserved))),
        None => (code(reply.status), HttpResponse::Denied(denied(reply))),
    };
    CheckResponse {
        status: Some(Status { code }),
        http_response: Some(http_response),
        dynamic_metadata: Some(metadata),
    }
}

/// Envoy sets first and removes then, so that what is set must not be removed.
fn passed(upstream: &Upstream, reserved: Vec<String>) -> OkHttpResponse {
    let is_set = |name: &String| upstream.set.iter().any(|(set, _)| set.as_str() == name);
    let smuggled = reserved.into_iter().filter(|name| !is_set(name));
    let removed = upstream.remove.iter().map(|name| name.as_str().to_owned());
    let headers_to_remove = removed.chain(smuggled).collect();
    let headers = upstream.set.iter().map(|(name, value)| overwrite(name, value)).collect();
    OkHttpResponse { headers, headers_to_remove }
}

fn denied(reply: Reply) -> DeniedHttpResponse {
    DeniedHttpResponse {
        status: Some(HttpStatus { code: reply.status.as_u16().into() }),
        headers: reply.headers.iter().map(|(name, value)| overwrite(name, value)).collect(),
        body: String::from_utf8(reply.body).unwrap_or_default(),
    }
}

/// A header in the place of every other of its name.
///
/// One that is empty is set too. Removing it would do for what a client smuggled; but then an
/// upstream sees no header, as it sees none of a request that never was at the gate. A value that
/// Envoy cannot be told, as it is no text, is empty.
fn overwrite(name: &HeaderName, value: &HttpHeaderValue) -> HeaderValueOption {
    let header = HeaderValue {
        key: name.as_str().to_owned(),
        value: value.to_str().unwrap_or_default().to_owned(),
        raw_value: Bytes::default(),
    };
    HeaderValueOption {
        header: Some(header),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        keep_empty_value: true,
    }
}

/// The code of `google.rpc.Code` for a refusal. None is 0, which would let the request pass.
fn code(status: StatusCode) -> i32 {
    match status {
        StatusCode::BAD_REQUEST => 3,
        StatusCode::UNAUTHORIZED => 16,
        StatusCode::SERVICE_UNAVAILABLE => 14,
        _ => 7,
    }
}

/// What access logs and other filters may know, in the namespace `envoy.filters.http.ext_authz`:
/// no claim's value, and nothing of the shadow.
fn metadata(reply: &Reply, decision: Option<&Decision>) -> Struct {
    let mut fields = BTreeMap::from([
        ("outcome".to_owned(), text(reply.outcome.as_str())),
        ("reasons".to_owned(), list(reply.reasons.iter().map(String::as_str))),
    ]);
    if let Some(decision) = decision {
        let bundle = decision.bundle();
        let parts =
            [("name", &bundle.name), ("version", &bundle.version), ("digest", &bundle.digest)];
        let parts = parts.map(|(name, part)| (name.to_owned(), text(part)));
        let bundle = Kind::StructValue(Struct { fields: BTreeMap::from(parts) });
        fields.insert("bundle".to_owned(), bundle.into());
        let refused_by = decision.policies().iter().filter(|policy| {
            policy.enforcement == Enforcement::Enforce
                && matches!(policy.status, PolicyStatus::Deny | PolicyStatus::StepUp)
        });
        fields.insert("refused-by".to_owned(), list(refused_by.map(|policy| &*policy.id)));
        if let Some(digest) = decision.token_digest() {
            fields.insert("token-digest".to_owned(), text(&digest.to_string()));
        }
    }
    Struct { fields }
}

fn text(text: &str) -> Value {
    Kind::StringValue(text.to_owned()).into()
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    Kind::ListValue(ListValue { values: texts.map(text).collect() }).into()
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use tokenward::Outcome;
    use tokenward_token::base64url;

    use super::*;

    fn reply(status: StatusCode, outcome: Outcome, reasons: &[&str]) -> Reply {
        let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        let (headers, body) = (Vec::new(), Vec::new());
        Reply { status, outcome, headers, body, upstream: None, reasons }
    }

    fn of(reply: Reply, reserved: &[&str]) -> CheckResponse {
        let metadata = metadata(&reply, None);
        answer(reply, reserved.iter().map(|name| (*name).to_owned()).collect(), metadata)
    }

    /// What another implementation encodes, by Envoy's own API (`fixtures/answers.py`).
    fn golden(name: &str) -> Vec<u8> {
        let mut lines = include_str!("fixtures/answers.txt").lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
        base64url::decode(line.as_bytes()).unwrap()
    }

    #[test]
    fn answers_are_encoded_as_others_do() {
        let header = HeaderName::from_static;
        let mut permit = reply(StatusCode::OK, Outcome::Permit, &[]);
        permit.upstream = Some(Upstream {
            set: vec![
                (header("x-tokenward-subject"), HttpHeaderValue::from_static("u-1")),
                (header("x-tokenward-client"), HttpHeaderValue::from_static("")),
            ],
            remove: vec![http::header::AUTHORIZATION],
        });
        let smuggled = ["x-tokenward-subject", "x-tokenward-extra", "x-tokenward-client"];
        assert_eq!(of(permit, &smuggled).encode_to_vec(), golden("permit"));

        let reasons = ["claim-minimization/personal-data"];
        let mut deny = reply(StatusCode::FORBIDDEN, Outcome::Deny, &reasons);
        deny.headers = vec![(header("x-tokenward-outcome"), HttpHeaderValue::from_static("deny"))];
        deny.body = br#"{"status":403}"#.to_vec();
        // Of a refusal, nothing goes upstream.
        assert_eq!(of(deny, &smuggled).encode_to_vec(), golden("deny"));
    }

    #[test]
    fn no_refusal_is_taken_for_a_permit() {
        for (status, code) in [
            (StatusCode::BAD_REQUEST, 3),
            (StatusCode::UNAUTHORIZED, 16),
            (StatusCode::FORBIDDEN, 7),
            (StatusCode::SERVICE_UNAVAILABLE, 14),
            (StatusCode::TOO_MANY_REQUESTS, 7),
            (StatusCode::OK, 7),
        ] {
            let answer = of(reply(status, Outcome::Deny, &[]), &[]);
            assert_eq!(answer.status, Some(Status { code }), "{status}");
            let Some(HttpResponse::Denied(denied)) = answer.http_response else {
                panic!("{status}")
            };
            assert_eq!(denied.status, Some(HttpStatus { code: status.as_u16().into() }));
        }
        let fault = of(Reply::fault("not_recorded"), &[]);
        assert_eq!(fault.status, Some(Status { code: 14 }));
    }

    #[test]
    fn a_value_that_is_no_text_is_empty() {
        let value = HttpHeaderValue::from_bytes(b"a\xff").unwrap();
        let option = overwrite(&HeaderName::from_static("x-tokenward-subject"), &value);
        let header = option.header.unwrap();
        assert_eq!(
            (&*header.value, header.raw_value.len(), option.keep_empty_value),
            ("", 0, true)
        );
    }
}
