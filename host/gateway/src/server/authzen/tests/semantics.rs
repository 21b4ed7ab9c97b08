//! Batches: which items are evaluated, in which order, with which defaults.

use serde_json::{Value, json};

use super::super::question::Caller;
use super::super::wire::{self, Asked};
use super::super::{Answers, evaluate};
use super::{
    Counting, RESPONSE, about, baseline, decisions, evaluations, good, is_valid, personal, with,
};

/// An item by its letter: permit, deny, fault, step-up, malformed, unreadable, no object.
fn item(letter: char) -> Value {
    match letter {
        'P' => json!({}),
        'D' => json!({ "context": { "token": personal() } }),
        'F' => json!({ "resource": { "type": "url", "id": "https://api.example/fault" } }),
        'S' => {
            json!({ "context": { "token": good(), "signals": { "breached-credential": true } } })
        }
        'M' => json!({ "resource": { "type": "url" } }),
        'U' => json!({ "action": { "name": "can_read" } }),
        _ => json!("no object"),
    }
}

/// The decisions, as letters, and how often the gate was asked.
async fn run(semantic: Option<&str>, letters: &str) -> (String, usize) {
    let mut body = about(&good());
    body["evaluations"] = letters.chars().map(item).collect();
    if let Some(semantic) = semantic {
        body["options"] = json!({ "evaluations_semantic": semantic });
    }
    let Asked::Many { items, semantic } = wire::evaluations(body.to_string().as_bytes()).unwrap()
    else {
        panic!("a batch");
    };
    let judge = Counting::new(baseline());
    let evaluations = evaluate::many(&judge, &items, semantic, &Caller::default()).await;
    let answer = serde_json::to_value(Answers::Many { evaluations }).unwrap();
    assert!(is_valid(RESPONSE, "evaluations", &answer), "{answer:#}");
    let letter = |answer: &Value| match (
        answer["decision"].as_bool().unwrap(),
        answer["context"]["code"].as_str(),
    ) {
        (true, None) => 'P',
        (false, Some("policy")) => 'D',
        (false, Some("not_recorded")) => 'F',
        (false, Some("insufficient_user_authentication")) => 'S',
        (false, Some("member_missing")) => 'M',
        (false, Some("action_unknown")) => 'U',
        (false, Some("member_type")) => 'X',
        other => panic!("{other:?}"),
    };
    (answer["evaluations"].as_array().unwrap().iter().map(letter).collect(), judge.asked())
}

/// Section 7.1.2.1. The answers are those up to the one that decided; what comes after is not judged.
#[tokio::test]
async fn semantics() {
    let (all, deny, permit) = ("execute_all", "deny_on_first_deny", "permit_on_first_permit");
    for (semantic, items, answers, asked) in [
        (None, "PDP", "PDP", 3),
        (Some(all), "PDP", "PDP", 3),
        (Some(all), "DDSFMUX", "DDSFMUX", 4),
        (Some(all), "P", "P", 1),
        (Some(deny), "PDP", "PD", 2),
        (Some(deny), "PPP", "PPP", 3),
        (Some(deny), "DPP", "D", 1),
        (Some(deny), "PSP", "PS", 2),
        // A failure ends it as a denial does.
        (Some(deny), "PFP", "PF", 2),
        (Some(deny), "PMP", "PM", 1),
        (Some(deny), "PUP", "PU", 1),
        (Some(deny), "XPP", "X", 0),
        (Some(permit), "PDP", "P", 1),
        (Some(permit), "DPD", "DP", 2),
        (Some(permit), "DDD", "DDD", 3),
        // A failure is no permit.
        (Some(permit), "FSMUXPD", "FSMUXP", 3),
        (Some(permit), "FMX", "FMX", 1),
    ] {
        let (got, times) = run(semantic, items).await;
        assert_eq!((got.as_str(), times), (answers, asked), "{semantic:?} {items}");
    }
}

/// Section 7.1.1: each key by itself, and as a whole.
#[tokio::test]
async fn defaults() {
    let (good, personal) = (good(), personal());
    let user = |id: &str| json!({ "type": "user", "id": id });
    let mut body = about(&good);
    body["subject"] = json!({ "type": "user", "id": "u-1", "properties": { "a": 1 } });
    body["evaluations"] = json!([
        {},
        { "subject": user("u-2") },
        { "action": { "name": "PUT" }, "resource": { "type": "route", "id": "/orders" } },
        // A context of its own replaces the one above, with its token.
        { "context": {} },
        { "context": { "token": personal } },
        // A subject of its own is not filled up: this one has no type.
        { "subject": { "id": "u-1" } },
        // Nor has the resource an id.
        { "resource": { "type": "url", "properties": { "host": "api.example" } } },
    ]);
    let answers = decisions(&evaluations(&body).await);
    let got =
        answers.iter().map(|a| (a["decision"].as_bool().unwrap(), a["context"]["code"].as_str()));
    let expected = [
        (true, None),
        (false, Some("subject_mismatch")),
        (true, None),
        (false, Some("token_missing")),
        (false, Some("policy")),
        (false, Some("member_missing")),
        (false, Some("member_missing")),
    ];
    assert_eq!(got.collect::<Vec<_>>(), expected);
    let message = "`evaluations[5].subject.type` is missing; accepted: a string";
    assert_eq!(answers[5]["context"]["error"], json!({ "status": 400, "message": message }));

    // What neither has is an error of that item (section 7.2.1), and no item needs a default.
    for key in ["subject", "action", "resource"] {
        let whole = about(&good);
        let mut body = with(whole.clone(), &format!("/{key}"), Value::Null);
        body["evaluations"] = json!([whole, {}]);
        let answers = decisions(&evaluations(&body).await);
        assert_eq!(answers[0]["decision"], true);
        let message = answers[1]["context"]["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("`evaluations[1].{key}` is missing")), "{message}");
    }
    let body = json!({ "evaluations": [about(&good), about(&personal)] });
    let answers = decisions(&evaluations(&body).await);
    assert_eq!([&answers[0]["decision"], &answers[1]["decision"]], [true, false]);
}
