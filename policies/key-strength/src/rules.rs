//! The rules, and the findings that a setting may soften.

use tokenward_policy::prelude::*;

use crate::settings::Reaction;

const SIGNATURE: &[&str] = &["ISO 27001:2022 8.24", "SOC 2 CC6.1"];
const KEY: &[&str] =
    &["ISO 27001:2022 8.24", "PCI DSS 4.0.1 3.6", "PCI DSS 4.0.1 3.7", "SOC 2 CC6.1"];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "unsigned-token",
        SIGNATURE,
        "The token is not signed",
        "Have the issuer sign it, with ES256 or PS256 for instance; never accept `none`.",
    ),
    AboutRule::new(
        "algorithm-not-allowed",
        SIGNATURE,
        "The signature algorithm is not allowed",
        "Have the issuer sign with one of `algorithms`, or add the algorithm there.",
    ),
    AboutRule::new(
        "symmetric-algorithm",
        KEY,
        "The token is signed with a shared secret",
        "Have the issuer sign with a private key (ES256, PS256): whoever verifies with a \
         shared secret can make tokens too.",
    ),
    AboutRule::new(
        "unsuitable-key",
        KEY,
        "The key does not suit the signature algorithm",
        "Have the issuer sign with a key of the type and curve that RFC 7518 section 3.1 \
         gives the algorithm.",
    ),
    AboutRule::new(
        "short-key",
        KEY,
        "The key is too short",
        "Have the issuer make a new key: RSA of 3072 bits, EC on P-256, or a random secret \
         no shorter than the hash.",
    ),
    AboutRule::new(
        "modest-key",
        KEY,
        "The key is shorter than is advised",
        "Plan a longer RSA key, or an EC key on P-256, for the next rotation.",
    ),
    AboutRule::new(
        "old-key",
        KEY,
        "The key has been in use for too long",
        "Have the issuer rotate its keys before their cryptoperiod ends.",
    ),
    AboutRule::new(
        "unknown-key-age",
        KEY,
        "The age of the key is not known",
        "Give the time at which the key was created with the trusted keys.",
    ),
    AboutRule::new(
        "unknown-key",
        KEY,
        "The signature algorithm or the key is not known",
        "Have whoever asks give the token's header and the key that verified it.",
    ),
];

/// A finding of a rule that a setting may soften.
pub(crate) fn finding(reaction: Reaction, rule: &str, message: &str) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message)),
        Reaction::Deny => Some(Finding::deny(rule, Severity::High, message)),
    }
}

/// `before`, a number, `after`.
pub(crate) fn counted(before: &str, number: u64, after: &str) -> String {
    let mut message = String::from(before);
    message.push_str(&number.to_string());
    message.push_str(after);
    message
}
