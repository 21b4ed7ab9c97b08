//! The rules.

use tokenward_policy::AboutRule;

const MISUSE: &[&str] = &["SOC 2 CC7.2", "SOC 2 CC7.3", "SOC 2 A1.1"];
const REUSE: &[&str] = &["SOC 2 CC6.1", "ISO 27001:2022 8.5"];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "too-many-reissues",
        MISUSE,
        "Tokens are issued more often than they may be",
        "Have the client keep its token until shortly before it ends, and find out who else \
         asks for tokens of this subject.",
    ),
    AboutRule::new(
        "many-reissues",
        MISUSE,
        "Tokens are issued more often than is usual",
        "Find out why the client asks so often.",
    ),
    AboutRule::new(
        "too-many-addresses",
        MISUSE,
        "Tokens are asked for from too many addresses",
        "Find out who asks, and revoke the session if it is shared or stolen.",
    ),
    AboutRule::new(
        "refresh-token-reused",
        REUSE,
        "A refresh token was used more than once",
        "Take it for stolen: revoke all tokens that stem from it, and have the user \
         authenticate again (RFC 9700 section 4.14.2).",
    ),
    AboutRule::new(
        "unknown-rate",
        MISUSE,
        "It is not known how often tokens were issued",
        "Have the issuer count what it issues, and give the facts that the message names.",
    ),
    AboutRule::new(
        "unknown-reuse",
        REUSE,
        "It is not known whether the refresh token was used before",
        "Have the issuer remember which refresh tokens were used, and give `refresh.reused`.",
    ),
    AboutRule::new(
        "malformed",
        MISUSE,
        "What is said of earlier tokens cannot be so",
        "Give counts as integers of 0 or more, and `refresh.reused` as `true` or `false`.",
    ),
];
