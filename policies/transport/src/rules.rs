//! The rules, and the findings that a setting may soften.

use tokenward_policy::prelude::*;

use crate::settings::Reaction;

const CHANNEL: &[&str] = &["HIPAA 164.312(e)(1)", "ISO 27001:2022 8.24", "PCI DSS 4.0.1 4.2.1"];
const PLACE: &[&str] = &["HIPAA 164.312(e)(1)", "PCI DSS 4.0.1 4.2.1", "SOC 2 CC6.7"];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "plaintext",
        CHANNEL,
        "The token travels without TLS",
        "Take requests over HTTPS only, and revoke the token: others may have read it.",
    ),
    AboutRule::new(
        "old-tls",
        CHANNEL,
        "The version of TLS is too old",
        "Switch off all versions below `min-tls` at the gateway (RFC 8996).",
    ),
    AboutRule::new(
        "weak-cipher",
        CHANNEL,
        "The cipher suite is weak",
        "Switch the cipher suite off at the gateway; offer ECDHE with AES-GCM or ChaCha20.",
    ),
    AboutRule::new(
        "dated-cipher",
        CHANNEL,
        "The cipher suite is dated",
        "Prefer ECDHE with AES-GCM or ChaCha20 (RFC 9325 section 4.2), and plan to switch \
         the others off.",
    ),
    AboutRule::new(
        "cipher-not-allowed",
        CHANNEL,
        "The cipher suite is not one of those allowed",
        "Switch the cipher suite off at the gateway, or add it to `ciphers`.",
    ),
    AboutRule::new(
        "no-client-certificate",
        CHANNEL,
        "The client showed no certificate",
        "Have the client authenticate by mutual TLS (RFC 8705).",
    ),
    AboutRule::new(
        "unknown-transport",
        CHANNEL,
        "It is not known how the token travels",
        "Have the gateway tell the scheme of the request, the version of TLS, and the IANA \
         name of the cipher suite.",
    ),
    AboutRule::new(
        "token-in-url",
        PLACE,
        "A token stands in the URL",
        "Send it in the `Authorization` header (RFC 9700 section 4.3.2), and revoke it: URLs \
         are kept in logs and histories.",
    ),
    AboutRule::new(
        "token-location",
        PLACE,
        "The token is sent where it need not be",
        "Send it in the `Authorization` header (RFC 6750 section 2.1).",
    ),
    AboutRule::new(
        "unknown-location",
        PLACE,
        "It is not known where the token was sent, or how its cookie is kept",
        "Have the gateway tell where it found the token, and the attributes with which its \
         cookie was set.",
    ),
    AboutRule::new(
        "cookie-attributes",
        PLACE,
        "A cookie with a token lacks an attribute that keeps it",
        "Set the cookie with `Secure`, `HttpOnly`, and `SameSite` as the policy asks.",
    ),
    AboutRule::new(
        "cookie-name",
        PLACE,
        "The name of a cookie with a token has no prefix that browsers enforce",
        "Let the name begin with `__Host-`, or with `__Secure-` where the cookie needs a \
         domain or a path.",
    ),
    AboutRule::new(
        "cookie-lifetime",
        PLACE,
        "A cookie with a token is kept longer than it may",
        "Set a shorter `Max-Age`.",
    ),
    AboutRule::new(
        "refresh-not-in-cookie",
        PLACE,
        "A refresh token does not travel in a cookie",
        "Deliver it in a cookie that is `Secure`, `HttpOnly` and `SameSite`, out of reach of \
         scripts.",
    ),
];

/// A finding of a rule that a setting may soften. Not repeated at each use, of
/// which there are many.
#[inline(never)]
pub(crate) fn finding(reaction: Reaction, rule: &str, message: &str) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message)),
        Reaction::Deny => Some(Finding::deny(rule, Severity::High, message)),
    }
}

/// Writes a number in digits, without the standard library's formatting, which
/// takes more room in a component than it is worth.
pub(crate) fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    let last = usize::try_from(number % 10).unwrap_or_default();
    text.push_str("0123456789".get(last..=last).unwrap_or_default());
}
