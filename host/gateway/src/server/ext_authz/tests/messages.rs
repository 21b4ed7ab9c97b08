//! What a message asks: captured ones, and each way in which one can be wrong.

use prost::Message;
use tokenward::Tls;

use super::super::proto::{
    CheckRequest, HeaderMap, HeadersEntry, HttpRequest, Peer, Request, SocketAddress,
};
use super::super::request::{Asked, read};
use super::{captured, http, message, raw, signals};
use crate::inquiry::InquiryError;

fn ask(request: &CheckRequest) -> Result<Asked, InquiryError> {
    read(request, &signals())
}

fn code(request: &CheckRequest) -> &'static str {
    ask(request).err().map_or("asked", |error| error.code())
}

/// The facts of a captured message, in short.
fn facts(name: &str) -> (String, Option<String>, Option<Tls>) {
    let inquiry = ask(&message(name)).unwrap().inquiry;
    let facts = inquiry.facts();
    let part = |part: Option<&str>| part.unwrap_or("-").to_owned();
    let (method, scheme) = (part(facts.method()), part(facts.scheme()));
    let (host, path) = (part(facts.host()), part(facts.path()));
    let client = facts.client_address().map(str::to_owned);
    (format!("{method} {scheme}://{host}{path}"), client, facts.tls().cloned())
}

fn header(name: &str, header: &str) -> Option<String> {
    let inquiry = ask(&message(name)).unwrap().inquiry;
    let headers = inquiry.facts().headers();
    headers.iter().find(|(name, _)| name == header).map(|(_, value)| value.clone())
}

#[test]
fn captured_messages_are_read_or_refused() {
    for (name, bytes) in captured() {
        let expected = match name {
            "joined-two-credentials" | "raw-two-credentials" => "several_credentials",
            "joined-signal-twice" | "raw-signal-twice" => "header_twice",
            "raw-connect" => "request_malformed",
            _ => "asked",
        };
        assert_eq!(code(&CheckRequest::decode(&*bytes).unwrap()), expected, "{name}");
    }
}

#[test]
fn captured_requests_and_connections() {
    let tls = |client_certificate| Tls { client_certificate, ..Tls::default() };
    let orders = "GET http://api.example/orders";
    let secure = "GET https://api.example/orders";
    for (name, request, expected) in [
        ("joined-simple", "GET http://api.example/orders/7", None),
        ("raw-simple", "GET http://api.example/orders/7", None),
        ("joined-body", "POST http://api.example/orders", None),
        ("raw-body-cut", "POST http://api.example/orders", None),
        ("raw-upper-case", orders, None),
        // What a client says of where it is, and of the scheme, is not believed.
        ("raw-forwarded", orders, None),
        ("raw-scheme-https", orders, None),
        // `tls_session` is in this one.
        ("all-without-tls", orders, None),
        ("tls", secure, Some(tls(false))),
        ("tls-without-sni", secure, Some(tls(false))),
        ("tls-client", secure, Some(tls(true))),
        ("tls-nameless-client", secure, Some(tls(true))),
        ("allowed", orders, None),
    ] {
        let expected = (request.to_owned(), Some("127.0.0.1".to_owned()), expected);
        assert_eq!(facts(name), expected, "{name}");
    }
    let long = facts("raw-long-path").0;
    assert_eq!(long, format!("GET http://api.example/orders/{}", "a".repeat(1024)));
    let inquiry = ask(&message("raw-simple")).unwrap().inquiry;
    let query = [("state", "open"), ("x", "1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(inquiry.facts().query(), query);
    assert_eq!(inquiry.bearer(), b"placeholder.of.token");
    assert!(inquiry.request_id().is_some());
}

#[test]
fn captured_headers() {
    for (name, asked, expected) in [
        ("joined-smuggled", "x-tag", Some("a,b")),
        ("raw-smuggled", "x-tag", Some("a, b")),
        ("joined-latin-1", "x-name", Some("J!rgen")),
        ("raw-latin-1", "x-name", Some("J\u{fffd}rgen")),
        ("joined-latin-1", "x-tab", Some("a\tb")),
        ("raw-latin-1", "x-tab", Some("a\tb")),
        ("joined-empty-values", "x-empty", Some("")),
        ("raw-empty-values", "x-empty", Some("")),
        ("raw-simple", "authorization", Some("Bearer")),
        ("raw-no-token", "authorization", None),
        // A signal is no header, and a pseudo-header neither.
        ("raw-upper-case", "x-risk-new-device", None),
        ("raw-simple", ":path", None),
        ("joined-simple", ":authority", None),
        ("joined-body", "x-envoy-auth-partial-body", Some("false")),
    ] {
        assert_eq!(header(name, asked).as_deref(), expected, "{name} {asked}");
    }
    let bearer = |name| ask(&message(name)).unwrap().inquiry.bearer().to_owned();
    assert_eq!(bearer("raw-latin-1-token"), b"\xff.\xfe.\x80");
    assert_eq!(bearer("joined-latin-1-token"), b"!.!.!");
    assert_eq!(bearer("raw-empty-values"), b"");
}

#[test]
fn smuggled_names_are_noted_once() {
    let smuggled = ["x-tokenward-subject", "x_tokenward_scope", "x-tokenward-extra"];
    for name in ["joined-smuggled", "raw-smuggled", "tls-smuggled"] {
        let mut reserved = ask(&message(name)).unwrap().reserved;
        // A map has no order.
        reserved.sort_by_key(|name| smuggled.iter().position(|smuggled| smuggled == name));
        assert_eq!(reserved, smuggled, "{name}");
    }
    // Nobody can know what is not shown.
    assert!(ask(&message("allowed")).unwrap().reserved.is_empty());
}

#[test]
fn what_is_missing_is_refused() {
    let mut without_http = message("tls");
    without_http.attributes.as_mut().unwrap().request = Some(Request::default());
    let mut without_request = message("tls");
    without_request.attributes.as_mut().unwrap().request = None;
    for request in [CheckRequest::default(), without_request, without_http] {
        assert_eq!(code(&request), "request_malformed");
    }
}

/// A change of the captured message `tls`.
type Change = fn(&mut HttpRequest);

#[test]
fn parts_of_the_request() {
    // The pseudo-headers say what the fields say: here they do not matter.
    let only_fields: Change = |http| http.header_map = None;
    let cases: &[(Change, &str)] = &[
        (|_| (), "asked"),
        (|http| http.scheme = "HTTPS".into(), "asked"),
        (|http| http.host = "[2001:db8::1]:8443".into(), "asked"),
        (|http| http.path = "/?".into(), "asked"),
        (|http| http.method = String::new(), "request_malformed"),
        (|http| http.method = "GET /".into(), "request_malformed"),
        (|http| http.method = "A".repeat(33), "request_malformed"),
        (|http| http.scheme = String::new(), "request_malformed"),
        (|http| http.scheme = "ftp".into(), "request_malformed"),
        (|http| http.scheme = "https://api.example/public?".into(), "request_malformed"),
        (|http| http.host = String::new(), "request_malformed"),
        (|http| http.host = "api.example/public?".into(), "request_malformed"),
        (|http| http.host = "api.example\\public".into(), "request_malformed"),
        (|http| http.host = "api.example?x=".into(), "request_malformed"),
        (|http| http.host = "api.example#".into(), "request_malformed"),
        (|http| http.host = "user@api.example".into(), "request_malformed"),
        (|http| http.host = "api.example:x".into(), "request_malformed"),
        (|http| http.path = String::new(), "request_malformed"),
        (|http| http.path = "*".into(), "request_malformed"),
        (|http| http.path = ".example/orders".into(), "request_malformed"),
        (|http| http.path = ":80/orders".into(), "request_malformed"),
        (|http| http.path = "/orders#/../admin".into(), "request_malformed"),
        (|http| http.path = "/orders\u{7f}".into(), "request_malformed"),
        (|http| http.path = "/orders%2f..".into(), "request_malformed"),
        (|http| http.path = "//orders".into(), "path_not_plain"),
        (|http| http.path = "/public/..;/orders".into(), "path_not_plain"),
        (|http| http.path = format!("/{}", "a".repeat(16 * 1024)), "request_malformed"),
        (|http| http.fragment = "top".into(), "request_malformed"),
        (|http| http.query = "admin=1".into(), "request_malformed"),
    ];
    for (index, (change, expected)) in cases.iter().enumerate() {
        let mut request = message("tls");
        only_fields(http(&mut request));
        change(http(&mut request));
        assert_eq!(code(&request), *expected, "{index}: {:?}", http(&mut request).path.get(..32));
    }
}

#[test]
fn pseudo_headers_agree_with_the_fields() {
    let set = |name: &'static str, value: &'static [u8]| {
        let mut request = message("tls");
        let map = http(&mut request).header_map.as_mut().unwrap();
        map.headers.retain(|header| header.key != name);
        map.headers.push(raw(name, value));
        code(&request)
    };
    assert_eq!(set(":path", b"/orders"), "asked");
    for (name, value) in [
        (":path", &b"/admin"[..]),
        (":path", b"/orders\xff"),
        (":path", b""),
        (":method", b"POST"),
        (":authority", b"other.example"),
        (":scheme", b"http"),
        (":protocol", b"websocket"),
        (":PATH", b"/orders"),
    ] {
        assert_eq!(set(name, value), "request_malformed", "{name}");
    }
}

#[test]
fn headers_one_by_one() {
    let with = |name: &str, value: &[u8]| {
        let mut request = message("tls");
        http(&mut request).header_map.as_mut().unwrap().headers.push(raw(name, value));
        code(&request)
    };
    let long = vec![b'a'; 64 * 1024];
    for (name, value, expected) in [
        ("X-UPPER", &b"a"[..], "asked"),
        ("x-empty", b"", "asked"),
        ("x-latin-1", b"\xfc\xff", "asked"),
        ("x-long", &long, "asked"),
        ("", b"a", "request_malformed"),
        ("x a", b"a", "request_malformed"),
        ("x-a:", b"a", "request_malformed"),
        ("x-é", b"a", "request_malformed"),
        ("x-a", b"a\r\nx-b: c", "request_malformed"),
        ("x-a", b"a\0", "request_malformed"),
        ("AUTHORIZATION", b"Bearer other.of.token", "several_credentials"),
        ("authorization", b"", "several_credentials"),
        ("x-risk-new-device", &long, "header_value"),
        ("x-risk-new-device", b"\xff", "header_value"),
        // In bytes, two headers come apart: a comma is one header's.
        ("x-risk-new-device", b"a, b", "asked"),
    ] {
        assert_eq!(with(name, value), expected, "{name} {:?}", value.get(..8));
    }
}

#[test]
fn joined_signals_are_refused() {
    for (name, value, expected) in [
        ("x-risk-new-device", "true", "asked"),
        ("x-risk-new-device", r#"{"a":1,"b":[2,3]}"#, "asked"),
        ("x-risk-new-device", "", "asked"),
        ("x-other", "false,true", "asked"),
        ("x-risk-new-device", "false,true", "header_twice"),
        ("X-Risk-New-Device", "1,2", "header_twice"),
        ("x-risk-new-device", ",", "header_twice"),
    ] {
        let mut request = message("joined-simple");
        let entry = HeadersEntry { key: name.to_owned(), value: value.to_owned() };
        http(&mut request).headers.push(entry);
        assert_eq!(code(&request), expected, "{name}: {value}");
    }
}

#[test]
fn headers_come_in_one_way() {
    let mut both = message("tls");
    http(&mut both).headers =
        message("joined-simple").attributes.unwrap().request.unwrap().http.unwrap().headers;
    assert_eq!(code(&both), "header_twice");
    let mut empty_map = message("joined-simple");
    http(&mut empty_map).header_map = Some(HeaderMap::default());
    assert_eq!(ask(&empty_map).unwrap().inquiry.bearer(), b"placeholder.of.token");
    let mut text_in_map = message("tls");
    for header in &mut http(&mut text_in_map).header_map.as_mut().unwrap().headers {
        header.value = String::from_utf8(header.raw_value.to_vec()).unwrap();
        header.raw_value.clear();
    }
    assert_eq!(ask(&text_in_map).unwrap().inquiry.bearer(), b"placeholder.of.token");
    let mut two_values = message("tls");
    http(&mut two_values).header_map.as_mut().unwrap().headers[0].value = "a".into();
    assert_eq!(code(&two_values), "header_twice");
    // A map whose wire form has a name twice, as no encoder of maps writes it.
    let mut twice = message("joined-simple");
    let entry = http(&mut twice).headers.iter().find(|entry| entry.key == "authorization").cloned();
    http(&mut twice).headers.extend(entry);
    assert_eq!(code(&twice), "several_credentials");
}

#[test]
fn headers_are_bounded_in_number() {
    let with = |count: usize| {
        let mut request = message("tls");
        let map = http(&mut request).header_map.as_mut().unwrap();
        map.headers.resize(count, raw("x-a", b"a"));
        code(&request)
    };
    assert_eq!(with(512), "asked");
    assert_eq!(with(513), "header_value");
}

#[test]
fn schemes_and_proofs_of_tls() {
    let scheme = |scheme: &str, said: &[&str]| {
        let mut request = message("tls");
        let http = http(&mut request);
        http.scheme = scheme.to_owned();
        let map = &mut http.header_map.as_mut().unwrap().headers;
        map.retain(|header| header.key != ":scheme" && header.key != "x-forwarded-proto");
        map.extend(said.iter().map(|said| raw("X-Forwarded-Proto", said.as_bytes())));
        ask(&request).unwrap().inquiry.facts().scheme().map(str::to_owned).unwrap()
    };
    assert_eq!(scheme("https", &["https"]), "https");
    assert_eq!(scheme("https", &[" HTTPS"]), "https");
    assert_eq!(scheme("https", &[]), "https");
    for (said, forwarded) in [
        ("https", &["http"][..]),
        ("https", &["https", "http"]),
        ("https", &["https,http"]),
        ("https", &[""]),
        ("http", &["https"]),
        ("http", &[]),
    ] {
        assert_eq!(scheme(said, forwarded), "http", "{said} {forwarded:?}");
    }
    let address = |address: Option<&str>| {
        let mut request = message("tls");
        let attributes = request.attributes.as_mut().unwrap();
        let socket_address = address.map(|address| SocketAddress { address: address.to_owned() });
        attributes.source.as_mut().unwrap().address.as_mut().unwrap().socket_address =
            socket_address;
        ask(&request).unwrap().inquiry.facts().client_address().map(str::to_owned)
    };
    assert_eq!(address(Some("203.0.113.9")).as_deref(), Some("203.0.113.9"));
    assert_eq!(address(Some("::ffff:203.0.113.9")).as_deref(), Some("203.0.113.9"));
    assert_eq!(address(Some("client.example")), None);
    assert_eq!(address(Some("")), None);
    // A socket of another kind, as of the file system.
    assert_eq!(address(None), None);
    let mut nobody = message("tls-client");
    let attributes = nobody.attributes.as_mut().unwrap();
    (attributes.source, attributes.destination) = (None, Some(Peer::default()));
    assert_eq!(ask(&nobody).unwrap().inquiry.facts().tls(), None);
}

#[test]
fn messages_of_refusals_are_bounded() {
    let mut request = message("tls");
    http(&mut request).path = "a\n".repeat(100_000);
    let error = ask(&request).err().unwrap().to_string();
    assert!(error.len() < 300, "{error}");
    assert!(error.contains("a\\n") && error.contains('…'), "{error}");
}

#[test]
fn debug_shows_no_value() {
    let request = message("tls-smuggled");
    let shown = format!("{request:?}");
    assert!(shown.contains("GET"), "{shown}");
    for secret in ["placeholder", "/orders", "root"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
