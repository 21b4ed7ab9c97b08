//! The standard's shapes: what has them is decided, what has not is 400, and the schema says the same.

use serde_json::{Value, json};

use super::super::wire::MOST_EVALUATIONS;
use super::{
    REQUEST, Settings, about, baseline, decision, decisions, evaluation, evaluations, good,
    is_valid, post, send, with,
};

/// Both answers, and the schema, agree on whether this has the shape of a single evaluation.
async fn check_single(body: &Value, expected: Option<&str>) {
    assert_eq!(is_valid(REQUEST, "evaluation", body), expected.is_none(), "schema: {body}");
    for got in [evaluation(body).await, evaluations(body).await] {
        match expected {
            None => drop(decision(&got)),
            Some(message) => {
                assert_eq!((got.status, got.text()), (400, message), "{body}");
                assert_eq!(got.header("content-type"), Some("text/plain; charset=utf-8"));
            }
        }
    }
}

/// Sections 5 and 6.1, and 10.1.1: a required attribute that is omitted is a Bad Request.
#[tokio::test]
async fn what_is_missing_is_a_bad_request() {
    let object = "an object with `type` and `id`";
    for (pointer, accepted) in [
        ("/subject", object),
        ("/subject/type", "a string"),
        ("/subject/id", "a string"),
        ("/action", "an object with `name`"),
        ("/action/name", "a string"),
        ("/resource", object),
        ("/resource/type", "a string"),
        ("/resource/id", "a string"),
    ] {
        let body = with(about(&good()), pointer, Value::Null);
        let path = pointer.trim_start_matches('/').replace('/', ".");
        let message = format!("`{path}` is missing; accepted: {accepted}");
        check_single(&body, Some(&message)).await;
    }
    check_single(&with(about(&good()), "/context", Value::Null), None).await;
}

#[tokio::test]
async fn wrong_types_are_a_bad_request() {
    for (pointer, types) in [
        ("/subject", "an object"),
        ("/subject/type", "a string"),
        ("/subject/id", "a string"),
        ("/subject/properties", "an object"),
        ("/action", "an object"),
        ("/action/name", "a string"),
        ("/action/properties", "an object"),
        ("/resource", "an object"),
        ("/resource/type", "a string"),
        ("/resource/id", "a string"),
        ("/resource/properties", "an object"),
        ("/context", "an object"),
    ] {
        for (value, found) in [
            (json!(123), "integer"),
            (json!(true), "boolean"),
            (json!(["a"]), "array"),
            (json!("alice"), "string"),
            (json!({}), "object"),
        ] {
            if types.ends_with(found) {
                continue;
            }
            let path = pointer.trim_start_matches('/').replace('/', ".");
            let message = format!("`{path}` is of the type {found}; accepted: {types}");
            check_single(&with(about(&good()), pointer, value), Some(&message)).await;
        }
    }
    // `null` is no absence (section 11.5).
    let mut body = about(&good());
    body["context"] = Value::Null;
    check_single(&body, Some("`context` is of the type null; accepted: an object")).await;
    for body in [json!([]), json!("a"), json!(null)] {
        let got = evaluation(&body).await;
        assert_eq!(got.status, 400);
        assert!(got.text().starts_with("the body is of the type "), "{}", got.text());
    }
}

/// Section 10.1.1: unknown fields are ignored, wherever they are.
#[tokio::test]
async fn unknown_members_are_ignored() {
    let mut body = about(&good());
    for place in ["", "/subject", "/action", "/resource", "/context"] {
        body = with(body, &format!("{place}/futureField"), json!({ "nested": [true] }));
    }
    body["subject"]["properties"] = json!({ "department": "Sales" });
    body["action"]["properties"] = json!({ "method": "PUT" });
    body["resource"]["properties"] = json!({ "status": "active", "params": { "id": "8" } });
    check_single(&body, None).await;
    assert_eq!(decision(&evaluation(&body).await)["decision"], true);
    // For the single API, `evaluations` is such a member.
    body["evaluations"] = json!("none");
    assert_eq!(decision(&evaluation(&body).await)["decision"], true);
}

/// What the certification profile sends: well-formed, and about nothing that Tokenward knows.
#[tokio::test]
async fn what_is_well_formed_is_a_decision() {
    let body = json!({
        "subject": { "type": "user", "id": "alice" },
        "action": { "name": "read" },
        "resource": { "type": "record", "id": "record-1" },
        "context": { "time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1" },
    });
    check_single(&body, None).await;
    let answer = decision(&evaluation(&body).await);
    assert_eq!(answer["decision"], false);
    assert_eq!(answer["context"]["code"], "action_unknown");
    assert_eq!(answer["context"]["error"]["status"], 400);
}

/// Section 11.5: what two readers could read differently, and section 11.7: what costs too much.
#[tokio::test]
async fn json_is_strict_and_bounded() {
    let good = about("t").to_string();
    let deep = format!(r#"{{"context":{}{}}}"#, "[".repeat(20), "]".repeat(20));
    let many = format!(r#"{{"context":{{"a":[{}0]}}}}"#, "0,".repeat(40_000));
    let twice = good.replacen('{', r#"{"action":{"name":"DELETE"},"#, 1);
    let escaped = good.replacen('{', r#"{"act\u0069on":{"name":"DELETE"},"#, 1);
    for (body, message) in [
        (Vec::new(), "the body is not valid JSON"),
        (b"{".to_vec(), "the body is not valid JSON"),
        (b"{} {}".to_vec(), "the body is not valid JSON"),
        (b"\xef\xbb\xbf{}".to_vec(), "the body is not valid JSON"),
        (b"\xff".to_vec(), "the body is not UTF-8"),
        (twice.into_bytes(), "the body has an object with two members of one name"),
        (escaped.into_bytes(), "the body has an object with two members of one name"),
        (br#"{"a":"\ud800"}"#.to_vec(), "the body has an unpaired surrogate"),
        (br#"{"a":9007199254740993}"#.to_vec(), "the body has a number beyond 2^53 - 1"),
        (deep.into_bytes(), "the body nests too deeply"),
        (many.into_bytes(), "the body has too many values"),
    ] {
        for path in ["/access/v1/evaluation", "/access/v1/evaluations"] {
            let got = send(baseline(), Settings::default(), post(path, body.clone())).await;
            assert_eq!(got.status, 400);
            assert!(got.text().starts_with(message), "{message}: {}", got.text());
        }
    }
}

/// Section 7.1: what is about the array as a whole.
#[tokio::test]
async fn the_array_as_a_whole() {
    let good = about(&good());
    let of = |pointer: &str, value: Value| with(good.clone(), pointer, value);
    let semantic = |value: Value| {
        let body = of("/evaluations", json!([{}]));
        with(body, "/options", json!({ "evaluations_semantic": value }))
    };
    let unknown = "`options.evaluations_semantic` is `first\\n`; accepted: `execute_all`, \
                   `deny_on_first_deny` or `permit_on_first_permit`";
    for (body, message) in [
        (
            of("/evaluations", json!({})),
            "`evaluations` is of the type object; accepted: an array of objects",
        ),
        (
            of("/evaluations", json!(vec![json!({}); MOST_EVALUATIONS + 1])),
            "`evaluations` has 101 items; accepted: at most 100",
        ),
        (semantic(json!("first\n")), unknown),
        (
            semantic(json!(1)),
            "`options.evaluations_semantic` is of the type integer; accepted: a string",
        ),
        (
            with(of("/evaluations", json!([{}])), "/options", json!([])),
            "`options` is of the type array; accepted: an object",
        ),
        // A default that is no subject, though the only item has one of its own.
        (
            with(
                of("/evaluations", json!([{ "subject": good["subject"] }])),
                "/subject",
                json!("alice"),
            ),
            "`subject` is of the type string; accepted: an object",
        ),
    ] {
        assert!(!is_valid(REQUEST, "evaluations", &body), "schema: {body}");
        let got = evaluations(&body).await;
        assert_eq!((got.status, got.text()), (400, message));
    }
    let most = of("/evaluations", json!(vec![json!({}); MOST_EVALUATIONS]));
    assert!(is_valid(REQUEST, "evaluations", &most));
    assert_eq!(decisions(&evaluations(&most).await).len(), MOST_EVALUATIONS);
    // Options that are not known, and none.
    let options = with(semantic(json!("execute_all")), "/options/another_option", json!(1));
    for body in [options, with(of("/evaluations", json!([{}])), "/options", json!({}))] {
        assert!(is_valid(REQUEST, "evaluations", &body));
        assert_eq!(decisions(&evaluations(&body).await).len(), 1);
    }
}

/// Section 7.1: without `evaluations`, or with an empty array, it is the single API.
#[tokio::test]
async fn no_items_are_a_single_evaluation() {
    for body in [about(&good()), with(about(&good()), "/evaluations", json!([]))] {
        assert!(is_valid(REQUEST, "evaluations", &body));
        assert_eq!(decision(&evaluations(&body).await)["decision"], true);
    }
    let body = json!({ "evaluations": [] });
    assert!(!is_valid(REQUEST, "evaluations", &body));
    assert_eq!(evaluations(&body).await.status, 400);
}
