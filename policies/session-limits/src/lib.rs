//! Sessions are few, in use, and not too old.

mod judge;
mod machine;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;

pub use settings::{Limit, SessionEffect, Settings, Treatment, Unknown};

use judge::Judgement;

/// How many live sessions the subject has; in phase issue, beside the one that begins.
const ACTIVE: &str = "session.active";
/// When the session began, in seconds since 1970.
const STARTED: &str = "session.started-at";
/// When the session was last used, in seconds since 1970.
const LAST_SEEN: &str = "session.last-seen-at";
/// `active`, `ended` or `revoked`.
const STATE: &str = "session.state";

/// Bounds the number, the idle time and the age of sessions.
pub struct SessionLimits {
    settings: Settings,
}

const ABOUT: About = About {
    name: "session-limits",
    version: env!("CARGO_PKG_VERSION"),
    title: "Sessions are few, in use, and not too old",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for SessionLimits {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            reads: Self { settings: Settings::default() }.reads(),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let errors = settings.errors();
        if errors.is_empty() { Ok(Self { settings }) } else { Err(errors) }
    }

    fn reads(&self) -> Reads {
        let settings = &self.settings;
        let exempt = settings.machine_clients == Treatment::Exempt;
        let absolute = settings.absolute != Limit::Unlimited;
        let chosen = |choices: &[(&'static str, bool)]| -> Vec<&'static str> {
            choices.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect()
        };
        let mut claims = chosen(&[
            ("/sub", exempt),
            ("/sid", exempt || settings.require_session_id),
            ("/auth_time", exempt || absolute),
        ]);
        if exempt {
            claims.extend(machine::CLAIMS);
        }
        let facts = chosen(&[
            (ACTIVE, settings.max_sessions != Limit::Unlimited),
            (STARTED, absolute),
            (LAST_SEEN, settings.idle != Limit::Unlimited),
            (STATE, true),
        ]);
        Reads { time: settings.needs_time(), ..Reads::claims(claims).and_facts(facts) }
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let needs_time = self.settings.needs_time();
        // Where time is not declared, nothing below asks for it.
        let Some(now) = input.now.or((!needs_time).then_some(0)) else {
            let message = "the present time is not given";
            return Verdict::permit().with(Finding::deny("malformed", Severity::High, message));
        };
        let mut judgement = Judgement::new(&self.settings, input, now);
        if !self.has_no_session(input) {
            judgement.judge();
        }
        let (mut verdict, until) = judgement.finish();
        if needs_time {
            verdict.changes_at(until);
        }
        verdict
    }
}

impl SessionLimits {
    /// Whether there is no session to judge.
    fn has_no_session(&self, input: &Input) -> bool {
        match input.kind() {
            // An issuer of logout tokens and the like begins no session by them. Whoever
            // uses one as if it were an access token is judged.
            Some(TokenKind::Other(_)) => input.phase == Phase::Issue,
            Some(TokenKind::Access) => {
                self.settings.machine_clients == Treatment::Exempt && machine::is_machine(input)
            }
            _ => false,
        }
    }
}

/// A fact that is known; `null` says that it is not.
fn known<'a>(input: &'a Input, fact: &str) -> Option<&'a Value> {
    input.fact(fact).filter(|value| **value != Value::Null)
}

export_policy!(SessionLimits);
