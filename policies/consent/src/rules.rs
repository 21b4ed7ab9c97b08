//! The rules, and what their findings say. A message names purposes of the
//! settings only, never one that only the token knows.

use tokenward_policy::prelude::*;
use tokenward_policy::text::{join, push_number};

use crate::purposes::{Purpose, ToldBy};
use crate::settings::Reaction;

/// Of a message, in bytes: the host takes no longer one.
const LONGEST_MESSAGE: usize = 1_024;

const BOTH: &[&str] = &["GDPR 6", "GDPR 7"];
const LAWFUL: &[&str] = &["GDPR 6"];
const CONDITIONS: &[&str] = &["GDPR 7"];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "consent-missing",
        BOTH,
        "The subject has not consented to a purpose",
        "Ask the subject for consent, or leave the purpose out; if it rests on another legal \
         basis, say so in `exempt-purposes`.",
    ),
    AboutRule::new(
        "consent-withdrawn",
        BOTH,
        "The subject has withdrawn consent",
        "Stop the processing and end the subject's tokens; ask for consent anew if need be.",
    ),
    AboutRule::new(
        "consent-expired",
        CONDITIONS,
        "The subject's consent has ended, or is too old",
        "Ask the subject to renew the consent.",
    ),
    AboutRule::new(
        "consent-outdated",
        CONDITIONS,
        "The subject consented to another version of the text",
        "Show the subject the present text and ask for consent to it.",
    ),
    AboutRule::new(
        "unknown-consent",
        CONDITIONS,
        "It is not known whether, or when, the subject consented",
        "Have the gateway or the issuer pass on what the consent registry knows.",
    ),
    AboutRule::new(
        "malformed-consent",
        CONDITIONS,
        "What the consent registry says cannot be read, or cannot be",
        "Have the registry give purposes as texts, and times as whole seconds since 1970.",
    ),
    AboutRule::new(
        "purpose-not-covered",
        LAWFUL,
        "The token is for another purpose than the route",
        "Have the client obtain a token for the purpose that the route serves.",
    ),
    AboutRule::new(
        "missing-purpose",
        LAWFUL,
        "The token names no purpose, and the route serves one",
        "Have the issuer name the token's purposes in the purpose claim.",
    ),
    AboutRule::new(
        "malformed-purpose",
        LAWFUL,
        "A claim of purposes or scopes cannot be read",
        "Have the issuer write the claim as one string with spaces, or as an array of strings, \
         with at most 64 purposes.",
    ),
    AboutRule::new(
        "unknown-request",
        LAWFUL,
        "The request, or a part of it that the routes need, is not known",
        "Have the gateway pass on the method, the host and the path of every request.",
    ),
];

pub(crate) fn missing(missing: &[Purpose<'_>]) -> Finding {
    let told: Vec<&str> =
        missing.iter().filter(|p| p.told_by == ToldBy::Settings).map(|p| p.name).collect();
    let untold = missing.len() - told.len();
    let mut message = String::from("the subject has not consented to ");
    push_list(&mut message, &told);
    if untold > 0 {
        message.push_str(if told.is_empty() { "" } else { " and " });
        push_number(&mut message, untold as u64);
        message.push_str(if untold == 1 { " purpose" } else { " purposes" });
        message.push_str(" that the token names");
    }
    cut(&mut message);
    Finding::deny("consent-missing", Severity::High, message)
}

pub(crate) fn withdrawn() -> Finding {
    Finding::deny("consent-withdrawn", Severity::High, "the subject has withdrawn consent")
}

pub(crate) fn expired() -> Finding {
    Finding::deny("consent-expired", Severity::High, "the subject's consent has ended")
}

pub(crate) fn too_old(max: u32) -> Finding {
    let message = seconds("the subject's consent was given longer ago than ", max);
    Finding::deny("consent-expired", Severity::High, message)
}

pub(crate) fn outdated() -> Finding {
    let message = "the subject consented to a version of the text that no longer counts";
    Finding::deny("consent-outdated", Severity::High, message)
}

pub(crate) fn unknown(reaction: Reaction, facts: &[&str]) -> Option<Finding> {
    let mut message = String::from("not known: ");
    push_list(&mut message, facts);
    finding(reaction, "unknown-consent", message)
}

pub(crate) fn no_time() -> Finding {
    let message = "the present time is not given, so that no consent can be judged";
    Finding::deny("unknown-consent", Severity::High, message)
}

pub(crate) fn malformed_consent(fact: &str) -> Finding {
    let mut message = String::from("the fact ");
    push_list(&mut message, &[fact]);
    message.push_str(" cannot be read");
    Finding::deny("malformed-consent", Severity::High, message)
}

pub(crate) fn given_in_future(skew: u32) -> Finding {
    let message = seconds("the consent was given in the future, by more than ", skew);
    Finding::deny("malformed-consent", Severity::High, message)
}

pub(crate) fn not_covered(other: &[&str], route: &str, claim: &str) -> Finding {
    let mut message = String::from("the token is not for ");
    push_list(&mut message, other);
    message.push_str(", which ");
    message.push_str(route);
    message.push_str(" serves");
    cut(&mut message);
    Finding::deny("purpose-not-covered", Severity::High, message).at(claim)
}

pub(crate) fn missing_purpose(reaction: Reaction, route: &str, claim: &str) -> Option<Finding> {
    let mut message = String::from("the token names no purpose, and one is served by ");
    message.push_str(route);
    cut(&mut message);
    finding(reaction, "missing-purpose", message).map(|found| found.at(claim))
}

pub(crate) fn malformed_purpose(claim: &str) -> Finding {
    let message =
        "the claim is neither a string nor an array of strings, or names more than 64 purposes";
    Finding::deny("malformed-purpose", Severity::High, message).at(claim)
}

/// A request of which nothing is known, or this part is not.
pub(crate) fn unknown_request(part: Option<&str>) -> Finding {
    let of = if part.is_some() { " of the request" } else { "request" };
    let end = " is not known, so that its purposes are not";
    let message = join(&["the ", part.unwrap_or_default(), of, end]);
    Finding::deny("unknown-request", Severity::High, message)
}

fn finding(reaction: Reaction, rule: &str, message: String) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message)),
        Reaction::Deny => Some(Finding::deny(rule, Severity::High, message)),
    }
}

fn seconds(before: &str, limit: u32) -> String {
    let mut message = String::from(before);
    push_number(&mut message, u64::from(limit));
    message.push_str(" seconds");
    message
}

/// Names the first, at most three so that they fit a message, and how many more there are.
fn push_list(into: &mut String, names: &[&str]) {
    const MOST_TOLD: usize = 3;
    for (at, name) in names.iter().enumerate() {
        if at == MOST_TOLD {
            into.push_str(" and ");
            push_number(into, (names.len() - at) as u64);
            into.push_str(" more");
            return;
        }
        into.push_str(if at > 0 { ", `" } else { "`" });
        into.push_str(name);
        into.push('`');
    }
}

/// Ends a message that is too long with an ellipsis: a shorter message is
/// better than a verdict that the host refuses.
fn cut(message: &mut String) {
    const ELLIPSIS: char = '…';
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE - ELLIPSIS.len_utf8()));
        message.push(ELLIPSIS);
    }
}
