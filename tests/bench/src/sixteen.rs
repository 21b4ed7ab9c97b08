//! Every built-in policy once, with settings under which each does its usual
//! work and finds nothing in the requests of the bench.

/// Policies with their settings.
pub(crate) const SIXTEEN: [(&str, &str); 16] = [
    (
        "audience-binding",
        r#"{"require-audience":"ignore","require-jti":"ignore",
            "sensitive":[{"methods":["POST"],"path":"/payments/**"}]}"#,
    ),
    ("cardholder-data", "{}"),
    // What the policies for special data judge is off, as in the bundles.
    (
        "claim-minimization",
        r#"{"allow":["@standard","plan","region","ctx_*"],
        "detect":{"health":"off","cardholder":"off","secret":"off"}}"#,
    ),
    (
        "consent",
        r#"{"missing-purpose":"ignore",
            "scope-purposes":[{"scope":"records:read","purposes":["care"]},
                {"scope":"records:export","purposes":["research"]}],
            "routes":[{"path":"/records/{id}","purposes":["care"]}]}"#,
    ),
    ("encryption-required", "{}"),
    ("health-data", "{}"),
    ("key-strength", "{}"),
    ("lifetime-limits", "{}"),
    ("password-policy", "{}"),
    ("reissue-rate", "{}"),
    ("risk-score", r#"{"profile":"weighted"}"#),
    (
        "role-access",
        r#"{"role-claims":["/roles","/scope"],"space-separated":true,
            "roles":[{"name":"records:read","permissions":["records:read"]},
                {"name":"records:list","permissions":["records:list"]},
                {"name":"reader","permissions":["records:read"]},
                {"name":"auditor","permissions":["audit:*"],"inherits":["reader"]},
                {"name":"writer","permissions":["records:write"],"inherits":["reader"]}],
            "routes":[{"methods":["GET"],"path":"/records/{id}","all-of":["records:read"]},
                {"methods":["POST"],"path":"/records","all-of":["records:write"]}]}"#,
    ),
    (
        "scope-check",
        r#"{"routes":[{"methods":["GET"],"path":"/records/{id}","all-of":["records:read"]},
            {"methods":["POST"],"path":"/records","all-of":["records:write"]}]}"#,
    ),
    ("secrets", "{}"),
    ("session-limits", "{}"),
    ("transport", "{}"),
];
