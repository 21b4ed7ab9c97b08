//! What an answer says: of permits, denials, step-ups, faults, and of whom a token is about.

use std::sync::Arc;

use http::HeaderName;
use serde_json::{Value, json};
use tokenward::Bundle;

use super::super::question::Caller;
use super::super::{evaluate, wire};
use super::{
    Counting, RESPONSE, Settings, about, authorizer, baseline, decision, evaluation, good,
    is_valid, organization, personal, post, send, token, with,
};
use crate::gate::Gate;
use crate::identity::Identity;
use crate::inquiry::SignalHeaders;
use crate::reply::Reasons;

async fn ask(gate: Gate, body: &Value) -> Value {
    let request = post("/access/v1/evaluation", body.to_string());
    decision(&send(Arc::new(gate), Settings::default(), request).await)
}

#[tokio::test]
async fn a_permit_says_what_goes_upstream() {
    let answer = decision(&evaluation(&about(&good())).await);
    let expected = json!({
        "decision": true,
        "context": {
            "outcome": "permit",
            "identity": {
                "x-tokenward-subject": "u-1",
                "x-tokenward-issuer": "",
                "x-tokenward-client": "app",
                "x-tokenward-scope": "orders:read",
            },
            "remove": ["authorization"],
            "withhold": [],
        },
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn what_is_withheld_is_in_no_identity_header() {
    let identity = Identity::none().with_claim("x-tokenward-mail", "/email").unwrap();
    let identity = identity.with_claim("x-tokenward-subject", "/sub").unwrap();
    let claims = json!({ "sub": "ü 1", "email": "alice@example.com", "scope": "orders:read" });
    let answer = ask(organization().identity(identity), &about(&token(claims))).await;
    assert_eq!(answer["decision"], true);
    assert_eq!(answer["context"]["withhold"], json!(["/email"]));
    let identity = json!({ "x-tokenward-mail": "", "x-tokenward-subject": "%C3%BC 1" });
    assert_eq!(answer["context"]["identity"], identity);
}

#[tokio::test]
async fn a_denial_says_why() {
    let answer = decision(&evaluation(&about(&personal())).await);
    assert_eq!(answer["decision"], false);
    let context = answer["context"].as_object().unwrap();
    assert_eq!((&context["outcome"], &context["code"]), (&json!("deny"), &json!("policy")));
    assert_eq!(
        context["reasons"],
        json!([{
            "policy": "claim-minimization",
            "rule": "personal-data",
            "title": "The claim holds personal data",
            "claim": "/email",
            "controls": ["GDPR 5(1)(c)", "GDPR 25(2)"],
        }])
    );
    assert!(!context.contains_key("challenge") && !context.contains_key("error"));
    // No claim's value, and nothing of the token.
    assert!(!answer.to_string().contains("alice"));

    let silent = organization().reasons(Reasons::None);
    let scopeless = about(&token(json!({ "sub": "u-1", "scope": "openid" })));
    let answer = ask(silent, &scopeless).await;
    assert_eq!(answer["context"]["code"], "insufficient_scope");
    assert_eq!(answer["context"]["reasons"], json!([]));
}

#[tokio::test]
async fn tokens_that_are_not_accepted() {
    let expired = token(json!({ "sub": "u-1", "iat": 1_700_000_000, "exp": 1_700_000_600 }));
    let forged = {
        let (rest, signature) =
            good().rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        format!("{rest}.{first}{}", &signature[1..])
    };
    let challenge = "Bearer error=\"invalid_token\", \
                     error_description=\"the access token is not accepted\"";
    for bad in [expired.as_str(), &forged, "no token", "a.b.c", " ", "Bearer x"] {
        let answer = decision(&evaluation(&about(bad)).await);
        let expected = json!({
            "outcome": "deny", "code": "invalid_token", "reasons": [], "challenge": challenge,
        });
        assert_eq!(answer, json!({ "decision": false, "context": expected }), "{bad}");
    }
    for body in [about(""), with(about(""), "/context", Value::Null)] {
        let answer = decision(&evaluation(&body).await);
        let expected = json!({
            "outcome": "deny", "code": "token_missing", "reasons": [], "challenge": "Bearer",
        });
        assert_eq!(answer, json!({ "decision": false, "context": expected }));
    }
}

#[tokio::test]
async fn a_step_up_says_which() {
    let risky = with(about(&good()), "/context/signals", json!({ "breached-credential": true }));
    let answer = ask(organization(), &risky).await;
    assert_eq!(answer["decision"], false);
    let context = &answer["context"];
    assert_eq!(context["outcome"], "step-up");
    assert_eq!(context["code"], "insufficient_user_authentication");
    assert_eq!(context["acr_values"], "urn:x:mfa urn:x:pwd");
    assert_eq!(context["max_age"], 60);
    assert_eq!(
        context["challenge"],
        "Bearer error=\"insufficient_user_authentication\", error_description=\"a stronger or more \
         recent authentication is required\", acr_values=\"urn:x:mfa urn:x:pwd\", max_age=\"60\""
    );
    assert_eq!(context["reasons"][0]["policy"], "risk-score");

    // Where no context is asked for, none is named.
    let answer = decision(&evaluation(&risky).await);
    assert_eq!(answer["context"]["outcome"], "step-up");
    assert_eq!(answer["context"]["max_age"], 300);
    assert!(!answer["context"].as_object().unwrap().contains_key("acr_values"));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let answer =
        ask(organization(), &about(&token(json!({ "sub": "u-1", "scope": "openid" })))).await;
    assert_eq!(answer["decision"], false);
    assert_eq!(answer["context"]["outcome"], "deny");
    assert_eq!(answer["context"]["code"], "insufficient_scope");
    let challenge = answer["context"]["challenge"].as_str().unwrap();
    assert!(challenge.ends_with("scope=\"orders:read\""), "{challenge}");
    assert_eq!(answer["context"]["reasons"][0]["rule"], "missing-scope");
}

/// A fault is a denial in a batch, and says what it is.
#[tokio::test]
async fn faults_are_false() {
    // A bundle of which no policy is meant for the use of a token: nobody judged.
    let login = Bundle::built_in("pci-dss").unwrap().only("password-policy").unwrap();
    let answer = ask(Gate::new(authorizer(&login)), &about(&good())).await;
    let context = json!({ "outcome": "fault", "code": "no_policy_asked", "reasons": [] });
    assert_eq!(answer, json!({ "decision": false, "context": context }));

    // A permit, and a denial, that could not be recorded.
    for token in [good(), personal()] {
        let body = with(about(&token), "/resource/id", json!("https://api.example/fault"));
        let evaluation = wire::evaluation(body.to_string().as_bytes()).unwrap();
        let judge = Counting::new(baseline());
        let answer = evaluate::one(&judge, &evaluation, &Caller::default()).await;
        let answer = serde_json::to_value(answer).unwrap();
        assert!(is_valid(RESPONSE, "decision", &answer));
        let context = json!({ "outcome": "fault", "code": "not_recorded", "reasons": [] });
        assert_eq!(answer, json!({ "decision": false, "context": context }));
    }
}

/// Codes are those of the other adapters: `reply.rs` names them where it tells nothing else.
#[tokio::test]
async fn codes_are_those_of_a_reply() {
    let risky = with(about(&good()), "/context/signals", json!({ "breached-credential": true }));
    let scope = about(&token(json!({ "sub": "u-1", "scope": "openid" })));
    let secret = about(&token(json!({ "sub": "u-1", "password": "correct horse battery" })));
    for body in [about(""), about("x"), risky, scope, secret] {
        let evaluation = wire::evaluation(body.to_string().as_bytes()).unwrap();
        let gate = organization().reasons(Reasons::None);
        let question = super::super::question::Question::of(
            &evaluation,
            gate.signal_headers(),
            &Caller::default(),
        );
        let judged = gate.judge(&question.unwrap().inquiry).await;
        let answer = ask(gate, &body).await;
        assert_eq!(json!([answer["context"]["code"]]), json!(judged.reply.reasons));
    }
}

/// The PEP's word on who it is about must be the token's: no permit for the wrong one.
#[tokio::test]
async fn subjects_must_be_the_tokens() {
    let whole = good();
    let bare = token(json!({ "iss": "u-2" }));
    let nested = token(json!({ "sub": "1", "act": { "client_id": "app" } }));
    for (token, kind, id, permitted) in [
        (&whole, "user", "u-1", true),
        (&whole, "identity", "u-1", true),
        (&whole, "anything", "u-1", true),
        (&whole, "", "u-1", true),
        (&whole, "client", "app", true),
        (&whole, "token", "anything", true),
        (&whole, "user", "u-2", false),
        (&whole, "user", "U-1", false),
        (&whole, "user", "u-1 ", false),
        (&whole, "user", "", false),
        (&whole, "identity", "app", false),
        (&whole, "anything", "app", false),
        (&whole, "client", "u-1", false),
        (&whole, "Token", "anything", false),
        (&bare, "user", "u-2", false),
        (&bare, "user", "", false),
        (&bare, "client", "", false),
        (&bare, "token", "", true),
        (&nested, "client", "app", false),
        (&nested, "user", "1", true),
    ] {
        let body = with(about(token), "/subject", json!({ "type": kind, "id": id }));
        let answer = decision(&evaluation(&body).await);
        assert_eq!(answer["decision"], permitted, "{kind} {id}: {answer}");
        if !permitted {
            let context = json!({ "outcome": "deny", "code": "subject_mismatch", "reasons": [] });
            assert_eq!(answer["context"], context);
        }
    }
    // A denial stays what it is.
    let body = with(about(&personal()), "/subject", json!({ "type": "user", "id": "u-2" }));
    assert_eq!(decision(&evaluation(&body).await)["context"]["code"], "policy");
    // Whom the bundle withholds, the PEP may name all the same.
    let hidden = token(json!({ "sub": "alice@example.com", "scope": "orders:read" }));
    let body = |id: &str| with(about(&hidden), "/subject", json!({ "type": "user", "id": id }));
    let answer = ask(organization(), &body("alice@example.com")).await;
    assert_eq!(answer["context"]["withhold"], json!(["/sub"]));
    assert_eq!(answer["context"]["identity"]["x-tokenward-subject"], "");
    assert_eq!(ask(organization(), &body("")).await["context"]["code"], "subject_mismatch");
}

/// Signals come from the context, and from the headers that the server takes for signals.
#[tokio::test]
async fn signals_are_what_the_pep_vouches_for() {
    let header = HeaderName::from_static("x-risk-breached");
    let gate = || {
        let signals = SignalHeaders::none().with(header.clone(), "breached-credential");
        organization().signals(signals)
    };
    let headers = |value: Value| {
        let properties = json!({ "headers": { "X-Risk-Breached": value } });
        with(about(&good()), "/resource/properties", properties)
    };
    assert_eq!(ask(gate(), &headers(json!("true"))).await["context"]["outcome"], "step-up");
    assert_eq!(ask(gate(), &headers(json!("false"))).await["decision"], true);
    // To a server that does not take it for one, it is a header.
    assert_eq!(ask(organization(), &headers(json!("true"))).await["decision"], true);
    // A header does not talk away what the PEP says, whoever set it.
    let both =
        with(headers(json!("false")), "/context/signals", json!({ "breached-credential": true }));
    for body in [both, headers(json!(["false", "true"]))] {
        assert_eq!(ask(gate(), &body).await["context"]["code"], "vouched_twice");
    }
}
