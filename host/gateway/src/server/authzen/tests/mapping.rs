//! What a question means: the URL, the headers, the token, and what is refused as ambiguous.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokenward::{Json, TokenLocation, UnixTime};

use super::super::question::{Caller, Question};
use super::super::{target, wire};
use super::{about, with};
use crate::inquiry::SignalHeaders;

fn resource(kind: &str, id: &str, properties: Value) -> Value {
    with(about("t"), "/resource", json!({ "type": kind, "id": id, "properties": properties }))
}

fn url(kind: &str, id: &str, properties: Value) -> Result<String, String> {
    let body = resource(kind, id, properties).to_string();
    let evaluation = wire::evaluation(body.as_bytes()).unwrap();
    target::url(&evaluation.resource).map_err(|error| error.code().to_owned())
}

fn question(body: &Value) -> Result<Question, (String, String)> {
    let evaluation = wire::evaluation(body.to_string().as_bytes()).unwrap();
    let caller = Caller { request_id: Some("pep-1".into()), trace_parent: Some("00-a".into()) };
    Question::of(&evaluation, &SignalHeaders::none(), &caller)
        .map_err(|error| (error.code().to_owned(), error.to_string()))
}

fn refused(body: &Value) -> String {
    question(body).err().unwrap_or_else(|| panic!("accepted: {body}")).0
}

#[test]
fn urls() {
    let whole = "https://api.example/orders/7?a=1";
    for (kind, id, properties, expected) in [
        ("url", whole, json!({}), whole),
        ("url", "HTTP://API.example:81", json!({}), "HTTP://API.example:81/"),
        ("url", "https://api.example?a=1", json!({}), "https://api.example/?a=1"),
        ("url", "https://api.example", json!({ "path": "/a" }), "https://api.example/a"),
        ("url", "https://api.example/a", json!({ "query": "b=1" }), "https://api.example/a?b=1"),
        (
            "url",
            whole,
            json!({
                "uri": whole, "scheme": "HTTPS", "schema": "https", "host": "API.example:443",
                "hostname": "api.example", "path": "/orders/7", "query": "?a=1", "params": {},
            }),
            whole,
        ),
        ("url", "https://[::1]:8443/a", json!({ "host": "[::1]" }), "https://[::1]:8443/a"),
        ("route", "/orders", json!({}), "/orders"),
        ("route", "/orders?a=1", json!({ "path": "/orders?a=1" }), "/orders?a=1"),
        (
            "route",
            "/orders",
            json!({ "scheme": "https", "hostname": "api.example" }),
            "https://api.example/orders",
        ),
        // As API gateways ask by the working group's profile.
        (
            "route",
            "/users/{userId}",
            json!({
                "uri": "https://api.example/users/7?x=1", "schema": "https",
                "hostname": "api.example", "path": "/users/7?x=1", "params": { "userId": "7" },
            }),
            "https://api.example/users/7?x=1",
        ),
        ("route", "/{a}/b/{c}", json!({ "path": "/1/b/{c}" }), "/1/b/{c}"),
    ] {
        assert_eq!(url(kind, id, properties.clone()).as_deref(), Ok(expected), "{id} {properties}");
    }
}

#[test]
fn urls_that_say_two_things_are_refused() {
    for (kind, id, properties, code) in [
        ("url", "https://a.example/x", json!({ "scheme": "http" }), "members_differ"),
        ("url", "https://a.example/x", json!({ "host": "b.example" }), "members_differ"),
        ("url", "https://a.example:1/x", json!({ "host": "a.example:2" }), "members_differ"),
        ("url", "https://a.example/x", json!({ "path": "/y" }), "members_differ"),
        ("url", "https://a.example/x", json!({ "path": "/X" }), "members_differ"),
        ("url", "https://a.example/x?a=1", json!({ "query": "a=2" }), "members_differ"),
        (
            "url",
            "https://a.example/x",
            json!({ "path": "/x?a=1", "query": "a=2" }),
            "members_differ",
        ),
        ("url", "https://a.example/x", json!({ "uri": "https://a.example/y" }), "members_differ"),
        ("route", "/x", json!({ "uri": "https://a.example/y" }), "members_differ"),
        (
            "route",
            "/x",
            json!({ "scheme": "https", "host": "a.example", "hostname": "b.example" }),
            "members_differ",
        ),
        (
            "route",
            "/x",
            json!({ "scheme": "https", "schema": "http", "host": "a" }),
            "members_differ",
        ),
        ("route", "/users/{id}", json!({ "path": "/orders/7" }), "members_differ"),
        ("route", "/users/{id}", json!({ "path": "/users/" }), "members_differ"),
        ("route", "/users/{id}", json!({ "path": "/users/7/x" }), "members_differ"),
        ("route", "/users/{id}/x", json!({ "path": "/users/7" }), "members_differ"),
        ("route", "/users/{id}", json!({}), "path_missing"),
        ("route", "/x", json!({ "scheme": "https" }), "url_incomplete"),
        ("route", "/x", json!({ "host": "a.example" }), "url_incomplete"),
        ("document", "123", json!({}), "resource_type_unknown"),
        ("URL", "https://a.example/", json!({}), "resource_type_unknown"),
        ("url", "/x", json!({}), "member_value"),
        ("url", "", json!({}), "member_value"),
        ("url", "ftp://a.example/", json!({}), "member_value"),
        ("url", "https:///x", json!({}), "member_value"),
        ("url", "https://u:p@a.example/", json!({}), "member_value"),
        ("url", "https://a.example#x", json!({}), "member_value"),
        ("url", "https://a.example\\x", json!({}), "member_value"),
        ("route", "https://a.example/x", json!({}), "member_value"),
        ("route", "x", json!({}), "member_value"),
        ("route", "x/{id}", json!({ "path": "/x/7" }), "member_value"),
        ("route", "/x/{id}?a=1", json!({ "path": "/x/7" }), "member_value"),
        // What would begin another part of the URL.
        ("route", "/x", json!({ "scheme": "https", "host": "a.example/admin" }), "member_value"),
        ("route", "/x", json!({ "scheme": "https", "host": "a.example?" }), "member_value"),
        ("route", "/x", json!({ "scheme": "https://b", "host": "a" }), "member_value"),
        ("route", "/x", json!({ "scheme": "https", "host": "" }), "member_value"),
        ("route", "/{id}", json!({ "path": "x" }), "member_value"),
        ("route", "/x", json!({ "path": ["/x"] }), "member_type"),
        ("route", "/x", json!({ "query": { "a": "1" } }), "member_type"),
    ] {
        assert_eq!(url(kind, id, properties.clone()), Err(code.into()), "{id} {properties}");
    }
    let long = format!("https://a.example/{}", "x".repeat(20_000));
    assert_eq!(url("url", &long, json!({})), Err("member_value".into()));
    assert_eq!(url("route", "/x", json!({ "query": long })), Err("member_value".into()));
}

/// What rules and upstreams could read in two ways is refused by the inquiry.
#[test]
fn paths_that_are_not_plain_are_refused() {
    for (id, code) in [
        ("/a/../b", "path_not_plain"),
        ("//a", "path_not_plain"),
        ("/a;x/b", "path_not_plain"),
        ("/a%2Fb", "request_malformed"),
        ("/a#b", "request_malformed"),
        ("/a b", "request_malformed"),
        ("/a%", "request_malformed"),
    ] {
        assert_eq!(refused(&resource("route", id, json!({}))), code, "{id}");
    }
}

#[test]
fn actions_are_methods() {
    for method in ["GET", "DELETE", "M-SEARCH", "PURGE"] {
        let question = question(&with(about("t"), "/action/name", json!(method))).unwrap();
        assert_eq!(question.inquiry.facts().method(), Some(method));
    }
    let long = "A".repeat(33);
    for action in ["get", "can_read", "Get", &long] {
        let body = with(about("t"), "/action/name", json!(action));
        assert_eq!(refused(&body), "action_unknown", "{action}");
    }
    for action in ["", "GE T", "GET\n", "ÄNDERN"] {
        let body = with(about("t"), "/action/name", json!(action));
        assert_eq!(refused(&body), "request_malformed", "{action}");
    }
}

#[test]
fn headers_are_the_requests() {
    let headers = json!({
        "X-A": "1", "x-b": ["2", "3"], "Cookie": "c=d", "Authorization": "bearer  t",
        "x-tokenward-subject": "admin",
    });
    let question = question(&resource("route", "/x", json!({ "headers": headers }))).unwrap();
    let expected = [
        ("x-a", "1"),
        ("x-b", "2, 3"),
        ("cookie", "c=d"),
        ("x-tokenward-subject", "admin"),
        ("x-request-id", "pep-1"),
        ("traceparent", "00-a"),
    ];
    let got = question.inquiry.facts().headers().iter().map(|(n, v)| (n.as_str(), v.as_str()));
    // JSON objects have no order.
    assert_eq!(got.collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    assert_eq!(question.inquiry.request_id(), Some("pep-1"));
    assert_eq!(question.inquiry.trace_parent(), Some("00-a"));
}

/// The PEP's identifiers are those of its own call; the request's own go before.
#[test]
fn identifiers_of_the_request_go_before() {
    let headers = json!({ "X-Request-Id": "client-1", "Traceparent": "00-b" });
    let question = question(&resource("route", "/x", json!({ "headers": headers }))).unwrap();
    assert_eq!(question.inquiry.request_id(), Some("client-1"));
    assert_eq!(question.inquiry.trace_parent(), Some("00-b"));
    assert_eq!(question.inquiry.facts().headers().len(), 2);
}

#[test]
fn headers_that_are_none_are_refused() {
    let many: Value = (0..129).map(|n| (format!("x-{n}"), json!("1"))).collect();
    let long = json!({ "x".repeat(129): "1" });
    for (headers, code) in [
        (json!([]), "member_type"),
        (json!("x: 1"), "member_type"),
        (json!({ "x": 1 }), "member_type"),
        (json!({ "x": null }), "member_type"),
        (json!({ "x": [["1"]] }), "member_type"),
        (json!({ "x y": "1" }), "request_malformed"),
        (json!({ "": "1" }), "request_malformed"),
        (json!({ "x": "1\r\nauthorization: Bearer u" }), "request_malformed"),
        (json!({ "x": vec!["1"; 129] }), "too_many_members"),
        (many, "too_many_members"),
        (long, "member_value"),
        (json!({ "Authorization": ["Bearer t", "Bearer t"] }), "several_credentials"),
        (
            json!({ "Authorization": "Bearer t", "authorization": "Bearer t" }),
            "several_credentials",
        ),
        (json!({ "Authorization": "Bearer u" }), "members_differ"),
        (json!({ "Authorization": "Basic t" }), "members_differ"),
        (json!({ "Authorization": "t" }), "members_differ"),
        (json!({ "Authorization": "" }), "members_differ"),
    ] {
        let body = resource("route", "/x", json!({ "headers": headers }));
        assert_eq!(refused(&body), code, "{headers}");
    }
    let body =
        resource("route", "/x", json!({ "headers": { "Authorization": "Bearer t, Bearer u" } }));
    assert_eq!(refused(&with(body, "/context", json!({}))), "several_credentials");
}

#[test]
fn the_token_is_one() {
    let header = json!({ "headers": { "Authorization": "Bearer t" } });
    let none = with(about("t"), "/context", json!({}));
    let subject =
        |token: Value| with(none.clone(), "/subject/properties", json!({ "token": token }));
    for (body, token) in [
        (about("t"), "t"),
        (subject(json!("t")), "t"),
        (with(subject(json!("t")), "/context/token", json!("t")), "t"),
        (with(none.clone(), "/resource/properties", header.clone()), "t"),
        (with(about("t"), "/resource/properties", header.clone()), "t"),
        (with(subject(json!("t")), "/resource/properties", header.clone()), "t"),
        (none.clone(), ""),
        (about("Bearer t"), "Bearer t"),
    ] {
        let question = question(&body).unwrap();
        assert_eq!(question.inquiry.bearer(), token.as_bytes(), "{body}");
        let location = (!token.is_empty()).then_some(TokenLocation::AuthorizationHeader);
        assert_eq!(question.inquiry.facts().token_location(), location, "{body}");
    }
    let differ = [
        with(subject(json!("t")), "/context/token", json!("u")),
        with(subject(json!("u")), "/resource/properties", header),
        with(subject(json!("t")), "/context/token", json!("")),
    ];
    for body in differ {
        let (code, message) = question(&body).err().unwrap();
        assert_eq!(code, "members_differ");
        assert!(message.contains("properties.token` "), "{message}");
    }
    for body in [subject(json!(1)), with(about("t"), "/context/token", json!(["t"]))] {
        assert_eq!(refused(&body), "member_type");
    }
}

#[test]
fn the_clients_address_is_one() {
    let of = |ip: Value, address: Value| {
        let body = with(about("t"), "/resource/properties", json!({}));
        with(with(body, "/resource/properties/ip", ip), "/context/client-address", address)
    };
    for (ip, address, expected) in [
        (json!("192.0.2.1"), Value::Null, Some("192.0.2.1")),
        (Value::Null, json!("2001:DB8::1"), Some("2001:db8::1")),
        (json!("::ffff:192.0.2.1"), json!("192.0.2.1"), Some("192.0.2.1")),
        (Value::Null, Value::Null, None),
    ] {
        let question = question(&of(ip, address)).unwrap();
        assert_eq!(question.inquiry.facts().client_address(), expected);
    }
    assert_eq!(refused(&of(json!("192.0.2.1"), json!("192.0.2.2"))), "members_differ");
    for wrong in ["", "192.0.2.1, 192.0.2.2", "192.0.2.1:80", "localhost"] {
        assert_eq!(refused(&of(json!(wrong), Value::Null)), "member_value", "{wrong}");
    }
    assert_eq!(refused(&of(json!(1), Value::Null)), "member_type");
}

#[test]
fn phases_signals_and_facts() {
    let phase = |name: &str| {
        let question = question(&with(about("t"), "/context/phase", json!(name)))?;
        Ok::<_, (String, String)>(question.inquiry.call(UnixTime(0)).phase.as_str())
    };
    for name in ["use", "refresh", "issue", "login"] {
        assert_eq!(phase(name), Ok(name));
    }
    assert_eq!(phase("Use").unwrap_err().0, "member_value");
    assert_eq!(refused(&with(about("t"), "/context/phase", json!(1))), "member_type");

    let of = |signals: Value| with(about("t"), "/context/signals", signals);
    let given =
        question(&of(json!({ "new-device": true, "country": "DE", "n": [1, null] }))).unwrap();
    let call = given.inquiry.call(UnixTime(0));
    assert_eq!(call.phase.as_str(), "use");
    let country = call.signals.get("country").unwrap();
    assert_eq!((&country.value, country.confidence), (&Json::from("DE"), 100));
    assert_eq!(call.signals.iter().count(), 3);

    let facts = json!({ "session.active": 2 });
    let given = question(&with(about("t"), "/context/facts", facts)).unwrap();
    let call = given.inquiry.call(UnixTime(0));
    assert_eq!(call.facts.get("session.active"), Some(&Json::from(2)));
    assert_eq!(call.signals.iter().count(), 0);

    let many: Value = (0..65).map(|n| (format!("s-{n}"), json!(1))).collect();
    for (vouched, code) in [
        (json!(["new-device"]), "member_type"),
        (json!({ "": 1 }), "vouched_value"),
        (json!({ "s".repeat(129): 1 }), "vouched_value"),
        (json!({ "s": "x".repeat(1023) }), "vouched_value"),
        (many, "too_many_members"),
    ] {
        for pointer in ["/context/signals", "/context/facts"] {
            assert_eq!(refused(&with(about("t"), pointer, vouched.clone())), code);
        }
    }
}

/// Messages show a beginning only, and nothing that changes how they read; of a token, nothing.
#[test]
fn messages_are_bounded() {
    let long = "\u{202e}".repeat(9000);
    for body in [
        with(about("t"), "/action/name", json!(long)),
        resource(&long, "x", json!({})),
        resource("route", &long, json!({})),
        resource("route", "/x", json!({ "headers": { long.clone(): "1" } })),
        with(about("t"), "/context/signals", json!({ long.clone(): 1 })),
    ] {
        let (_, message) = question(&body).err().unwrap();
        assert!(message.len() < 800 && !message.contains('\u{202e}'), "{message}");
    }
    let secret = with(about("secret-token"), "/subject/properties", json!({ "token": "other" }));
    let (_, message) = question(&secret).err().unwrap();
    assert!(!message.contains("secret"), "{message}");
}
