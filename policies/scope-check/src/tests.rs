//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_schema_is_that_of, run_cases, summary};
use tokenward_policy::{
    Claim, Input, Phase, Policy, Request, RequestParts, Requirement, Value, configure,
};

use crate::scopes::covers;
use crate::{Reaction, ScopeCheck};

#[test]
fn cases() {
    run_cases::<ScopeCheck>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<ScopeCheck>(&[(
        "/properties/routes/items",
        r#"{"routes":[{"?":0}]}"#,
    )]);
}

#[test]
fn every_finding_names_a_rule_of_the_descriptor() {
    let ids: Vec<String> = ScopeCheck::descriptor().rules.into_iter().map(|r| r.id).collect();
    for folder in [concat!(env!("CARGO_MANIFEST_DIR"), "/cases")] {
        for case in tokenward_policy::testing::load_cases(folder) {
            for line in case.expect.iter().filter(|l| !l.starts_with("scope ")) {
                let rule = line.split(' ').nth(2).expect("a rule");
                assert!(ids.iter().any(|id| id == rule), "{rule}");
            }
        }
    }
}

#[test]
fn reads_only_what_the_routes_need() {
    let reads = |settings: &str| configure::<ScopeCheck>(settings).expect("settings").reads();
    let parts = |settings: &str| reads(settings).request;
    assert_eq!(parts("{}"), RequestParts::empty());
    assert_eq!(parts(r#"{"routes":[{"path":"/a"}]}"#), RequestParts::PATH);
    assert_eq!(
        parts(r#"{"routes":[{"path":"/a","methods":["GET"]}]}"#),
        RequestParts::PATH | RequestParts::METHOD
    );
    assert_eq!(
        parts(r#"{"routes":[{"path":"/a","host":"a.example"}]}"#),
        RequestParts::PATH | RequestParts::HOST
    );
    assert!(!reads(r#"{"routes":[{"path":"/a"}]}"#).time);
    assert_eq!(reads("{}"), ScopeCheck::descriptor().reads);
}

fn input(claims: &[(&str, Value)], request: Option<Request>) -> Input {
    let claim =
        |(path, value): &(&str, Value)| Claim { path: (*path).into(), value: value.clone() };
    Input {
        phase: Phase::Use,
        now: None,
        token: None,
        claims: claims.iter().map(claim).collect(),
        request,
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

fn request(method: Option<&str>, host: Option<&str>, path: Option<&str>) -> Request {
    Request {
        method: method.map(Into::into),
        scheme: None,
        host: host.map(Into::into),
        path: path.map(Into::into),
        query: Vec::new(),
        headers: Vec::new(),
        client_address: None,
        token_location: None,
        tls: None,
        cookies: Vec::new(),
    }
}

/// A request of which a needed part is not known is refused, not left unmatched.
#[test]
fn an_unknown_part_is_refused() {
    let policy = configure::<ScopeCheck>(
        r#"{"routes":[{"path":"/a","methods":["GET"],"host":"a.example"}]}"#,
    )
    .expect("settings");
    for (method, host, path) in [
        (None, Some("a.example"), Some("/a")),
        (Some("GET"), None, Some("/a")),
        (Some("GET"), Some("a.example"), None),
    ] {
        let verdict = policy.evaluate(&input(&[], Some(request(method, host, path))));
        assert_eq!(
            summary(&verdict),
            ["deny high unknown-request"],
            "{method:?} {host:?} {path:?}"
        );
    }
    let policy = configure::<ScopeCheck>(r#"{"routes":[{"path":"/a"}]}"#).expect("settings");
    let verdict = policy.evaluate(&input(&[], Some(request(None, None, Some("/a")))));
    assert!(verdict.findings.is_empty());
}

/// Findings name scopes of the settings, never those of the token.
#[test]
fn messages_name_the_route_and_its_scopes_only() {
    let policy = configure::<ScopeCheck>(
        r#"{"routes":[{"path":"/records/{id}","methods":["GET","PUT"],"host":"a.example",
            "all-of":["x","y"],"any-of":["v","w"],"description":"one record"}],"max-scopes":1}"#,
    )
    .expect("settings");
    let held = Value::Text("secret-scope *secret admin".into());
    let request = request(Some("GET"), Some("a.example"), Some("/records/secret-id"));
    let verdict = policy.evaluate(&input(&[("/scope", held)], Some(request)));
    let messages: Vec<&str> = verdict.findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the token holds `admin` and a scope with an asterisk, broader than any one task needs",
            "the token holds more than 1 different scopes",
            "the token lacks `x`, `y`, and any of `v`, `w`, needed by \
             `GET,PUT a.example/records/{id}` (one record)",
        ]
    );
}

/// No setting that loads makes a verdict that the host refuses.
#[test]
fn verdicts_keep_to_the_limits_of_the_host() {
    let scopes = |length: usize, letter: &str| -> Vec<String> {
        (100..164).map(|n| format!("{n}{}", letter.repeat(length - 3))).collect()
    };
    for (length, any_of, named) in [(256, true, 2), (256, false, 2), (5, true, 8), (5, false, 8)] {
        let (all, any) = (scopes(length, "a"), scopes(length, "b"));
        let any = if any_of { any } else { Vec::new() };
        let broad: Vec<String> = all.iter().chain(&any).cloned().collect();
        let settings = serde_json::json!({
            "routes": [{
                "path": format!("/{}", "é".repeat(511)), "host": "h".repeat(512),
                "all-of": all, "any-of": any, "description": "🦀".repeat(200),
            }],
            "broad": broad,
        });
        let policy = configure::<ScopeCheck>(&settings.to_string()).expect("settings");
        let (host, path) = ("h".repeat(512), format!("/{}", "é".repeat(511)));
        let verdict = policy.evaluate(&input(&[], Some(request(None, Some(&host), Some(&path)))));
        let [finding] = verdict.findings.as_slice() else { panic!("one finding") };
        assert!(finding.message.len() <= 1024 && finding.message.ends_with('…'));
        assert_eq!(
            finding.message.matches("aa`").count() + finding.message.matches("bb`").count(),
            named
        );
        assert!(finding.message.contains(" more, needed by `"));
        let [Requirement::Scope(wanted)] = verdict.requirements.as_slice() else {
            panic!("one requirement")
        };
        assert_eq!(wanted.len(), broad.len());
        let held = Value::Texts(broad);
        let verdict = policy.evaluate(&input(&[("/scope", held)], None));
        assert!(verdict.findings.iter().all(|f| f.message.len() <= 1024));
        assert_eq!(
            summary(&verdict),
            ["advise low broad-scope /scope", "deny high unknown-request"]
        );
    }
}

#[test]
fn a_message_names_eight_scopes_and_counts_the_others() {
    let message = |settings: &str| {
        let policy = configure::<ScopeCheck>(settings).expect("settings");
        let verdict = policy.evaluate(&input(&[], Some(request(None, None, Some("/a")))));
        verdict.findings.into_iter().next().expect("a finding").message
    };
    assert_eq!(
        message(r#"{"routes":[{"path":"/a","all-of":["a","b","c","d","e","f","g","h"]}]}"#),
        "the token lacks `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, needed by `/a`"
    );
    assert_eq!(
        message(r#"{"routes":[{"path":"/a","any-of":["a","b","c","d","e","f","g","h","i","j"]}]}"#),
        "the token lacks any of `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h` and 2 more, needed by `/a`"
    );
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let paths = |settings: serde_json::Value| -> Vec<String> {
        let errors = configure::<ScopeCheck>(&settings.to_string()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.path).collect()
    };
    let texts = |count: usize, before: &str| -> Vec<String> {
        (0..count).map(|n| format!("{before}{n}")).collect()
    };
    let routes = |count: usize| -> Vec<serde_json::Value> {
        texts(count, "/").into_iter().map(|path| serde_json::json!({ "path": path })).collect()
    };
    let needed = |all: usize, any: usize| {
        let route = serde_json::json!({ "path": "/", "all-of": texts(all, "s"), "any-of": texts(any, "s") });
        paths(serde_json::json!({ "routes": [route] }))
    };
    assert!(paths(serde_json::json!({ "routes": routes(512) })).is_empty());
    assert_eq!(paths(serde_json::json!({ "routes": routes(513) })), ["/routes"]);
    assert!(needed(64, 64).is_empty());
    assert_eq!(needed(65, 65), ["/routes/0/all-of", "/routes/0/any-of"]);
    assert!(paths(serde_json::json!({ "scope-claims": texts(64, "/") })).is_empty());
    assert_eq!(paths(serde_json::json!({ "scope-claims": texts(65, "/") })), ["/scope-claims"]);
    assert!(paths(serde_json::json!({ "scope-claims": ["/".repeat(1024)] })).is_empty());
    assert_eq!(
        paths(serde_json::json!({ "scope-claims": ["/".repeat(1025)] })),
        ["/scope-claims/0"]
    );
}

/// Even if settings that deny every unmatched request came to have no routes.
#[test]
fn without_a_request_there_is_nothing_to_let_through() {
    let mut policy = configure::<ScopeCheck>("{}").expect("settings");
    assert!(policy.evaluate(&input(&[], None)).findings.is_empty());
    policy.unmatched = Reaction::Deny;
    for request in [None, Some(request(Some("GET"), None, None))] {
        let verdict = policy.evaluate(&input(&[], request));
        assert_eq!(summary(&verdict), ["deny high unknown-request"]);
    }
    let mut issue = input(&[], None);
    issue.phase = Phase::Issue;
    assert!(policy.evaluate(&issue).findings.is_empty());
}

#[test]
fn wildcards_cover() {
    for (held, wanted, expected) in [
        ("*", "a", true),
        ("*", "a:b", true),
        ("*:*", "a:b", true),
        ("*:*", "a:b:c", true),
        ("*:*", "a", false),
        ("a:*", "a:b", true),
        ("a:*", "a:b.c", true),
        ("a:*", "a", false),
        ("a:*", "a:", false),
        ("a:*", "ab:c", false),
        ("a:*", "b:a", false),
        ("*:read", "a:read", true),
        ("*:read", "a:b:read", false),
        ("*:read", "a:read:all", false),
        ("*:read", "a:write", false),
        ("a:*:read", "a:b:read", true),
        ("a.*", "a:b", false),
        ("https://a.example/*", "https://a.example/mail", false), // an empty part is none
        ("a", "a", false),                                        // no wildcard
        ("", "a", false),
    ] {
        assert_eq!(covers(held, wanted), expected, "{held} {wanted}");
    }
}

/// A long hostile claim or path costs time in proportion to its length.
#[test]
fn hostile_lengths_are_judged() {
    let policy = configure::<ScopeCheck>(
        r#"{"routes":[{"path":"/a/{b}/**","all-of":["x:y"]}],"wildcard-grants":true,"max-scopes":9}"#,
    )
    .expect("settings");
    for text in ["a ".repeat(8192), "*:".repeat(8192), " ".repeat(16384), "a:".repeat(8192)] {
        let path = text.replace([' ', ':'], "/");
        let request = request(Some("GET"), None, Some(&path));
        policy.evaluate(&input(&[("/scope", Value::Text(text))], Some(request)));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        ".*".prop_map(Value::Text),
        "([a-c:*]{1,3} ?){0,6}".prop_map(Value::Text),
        prop::collection::vec("[a-c:* ]{0,4}", 1..6).prop_map(Value::Texts),
        ".*".prop_map(Value::Json),
    ]
}

proptest! {
    /// Whatever comes, an answer comes, and a token that holds nothing of what
    /// is needed is refused.
    #[test]
    fn never_panics(
        scope in any_value(), scp in any_value(),
        method in ".*", host in ".*", path in ".*",
    ) {
        let policy = configure::<ScopeCheck>(
            r#"{"routes":[{"path":"/**","all-of":["needed"]},{"path":"/a/{b}","host":"*.a","methods":["GET"],"all-of":["needed"]}],
                "wildcard-grants":false,"max-scopes":2}"#,
        ).expect("settings");
        let request = request(Some(&method), Some(&host), Some(&path));
        let verdict = policy.evaluate(&input(&[("/scope", scope), ("/scp", scp)], Some(request)));
        prop_assert!(verdict.findings.iter().any(|f| f.rule == "missing-scope"));
    }

    /// A token never gains from losing a scope (without a limit on their number).
    #[test]
    fn fewer_scopes_never_help(
        held in prop::collection::vec("[a-c]", 0..4), lost in any::<prop::sample::Index>(),
        all_of in prop::collection::vec("[a-c]", 0..3), any_of in prop::collection::vec("[a-c]", 0..3),
    ) {
        let routes = serde_json::json!({
            "routes": [{ "path": "/", "all-of": all_of, "any-of": any_of }],
            "hierarchy": { "a": ["b"] },
        });
        let policy = configure::<ScopeCheck>(&routes.to_string()).expect("settings");
        let passes = |held: &[String]| {
            let claim = Value::Text(held.join(" "));
            let request = request(Some("GET"), None, Some("/"));
            policy.evaluate(&input(&[("/scope", claim)], Some(request))).findings.is_empty()
        };
        let mut fewer = held.clone();
        if !fewer.is_empty() {
            fewer.remove(lost.index(held.len()));
        }
        prop_assert!(passes(&held) || !passes(&fewer));
        // What a verdict asks for is enough.
        let asked: Vec<String> = all_of.iter().chain(&any_of).cloned().collect();
        prop_assert!(passes(&asked));
    }

    /// Which route counts does not depend on the order of the list.
    #[test]
    fn the_order_of_routes_is_of_no_account(
        paths in prop::collection::btree_set("(/[ab*]){1,3}(/\\*\\*)?", 1..6),
        path in "(/[abc]){1,3}/?",
        turn in 0usize..6,
    ) {
        let find = |paths: &[String]| {
            let routes: Vec<_> = paths
                .iter()
                .map(|path| serde_json::json!({ "path": path, "all-of": [path.replace('*', "_")] }))
                .collect();
            let settings = serde_json::json!({ "routes": routes, "unmatched": "deny" }).to_string();
            let policy = configure::<ScopeCheck>(&settings).expect("settings");
            summary(&policy.evaluate(&input(&[], Some(request(None, None, Some(&path))))))
        };
        let mut paths: Vec<String> = paths.into_iter().collect();
        let first = find(&paths);
        let length = paths.len();
        paths.rotate_left(turn % length);
        prop_assert_eq!(first, find(&paths));
    }
}
