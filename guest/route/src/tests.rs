//! What must hold for every route and request.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::pattern::{HostPattern, PathPattern, segments};
use crate::{Asked, Cover, Routes, RoutesBuilder, Spec, Unknown};

/// A route as `METHODS HOST/PATH`; either of the first may be missing.
fn spec(text: &str) -> (Vec<String>, Option<&str>, &str) {
    let (methods, rest) = text.split_once(' ').unwrap_or(("", text));
    let methods = methods.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect();
    let at = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    (methods, (!host.is_empty()).then_some(host), path)
}

/// The routes, each of which answers its index, and what was reported.
fn build(texts: &[&str]) -> (Routes<usize>, Vec<String>) {
    let mut reported = Vec::new();
    let mut builder = RoutesBuilder::default();
    for (index, text) in texts.iter().enumerate() {
        let (methods, host, path) = spec(text);
        let spec = Spec { methods: &methods, host, path };
        let mut report = |member: &str, _: &str| reported.push(format!("/{index}{member}"));
        if let Some(cover) = Cover::parse(&spec, &mut report) {
            builder.add(index, cover, index);
        }
    }
    let routes = builder.build(&mut |index, message| {
        reported.push(format!("/{index} {}", message.split(',').next().expect("a part")));
    });
    (routes, reported)
}

fn find(texts: &[&str], request: &str) -> Option<usize> {
    let (routes, reported) = build(texts);
    assert!(reported.is_empty(), "{reported:?}");
    let (methods, host, path) = spec(request);
    let asked = Asked { method: methods.first().map(String::as_str), host, path: Some(path) };
    routes.find(&asked).expect("known").copied()
}

#[test]
fn the_most_specific_route_counts() {
    for (routes, request, expected) in [
        (&["/a/{x}", "/a/b"] as &[&str], "/a/b", Some(1)),
        (&["/a/{x}", "/a/b"], "/a/c", Some(0)),
        (&["/{t}/b", "/a/{p}"], "/a/b", Some(1)),
        (&["/a/**", "/a/*"], "/a/b", Some(1)),
        (&["/a/**", "/a/*"], "/a/b/c", Some(0)),
        (&["/a/**", "/a"], "/a", Some(1)),
        (&["/a/**"], "/a", Some(0)),
        (&["/a/**"], "/ab", None),
        (&["/a/{x}"], "/a", None),
        (&["/a/{x}"], "/a/b/c", None),
        (&["/a"], "//a/", Some(0)),
        (&["/"], "/", Some(0)),
        (&["/"], "/a", None),
        (&["/**"], "/", Some(0)),
        (&["/%61:b"], "/a%3Ab", Some(0)),
        (&["/a"], "/A", None),
        (&["h.x/**", "/a"], "h.x/a", Some(0)),
        (&["h.x/**", "/a"], "i.x/a", Some(1)),
        (&["*.x/**", "*.b.x/**", "a.b.x/**"], "a.b.x/", Some(2)),
        (&["*.x/**", "*.b.x/**", "a.b.x/**"], "c.b.x/", Some(1)),
        (&["*.x/**", "*.b.x/**", "a.b.x/**"], "b.x/", Some(0)),
        (&["/a", "DELETE /a"], "DELETE /a", Some(1)),
        (&["/a", "DELETE /a"], "delete /a", Some(1)),
        (&["/a", "DELETE /a"], "POST /a", Some(0)),
        (&["DELETE /a", "PUT,DELETE /b"], "PUT /a", None),
        (&["GET /a", "/**"], "HEAD /a", Some(0)),
        (&["GET /a", "HEAD /a"], "HEAD /a", Some(1)),
        (&["GET /a", "HEAD /b"], "HEAD /a", Some(0)),
        (&["GET /a", "HEAD h.x/a"], "HEAD i.x/a", Some(0)),
        (&["PUT /a"], "HEAD /a", None),
        (&[], "/a", None),
    ] {
        assert_eq!(find(routes, request), expected, "{routes:?} {request}");
    }
}

#[test]
fn what_is_no_route_is_reported() {
    for (route, expected) in [
        ("a", "/0/path"),
        ("/a?b", "/0/path"),
        ("/a#b", "/0/path"),
        ("/a\\b", "/0/path"),
        ("/a\u{7}b", "/0/path"),
        ("/**/a", "/0/path"),
        ("/a*", "/0/path"),
        ("/{}", "/0/path"),
        ("/{a.b}", "/0/path"),
        ("/a/./b", "/0/path"),
        ("/a/..", "/0/path"),
        ("/a//b", "/0/path"),
        ("get /a", "/0/methods/0"),
        ("GET,P_T /a", "/0/methods/1"),
        ("a.x:443/a", "/0/host"),
        ("a.*.x/a", "/0/host"),
        ("*./a", "/0/host"),
        ("münchen.x/a", "/0/host"),
        ("*.[::1]/a", "/0/host"),
    ] {
        assert_eq!(build(&[route]).1, [expected], "{route}");
    }
    for route in ["/a/{b_c-1}/*/**", "M-SEARCH /a", "[::1]/a", "[2001:DB8::127.0.0.1]/a", "*.x/a"] {
        assert!(build(&[route]).1.is_empty(), "{route}");
    }
    let (long, longer) = ("x".repeat(511), "x".repeat(512));
    assert!(build(&[&format!("/{long}"), &format!("x{long}/a")]).1.is_empty());
    assert_eq!(build(&[&format!("/{longer}"), &format!("x{longer}/a")]).1, ["/0/path", "/1/host"]);
}

#[test]
fn equal_routes_are_reported_once_and_by_the_later() {
    for (routes, expected) in [
        (&["/a", "/a/"] as &[&str], Some("/1 covers the same requests as route 0")),
        (&["/a/{b}", "/b", "/a/*"], Some("/2 covers the same requests as route 0")),
        (&["h.x/a", "H.X./a"], Some("/1 covers the same requests as route 0")),
        (&["GET,PUT /a", "POST,PUT /a"], Some("/1 covers the same requests as route 0")),
        (&["GET /a", "POST /a", "/a", "h.x/a", "*.x/a"], None),
        (&["GET /a", "HEAD /a"], None),
    ] {
        assert_eq!(build(routes).1, expected.into_iter().collect::<Vec<_>>(), "{routes:?}");
    }
}

#[test]
fn what_the_routes_need_must_be_known() {
    let asked = |method, host, path| Asked { method, host, path };
    let (plain, _) = build(&["/a"]);
    assert!(!plain.names_methods() && !plain.names_hosts() && !plain.is_empty());
    assert_eq!(plain.find(&asked(None, None, Some("/a"))), Ok(Some(&0)));
    assert_eq!(plain.find(&asked(None, None, None)), Err(Unknown::Path));
    let (full, _) = build(&["/b", "GET h.x/a"]);
    assert!(full.names_methods() && full.names_hosts());
    assert_eq!(full.find(&asked(Some("GET"), Some("h.x"), None)), Err(Unknown::Path));
    assert_eq!(full.find(&asked(None, Some("h.x"), Some("/b"))), Err(Unknown::Method));
    assert_eq!(full.find(&asked(Some("GET"), None, Some("/b"))), Err(Unknown::Host));
    assert_eq!(full.find(&asked(Some("GET"), Some("h.x"), Some("/a"))), Ok(Some(&1)));
    assert!(build(&[]).0.is_empty());
    assert_eq!(
        [Unknown::Path, Unknown::Method, Unknown::Host].map(Unknown::as_str),
        ["path", "method", "host"]
    );
}

#[test]
fn labels() {
    for (route, expected) in [
        ("/a/{b}", "`/a/{b}`"),
        ("GET /a", "`GET /a`"),
        ("GET,PUT,GET,POST h.x/a", "`GET,PUT,POST h.x/a`"),
    ] {
        let (methods, host, path) = spec(route);
        assert_eq!(Spec { methods: &methods, host, path }.label(), expected);
    }
}

#[test]
fn a_host_pattern_needs_a_label_of_its_own() {
    let pattern = HostPattern::parse(Some("*.example.com")).expect("a host");
    for (host, expected) in [
        ("a.example.com", true),
        ("a.b.example.com.", true),
        (".example.com", false),
        ("example.com", false),
        ("aexample.com", false),
        ("a.example.com.evil", false),
        ("", false),
    ] {
        assert_eq!(pattern.matches(Some(host)), expected, "{host}");
    }
    assert!(!pattern.matches(None));
    let address = HostPattern::parse(Some("[2001:DB8::1]")).expect("a host");
    assert!(address.matches(Some("[2001:db8::1]")));
}

proptest! {
    /// Whatever comes, an answer comes.
    #[test]
    fn never_panics(
        path in ".*", host in prop::option::of(".*"), method in ".*",
        asked_path in ".*", asked_host in ".*",
    ) {
        let methods = [method.clone()];
        let spec = Spec { methods: &methods, host: host.as_deref(), path: &path };
        let mut builder = RoutesBuilder::default();
        if let Some(cover) = Cover::parse(&spec, &mut |_, _| {}) {
            builder.add(0, cover, ());
        }
        let routes = builder.build(&mut |_, _| {});
        let asked = Asked {
            method: Some(&method), host: Some(&asked_host), path: Some(&asked_path),
        };
        let _ = routes.find(&asked);
    }

    /// Which route counts does not depend on the order of the list.
    #[test]
    fn the_order_of_routes_is_of_no_account(
        paths in prop::collection::btree_set("(/[ab*]){1,3}(/\\*\\*)?", 1..6),
        path in "(/[abc]){1,3}/?",
        turn in 0usize..6,
    ) {
        let mut paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let found = |paths: &[&str]| find(paths, &path).and_then(|at| paths.get(at).map(|p| (*p).to_owned()));
        let first = found(&paths);
        let length = paths.len();
        paths.rotate_left(turn % length);
        prop_assert_eq!(first, found(&paths));
    }

    /// A pattern without wildcards covers itself, however it is percent-encoded.
    #[test]
    fn a_literal_path_covers_its_encodings(
        parts in prop::collection::vec("[a-z:@é~-]{1,5}", 0..4), encode in any::<u64>(),
    ) {
        let plain: String = parts.iter().flat_map(|part| ["/", part]).collect();
        let pattern = PathPattern::parse(if plain.is_empty() { "/" } else { &plain }).expect("a path");
        let mut path = String::from("/");
        for (at, byte) in plain.bytes().skip(1).enumerate() {
            if byte != b'/' && (encode >> (at % 64) & 1 == 1 || !byte.is_ascii()) {
                write!(path, "%{byte:02x}").expect("room");
            } else {
                path.push(byte as char);
            }
        }
        prop_assert!(pattern.matches(&segments(&path, pattern.depth())));
    }
}

#[test]
fn what_no_path_has_is_no_pattern() {
    for path in [
        "/a//b",
        "/./a",
        "/a/../b",
        "/%2e%2e/b",
        "/%2E/a",
        "/.%2e",
        "/orders;v=1/{id}",
        "/a%3Bb",
        "/a%2Fb",
        "/a%5cb",
        "/a%25b",
        "/100%",
        "/a%00b",
        "/a%7f",
    ] {
        let told = PathPattern::parse(path).expect_err(path);
        assert!(told.contains("no path has that"), "{path}: {told}");
    }
    for path in ["/a%20b", "/caf%C3%A9", "/a.b/..c", "/x:y", "/a%3Fb"] {
        assert!(PathPattern::parse(path).is_ok(), "{path}");
    }
}
