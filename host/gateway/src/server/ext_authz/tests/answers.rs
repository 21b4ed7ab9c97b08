//! What Envoy is answered.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tokenward::UnixTime;

use super::super::check;
use super::super::proto::{
    CheckRequest, CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValueOption,
    HttpResponse, OkHttpResponse,
};
use super::{GATE, captured, message, message_with, raw, signed, token};

const GOOD: &str = r#""sub":"u-1","client_id":"app","scope":"orders:read""#;

fn ok(answer: &CheckResponse) -> &OkHttpResponse {
    match &answer.http_response {
        Some(HttpResponse::Ok(ok)) => ok,
        other => panic!("{other:?}"),
    }
}

fn denied(answer: &CheckResponse) -> &DeniedHttpResponse {
    match &answer.http_response {
        Some(HttpResponse::Denied(denied)) => denied,
        other => panic!("{other:?}"),
    }
}

/// Headers by name; each is there once, overwrites, and is kept if it is empty.
fn headers(options: &[HeaderValueOption]) -> BTreeMap<&str, &str> {
    let mut headers = BTreeMap::new();
    for option in options {
        assert_eq!(option.append_action(), HeaderAppendAction::OverwriteIfExistsOrAdd);
        assert!(option.keep_empty_value);
        let header = option.header.as_ref().unwrap();
        assert!(header.raw_value.is_empty());
        assert_eq!(headers.insert(header.key.as_str(), header.value.as_str()), None);
    }
    headers
}

/// Metadata as JSON, which is easier to compare.
fn json(metadata: &Struct) -> serde_json::Value {
    metadata.fields.iter().map(|(name, member)| (name.clone(), value(member))).collect()
}

fn value(member: &Value) -> serde_json::Value {
    match member.kind.as_ref().unwrap() {
        Kind::StringValue(text) => text.as_str().into(),
        Kind::ListValue(list) => list.values.iter().map(value).collect(),
        Kind::StructValue(members) => json(members),
        other => panic!("{other:?}"),
    }
}

/// What a refusal is: the codes of gRPC and HTTP, the reason, the challenge up to its first comma.
fn refusal(answer: &CheckResponse) -> (i32, i32, String, String) {
    let denied = denied(answer);
    let headers = headers(&denied.headers);
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["cache-control"], "no-store");
    let body: serde_json::Value = serde_json::from_str(&denied.body).unwrap();
    let status = denied.status.as_ref().unwrap().code;
    assert_eq!(body["status"], status);
    assert_eq!(body["outcome"], headers["x-tokenward-outcome"]);
    let metadata = json(answer.dynamic_metadata.as_ref().unwrap());
    assert_eq!(metadata["outcome"], headers["x-tokenward-outcome"]);
    let challenge = headers.get("www-authenticate").copied().unwrap_or_default();
    let challenge = challenge.split(',').next().unwrap_or_default().to_owned();
    let reason = headers["x-tokenward-reason"].to_owned();
    (answer.status.as_ref().unwrap().code, status, reason, challenge)
}

#[tokio::test]
async fn captured_messages_are_answered() {
    for (name, bytes) in captured() {
        let answer = check(&GATE, &CheckRequest::decode(&*bytes).unwrap()).await;
        let (code, status, reason) = match name {
            "joined-two-credentials" | "raw-two-credentials" => (3, 400, "several_credentials"),
            "joined-signal-twice" | "raw-signal-twice" => (3, 400, "header_twice"),
            "raw-connect" => (3, 400, "request_malformed"),
            "joined-empty-values" | "raw-empty-values" | "raw-no-token" => {
                (16, 401, "token_missing")
            }
            _ => (16, 401, "invalid_token"),
        };
        let (found_code, found_status, found_reason, challenge) = refusal(&answer);
        assert_eq!((found_code, found_status, &*found_reason), (code, status, reason), "{name}");
        assert_eq!(challenge.starts_with("Bearer"), status == 401, "{name}: {challenge}");
    }
}

#[tokio::test]
async fn what_may_pass_goes_upstream_with_its_identity() {
    let token = token(GOOD);
    for name in ["tls", "tls-smuggled", "tls-client"] {
        let answer = check(&GATE, &message_with(name, &token)).await;
        assert_eq!(answer.status.as_ref().unwrap().code, 0, "{answer:?}");
        let ok = ok(&answer);
        let expected = [
            ("x-tokenward-client", "app"),
            // There is none: and what a client sent in it is gone.
            ("x-tokenward-issuer", ""),
            ("x-tokenward-scope", "orders:read"),
            ("x-tokenward-subject", "u-1"),
        ];
        assert_eq!(headers(&ok.headers), BTreeMap::from(expected), "{name}");
        // `x-tokenward-subject` is set, and would be gone if it was in this list too.
        let removed: &[&str] = match name {
            "tls-smuggled" => &["authorization", "x_tokenward_scope", "x-tokenward-extra"],
            _ => &["authorization"],
        };
        assert_eq!(ok.headers_to_remove, removed, "{name}");
    }
}

#[tokio::test]
async fn every_cause_has_its_status() {
    let past = UnixTime::now().seconds() - 600;
    let expired = signed(&format!(r#"{{"sub":"u-1","scope":"orders:read","exp":{past}}}"#));
    let good = token(GOOD);
    let forged = format!("{}A", good.trim_end_matches(|c| c != '.'));
    let email = token(r#""sub":"u-1","scope":"orders:read","email":"alice@example.com""#);
    let no_scope = token(r#""sub":"u-1""#);
    let bearer = "Bearer error=\"invalid_token\"";
    for (token, expected) in [
        (expired, (16, 401, "invalid_token", bearer)),
        (forged, (16, 401, "invalid_token", bearer)),
        (email, (7, 403, "claim-minimization/personal-data", "")),
        (no_scope, (7, 403, "scope-check/missing-scope", "Bearer error=\"insufficient_scope\"")),
    ] {
        let answer = check(&GATE, &message_with("tls", &token)).await;
        let (code, status, reason, challenge) = refusal(&answer);
        assert_eq!((code, status, &*reason, &*challenge), expected, "{answer:?}");
        assert!(!denied(&answer).body.contains("alice"));
        assert!(!format!("{:?}", answer.encode_to_vec()).contains(&format!("{:?}", b"alice")));
    }
    // Without TLS, the same good token is refused.
    let (.., status, reason, _) =
        refusal(&check(&GATE, &message_with("raw-scheme-https", &good)).await);
    assert_eq!((status, &*reason), (403, "transport/plaintext"));
}

#[tokio::test]
async fn signals_ask_for_a_step_up() {
    let mut request = message_with("tls", &token(GOOD));
    let map = super::http(&mut request).header_map.as_mut().unwrap();
    map.headers.extend([
        raw("x-risk-new-device", b"true"),
        raw("x-risk-unusual-location", b"true"),
        raw("x-risk-failed-attempts", b"5"),
    ]);
    let answer = check(&GATE, &request).await;
    let (code, status, reason, challenge) = refusal(&answer);
    assert_eq!((code, status), (16, 401));
    assert!(reason.starts_with("risk-score/"), "{reason}");
    assert_eq!(challenge, "Bearer error=\"insufficient_user_authentication\"");
    let metadata = json(answer.dynamic_metadata.as_ref().unwrap());
    assert_eq!(metadata["outcome"], "step-up");
    assert_eq!(metadata["refused-by"], serde_json::json!(["risk-score"]));
}

#[tokio::test]
async fn metadata_names_the_decision_and_no_claim() {
    let email = token(r#""sub":"u-secret","scope":"orders:read","email":"alice@example.com""#);
    let bundle = GATE.authorizer().active();
    let bundle = serde_json::json!({
        "name": "baseline", "version": bundle.version, "digest": bundle.digest
    });
    for (token, outcome, reasons, refused_by) in [
        (token(GOOD), "permit", vec![], vec![]),
        (email, "deny", vec!["claim-minimization/personal-data"], vec!["claim-minimization"]),
    ] {
        let answer = check(&GATE, &message_with("tls", &token)).await;
        let digest = tokenward::TokenDigest::of(token.as_bytes()).to_string();
        let expected = serde_json::json!({
            "outcome": outcome, "reasons": reasons, "refused-by": refused_by,
            "token-digest": digest, "bundle": bundle,
        });
        assert_eq!(json(answer.dynamic_metadata.as_ref().unwrap()), expected);
    }
    let missing = check(&GATE, &message("raw-no-token")).await;
    let missing = json(missing.dynamic_metadata.as_ref().unwrap());
    assert_eq!(missing["reasons"], serde_json::json!(["token_missing"]));
    assert_eq!(missing.get("token-digest"), None);
    let malformed =
        json(check(&GATE, &CheckRequest::default()).await.dynamic_metadata.as_ref().unwrap());
    let expected = serde_json::json!({"outcome": "deny", "reasons": ["request_malformed"]});
    assert_eq!(malformed, expected);
}
