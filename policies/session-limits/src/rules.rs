//! The rules.

use tokenward_policy::AboutRule;

const ISO: &str = "ISO 27001:2022 8.5";
const SOC: &str = "SOC 2 CC6.1";
const HIPAA: &str = "HIPAA 164.312(a)(2)(iii)";

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "too-many-sessions",
        &["ISO 27001:2022 5.16", "ISO 27001:2022 5.17", ISO],
        "The subject has too many sessions",
        "Have the user end a session, or end the oldest one when another begins.",
    ),
    AboutRule::new(
        "idle-too-long",
        &[ISO, SOC, HIPAA, "PCI DSS 4.0.1 8.2.8"],
        "The session was not used for too long",
        "Have the user authenticate again, which begins a new session.",
    ),
    AboutRule::new(
        "session-too-old",
        &[ISO, SOC, HIPAA],
        "The session has lasted too long",
        "Have the user authenticate again, which begins a new session.",
    ),
    AboutRule::new(
        "session-ended",
        &[ISO, SOC],
        "The session is no longer active",
        "Have the user authenticate again, and the client discard the session's tokens.",
    ),
    AboutRule::new(
        "unknown-session",
        &[ISO, SOC],
        "Too little is known of the session",
        "Have the gateway or the identity provider give the facts that the message names, or \
         the issuer set the claim. Machines whose tokens do not say that they are one, as \
         those of GitHub and Kubernetes, need a bundle without this policy; those that do are \
         exempt unless `machine-clients` is `judge`.",
    ),
    AboutRule::new(
        "malformed",
        &[ISO, SOC],
        "What is said of the session cannot be so",
        "Give counts as integers, times as seconds since 1970 that do not lie in the future, \
         and texts as texts; set clocks by one source.",
    ),
];
