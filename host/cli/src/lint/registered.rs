//! The claims that anybody knows, and which of them a stranger was meant to be.

use std::collections::BTreeSet;

use crate::pointer::is_within;

/// Whether a claim, given as a JSON Pointer, is known: registered, one that
/// common identity providers add, a member of such a claim, or one of `others`.
pub(crate) fn is_known(path: &str, others: &BTreeSet<String>) -> bool {
    if others.contains(path) || others.iter().any(|other| is_within(other, path)) {
        return true;
    }
    let Some(rest) = path.strip_prefix('/') else { return true };
    match rest.split_once('/') {
        Some(("address", member)) => ADDRESS.contains(&member),
        Some((first, _)) => is_name(first) || others.contains(&format!("/{first}")),
        None => is_name(rest),
    }
}

fn is_name(name: &str) -> bool {
    REGISTERED.contains(&name) || PROVIDERS.contains(&name) || is_namespaced(name)
}

/// A name in a namespace of its issuer, `https://example.com/roles`, as a part
/// of a pointer: nobody can know it, and nobody mistypes it.
fn is_namespaced(name: &str) -> bool {
    name.starts_with("https:~1~1") || name.starts_with("http:~1~1") || name.starts_with("urn:")
}

/// The known claim that is spelt most like this one, if one is spelt much like it.
pub(crate) fn nearest(path: &str, others: &BTreeSet<String>) -> Option<String> {
    let registered = REGISTERED.iter().chain(&PROVIDERS).map(|name| format!("/{name}"));
    let address = ADDRESS.iter().map(|name| format!("/address/{name}"));
    let known = registered.chain(address).chain(others.iter().cloned());
    let most = match path.chars().count() {
        0..=4 => 0,
        5..=6 => 1,
        _ => 2,
    };
    let distances = known.map(|known| (distance(path, &known), known));
    let near = distances.filter(|(distance, _)| (1..=most).contains(distance));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// How many letters are wrong, missing, added or in each other's place (optimal
/// string alignment). Capitals count as their small letters, but for one.
fn distance(a: &str, b: &str) -> usize {
    let other_case = usize::from(a != b && a.eq_ignore_ascii_case(b));
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let mut cost = at(&last, j) + usize::from(x != y);
            cost = cost.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX) + other_case
}

/// The IANA registry of JSON Web Token claims, with RFC 7519, RFC 8693, RFC 9068
/// and OpenID Connect Core, its log-out and CIBA. Sorted.
const REGISTERED: [&str; 133] = [
    "_claim_names",
    "_claim_sources",
    "_sd",
    "_sd_alg",
    "ace_profile",
    "acr",
    "act",
    "active",
    "address",
    "also_known_as",
    "amr",
    "at_hash",
    "at_use_nbr",
    "atc",
    "ath",
    "attest",
    "aud",
    "auth_req_id",
    "auth_time",
    "authorization_details",
    "azp",
    "birth_family_name",
    "birth_given_name",
    "birth_middle_name",
    "birthdate",
    "bootcount",
    "bootseed",
    "c_hash",
    "cdnicrit",
    "cdniets",
    "cdniip",
    "cdnistd",
    "cdnistt",
    "cdniuc",
    "cdniv",
    "client_id",
    "cnf",
    "cnonce",
    "crn",
    "dbgstat",
    "dest",
    "div",
    "dloas",
    "eat_nonce",
    "eat_profile",
    "email",
    "email_verified",
    "entitlements",
    "events",
    "exi",
    "exp",
    "family_name",
    "gender",
    "geohash",
    "given_name",
    "groups",
    "htm",
    "htu",
    "hwmodel",
    "hwversion",
    "iat",
    "intuse",
    "iss",
    "jcard",
    "jti",
    "locale",
    "location",
    "manifests",
    "may_act",
    "measres",
    "measurements",
    "middle_name",
    "mky",
    "msgi",
    "msisdn",
    "name",
    "nationalities",
    "nbf",
    "nickname",
    "nonce",
    "oemboot",
    "oemid",
    "opt",
    "orig",
    "origid",
    "phone_number",
    "phone_number_verified",
    "picture",
    "place_of_birth",
    "preferred_username",
    "profile",
    "rcd",
    "rcdi",
    "rdap_allowed_purposes",
    "rdap_dnt_allowed",
    "roles",
    "rph",
    "s_hash",
    "salutation",
    "scope",
    "sd_hash",
    "sid",
    "sig_val_claims",
    "sip_callid",
    "sip_cseq_num",
    "sip_date",
    "sip_from_tag",
    "sip_via_branch",
    "sph",
    "status",
    "sub",
    "sub_id",
    "sub_jwk",
    "submods",
    "sueids",
    "swname",
    "swversion",
    "title",
    "toe",
    "token_introspection",
    "token_type",
    "ttl",
    "txn",
    "ueid",
    "updated_at",
    "uptime",
    "vc",
    "verified_claims",
    "vot",
    "vp",
    "vtm",
    "website",
    "zoneinfo",
];

/// The members of `address` (OpenID Connect Core section 5.1.1). Sorted.
const ADDRESS: [&str; 6] =
    ["country", "formatted", "locality", "postal_code", "region", "street_address"];

/// What common identity providers and SMART App Launch add. Sorted.
const PROVIDERS: [&str; 96] = [
    "account_id",
    "acct",
    "aio",
    "allowed-origins",
    "allowed_origins",
    "app_displayname",
    "app_id",
    "appid",
    "appidacr",
    "auth_method",
    "auth_provider",
    "authorities",
    "azpacr",
    "cid",
    "client",
    "client_name",
    "cognito:groups",
    "cognito:preferred_role",
    "cognito:roles",
    "cognito:username",
    "consent",
    "consent_id",
    "customer_id",
    "device_id",
    "deviceid",
    "emails",
    "employee_id",
    "env",
    "environment",
    "event_id",
    "fhirContext",
    "fhirUser",
    "firebase",
    "gty",
    "hd",
    "idp",
    "idtyp",
    "ip",
    "ipaddr",
    "kid",
    "lang",
    "language",
    "level",
    "mfa",
    "name_id",
    "need_patient_banner",
    "oid",
    "onprem_sid",
    "org",
    "org_id",
    "org_name",
    "organization",
    "organization_id",
    "organizations",
    "origin_jti",
    "patient",
    "permissions",
    "phone",
    "plan",
    "policies",
    "policy",
    "privileges",
    "purpose",
    "purposes",
    "realm_access",
    "region",
    "resource",
    "resource_access",
    "rh",
    "role",
    "scopes",
    "scp",
    "session_id",
    "session_state",
    "sign_in_provider",
    "tenant",
    "tenant_ctry",
    "tenant_id",
    "tfp",
    "tid",
    "tier",
    "token_use",
    "typ",
    "uid",
    "unique_name",
    "upn",
    "user",
    "user_id",
    "username",
    "uti",
    "ver",
    "version",
    "wids",
    "xms_cc",
    "xms_tcdt",
    "zone",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn others(paths: &[&str]) -> BTreeSet<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn the_lists_are_sorted_and_share_nothing() {
        assert!(REGISTERED.is_sorted() && ADDRESS.is_sorted() && PROVIDERS.is_sorted());
        assert!(!PROVIDERS.iter().any(|name| REGISTERED.contains(name)));
    }

    #[test]
    fn claims_are_known() {
        let declared = others(&["/own", "/deep/member"]);
        for (path, known) in [
            ("", true),
            ("/sub", true),
            ("/scp", true),
            ("/realm_access/roles", true),
            ("/address/locality", true),
            ("/address/city", false),
            ("/https:~1~1example.com~1roles", true),
            ("/own", true),
            ("/own/part", true),
            ("/deep", true),
            ("/deep/member", true),
            ("/deep/other", false),
            ("/emial", false),
            ("/Sub", false),
        ] {
            assert_eq!(is_known(path, &declared), known, "{path}");
        }
    }

    #[test]
    fn the_claim_that_was_meant_is_found() {
        let declared = others(&["/department"]);
        for (path, meant) in [
            ("/emial", Some("/email")),
            ("/Email", Some("/email")),
            ("/auth-time", Some("/auth_time")),
            ("/address/locallity", Some("/address/locality")),
            ("/deparment", Some("/department")),
            ("/colour", None),
            ("/xyz", None),
        ] {
            assert_eq!(nearest(path, &declared).as_deref(), meant, "{path}");
        }
    }
}
