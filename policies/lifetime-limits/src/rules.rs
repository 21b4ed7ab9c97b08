//! The rules, and what their findings say. A message names limits of the
//! settings only, never a time of the token, so that it holds as long as the verdict.

use tokenward_policy::prelude::*;

use crate::settings::Reaction;

const STORAGE: &[&str] = &[
    "GDPR 5(1)(e)",
    "ISO 27001:2022 5.16",
    "ISO 27001:2022 5.17",
    "ISO 27001:2022 8.5",
    "SOC 2 CC6.1",
];
const SESSION: &[&str] = &["ISO 27001:2022 8.5", "SOC 2 CC6.1"];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "missing-exp",
        STORAGE,
        "The token has no end",
        "Have the issuer set `exp`, as near to `iat` as the use of the token allows.",
    ),
    AboutRule::new(
        "unbounded-lifetime",
        STORAGE,
        "The token does not say when it was issued",
        "Have the issuer set `iat`.",
    ),
    AboutRule::new(
        "lifetime-too-long",
        STORAGE,
        "The token lives longer than it may",
        "Have the issuer shorten the lifetime, and let clients refresh or ask again.",
    ),
    AboutRule::new(
        "long-lifetime",
        STORAGE,
        "The token lives longer than is advised",
        "Have the issuer shorten the lifetime.",
    ),
    AboutRule::new(
        "remaining-too-long",
        STORAGE,
        "The token has more of its life left than it may",
        "Have the issuer shorten the lifetime.",
    ),
    AboutRule::new(
        "issued-too-long-ago",
        STORAGE,
        "The token was issued too long ago",
        "Have the client obtain a new token.",
    ),
    AboutRule::new(
        "session-too-old",
        SESSION,
        "The user authenticated too long ago",
        "Have the user authenticate again.",
    ),
    AboutRule::new(
        "unknown-session-age",
        SESSION,
        "The token does not say when the user authenticated",
        "Have the issuer set `auth_time`.",
    ),
    AboutRule::new(
        "malformed-time",
        SESSION,
        "A time is not a number of seconds between 1970 and the year 9999",
        "Have the issuer write times as NumericDate (RFC 7519 section 2): seconds, not \
         milliseconds, and no text.",
    ),
    AboutRule::new(
        "issued-in-future",
        SESSION,
        "The token was issued, or the user authenticated, in the future",
        "Set the clocks of issuer and gateway by the same source.",
    ),
    AboutRule::new(
        "not-yet-valid",
        SESSION,
        "The token is not yet valid",
        "Have the client wait until `nbf`, or set the clocks by the same source.",
    ),
    AboutRule::new(
        "negative-lifetime",
        SESSION,
        "The token ends before it was issued",
        "Have the issuer set `exp` after `iat`.",
    ),
    AboutRule::new(
        "never-valid",
        SESSION,
        "The token ends before it begins",
        "Have the issuer set `exp` after `nbf`.",
    ),
];

/// A finding of a rule that a setting may soften; `denied` is its severity where it does not.
pub(crate) fn finding(
    reaction: Reaction,
    rule: &str,
    denied: Severity,
    claim: &str,
    message: &str,
) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message).at(claim)),
        Reaction::Deny => Some(Finding::deny(rule, denied, message).at(claim)),
    }
}

/// `before`, the limit in seconds, `seconds`.
pub(crate) fn beyond(before: &str, limit: i64) -> String {
    let mut message = String::from(before);
    message.push_str(&limit.to_string());
    message.push_str(" seconds");
    message
}
