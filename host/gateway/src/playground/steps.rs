//! What a token goes through, and how far it came.

use serde::Serialize;
use tokenward::TokenError;
use tokenward_token::{Check, Checks};

/// One step of the verification.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Step {
    name: &'static str,
    title: &'static str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Passed,
    Failed,
    NotReached,
    /// The trust asks nothing there: it is one in a key alone.
    Unchecked,
}

/// The steps in their order, each with the codes of what can be wrong there.
const STEPS: [(&str, &str, &[&str]); 9] = [
    (
        "form",
        "Compact serialization, size, encoding, strict JSON",
        &[
            "token_too_large",
            "json_serialization",
            "unexpected_jwe",
            "malformed_compact",
            "non_canonical_base64",
            "header_not_json",
            "claims_not_json",
            "duplicate_member",
            "member_name_invalid",
            "too_deep",
            "too_many_values",
            "lone_surrogate",
            "number_out_of_range",
        ],
    ),
    (
        "header",
        "Header: the algorithm is allowed, and nothing critical is unknown",
        &[
            "b64_unsupported",
            "crit_present",
            "zip_present",
            "embedded_key",
            "alg_missing",
            "header_type",
            "alg_none",
            "alg_not_allowed",
            "kid_invalid",
        ],
    ),
    ("issuer", "Issuer: one that is trusted", &["issuer_missing", "issuer_type", "issuer_unknown"]),
    (
        "key",
        "Key: the issuer's, by `kid`, for this algorithm",
        &["keys_unavailable", "key_not_found", "key_ambiguous", "alg_key_mismatch"],
    ),
    (
        "signature",
        "Signature by that key",
        &["signature_missing", "signature_malformed", "signature_invalid"],
    ),
    (
        "kind",
        "Kind of token, and its profile",
        &["typ_not_allowed", "kind_contradictory", "wrong_kind", "profile_claim_missing"],
    ),
    ("audience", "Audience: this API", &["audience_missing", "audience_type", "audience_mismatch"]),
    (
        "time",
        "Times: not expired, not before its time, not too long",
        &[
            "exp_missing",
            "exp_type",
            "nbf_type",
            "iat_type",
            "auth_time_type",
            "expired",
            "not_yet_valid",
            "issued_in_future",
            "lifetime_negative",
            "iat_missing",
            "lifetime_too_long",
        ],
    ),
    (
        "text",
        "Registered claims: texts that hide nothing",
        &["claim_type", "control_character", "format_character", "confusable_character"],
    ),
];

/// The steps, as they went for a token with this error, or none.
pub(crate) fn of(error: Option<&TokenError>, checks: Checks) -> Vec<Step> {
    let code = error.map(TokenError::code);
    let failed = code.and_then(|code| STEPS.iter().position(|(_, _, codes)| codes.contains(&code)));
    // What is not in the table is of the last step.
    let failed = failed.or_else(|| code.map(|_| STEPS.len() - 1));
    let steps = STEPS.iter().enumerate().map(|(at, (name, title, _))| {
        let status = match failed {
            Some(failed) if at == failed => Status::Failed,
            Some(failed) if at > failed => Status::NotReached,
            _ if is_unchecked(name, checks) => Status::Unchecked,
            _ => Status::Passed,
        };
        let is_failed = status == Status::Failed;
        let detail = error.filter(|_| is_failed).map(ToString::to_string);
        Step { name, title, status, code: code.filter(|_| is_failed), detail }
    });
    steps.collect()
}

fn is_unchecked(step: &str, checks: Checks) -> bool {
    let check = match step {
        "issuer" => checks.issuer,
        "audience" => checks.audience,
        "kind" => checks.kind,
        _ => return false,
    };
    check == Check::Unchecked
}

/// The steps of a call without a token.
pub(crate) fn of_nothing() -> Vec<Step> {
    let steps = STEPS.iter().map(|(name, title, _)| Step {
        name,
        title,
        status: Status::NotReached,
        code: None,
        detail: None,
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_step() {
        let documented = include_str!("../../../token/src/codes.md");
        let rows = documented.lines().filter_map(|line| line.strip_prefix("| `"));
        let mut count = 0;
        for row in rows {
            let code = row.split('`').next().unwrap();
            let holds = STEPS.iter().filter(|(_, _, codes)| codes.contains(&code)).count();
            assert_eq!(holds, 1, "{code}");
            count += 1;
        }
        assert_eq!(count, STEPS.iter().map(|(_, _, codes)| codes.len()).sum::<usize>());
    }

    #[test]
    fn steps_stop_where_something_is_wrong() {
        let all = Checks { issuer: Check::Checked, audience: Check::Checked, kind: Check::Checked };
        let statuses = |error: Option<&TokenError>| {
            let step = |step: Step| (step.name, step.status, step.code);
            of(error, all).into_iter().map(step).collect::<Vec<_>>()
        };
        assert!(statuses(None).iter().all(|(_, status, _)| *status == Status::Passed));
        let failed = statuses(Some(&TokenError::SignatureInvalid));
        assert_eq!(failed[3], ("key", Status::Passed, None));
        assert_eq!(failed[4], ("signature", Status::Failed, Some("signature_invalid")));
        assert_eq!(failed[5], ("kind", Status::NotReached, None));
        let some = Checks { audience: Check::Unchecked, ..all };
        let steps: Vec<_> = of(None, some).into_iter().map(|step| step.status).collect();
        assert_eq!(steps[6], Status::Unchecked);
        assert_eq!(steps.iter().filter(|status| **status == Status::Passed).count(), 8);
    }
}
