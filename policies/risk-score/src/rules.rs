//! The rules, and what their findings say.

use tokenward_policy::prelude::*;
use tokenward_policy::text::push_number;

use crate::settings::{Combine, Outcome};

/// What a message leaves, of the 1024 bytes that the host takes, before what closes it.
const ROOM: usize = 980;

const CONTROLS: &[&str] = &[
    "ISO 27001:2022 8.5",
    "ISO 27001:2022 8.16",
    "PCI DSS 4.0.1 12.3",
    "HIPAA 164.308(a)(1)(ii)(A)",
];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    rule(
        "high-risk",
        "The risk is too high for the request to pass",
        "Find out which signals made the score; block the account or clear what was wrong.",
    ),
    rule(
        "elevated-risk",
        "The risk calls for stronger authentication",
        "Have the user authenticate again, with a second factor.",
    ),
    rule("raised-risk", "The risk is raised", "Watch the account for more signals."),
    rule(
        "override-applied",
        "A signal decided, whatever the score",
        "Find out whether the signal was right, and whether the override is still needed.",
    ),
    rule(
        "unknown-signals",
        "Signals are not known",
        "Connect a source for each signal, or leave out those that no source gives.",
    ),
    rule(
        "unreadable-signal",
        "The value of a signal is of another type than its condition",
        "Have the source give the type that the condition is about, or change the condition.",
    ),
];

const fn rule(id: &'static str, title: &'static str, remedy: &'static str) -> AboutRule {
    AboutRule { id, title, remedy, controls: CONTROLS }
}

/// The outcome that the score asks for.
pub(crate) fn by_score(outcome: Outcome, how: Combine, score: u32, threshold: u32) -> Finding {
    let mut message = String::from("the risk score is ");
    push_number(&mut message, u64::from(score));
    if how == Combine::Count {
        message.push_str(", the number of tripped signals");
    }
    message.push_str("; the threshold is ");
    push_number(&mut message, u64::from(threshold));
    match outcome {
        Outcome::Deny => Finding::deny("high-risk", Severity::High, message),
        Outcome::StepUp => Finding::require("elevated-risk", Severity::Medium, message),
        Outcome::Permit | Outcome::Warn => Finding::advise("raised-risk", Severity::Low, message),
    }
}

pub(crate) fn by_override(outcome: Outcome, signal: &str) -> Finding {
    let mut message = String::from("the signal `");
    message.push_str(signal);
    message.push_str(match outcome {
        Outcome::Permit => "` lets the request pass, whatever the score",
        Outcome::Warn => "` is reported, whatever the score",
        Outcome::StepUp => "` calls for stronger authentication, whatever the score",
        Outcome::Deny => "` refuses the request, whatever the score",
    });
    let rule = "override-applied";
    match outcome {
        Outcome::Permit => Finding::advise(rule, Severity::Info, message),
        Outcome::Warn => Finding::advise(rule, Severity::Low, message),
        Outcome::StepUp => Finding::require(rule, Severity::Medium, message),
        Outcome::Deny => Finding::deny(rule, Severity::High, message),
    }
}

pub(crate) fn unknown(names: &[&str]) -> Finding {
    let message = with_names("not known: ", names);
    Finding::advise("unknown-signals", Severity::Info, message)
}

pub(crate) fn unreadable(names: &[&str]) -> Finding {
    let message = with_names("of another type than the condition: ", names);
    Finding::advise("unreadable-signal", Severity::Low, message)
}

/// Names the signals, as many as there is room for, and how many more there are.
fn with_names(before: &str, names: &[&str]) -> String {
    let mut message = String::from(before);
    for (at, name) in names.iter().enumerate() {
        if message.len() + name.len() > ROOM {
            message.push_str(" and ");
            push_number(&mut message, (names.len() - at) as u64);
            message.push_str(" more");
            break;
        }
        message.push_str(if at > 0 { ", `" } else { "`" });
        message.push_str(name);
        message.push('`');
    }
    message
}
