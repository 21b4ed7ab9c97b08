//! What is found of one session. A message names limits of the settings only,
//! so that it holds as long as the verdict.

use tokenward_policy::prelude::*;
use tokenward_policy::time::{Clock, Moment};

use crate::settings::{SessionEffect, Settings, Treatment, Unknown};
use crate::{ACTIVE, LAST_SEEN, STARTED, STATE, known};

/// A verdict in the making.
pub(crate) struct Judgement<'a> {
    settings: &'a Settings,
    input: &'a Input,
    clock: Clock,
    verdict: Verdict,
    /// What should be known and is not.
    unknown: Vec<&'static str>,
    /// How recent a step-up must be.
    max_age: Option<i64>,
}

/// What is said of a moment.
enum Time {
    Unknown,
    /// It is reported already.
    Malformed,
    At(Moment),
}

/// Whether anything remains to be judged.
#[derive(PartialEq)]
enum State {
    Live,
    Over,
}

impl<'a> Judgement<'a> {
    pub(crate) fn new(settings: &'a Settings, input: &'a Input, now: i64) -> Self {
        let (verdict, unknown) = (Verdict::permit(), Vec::new());
        Self { settings, input, clock: Clock::new(now), verdict, unknown, max_age: None }
    }

    pub(crate) fn judge(&mut self) {
        self.judge_id();
        // Of a session that is over, the rest is of no account.
        if self.judge_state() == State::Over {
            return;
        }
        self.judge_count();
        if !self.outlives_sessions() {
            self.judge_idle();
            self.judge_age();
        }
        self.judge_unknown();
    }

    /// The verdict, and the first moment at which it changes.
    pub(crate) fn finish(mut self) -> (Verdict, i64) {
        if let Some(max_age) = self.max_age {
            let max_age = Some(max_age.unsigned_abs());
            self.verdict.requirements.push(Requirement::step_up(Vec::new(), max_age));
        }
        (self.verdict, self.clock.until())
    }

    /// Whether this is a refresh token where one belongs. Whoever uses one as if it
    /// were an access token is judged in full.
    fn outlives_sessions(&self) -> bool {
        self.settings.refresh_tokens == Treatment::Exempt
            && matches!(self.input.kind(), Some(TokenKind::Refresh))
            && matches!(self.input.phase, Phase::Issue | Phase::Refresh)
    }

    fn judge_id(&mut self) {
        if !self.settings.require_session_id {
            return;
        }
        let finding = match self.input.claim("/sid") {
            None => Finding::deny("unknown-session", Severity::High, "the claim is missing"),
            Some(Value::Text(id)) if !id.is_empty() => return,
            Some(_) => malformed("the claim is not a text, or it is empty"),
        };
        self.tell(finding.at("/sid"));
    }

    fn judge_state(&mut self) -> State {
        match self.known(STATE) {
            None if self.settings.require_state => self.unknown(STATE),
            None => {}
            Some(Value::Text(state)) => {
                let message = match state.as_str() {
                    "active" => return State::Live,
                    "ended" => "the session has ended",
                    "revoked" => "the session was revoked",
                    _ => "the session is in a state other than `active`",
                };
                self.tell(Finding::deny("session-ended", Severity::High, message));
                return State::Over;
            }
            Some(_) => self.tell(malformed("`session.state` is not a text")),
        }
        State::Live
    }

    fn judge_count(&mut self) {
        let Some(max) = self.settings.max_sessions.most() else { return };
        match self.known(ACTIVE) {
            // Unlike the other facts, it is needed before a session begins.
            None => self.unknown.push(ACTIVE),
            Some(Value::Integer(active @ 0..)) => {
                // The session that begins is not among those already there.
                let begins = i64::from(self.input.phase == Phase::Issue);
                if active.saturating_add(begins) > max {
                    let message = more_than("the subject has more than ", max, " sessions");
                    self.tell(Finding::deny("too-many-sessions", Severity::High, message));
                }
            }
            Some(_) => self.tell(malformed("`session.active` is not a count")),
        }
    }

    fn judge_idle(&mut self) {
        let Some(max) = self.settings.idle.most() else { return };
        match self.time(LAST_SEEN, None) {
            Time::Unknown => self.unknown(LAST_SEEN),
            Time::Malformed => {}
            Time::At(last) => {
                if self.clock.has_reached(last.passed(max)) {
                    let message =
                        more_than("the session was not used for more than ", max, " seconds");
                    self.too_long("idle-too-long", message, max, None);
                }
            }
        }
    }

    fn judge_age(&mut self) {
        let Some(max) = self.settings.absolute.most() else { return };
        let auth_time = Some("/auth_time");
        let began = match (self.time(STARTED, None), self.time("/auth_time", auth_time)) {
            (Time::Unknown, Time::Unknown) => {
                return self.unknown("session.started-at` or the claim `auth_time");
            }
            (Time::At(started), Time::At(authenticated)) if authenticated < started => {
                (authenticated, auth_time)
            }
            (Time::At(started), _) => (started, None),
            (_, Time::At(authenticated)) => (authenticated, auth_time),
            _ => return,
        };
        if self.clock.has_reached(began.0.passed(max)) {
            let message = more_than("the session has lasted for more than ", max, " seconds");
            self.too_long("session-too-old", message, max, began.1);
        }
    }

    fn judge_unknown(&mut self) {
        let mut message = String::from("not known: `");
        for (at, name) in self.unknown.iter().enumerate() {
            if at > 0 {
                message.push_str("`, `");
            }
            message.push_str(name);
        }
        message.push('`');
        let rule = "unknown-session";
        if self.unknown.is_empty() {
            return;
        }
        match self.settings.unknown {
            Unknown::Ignore => {}
            Unknown::Advise => self.tell(Finding::advise(rule, Severity::Low, message)),
            Unknown::Deny => self.tell(Finding::deny(rule, Severity::High, message)),
        }
    }

    /// The session has lasted, or was idle, for more than `max` seconds.
    fn too_long(&mut self, rule: &str, message: String, max: i64, claim: Option<&str>) {
        let mut finding = match self.settings.effect {
            SessionEffect::Deny => Finding::deny(rule, Severity::High, message),
            SessionEffect::StepUp => {
                self.max_age = Some(self.max_age.map_or(max, |least| least.min(max)));
                Finding::require(rule, Severity::Medium, message)
            }
        };
        finding.claim = claim.map(Into::into);
        self.tell(finding);
    }

    /// The moment of a fact or a claim; reports it where it cannot be so.
    fn time(&mut self, name: &str, claim: Option<&str>) -> Time {
        let value = match claim {
            Some(claim) => self.input.claim(claim),
            None => self.known(name),
        };
        let Some(value) = value else { return Time::Unknown };
        let message = match Moment::read(value) {
            Some(moment) => {
                let skew = i64::from(self.settings.skew);
                if self.clock.has_reached(moment.within(skew)) {
                    return Time::At(moment);
                }
                more_than("` lies in the future by more than ", skew, " seconds")
            }
            None => "` is not a number of seconds between 1970 and the year 9999".into(),
        };
        let name = name.trim_start_matches('/');
        let mut finding = malformed(["`", name, &message].concat());
        finding.claim = claim.map(Into::into);
        self.tell(finding);
        Time::Malformed
    }

    fn known(&self, fact: &str) -> Option<&'a Value> {
        known(self.input, fact)
    }

    /// Of a session that begins there is nothing yet to know.
    fn unknown(&mut self, fact: &'static str) {
        if self.input.phase != Phase::Issue {
            self.unknown.push(fact);
        }
    }

    fn tell(&mut self, finding: Finding) {
        self.verdict.findings.push(finding);
    }
}

fn malformed(message: impl Into<String>) -> Finding {
    Finding::deny("malformed", Severity::High, message)
}

fn more_than(before: &str, limit: i64, after: &str) -> String {
    [before, &limit.to_string(), after].concat()
}
