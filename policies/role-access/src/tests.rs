//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{
    assert_rules_are_told, assert_schema_is_that_of, run_cases, summary,
};
use tokenward_policy::{
    Claim, ClaimSelector, Input, Phase, Policy, Request, RequestParts, Value, configure,
};

use crate::RoleAccess;
use crate::permissions::{covers, is_pattern, is_permission};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<RoleAccess>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<RoleAccess>(&[
        ("/properties/roles/items", r#"{"roles":[{"?":0}]}"#),
        ("/properties/routes/items", r#"{"routes":[{"?":0}]}"#),
    ]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<RoleAccess>(CASES);
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let reads = |settings: &str| configure::<RoleAccess>(settings).expect("settings").reads();
    let parts = |settings: &str| reads(settings).request;
    assert_eq!(reads("{}"), RoleAccess::descriptor().reads);
    assert_eq!(parts(r#"{"routes":[],"unmatched":"ignore"}"#), RequestParts::empty());
    assert_eq!(parts(r#"{"routes":[{"path":"/a","all-of":["read"]}]}"#), RequestParts::PATH);
    assert_eq!(
        parts(r#"{"routes":[{"path":"/a","host":"h.x","all-of":["read"]}]}"#),
        RequestParts::PATH | RequestParts::HOST
    );
    let acr = ClaimSelector::At("/acr".into());
    assert!(!reads(r#"{"privileged":["admin"]}"#).claims.contains(&acr));
    let strong = r#"{"privileged":["admin"],"privileged-acr":["phr"]}"#;
    assert!(reads(strong).claims.contains(&acr));
    let same = r#"{"role-claims":["/acr"],"privileged":["admin"],"privileged-acr":["phr"]}"#;
    assert_eq!(reads(same).claims, [acr]);
    assert!(!reads(strong).time);
}

fn input(
    claims: &[(&str, Value)],
    request: Option<(Option<&str>, Option<&str>, Option<&str>)>,
) -> Input {
    let claim =
        |(path, value): &(&str, Value)| Claim { path: (*path).into(), value: value.clone() };
    Input {
        phase: Phase::Use,
        now: None,
        token: None,
        claims: claims.iter().map(claim).collect(),
        request: request.map(|(method, host, path)| Request {
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
        }),
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

/// A request of which a needed part is not known is refused, not left unmatched.
#[test]
fn an_unknown_part_is_refused() {
    let policy = configure::<RoleAccess>(
        r#"{"routes":[{"path":"/a","methods":["GET"],"host":"a.x","public":true}],"unmatched":"ignore"}"#,
    )
    .expect("settings");
    for (request, part) in [
        ((None, Some("a.x"), Some("/a")), "the method of the request is not known"),
        ((Some("GET"), None, Some("/a")), "the host of the request is not known"),
        ((Some("GET"), Some("a.x"), None), "the path of the request is not known"),
    ] {
        let verdict = policy.evaluate(&input(&[], Some(request)));
        assert_eq!(summary(&verdict), ["deny high unknown-request"]);
        assert!(verdict.findings.iter().all(|f| f.message.starts_with(part)), "{part}");
    }
    let verdict = policy.evaluate(&input(&[], None));
    assert!(verdict.findings.iter().all(|f| f.message.starts_with("the request is not known")));
    assert_eq!(summary(&verdict), ["deny high unknown-request"]);
}

#[test]
fn messages_name_the_settings_only() {
    let policy = configure::<RoleAccess>(
        r#"{"roles":[{"name":"a","permissions":["a","p","q"]},{"name":"all","permissions":["b","c","d","e","f","g"]}],
            "routes":[{"path":"/x/{id}","methods":["GET","PUT"],"host":"h.x","all-of":["b","c","d","e","f"],"any-of":["f","g"]}],
            "conflicts":[["p","b"]]}"#,
    )
    .expect("settings");
    let messages = |roles: &[&str]| -> Vec<String> {
        let roles = Value::Texts(roles.iter().map(|r| (*r).to_owned()).collect());
        let request = (Some("GET"), Some("h.x"), Some("/x/secret"));
        let verdict = policy.evaluate(&input(&[("/roles", roles)], Some(request)));
        verdict.findings.into_iter().map(|f| f.message).collect()
    };
    let needed =
        "`b`, `c`, `d`, `e` and 1 more, and any of `f`, `g`, needed by `GET,PUT h.x/x/{id}`";
    assert_eq!(
        messages(&["secret", "secrets"]),
        [
            "the claim holds 2 roles that the table of roles lacks, and that give nothing",
            &format!("the token's roles do not give {needed}"),
        ]
    );
    assert_eq!(
        messages(&["secret", "a", "all"]),
        [
            "the claim holds 1 role that the table of roles lacks, and that give nothing",
            "the token's roles give more than one of `p`, `b`",
        ]
    );
}

#[test]
fn a_token_without_role_claims_is_told_where_none_was_found() {
    let found = |settings: &str, claims: &[(&str, Value)]| {
        let policy = configure::<RoleAccess>(settings).expect("settings");
        let request = (Some("DELETE"), Some("h.x"), Some("/secret"));
        let found = policy.evaluate(&input(claims, Some(request))).findings;
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(finding.rule, "missing-permission");
        (finding.message.clone(), finding.claim.clone())
    };
    let none = |message: &str| (String::from(message), None);
    assert_eq!(found("{}", &[]), none("no role was found in /roles, /realm_access/roles"));
    let other = [("/groups", Value::Text("admin".into()))];
    assert_eq!(found("{}", &other), none("no role was found in /roles, /realm_access/roles"));
    let one = r#"{"role-claims":["/cognito:groups"]}"#;
    assert_eq!(found(one, &[]), none("no role was found in /cognito:groups"));
    for roles in [Value::Json("[]".into()), Value::Text("guest".into())] {
        let (message, claim) = found("{}", &[("/realm_access/roles", roles)]);
        assert!(message.starts_with("the token's roles do not give `manage`"), "{message}");
        assert_eq!(claim.as_deref(), Some("/roles"));
    }
}

/// No setting that loads makes a verdict that the host refuses.
#[test]
fn verdicts_keep_to_the_limits_of_the_host() {
    let names: Vec<String> = (0..16).map(|n| format!("{n:0128}")).collect();
    let conflicts: Vec<[String; 2]> = (0..64)
        .map(|n| {
            [format!("{n:0128}x"), format!("{n:0127}y")].map(|s| s[s.len() - 128..].to_owned())
        })
        .collect();
    let one: Vec<&String> = conflicts.iter().map(|pair| &pair[0]).collect();
    let other: Vec<&String> = conflicts.iter().map(|pair| &pair[1]).collect();
    let settings = serde_json::json!({
        "roles": [
            { "name": "a", "permissions": one }, { "name": "b", "permissions": other },
            { "name": "c", "permissions": names },
        ],
        "routes": [{
            "path": format!("/{}", "é".repeat(511)), "host": "h".repeat(512),
            "all-of": names, "any-of": names,
        }],
        "conflicts": conflicts,
        "role-claims": (0..64).map(|n| format!("/{n}")).collect::<Vec<_>>(),
    });
    let policy = configure::<RoleAccess>(&settings.to_string()).expect("settings");
    let paths: Vec<String> = (0..64).map(|n| format!("/{n}")).collect();
    let mut claims: Vec<(&str, Value)> =
        paths.iter().map(|path| (path.as_str(), Value::Text("unknown".into()))).collect();
    if let Some((_, value)) = claims.first_mut() {
        *value = Value::Texts(["a", "b", "x"].map(Into::into).into());
    }
    let (host, path) = ("h".repeat(512), format!("/{}", "é".repeat(511)));
    let verdict = policy.evaluate(&input(&claims, Some((None, Some(&host), Some(&path)))));
    assert_eq!(verdict.findings.len(), 64 + 64 + 1);
    assert!(verdict.findings.iter().all(|f| f.message.len() <= 1024));
    assert!(verdict.findings.last().is_some_and(|f| f.message.ends_with('…')));
    let settings = serde_json::json!({
        "role-claims": (0..64).map(|n| format!("/{}{n}", "é".repeat(500))).collect::<Vec<_>>(),
    });
    let policy = configure::<RoleAccess>(&settings.to_string()).expect("settings");
    let verdict = policy.evaluate(&input(&[], Some((Some("GET"), None, Some("/")))));
    let [finding] = verdict.findings.as_slice() else { panic!("{verdict:?}") };
    assert!(finding.message.len() <= 1024 && finding.message.ends_with('…'));
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let paths = |settings: serde_json::Value| -> Vec<String> {
        let errors = configure::<RoleAccess>(&settings.to_string()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.path).collect()
    };
    let texts = |count: usize| -> Vec<String> { (0..count).map(|n| format!("/p{n}")).collect() };
    let roles = |count: usize| {
        let mut roles: Vec<_> =
            texts(count).iter().map(|n| serde_json::json!({"name": n})).collect();
        roles[0]["permissions"] = serde_json::json!(["*"]);
        serde_json::json!({ "roles": roles })
    };
    assert!(paths(roles(256)).is_empty());
    assert_eq!(paths(roles(257)), ["/roles"]);
    let role = |permissions: usize, inherits: usize| {
        let mut roles: Vec<_> = texts(40).iter().map(|n| serde_json::json!({"name": n})).collect();
        let inherited: Vec<_> = texts(40).into_iter().take(inherits).collect();
        roles.push(serde_json::json!({"name": "x", "permissions": texts(permissions), "inherits": inherited}));
        roles.push(serde_json::json!({"name": "y", "permissions": ["*"]}));
        serde_json::json!({ "roles": roles })
    };
    assert!(paths(role(64, 32)).is_empty());
    assert_eq!(paths(role(65, 33)), ["/roles/40/permissions", "/roles/40/inherits"]);
    let routes = |count: usize| {
        let routes: Vec<_> = texts(count)
            .iter()
            .map(|path| serde_json::json!({"path": path, "public": true}))
            .collect();
        serde_json::json!({ "routes": routes })
    };
    assert!(paths(routes(512)).is_empty());
    assert_eq!(paths(routes(513)), ["/routes"]);
    let needed = |all: usize, any: usize| serde_json::json!({ "routes": [{ "path": "/", "all-of": texts(all), "any-of": texts(any) }] });
    assert!(paths(needed(16, 16)).is_empty());
    assert_eq!(paths(needed(17, 17)), ["/routes/0/all-of", "/routes/0/any-of"]);
    let named = |count: usize| {
        let routes: Vec<_> = texts(count)
            .chunks(16)
            .map(|names| serde_json::json!({"path": names[0], "all-of": names}))
            .collect();
        serde_json::json!({ "routes": routes })
    };
    assert!(paths(named(512)).is_empty());
    assert_eq!(paths(named(513)).first().map(String::as_str), Some(""));
    let name = |length: usize| serde_json::json!({"roles": [{"name": "n".repeat(length), "permissions": ["*"]}]});
    assert!(paths(name(256)).is_empty());
    assert_eq!(paths(name(257)), ["/roles/0/name"]);
    assert!(paths(serde_json::json!({"role-claims": texts(64)})).is_empty());
    assert_eq!(paths(serde_json::json!({"role-claims": texts(65)})), ["/role-claims"]);
    assert!(paths(serde_json::json!({"role-claims": ["/".repeat(1024)]})).is_empty());
    assert_eq!(paths(serde_json::json!({"role-claims": ["/".repeat(1025)]})), ["/role-claims/0"]);
    let acr = |values: Vec<String>| serde_json::json!({"privileged": ["admin"], "privileged-acr": values});
    assert!(paths(acr(texts(16))).is_empty());
    assert_eq!(paths(acr(texts(17))), ["/privileged-acr"]);
    assert!(paths(acr(vec!["a".repeat(256)])).is_empty());
    assert_eq!(paths(acr(vec!["a".repeat(257)])), ["/privileged-acr/0"]);
    let conflicts = |count: usize| {
        let lists: Vec<_> = (0..count).map(|_| serde_json::json!(["a", "b"])).collect();
        serde_json::json!({
            "roles": [{"name": "a", "permissions": ["a"]}, {"name": "b", "permissions": ["b"]}],
            "routes": [], "unmatched": "ignore", "conflicts": lists,
        })
    };
    assert!(paths(conflicts(64)).is_empty());
    assert_eq!(paths(conflicts(65)), ["/conflicts"]);
}

#[test]
fn patterns_cover() {
    for (pattern, permission, expected) in [
        ("*", "a", true),
        ("*", "a:b", true),
        ("a", "a", true),
        ("a", "a:b", false),
        ("a:b", "a", false),
        ("a:*", "a:b", true),
        ("a:*", "a:b:c", true),
        ("a:*", "a", false),
        ("a:*", "ab:c", false),
        ("*:read", "a:read", true),
        ("*:read", "a:b:read", false),
        ("*:read", "a:write", false),
        ("a:*:read", "a:b:read", true),
        ("a:*:read", "a:b", false),
        ("A", "a", false),
    ] {
        assert_eq!(covers(pattern, permission), expected, "{pattern} {permission}");
    }
    let (longest, longer) = ("a".repeat(128), "a".repeat(129));
    for (text, pattern, permission) in [
        ("a:b.c/d-e_f", true, true),
        ("*", true, false),
        ("a:*:b", true, false),
        ("a*", false, false),
        ("", false, false),
        (":", false, false),
        ("a b", false, false),
        ("a`", false, false),
        (&longest, true, true),
        (&longer, false, false),
    ] {
        assert_eq!((is_pattern(text), is_permission(text)), (pattern, permission), "{text}");
    }
}

/// A long hostile claim costs time in proportion to its length.
#[test]
fn hostile_lengths_are_judged() {
    let policy = configure::<RoleAccess>(r#"{"space-separated":true}"#).expect("settings");
    for text in ["a ".repeat(8192), "admin ".repeat(2731), " ".repeat(16384), "a:".repeat(8192)] {
        let request = (Some("GET"), None, Some("/a"));
        policy.evaluate(&input(&[("/roles", Value::Text(text))], Some(request)));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        "zq[a-z ]{0,8}".prop_map(Value::Text),
        prop_oneof![Just("guest"), Just("user")].prop_map(|name| Value::Text(name.into())),
        prop::collection::vec(prop_oneof!["zq.{0,4}", "guest|user|"], 1..6).prop_map(Value::Texts),
        "[\\[{]zq.*".prop_map(Value::Json),
    ]
}

proptest! {
    /// Whatever comes, an answer comes; what asks for a role that no value here
    /// names is refused; and no message repeats what the token or the request says.
    #[test]
    fn never_panics_and_never_quotes(
        roles in any_value(), realm in any_value(), acr in any_value(),
        method in "zq.*", host in ".*", path in ".*",
        split in any::<bool>(),
    ) {
        let settings = serde_json::json!({
            "routes": [{ "path": "/**", "all-of": ["manage"] }],
            "space-separated": split, "privileged": ["guest"], "privileged-acr": ["phr"],
        });
        let policy = configure::<RoleAccess>(&settings.to_string()).expect("settings");
        let claims = [("/roles", roles), ("/realm_access/roles", realm), ("/acr", acr)];
        let path = format!("/zq{path}");
        let request = (Some(method.as_str()), Some(host.as_str()), Some(path.as_str()));
        let verdict = policy.evaluate(&input(&claims, Some(request)));
        prop_assert!(verdict.findings.iter().any(|f| f.rule == "missing-permission"));
        prop_assert!(verdict.findings.iter().all(|f| !f.message.contains("zq")));
    }

    /// A token without conflicts never loses by one more known role.
    #[test]
    fn more_roles_never_harm(
        held in prop::collection::vec("a|b|c|d", 0..4), more in "a|b|c|d",
        all_of in prop::collection::vec("p|q|r:s", 0..3), any_of in prop::collection::vec("p|q|r:t", 1..3),
    ) {
        let settings = serde_json::json!({
            "roles": [
                { "name": "a", "permissions": ["p", "r:*"] }, { "name": "b", "permissions": ["q"] },
                { "name": "c", "inherits": ["b"] }, { "name": "d", "permissions": ["r:s"], "inherits": ["c"] },
            ],
            "routes": [{ "path": "/", "all-of": all_of, "any-of": any_of }],
        });
        let policy = configure::<RoleAccess>(&settings.to_string()).expect("settings");
        let passes = |held: &[String]| {
            let claim = if held.is_empty() { Value::Json("[]".into()) } else { Value::Texts(held.to_vec()) };
            policy.evaluate(&input(&[("/roles", claim)], Some((None, None, Some("/"))))).findings.is_empty()
        };
        let mut longer = held.clone();
        longer.push(more);
        prop_assert!(passes(&longer) || !passes(&held));
    }
}
