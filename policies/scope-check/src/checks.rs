//! The rules, what their findings say, and what the settings must hold.

use tokenward_policy::prelude::*;
use tokenward_policy::text::{item, push_number};

use crate::routes::{Missing, SCOPE};
use crate::scopes::{granted_by, is_scope};
use crate::settings::{Reaction, Settings};

/// More than any token needs; it bounds the work that a hostile token can make.
const MOST_SCOPES: u32 = 1_000;

/// More than any issuer has; each may make a finding.
const MOST_CLAIMS: usize = 64;
/// Of a JSON Pointer, in bytes.
const LONGEST_POINTER: usize = 1_024;
/// Of a message, in bytes: the host takes no longer one.
const LONGEST_MESSAGE: usize = 1_024;
/// How many scopes a message names.
const MOST_NAMED: usize = 8;
/// Room in a message for each of them; a few may be longer if others are shorter.
const ROOM: usize = 70;

const CONTROLS: &[&str] = &["HIPAA 164.312(a)(1)", "HIPAA 164.308(a)(4)", "HIPAA 164.514(d)"];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    rule(
        "missing-scope",
        "The token lacks a scope that the route needs",
        "Have the client ask for the scope; grant it only to those whose task needs it.",
    ),
    rule(
        "malformed-scope",
        "A scope claim is neither a string nor an array of strings",
        "Have the issuer write scopes as one string with spaces (RFC 6749 section 3.3), or as \
         an array of strings.",
    ),
    rule(
        "broad-scope",
        "The token holds a scope that is broader than any one task needs",
        "Grant the scopes of the task instead of one that stands for all of them.",
    ),
    rule(
        "too-many-scopes",
        "The token holds more scopes than it may",
        "Have the client ask for the scopes of the task at hand only.",
    ),
    rule(
        "unmatched-route",
        "No route covers the request",
        "Add a route for the method and the path, with the scopes that it needs.",
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

/// Checks the settings that are not about single routes.
pub(crate) fn settings(settings: &Settings, errors: &mut Vec<SettingError>) {
    let mut error = |path: String, message: &str| errors.push(SettingError::new(path, message));
    if settings.routes.is_empty() && settings.unmatched != Reaction::Ignore {
        error(
            "/unmatched".into(),
            "would apply to every request, as there are no routes; \
               give `routes`, or `ignore`",
        );
    }
    if settings.scope_claims.is_empty() {
        error("/scope-claims".into(), "is empty; give at least one JSON Pointer, such as `/scope`");
    }
    if settings.scope_claims.len() > MOST_CLAIMS {
        error("/scope-claims".into(), "has too many claims; give at most 64");
    }
    for (at, claim) in settings.scope_claims.iter().enumerate().take(MOST_CLAIMS) {
        let path = || item("/scope-claims", at);
        if !is_pointer(claim) {
            error(
                path(),
                "is no JSON Pointer to a claim; give one such as `/scope`, of at most 1024 bytes",
            );
        } else if settings.scope_claims.iter().take(at).any(|earlier| earlier == claim) {
            error(path(), "is given twice; name each claim once");
        }
    }
    for (at, scope) in settings.broad.iter().enumerate() {
        if !is_scope(scope) {
            error(item("/broad", at), SCOPE);
        }
    }
    for (holder, implied) in &settings.hierarchy {
        if !is_scope(holder) {
            error(pointer(["hierarchy", holder]), SCOPE);
        }
        let above = granted_by(&settings.hierarchy, holder);
        for (at, scope) in implied.iter().enumerate() {
            let path = || item(&pointer(["hierarchy", holder]), at);
            if !is_scope(scope) {
                error(path(), SCOPE);
            } else if above.contains(scope) {
                error(
                    path(),
                    "implies, in a circle, the scope that implies it; \
                       let scopes imply lesser ones only",
                );
            }
        }
    }
    if settings.max_scopes.is_some_and(|max| !(1..=MOST_SCOPES).contains(&max)) {
        error("/max-scopes".into(), "is out of range; give 1 to 1000, or leave it out");
    }
}

/// RFC 6901 section 3, without the pointer to the whole claims set, and no longer than is sane.
fn is_pointer(text: &str) -> bool {
    text.len() <= LONGEST_POINTER && tokenward_policy::text::is_pointer(text)
}

pub(crate) fn malformed(claim: &str) -> Finding {
    let message = "the claim is neither a string nor an array of strings, and grants nothing";
    Finding::deny("malformed-scope", Severity::High, message).at(claim)
}

pub(crate) fn no_request() -> Finding {
    let message = "the request is not known, so that no route can be told to cover it";
    Finding::deny("unknown-request", Severity::High, message)
}

pub(crate) fn unknown_request(part: &str) -> Finding {
    let mut message = String::from("the ");
    message.push_str(part);
    message.push_str(" of the request is not known, so that no route can be told to cover it");
    Finding::deny("unknown-request", Severity::High, message)
}

pub(crate) fn unmatched(reaction: Reaction) -> Option<Finding> {
    finding(reaction, "unmatched-route", Severity::Medium, "no route covers the request".into())
}

pub(crate) fn missing(missing: &Missing, route: &str, claim: &str) -> Finding {
    let mut message = String::from("the token lacks ");
    let are_both = !missing.all_of.is_empty() && !missing.any_of.is_empty();
    let most = if are_both { MOST_NAMED / 2 } else { MOST_NAMED };
    push_list(&mut message, &missing.all_of, most);
    if !missing.any_of.is_empty() {
        message.push_str(if missing.all_of.is_empty() { "any of " } else { ", and any of " });
        push_list(&mut message, &missing.any_of, most);
    }
    message.push_str(", needed by ");
    message.push_str(route);
    cut(&mut message);
    Finding::deny("missing-scope", Severity::High, message).at(claim)
}

pub(crate) fn broad<'a>(
    reaction: Reaction,
    listed: impl Iterator<Item = &'a String>,
    holds_wildcard: bool,
    claim: &str,
) -> Option<Finding> {
    let mut message = String::from("the token holds ");
    let listed: Vec<&str> = listed.map(String::as_str).collect();
    push_list(&mut message, &listed, MOST_NAMED);
    if holds_wildcard {
        message.push_str(if listed.is_empty() { "" } else { " and " });
        message.push_str("a scope with an asterisk");
    }
    message.push_str(", broader than any one task needs");
    finding(reaction, "broad-scope", Severity::Medium, message).map(|f| f.at(claim))
}

pub(crate) fn too_many(reaction: Reaction, max: usize, claim: &str) -> Option<Finding> {
    let mut message = String::from("the token holds more than ");
    push_number(&mut message, max as u64);
    message.push_str(" different scopes");
    finding(reaction, "too-many-scopes", Severity::Medium, message).map(|f| f.at(claim))
}

/// `denied` is the severity where the request is refused for it.
fn finding(reaction: Reaction, rule: &str, denied: Severity, message: String) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message)),
        Reaction::Deny => Some(Finding::deny(rule, denied, message)),
    }
}

/// Names the first scopes, at most so many and at least one, and how many more there are.
fn push_list(into: &mut String, scopes: &[&str], most: usize) {
    let end = into.len() + most * ROOM;
    for (at, scope) in scopes.iter().enumerate() {
        if at > 0 && (at == most || into.len() + scope.len() > end) {
            into.push_str(" and ");
            push_number(into, (scopes.len() - at) as u64);
            into.push_str(" more");
            return;
        }
        into.push_str(if at > 0 { ", `" } else { "`" });
        into.push_str(scope);
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
