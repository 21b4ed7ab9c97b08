//! Tokens and sessions live only as long as they may, and their times make sense.

mod limits;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;
use tokenward_policy::time::{Clock, Moment};

pub use settings::{Limit, MissingAuthTime, PerKind, Reaction, SessionEffect, Settings};

use limits::{AllLimits, Limits};
use rules::{beyond, finding};

/// Bounds the lives of tokens and sessions.
pub struct LifetimeLimits {
    limits: AllLimits,
    max_session_age: Option<u32>,
    session_effect: SessionEffect,
    missing_auth_time: MissingAuthTime,
    missing_exp: Reaction,
    missing_iat: Reaction,
    future_times: Reaction,
    skew: i64,
}

const ABOUT: About = About {
    name: "lifetime-limits",
    version: env!("CARGO_PKG_VERSION"),
    title: "Tokens and sessions live only as long as they may",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for LifetimeLimits {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            reads: Self::new(&Settings::default()).reads(),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let policy = Self::new(&settings);
        let errors = limits::check(&settings, &policy.limits);
        if errors.is_empty() { Ok(policy) } else { Err(errors) }
    }

    fn reads(&self) -> Reads {
        let mut claims = vec!["/exp", "/iat", "/nbf"];
        if self.max_session_age.is_some() {
            claims.push("/auth_time");
        }
        Reads { time: self.needs_time(), ..Reads::claims(claims) }
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        // Where time is not declared, nothing below asks for it.
        let Some(now) = input.now.or((!self.needs_time()).then_some(0)) else {
            let message = "the present time is not given";
            return verdict.with(Finding::deny("malformed-time", Severity::High, message));
        };
        let mut clock = Clock::new(now);
        let limits = self.limits.of(input.kind());
        let found = &mut verdict.findings;
        let exp = read(input, "/exp", found);
        let iat = read(input, "/iat", found);
        let nbf = read(input, "/nbf", found);
        self.judge_end(exp, limits, &mut clock, found);
        self.judge_issue(iat, limits, &mut clock, found);
        self.judge_lifetime(exp, iat, limits, &mut clock, found);
        self.judge_start(nbf, exp, &mut clock, found);
        if let Some(max) = self.max_session_age
            && !matches!(input.kind(), Some(TokenKind::Other(_)))
        {
            self.judge_session(input, max, &mut clock, &mut verdict);
        }
        if self.needs_time() {
            verdict.changes_at(clock.until());
        }
        verdict
    }
}

/// What a claim says about time.
#[derive(Debug, Clone, Copy)]
enum Time {
    Absent,
    /// It is reported already.
    Malformed,
    At(Moment),
}

fn read(input: &Input, claim: &str, found: &mut Vec<Finding>) -> Time {
    let Some(value) = input.claim(claim) else { return Time::Absent };
    if let Some(moment) = Moment::read(value) {
        return Time::At(moment);
    }
    let message = "the claim is not a number of seconds between 1970 and the year 9999";
    found.push(Finding::deny("malformed-time", Severity::High, message).at(claim));
    Time::Malformed
}

impl LifetimeLimits {
    fn new(settings: &Settings) -> Self {
        Self {
            limits: AllLimits::new(settings),
            max_session_age: settings.max_session_age,
            session_effect: settings.session_effect,
            missing_auth_time: settings.missing_auth_time,
            missing_exp: settings.missing_exp,
            missing_iat: settings.missing_iat,
            future_times: settings.future_times,
            skew: settings.skew.into(),
        }
    }

    /// Without need of time, a verdict holds for the token's whole life.
    fn needs_time(&self) -> bool {
        self.future_times != Reaction::Ignore
            || self.missing_iat != Reaction::Deny
            || self.max_session_age.is_some()
            || self.limits.any(|limits| limits.max_remaining.or(limits.max_age).is_some())
    }

    fn judge_end(&self, exp: Time, limits: &Limits, clock: &mut Clock, found: &mut Vec<Finding>) {
        match exp {
            Time::Malformed => {}
            Time::Absent => {
                let message = "the claim is missing, so that the token has no end";
                found.extend(finding(
                    self.missing_exp,
                    "missing-exp",
                    Severity::High,
                    "/exp",
                    message,
                ));
            }
            Time::At(exp) => {
                if let Some(max) = limits.max_remaining
                    && !clock.has_reached(exp.within(max))
                {
                    let message = beyond("the token ends later from now than ", max);
                    found.push(
                        Finding::deny("remaining-too-long", Severity::High, message).at("/exp"),
                    );
                }
            }
        }
    }

    fn judge_issue(&self, iat: Time, limits: &Limits, clock: &mut Clock, found: &mut Vec<Finding>) {
        match iat {
            Time::Malformed => {}
            Time::Absent => {
                // A limit on the age cannot be kept where the age is not known.
                let reaction =
                    if limits.max_age.is_some() { Reaction::Deny } else { self.missing_iat };
                let message = "the claim is missing, so that the token's lifetime is not known";
                found.extend(finding(
                    reaction,
                    "unbounded-lifetime",
                    Severity::High,
                    "/iat",
                    message,
                ));
            }
            Time::At(iat) => {
                if self.future_times != Reaction::Ignore
                    && !clock.has_reached(iat.within(self.skew))
                {
                    let message = beyond("the moment lies in the future by more than ", self.skew);
                    found.extend(finding(
                        self.future_times,
                        "issued-in-future",
                        Severity::High,
                        "/iat",
                        &message,
                    ));
                }
                if let Some(max) = limits.max_age
                    && clock.has_reached(iat.passed(max))
                {
                    let message = beyond("the token was issued longer ago than ", max);
                    found.push(
                        Finding::deny("issued-too-long-ago", Severity::High, message).at("/iat"),
                    );
                }
            }
        }
    }

    fn judge_lifetime(
        &self,
        exp: Time,
        iat: Time,
        limits: &Limits,
        clock: &mut Clock,
        found: &mut Vec<Finding>,
    ) {
        let Time::At(exp) = exp else { return };
        let mut exceeds = |limit: i64| match iat {
            Time::At(iat) => exp.seconds_since(iat) > limit,
            // The token was issued now at the latest, so that it lives at least so long.
            Time::Absent if self.missing_iat != Reaction::Deny => {
                !clock.has_reached(exp.within(limit))
            }
            Time::Absent | Time::Malformed => false,
        };
        if let Some(max) = limits.max_lifetime
            && exceeds(max)
        {
            let message = beyond("the token lives longer than ", max);
            found.push(Finding::deny("lifetime-too-long", Severity::High, message).at("/exp"));
        } else if let Some(max) = limits.warn_lifetime
            && exceeds(max)
        {
            let message = beyond("the token lives longer than ", max);
            found.push(Finding::advise("long-lifetime", Severity::Low, message).at("/exp"));
        }
        if matches!(iat, Time::At(iat) if exp < iat) {
            let message = "the token ends before it was issued";
            found.push(Finding::deny("negative-lifetime", Severity::High, message).at("/exp"));
        }
    }

    fn judge_start(&self, nbf: Time, exp: Time, clock: &mut Clock, found: &mut Vec<Finding>) {
        let Time::At(nbf) = nbf else { return };
        if self.future_times != Reaction::Ignore && !clock.has_reached(nbf.within(self.skew)) {
            let message = beyond("the token begins in the future by more than ", self.skew);
            found.extend(finding(
                self.future_times,
                "not-yet-valid",
                Severity::High,
                "/nbf",
                &message,
            ));
        }
        if matches!(exp, Time::At(exp) if exp < nbf) {
            let message = "the token ends before it begins";
            found.push(Finding::deny("never-valid", Severity::High, message).at("/nbf"));
        }
    }

    fn judge_session(&self, input: &Input, max: u32, clock: &mut Clock, verdict: &mut Verdict) {
        let (rule, message, effect) = match read(input, "/auth_time", &mut verdict.findings) {
            Time::Malformed => return,
            Time::Absent => (
                "unknown-session-age",
                "the claim is missing, so that the age of the session is not known".to_owned(),
                self.missing_auth_time,
            ),
            Time::At(start) => {
                // However `future_times` stands: a session from the future would never grow old.
                if !clock.has_reached(start.within(self.skew)) {
                    let message = beyond("the moment lies in the future by more than ", self.skew);
                    verdict.findings.push(
                        Finding::deny("issued-in-future", Severity::High, message).at("/auth_time"),
                    );
                }
                if !clock.has_reached(start.passed(i64::from(max))) {
                    return;
                }
                let message = beyond("the user authenticated longer ago than ", max.into());
                ("session-too-old", message, self.session_effect.into())
            }
        };
        let finding = match effect {
            MissingAuthTime::Ignore => return,
            MissingAuthTime::Advise => Finding::advise(rule, Severity::Low, message),
            MissingAuthTime::Deny => Finding::deny(rule, Severity::High, message),
            MissingAuthTime::StepUp => {
                verdict.requirements.push(Requirement::step_up(Vec::new(), Some(max.into())));
                Finding::require(rule, Severity::Medium, message)
            }
        };
        verdict.findings.push(finding.at("/auth_time"));
    }
}

impl From<SessionEffect> for MissingAuthTime {
    fn from(effect: SessionEffect) -> Self {
        match effect {
            SessionEffect::Advise => Self::Advise,
            SessionEffect::StepUp => Self::StepUp,
            SessionEffect::Deny => Self::Deny,
        }
    }
}

export_policy!(LifetimeLimits);
