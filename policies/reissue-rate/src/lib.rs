//! Tokens are not issued anew too often, and no refresh token is used twice.

mod rules;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;

pub use settings::{Limit, Reuse, Settings, Unknown};

/// Whether the refresh token was used before.
const REUSED: &str = "refresh.reused";

/// Bounds how often tokens are issued to one subject or session.
pub struct ReissueRate {
    windows: Vec<Window>,
    reuse: Reuse,
    unknown: Unknown,
    unknown_reuse: Unknown,
}

/// What is too often within one window.
struct Window {
    /// In seconds.
    length: u32,
    /// The fact with the number of tokens, if it matters.
    tokens: Option<String>,
    alert: Option<u32>,
    max: Option<u32>,
    /// The fact with the number of addresses, and the most.
    addresses: Option<(String, u32)>,
}

const ABOUT: About = About {
    name: "reissue-rate",
    version: env!("CARGO_PKG_VERSION"),
    title: "Tokens are not issued anew too often, and no refresh token is used twice",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for ReissueRate {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::REFRESH,
            reads: Self::new(&Settings::default()).reads(),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let errors = settings.errors();
        if errors.is_empty() { Ok(Self::new(&settings)) } else { Err(errors) }
    }

    fn reads(&self) -> Reads {
        let mut facts = vec![REUSED];
        for window in &self.windows {
            facts.extend(window.tokens.as_deref());
            facts.extend(window.addresses.as_ref().map(|(name, _)| name.as_str()));
        }
        Reads::nothing().and_facts(facts)
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        self.judge_reuse(input, &mut verdict.findings);
        let mut unknown = Vec::new();
        for window in &self.windows {
            window.judge_tokens(input, &mut verdict.findings, &mut unknown);
            window.judge_addresses(input, &mut verdict.findings, &mut unknown);
        }
        if !unknown.is_empty() {
            let message = ["not known: `", &unknown.join("`, `"), "`"].concat();
            verdict.findings.extend(finding(self.unknown, "unknown-rate", message));
        }
        verdict
    }
}

impl ReissueRate {
    fn new(settings: &Settings) -> Self {
        Self {
            windows: settings.limits.iter().map(Window::new).collect(),
            reuse: settings.reuse,
            unknown: settings.unknown,
            unknown_reuse: settings.unknown_reuse,
        }
    }

    fn judge_reuse(&self, input: &Input, found: &mut Vec<Finding>) {
        let rule = "refresh-token-reused";
        match known(input, REUSED) {
            // Where a token is issued, there may be no refresh token to know of.
            None if input.phase != Phase::Refresh => {}
            None => {
                let message = "not known: `refresh.reused`".into();
                found.extend(finding(self.unknown_reuse, "unknown-reuse", message));
            }
            Some(Value::Boolean(false)) => {}
            Some(Value::Boolean(true)) => {
                let message = "the refresh token was used before";
                found.push(match self.reuse {
                    Reuse::Advise => Finding::advise(rule, Severity::Critical, message),
                    Reuse::Deny => Finding::deny(rule, Severity::Critical, message),
                });
            }
            Some(_) => found.push(malformed(REUSED, "` is neither `true` nor `false`")),
        }
    }
}

impl Window {
    fn new(limit: &Limit) -> Self {
        let name = |before: &str| [before, &limit.window.to_string(), "s"].concat();
        Self {
            length: limit.window,
            tokens: limit.alert.or(limit.max).map(|_| name("reissues.")),
            alert: limit.alert,
            max: limit.max,
            addresses: limit.max_addresses.map(|most| (name("reissues.addresses."), most)),
        }
    }

    fn judge_tokens<'a>(
        &'a self,
        input: &Input,
        found: &mut Vec<Finding>,
        unknown: &mut Vec<&'a str>,
    ) {
        let Some(name) = self.tokens.as_deref() else { return };
        let Some(issued) = count(input, name, found, unknown) else { return };
        // The token that is asked for comes on top of those that were issued.
        if let Some(max) = self.max.filter(|max| issued >= i64::from(*max)) {
            let message = self.more_than(max, " tokens");
            found.push(Finding::deny("too-many-reissues", Severity::High, message));
        } else if let Some(alert) = self.alert.filter(|alert| issued >= i64::from(*alert)) {
            let message = self.more_than(alert, " tokens");
            found.push(Finding::advise("many-reissues", Severity::Low, message));
        }
    }

    fn judge_addresses<'a>(
        &'a self,
        input: &Input,
        found: &mut Vec<Finding>,
        unknown: &mut Vec<&'a str>,
    ) {
        let Some((name, most)) = &self.addresses else { return };
        let Some(addresses) = count(input, name, found, unknown) else { return };
        if addresses > i64::from(*most) {
            let message = self.more_than(*most, " addresses that ask for tokens");
            found.push(Finding::deny("too-many-addresses", Severity::High, message));
        }
    }

    fn more_than(&self, limit: u32, of_what: &str) -> String {
        let (limit, length) = (limit.to_string(), self.length.to_string());
        ["more than ", &limit, of_what, " within ", &length, " seconds"].concat()
    }
}

/// A count that is known; otherwise it is reported, or noted as unknown.
fn count<'a>(
    input: &Input,
    name: &'a str,
    found: &mut Vec<Finding>,
    unknown: &mut Vec<&'a str>,
) -> Option<i64> {
    match known(input, name) {
        Some(Value::Integer(count @ 0..)) => return Some(*count),
        Some(_) => found.push(malformed(name, "` is not a count")),
        None => unknown.push(name),
    }
    None
}

/// A fact that is known; `null` says that it is not.
fn known<'a>(input: &'a Input, fact: &str) -> Option<&'a Value> {
    input.fact(fact).filter(|value| **value != Value::Null)
}

fn finding(unknown: Unknown, rule: &str, message: String) -> Option<Finding> {
    match unknown {
        Unknown::Ignore => None,
        Unknown::Advise => Some(Finding::advise(rule, Severity::Low, message)),
        Unknown::Deny => Some(Finding::deny(rule, Severity::High, message)),
    }
}

fn malformed(fact: &str, message: &str) -> Finding {
    Finding::deny("malformed", Severity::High, ["`", fact, message].concat())
}

export_policy!(ReissueRate);
