//! The claims that a token is expected to carry: `@standard` in an allow-list.

use tokenward_detect::{WordSet, bytes_of};

/// Whether a claim of this name at the top level is one of the standard claims.
pub(crate) fn is_registered(name: &str) -> bool {
    REGISTERED.has(name.as_bytes())
}

/// Whether it is one of them in a namespace of its issuer, for instance
/// `https://example.com/roles`.
pub(crate) fn is_namespaced(name: &str) -> bool {
    (name.starts_with("https://") || name.starts_with("http://"))
        && name.rsplit('/').next().is_some_and(is_registered)
}

/// Whether a name is that of a reference: data stays where it is, and the token points to it.
pub(crate) fn is_reference(name: &str) -> bool {
    matches!(
        name.as_bytes(),
        [_, .., b'_' | b'-', b'i', b'd']
            | [_, .., b'_', b'i', b'd', b's']
            | [_, .., b'_' | b'-', b'r', b'e', b'f']
            | [_, .., b'_', b'r', b'e', b'f', b's']
            | [_, .., b'_' | b'-', b'r', b'e', b'f', b'e', b'r', b'e', b'n', b'c', b'e']
            | [_, .., b'_', b'r', b'e', b'f', b'e', b'r', b'e', b'n', b'c', b'e', b's']
            | [_, .., b'_' | b'-', b't', b'o', b'k', b'e', b'n']
            | [_, .., b'_', b'u', b'r', b'i']
            | [_, .., b'I', b'd']
            | [_, .., b'I', b'd', b's']
            | [_, .., b'R', b'e', b'f']
            | [_, .., b'R', b'e', b'f', b'e', b'r', b'e', b'n', b'c', b'e']
            | [_, .., b'T', b'o', b'k', b'e', b'n']
    )
}

static REGISTERED: WordSet<{ bytes_of(&CLAIMS) }, { CLAIMS.len() }, 64> =
    WordSet::new(&CLAIMS, [(); CLAIMS.len()]);

/// RFC 7519, 7523, 7643, 7800, 8417, 8485, 8693, 9068, 9396, 9493; OpenID Connect Core, its log-out and
/// CIBA; SMART App Launch; what common identity providers add; references. Sorted.
const CLAIMS: [&str; 138] = [
    "acct",
    "acr",
    "act",
    "active",
    "aio",
    "allowed-origins",
    "allowed_origins",
    "amr",
    "app_displayname",
    "appid",
    "appidacr",
    "at_hash",
    "ath",
    "aud",
    "auth_req_id",
    "auth_time",
    "authorities",
    "authorization",
    "authorization_details",
    "azp",
    "azpacr",
    "c_hash",
    "capabilities",
    "cid",
    "client",
    "client_id",
    "client_name",
    "cnf",
    "cognito:groups",
    "cognito:roles",
    "consent",
    "consent_id",
    "crit",
    "device_code",
    "email_verified",
    "encounter",
    "entitlements",
    "env",
    "environment",
    "event_id",
    "events",
    "exp",
    "fhirContext",
    "fhirUser",
    "groups",
    "gty",
    "htm",
    "htu",
    "iat",
    "idp",
    "idtyp",
    "intent",
    "iss",
    "jti",
    "jwks_uri",
    "kid",
    "kubernetes.io",
    "lang",
    "language",
    "locale",
    "login_hint",
    "may_act",
    "mfa",
    "name_id",
    "nbf",
    "need_patient_banner",
    "nonce",
    "oid",
    "order",
    "org",
    "org_id",
    "org_name",
    "organization",
    "origin_jti",
    "patient",
    "patient_ref",
    "payment",
    "payment_id",
    "payment_intent",
    "payment_method",
    "payment_ref",
    "payment_reference",
    "payment_token",
    "permissions",
    "phone_number_verified",
    "policy",
    "preferred_language",
    "purpose",
    "purposes",
    "realm",
    "realm_access",
    "resource",
    "resource_access",
    "rh",
    "role",
    "roles",
    "s_hash",
    "schemas",
    "scope",
    "scopes",
    "scp",
    "session",
    "session_id",
    "session_state",
    "sid",
    "signin_state",
    "smart_style_url",
    "status",
    "sub",
    "sub_id",
    "sub_type",
    "subject_type",
    "tenant",
    "tenant_ctry",
    "tenant_id",
    "tenant_region_scope",
    "tid",
    "toe",
    "token_type",
    "token_use",
    "trust_framework",
    "txn",
    "typ",
    "type",
    "uid",
    "updated_at",
    "uti",
    "vct",
    "ver",
    "version",
    "vot",
    "vtm",
    "wids",
    "xms_cc",
    "xms_idrel",
    "xms_st",
    "xms_tcdt",
    "zoneinfo",
];

#[cfg(test)]
mod tests {
    use super::*;
    use tokenward_detect::{Confidence, name_class};

    #[test]
    fn the_list_is_sorted() {
        let mut sorted = CLAIMS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(CLAIMS.as_slice(), sorted);
    }

    #[test]
    fn no_standard_claim_is_sensitive_by_name() {
        for name in CLAIMS {
            let hit = name_class(name).filter(|hit| hit.confidence > Confidence::Low);
            assert_eq!(hit, None, "{name}");
        }
    }
}
