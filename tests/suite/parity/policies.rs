//! Every first-party policy, with settings under which it is compared on random inputs.

use serde_json::json;

use super::{random_inputs, whole_table};

/// For each policy a module with its two tests.
macro_rules! policies {
    ($($module:ident::$policy:ident, $name:literal, [$($settings:tt),* $(,)?];)*) => {
        $(mod $module {
            use super::*;

            #[test]
            fn table() {
                whole_table::<::$module::$policy>($name);
            }

            #[test]
            fn random() {
                random_inputs::<::$module::$policy>($name, &[$(json!($settings)),*]);
            }
        })*

        /// None of the built-in policies is left out.
        #[test]
        fn every_policy_is_compared() {
            let names: Vec<&str> = tokenward::built_in_policies().map(|(name, _)| name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

policies! {
    audience_binding::AudienceBinding, "audience-binding", [
        {},
        {"max-audiences": 1, "sensitive": [{"methods": ["POST"], "path": "/records/**"}]},
    ];
    cardholder_data::CardholderData, "cardholder-data", [
        {},
        {"test-cards": "advise", "withhold": true},
    ];
    claim_minimization::ClaimMinimization, "claim-minimization", [
        {},
        {"unlisted": "deny", "min-confidence": "low"},
    ];
    consent::Consent, "consent", [
        {"always": ["a"]},
        {
            "purpose-claims": ["/scope"], "max-age": 3600, "versions": ["1"],
            "exempt-purposes": [{"purpose": "records:read", "basis": "contract"}],
            "routes": [{"path": "/records/**", "purposes": ["records:write"]}],
        },
    ];
    encryption_required::EncryptionRequired, "encryption-required", [
        {},
        {"require": "always", "exempt-kinds": ["access"]},
        {"require": "never", "always-kinds": ["id"], "always-audiences": ["a"]},
    ];
    health_data::HealthData, "health-data", [
        {},
        {"identifiers": "deny", "min-confidence": "low"},
    ];
    key_strength::KeyStrength, "key-strength", [
        {},
        {"symmetric": "deny", "unknown-age": "deny", "key-age-effect": "deny"},
        {"unknown-key": "ignore", "min-rsa-bits": 3072},
    ];
    lifetime_limits::LifetimeLimits, "lifetime-limits", [
        {},
        {"max-session-age": 28800, "missing-iat": "deny"},
    ];
    password_policy::PasswordPolicy, "password-policy", [
        {},
        {"profile": "classic"},
        {"classes": ["letter", "digit"], "unknown": "advise"},
    ];
    reissue_rate::ReissueRate, "reissue-rate", [
        {},
        {"limits": [{"window": 9, "max-addresses": 2}], "unknown": "deny"},
    ];
    risk_score::RiskScore, "risk-score", [
        {},
        {"profile": "classic"},
        {"unknown": "trip"},
    ];
    role_access::RoleAccess, "role-access", [
        {},
        {
            "role-claims": ["/scope", "/scp"], "space-separated": true, "default-role": "*",
            "roles": [
                {"name": "*", "permissions": ["read"]},
                {"name": "records:read", "permissions": ["write"], "inherits": ["*"]},
                {"name": "records:write", "permissions": ["manage"]},
            ],
            "conflicts": [["write", "manage"]], "privileged": ["records:write"],
        },
    ];
    scope_check::ScopeCheck, "scope-check", [
        {},
        {"unmatched": "deny", "routes": [
            {"methods": ["GET"], "path": "/records/{id}", "all-of": ["records:read"]},
            {"path": "/records", "any-of": ["records:write", "admin"]},
        ]},
    ];
    secrets::Secrets, "secrets", [
        {},
        {"nested-tokens": "advise", "withhold": true},
    ];
    session_limits::SessionLimits, "session-limits", [
        {},
        {"unknown": "ignore", "effect": "step-up", "machine-clients": "judge",
            "require-session-id": true},
    ];
    transport::Transport, "transport", [
        {},
        {"unknown": "deny", "unknown-tls": "deny", "unknown-location": "deny",
            "refresh-in-cookie": "require", "min-tls": "1.3", "max-cookie-age": 600},
        {"exempt-hosts": ["api.example"], "client-certificate": "require"},
    ];
}
