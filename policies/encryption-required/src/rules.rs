//! The rules.

use tokenward_policy::AboutRule;

const CONTROLS: &[&str] = &[
    "GDPR 32(1)(a)",
    "HIPAA 164.312(e)(2)(ii)",
    "ISO 27001:2022 8.24",
    "SOC 2 C1.1",
    "SOC 2 CC6.7",
];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    rule(
        "sensitive-claim-not-encrypted",
        "A sensitive claim stands in a token that is not encrypted",
        "Leave the claim out and pass a reference, or have the issuer encrypt the token \
         (JWE, RFC 7516).",
    ),
    rule(
        "token-not-encrypted",
        "A token that must be encrypted is not",
        "Have the issuer encrypt the signed token for its audience (RFC 7519 section 11.2).",
    ),
    rule(
        "key-algorithm-not-allowed",
        "The key management algorithm of the encryption is not allowed",
        "Have the issuer encrypt with RSA-OAEP-256 or ECDH-ES, or add the algorithm to \
         `key-algorithms`.",
    ),
    rule(
        "oaep-with-sha1",
        "The token is encrypted with RSA-OAEP, which uses SHA-1",
        "Have the issuer encrypt with RSA-OAEP-256.",
    ),
    rule(
        "content-algorithm-not-allowed",
        "The content encryption algorithm is not allowed",
        "Have the issuer encrypt with A256GCM or A128CBC-HS256, or add the algorithm to \
         `content-algorithms`.",
    ),
];

const fn rule(id: &'static str, title: &'static str, remedy: &'static str) -> AboutRule {
    AboutRule { id, title, remedy, controls: CONTROLS }
}
