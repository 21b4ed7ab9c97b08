//! The rules.

use tokenward_policy::AboutRule;

const ISO: &str = "ISO 27001:2022 5.17";
const CHOOSE: &str = "Have the user choose another password.";

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "too-short",
        &[ISO, "PCI DSS 4.0.1 8.3.6"],
        "The password is too short",
        "Have the user choose a longer password; several words make one.",
    ),
    AboutRule::new(
        "too-long",
        &[ISO],
        "The password is too long",
        "Have the user choose a shorter password, or let the service take longer ones.",
    ),
    AboutRule::new(
        "missing-class",
        &[ISO, "PCI DSS 4.0.1 8.3.6"],
        "The password lacks a class of characters",
        "Have the user choose a password with the characters that the message names.",
    ),
    AboutRule::new(
        "expired",
        &[ISO, "PCI DSS 4.0.1 8.3.9"],
        "The password has expired",
        "Have the user change it.",
    ),
    AboutRule::new("breached", &[ISO], "The password is known from a breach", CHOOSE),
    AboutRule::new("common", &[ISO], "The password is a common one", CHOOSE),
    AboutRule::new(
        "contains-name",
        &[ISO],
        "The password contains a name that attackers try",
        "Have the user choose a password without the names of user and service.",
    ),
    AboutRule::new(
        "unknown-password",
        &[ISO],
        "Too little is known of the password",
        "Have the identity provider give the facts that the message names or, where no \
         password is used, name the method in `login.method`.",
    ),
    AboutRule::new(
        "malformed",
        &[ISO],
        "What is said of the password cannot be so",
        "Give the length and the age as numbers of 0 or more, the method as a text, and the \
         rest as `true` or `false`.",
    ),
];
