//! The rules, what their findings say, and the checks of single settings.

use tokenward_policy::prelude::*;
use tokenward_policy::text::{item, join, push_number};

use crate::roles::Roles;
use crate::settings::{Reaction, Settings};

/// More than any issuer has; each may make a finding.
const MOST_CLAIMS: usize = 64;
/// Of a JSON Pointer, in bytes.
const LONGEST_POINTER: usize = 1_024;
/// Of a message, in bytes: the host takes no longer one.
const LONGEST_MESSAGE: usize = 1_024;
/// Of the `acr` values that a challenge asks for, and of one of them in bytes.
const MOST_ACR: usize = 16;
const LONGEST_ACR: usize = 256;

const CONTROLS: &[&str] = &[
    "SOC 2 CC6.1",
    "SOC 2 CC6.3",
    "ISO 27001:2022 5.15",
    "ISO 27001:2022 5.18",
    "ISO 27001:2022 8.3",
    "HIPAA 164.308(a)(4)",
];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    rule(
        "missing-permission",
        "The token's roles do not give a permission that the route needs",
        "Give the user or client a role with the permission, if the task needs it. Where the \
         issuer writes roles to other claims, name those in `role-claims`.",
    ),
    rule(
        "unknown-role",
        "The token holds a role that the table of roles lacks",
        "Add the role to `roles`, or have the issuer leave it out.",
    ),
    rule(
        "malformed-roles",
        "A role claim is neither a string nor an array of strings",
        "Have the issuer write roles as an array of strings.",
    ),
    rule(
        "conflicting-duties",
        "The token's roles join duties that must be separate",
        "Take one of the roles away: no one person may hold both duties.",
    ),
    rule(
        "privileged-role",
        "A privileged role is used, perhaps without strong authentication",
        "Have the user authenticate again with one of `privileged-acr`, or use a lesser role.",
    ),
    rule(
        "unmatched-route",
        "No route covers the request",
        "Add a route for the method and the path, with the permissions that it needs.",
    ),
    rule(
        "unknown-request",
        "The request, or a part of it that the routes need, is not known",
        "Have the gateway pass on the method, the host and the path of every request.",
    ),
];

const fn rule(id: &'static str, title: &'static str, remedy: &'static str) -> AboutRule {
    AboutRule { id, title, remedy, controls: CONTROLS }
}

/// Checks the settings that are not about single roles and routes.
pub(crate) fn settings(settings: &Settings, roles: &Roles, errors: &mut Vec<SettingError>) {
    let mut error = |path: String, message: &str| errors.push(SettingError::new(path, message));
    if settings.routes.is_empty() && settings.unmatched != Reaction::Ignore {
        error("/unmatched".into(), UNMATCHED);
    }
    if settings.role_claims.is_empty() {
        error("/role-claims".into(), "is empty; give at least one JSON Pointer, such as `/roles`");
    }
    if settings.role_claims.len() > MOST_CLAIMS {
        error("/role-claims".into(), "has too many claims; give at most 64");
    }
    for (at, claim) in settings.role_claims.iter().enumerate().take(MOST_CLAIMS) {
        let path = || item("/role-claims", at);
        if !is_pointer(claim) {
            error(path(), POINTER);
        } else if settings.role_claims.iter().take(at).any(|earlier| earlier == claim) {
            error(path(), "is given twice; name each claim once");
        }
    }
    if let Some(default) = &settings.default_role {
        match roles.find(default) {
            None => error("/default-role".into(), ROLE),
            Some(role) if role.is_privileged => {
                error("/default-role".into(), "is privileged; give a lesser role");
            }
            Some(_) => {}
        }
    }
    for (at, name) in settings.privileged.iter().enumerate() {
        if roles.find(name).is_none() {
            error(item("/privileged", at), ROLE);
        }
    }
    if settings.privileged.is_empty() && !settings.privileged_acr.is_empty() {
        error(
            "/privileged-acr".into(),
            "has no effect without `privileged`; give both, or neither",
        );
    }
    if settings.privileged_acr.len() > MOST_ACR {
        error("/privileged-acr".into(), "has too many values; give at most 16");
    }
    for (at, acr) in settings.privileged_acr.iter().enumerate() {
        if !is_acr(acr) {
            error(item("/privileged-acr", at), ACR);
        }
    }
}

/// RFC 6901 section 3, without the pointer to the whole claims set, and no longer than is sane.
fn is_pointer(text: &str) -> bool {
    text.len() <= LONGEST_POINTER && tokenward_policy::text::is_pointer(text)
}

/// What a challenge can ask for (RFC 9470 section 3, in the characters of RFC 6749 section 3.3).
fn is_acr(text: &str) -> bool {
    (1..=LONGEST_ACR).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

const UNMATCHED: &str =
    "would apply to every request, as there are no routes; give `routes`, or `ignore`";
const POINTER: &str =
    "is no JSON Pointer to a claim; give one such as `/roles`, of at most 1024 bytes";
const ROLE: &str = "is no role of `roles`; give the name of one";
const ACR: &str =
    "is no acr value; give 1 to 256 visible ascii characters without blank, `\"` and `\\`";

pub(crate) fn malformed(claim: &str) -> Finding {
    let message = "the claim is neither a string nor an array of strings, and gives nothing";
    Finding::deny("malformed-roles", Severity::High, message).at(claim)
}

pub(crate) fn unknown_roles(reaction: Reaction, count: usize, claim: &str) -> Option<Finding> {
    let mut message = String::from("the claim holds ");
    push_number(&mut message, count as u64);
    message.push_str(if count == 1 { " role" } else { " roles" });
    message.push_str(" that the table of roles lacks, and that give nothing");
    finding(reaction, "unknown-role", message).map(|found| found.at(claim))
}

pub(crate) fn conflicting(told: &str, claim: &str) -> Finding {
    let message = say(&["the token's roles give more than one of ", told]);
    Finding::deny("conflicting-duties", Severity::High, message).at(claim)
}

pub(crate) fn missing(told: &str, claim: &str) -> Finding {
    let message = say(&["the token's roles do not give ", told]);
    Finding::deny("missing-permission", Severity::High, message).at(claim)
}

/// None of the role claims is there, so that no single one is to blame.
pub(crate) fn no_role(claims: &[String]) -> Finding {
    let mut parts = vec!["no role was found in "];
    for (at, claim) in claims.iter().enumerate() {
        if at > 0 {
            parts.push(", ");
        }
        parts.push(claim);
    }
    Finding::deny("missing-permission", Severity::High, say(&parts))
}

pub(crate) fn privileged(claim: &str) -> Finding {
    let message = "the token holds a privileged role";
    Finding::advise("privileged-role", Severity::Info, message).at(claim)
}

pub(crate) fn weak_privileged(claim: &str) -> Finding {
    let message = "the token holds a privileged role, and its user did not authenticate \
         as strongly as the role asks for";
    Finding::require("privileged-role", Severity::Medium, message).at(claim)
}

pub(crate) fn unmatched(reaction: Reaction) -> Option<Finding> {
    finding(reaction, "unmatched-route", "no route covers the request".into())
}

/// A request of which nothing is known, or this part is not.
pub(crate) fn unknown_request(part: Option<&str>) -> Finding {
    let of = if part.is_some() { " of the request" } else { "request" };
    let message = say(&[
        "the ",
        part.unwrap_or_default(),
        of,
        " is not known, so that no route can be told to cover it",
    ]);
    Finding::deny("unknown-request", Severity::High, message)
}

fn finding(reaction: Reaction, rule: &str, message: String) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message)),
        Reaction::Deny => Some(Finding::deny(rule, Severity::Medium, message)),
    }
}

/// Puts a message together; one that is too long ends with an ellipsis, because
/// a shorter message is better than a verdict that the host refuses.
fn say(parts: &[&str]) -> String {
    const ELLIPSIS: char = '…';
    let mut message = join(parts);
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE - ELLIPSIS.len_utf8()));
        message.push(ELLIPSIS);
    }
    message
}
