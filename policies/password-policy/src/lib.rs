//! Passwords are long, not known to attackers, and as the profile asks.

mod class;
mod method;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;

pub use class::{Class, Required};
pub use settings::{MaxAge, Profile, Reaction, Settings};

use class::{FACTS, Has};
use method::Method;

/// How the user logs in.
const METHOD: &str = "login.method";
/// The number of Unicode code points.
const LENGTH: &str = "password.length";
/// Seconds since it was set.
const AGE: &str = "password.age";

/// The facts of which `true` is a fault, with the rule and what is said.
const FAULTS: [(&str, &str, &str); 3] = [
    ("password.breached", "breached", "the password is known from a breach"),
    ("password.common", "common", "the password is a common one"),
    (
        "password.contains-name",
        "contains-name",
        "the password contains the name of its user or of the service",
    ),
];

/// Judges the password of a log-in by what is told of it.
pub struct PasswordPolicy {
    min_length: u32,
    max_length: Option<u32>,
    classes: Required,
    max_age: Option<i64>,
    expired: Reaction,
    /// In the order of [`FAULTS`].
    faults: [Reaction; 3],
    unknown: Reaction,
    password_methods: Vec<String>,
}

const ABOUT: About = About {
    name: "password-policy",
    version: env!("CARGO_PKG_VERSION"),
    title: "Passwords are long, not known to attackers, and as the profile asks",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for PasswordPolicy {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::LOGIN,
            reads: Self::new(Settings::default()).reads(),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let errors = settings.errors();
        if errors.is_empty() { Ok(Self::new(settings)) } else { Err(errors) }
    }

    fn reads(&self) -> Reads {
        let mut facts = vec![METHOD, LENGTH];
        for (at, fact) in FACTS.into_iter().enumerate() {
            facts.extend(self.classes.needs(at).then_some(fact));
        }
        facts.extend(self.max_age.map(|_| AGE));
        for ((fact, _, _), reaction) in FAULTS.iter().zip(self.faults) {
            facts.extend((reaction != Reaction::Ignore).then_some(*fact));
        }
        Reads::nothing().and_facts(facts)
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        let found = &mut verdict.findings;
        if !self.is_password(input, found) {
            return verdict;
        }
        let mut unknown = Vec::new();
        self.judge_length(input, found, &mut unknown);
        self.judge_classes(input, found, &mut unknown);
        self.judge_age(input, found, &mut unknown);
        self.judge_faults(input, found, &mut unknown);
        self.judge_unknown(&unknown, found);
        verdict
    }
}

impl PasswordPolicy {
    fn new(settings: Settings) -> Self {
        let (classes, max_age, fault) = match settings.profile {
            Profile::Nist => (0, MaxAge::Unlimited, Reaction::Deny),
            Profile::Classic => (4, MaxAge::Seconds(7_776_000), Reaction::Ignore),
        };
        let faults = [settings.breached, settings.common, settings.contains_name];
        Self {
            min_length: settings.min_length.unwrap_or(12),
            max_length: settings.max_length,
            classes: settings.classes.unwrap_or(Required::AtLeast(classes)),
            max_age: match settings.max_age.unwrap_or(max_age) {
                MaxAge::Seconds(seconds) => Some(seconds),
                MaxAge::Unlimited => None,
            },
            expired: settings.expired.unwrap_or(Reaction::Deny),
            faults: faults.map(|reaction| reaction.unwrap_or(fault)),
            unknown: settings.unknown,
            password_methods: settings.password_methods,
        }
    }

    /// Whether a password is used, or may be. One whose length is told is there,
    /// whatever the method.
    fn is_password(&self, input: &Input, found: &mut Vec<Finding>) -> bool {
        let method = Method::read(known(input, METHOD), &self.password_methods);
        if method == Method::Malformed {
            found.push(malformed(METHOD, "` is not a text, or it is empty"));
        }
        method != Method::Other || known(input, LENGTH).is_some()
    }

    fn judge_length(&self, input: &Input, found: &mut Vec<Finding>, unknown: &mut Unknowns) {
        match known(input, LENGTH) {
            None => unknown.push(LENGTH),
            Some(Value::Integer(length @ 0..)) => {
                if *length < i64::from(self.min_length) {
                    let message =
                        with_number("shorter than ", self.min_length.into(), " characters");
                    found.push(Finding::deny("too-short", Severity::High, message));
                }
                if let Some(max) = self.max_length
                    && *length > i64::from(max)
                {
                    let message = with_number("longer than ", max.into(), " characters");
                    found.push(Finding::deny("too-long", Severity::Medium, message));
                }
            }
            Some(_) => found.push(malformed(LENGTH, "` is not a number of characters")),
        }
    }

    fn judge_classes(&self, input: &Input, found: &mut Vec<Finding>, unknown: &mut Unknowns) {
        let mut facts = [Has::Unknown; 4];
        for (at, (name, has)) in FACTS.into_iter().zip(&mut facts).enumerate() {
            // What does not matter is not given either.
            if self.classes.needs(at) {
                *has = Has::read(input.fact(name));
            }
            if *has == Has::Malformed {
                found.push(malformed(name, NO_BOOLEAN));
            }
        }
        match self.classes.met(facts) {
            Has::No => {
                let message = self.classes.message();
                found.push(Finding::deny("missing-class", Severity::High, message));
            }
            Has::Unknown => {
                for (at, name) in FACTS.into_iter().enumerate() {
                    unknown.extend(self.classes.waits_for(at, facts).then_some(name));
                }
            }
            Has::Yes | Has::Malformed => {}
        }
    }

    fn judge_age(&self, input: &Input, found: &mut Vec<Finding>, unknown: &mut Unknowns) {
        let Some(max) = self.max_age else { return };
        let too_old = match known(input, AGE) {
            None => return unknown.push(AGE),
            Some(Value::Integer(age @ 0..)) => *age > max,
            #[allow(clippy::cast_precision_loss, reason = "a limit is below 2^53")]
            Some(Value::Number(age)) if *age >= 0.0 => *age > max as f64,
            Some(_) => return found.push(malformed(AGE, "` is not a number of seconds")),
        };
        if too_old {
            let message = with_number("older than ", max, " seconds");
            found.extend(finding(self.expired, "expired", message));
        }
    }

    fn judge_faults(&self, input: &Input, found: &mut Vec<Finding>, unknown: &mut Unknowns) {
        for ((fact, rule, message), reaction) in FAULTS.into_iter().zip(self.faults) {
            if reaction == Reaction::Ignore {
                continue;
            }
            match Has::read(input.fact(fact)) {
                Has::No => {}
                Has::Yes => found.extend(finding(reaction, rule, message.into())),
                Has::Unknown => unknown.push(fact),
                Has::Malformed => found.push(malformed(fact, NO_BOOLEAN)),
            }
        }
    }

    fn judge_unknown(&self, unknown: &[&str], found: &mut Vec<Finding>) {
        if !unknown.is_empty() {
            let message = ["not known: `", &unknown.join("`, `"), "`"].concat();
            found.extend(finding(self.unknown, "unknown-password", message));
        }
    }
}

/// Facts that matter and are not known.
type Unknowns = Vec<&'static str>;

const NO_BOOLEAN: &str = "` is neither `true` nor `false`";

/// A fact that is known; `null` says that it is not.
fn known<'a>(input: &'a Input, fact: &str) -> Option<&'a Value> {
    input.fact(fact).filter(|value| **value != Value::Null)
}

fn finding(reaction: Reaction, rule: &str, message: String) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message)),
        Reaction::Deny => Some(Finding::deny(rule, Severity::High, message)),
    }
}

fn malformed(fact: &str, message: &str) -> Finding {
    Finding::deny("malformed", Severity::High, ["`", fact, message].concat())
}

fn with_number(before: &str, limit: i64, after: &str) -> String {
    ["the password is ", before, &limit.to_string(), after].concat()
}

export_policy!(PasswordPolicy);
