//! Scores what is known about a request, and asks for stronger authentication where the risk is high.

mod condition;
mod model;
mod rules;
mod score;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;
use tokenward_policy::text::push_number;

pub use condition::{Condition, Hours, Scalar, Test};
pub use settings::{
    Combine, Outcome, OverrideSettings, Percent, Profile, Settings, SignalSettings, StepUpSettings,
    Threshold, Unknown, Unreadable,
};

use condition::Answer;
use model::{Model, Watch};

/// Scores the risk of a request.
pub struct RiskScore {
    model: Model,
    step_up: StepUpSettings,
    report_unknown: bool,
}

const ABOUT: About = About {
    name: "risk-score",
    version: env!("CARGO_PKG_VERSION"),
    title: "High risk calls for stronger authentication",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for RiskScore {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        let reads =
            Self::configure(Settings::default()).map_or_else(|_| Reads::nothing(), |p| p.reads());
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH | Phases::LOGIN,
            reads,
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        Ok(Self {
            model: Model::new(&settings)?,
            step_up: settings.step_up,
            report_unknown: settings.report_unknown,
        })
    }

    fn reads(&self) -> Reads {
        let mut names: Vec<&str> = Vec::new();
        let counted = self.model.signals.iter().map(|signal| &signal.watch);
        for watch in counted.chain(self.model.overrides.iter().map(|o| &o.watch)) {
            if !names.contains(&watch.name.as_str()) {
                names.push(&watch.name);
            }
        }
        Reads::nothing().and_signals(names)
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        let mut unreadable = Vec::new();
        let decided = self.judge_overrides(input, &mut unreadable, &mut verdict);
        let score = self.judge_signals(input, &mut unreadable, &mut verdict);
        if decided != Some(Outcome::Permit)
            && let Some((outcome, threshold)) = self.outcome(score)
        {
            verdict.findings.push(rules::by_score(outcome, self.model.combine, score, threshold));
        }
        if verdict.findings.iter().any(|finding| finding.effect == Effect::Require) {
            let StepUpSettings { acr_values, max_age } = &self.step_up;
            verdict.requirements.push(Requirement::step_up(acr_values.clone(), Some(*max_age)));
        }
        if !unreadable.is_empty() {
            verdict.findings.push(rules::unreadable(&unreadable));
        }
        verdict
    }
}

/// What is known of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Tripped {
        confidence: u8,
    },
    Clear,
    Unknown,
    /// Its value is of another type than its condition.
    Unreadable,
}

impl Known {
    /// Of two that sources say of one signal, the one that weighs more counts.
    fn gravity(self, unreadable: Unreadable) -> u8 {
        match (self, unreadable) {
            (Self::Unknown, _) => 0,
            (Self::Clear, _) => 1,
            (Self::Unreadable, Unreadable::Unknown) => 2,
            (Self::Tripped { confidence }, _) => confidence.saturating_add(3),
            (Self::Unreadable, Unreadable::Trip) => u8::MAX,
        }
    }
}

/// What a signal adds to the score.
enum Share {
    Tripped { points: u32, confidence: u8 },
    Unreadable { points: u32 },
    Unknown { points: u32 },
    Nothing,
}

impl RiskScore {
    /// Denials first, whatever their place: no other override is to hide one.
    fn judge_overrides<'a>(
        &'a self,
        input: &Input,
        unreadable: &mut Vec<&'a str>,
        verdict: &mut Verdict,
    ) -> Option<Outcome> {
        let mut decided = None;
        let mut is_denied = false;
        for candidate in &self.model.overrides {
            let known = self.observe(&candidate.watch, input);
            if known == Known::Unreadable {
                note(unreadable, &candidate.watch.name);
            }
            let is_match = match known {
                Known::Tripped { .. } => true,
                // What cannot be read may make the outcome graver, never milder.
                Known::Unreadable => {
                    self.model.unreadable == Unreadable::Trip
                        && candidate.outcome != Outcome::Permit
                }
                Known::Clear | Known::Unknown => false,
            };
            let is_denial = candidate.outcome == Outcome::Deny;
            if is_match && !is_denied && (decided.is_none() || is_denial) {
                decided = Some(candidate);
                is_denied = is_denial;
            }
        }
        let decided = decided?;
        verdict.findings.push(rules::by_override(decided.outcome, &decided.watch.name));
        Some(decided.outcome)
    }

    fn judge_signals<'a>(
        &'a self,
        input: &Input,
        unreadable: &mut Vec<&'a str>,
        verdict: &mut Verdict,
    ) -> u32 {
        let model = &self.model;
        let mut factors: Vec<RiskFactor> = Vec::new();
        let mut unknown = Vec::new();
        for signal in &model.signals {
            let name = signal.watch.name.as_str();
            let mut known = self.observe(&signal.watch, input);
            if known == Known::Unreadable {
                note(unreadable, name);
                if model.unreadable == Unreadable::Unknown {
                    known = Known::Unknown;
                }
            }
            if known == Known::Unknown {
                unknown.push(name);
            }
            let share = self.share(signal, known);
            let (Share::Tripped { points, .. }
            | Share::Unreadable { points }
            | Share::Unknown { points }) = share
            else {
                continue;
            };
            let reason = reason(&signal.title, &share);
            // Largest first; equal ones stay in the order of the settings.
            let at = factors.partition_point(|earlier| earlier.points >= points);
            let factor = RiskFactor { signal: name.to_owned(), points, reason };
            tokenward_policy::list::insert(&mut factors, at, factor);
        }
        let score = score::combine(model.combine, factors.iter().map(|factor| factor.points));
        let is_any_known = unknown.len() < model.signals.len();
        if is_any_known || !factors.is_empty() {
            verdict.risk = Some(Risk { score: score.min(score::FULL), factors });
            if !unknown.is_empty() {
                let names = unknown.iter().map(|name| (*name).to_owned()).collect();
                verdict
                    .facts
                    .push(Fact { name: "unknown-signals".into(), value: Value::Texts(names) });
            }
        }
        if self.report_unknown && !unknown.is_empty() {
            verdict.findings.push(rules::unknown(&unknown));
        }
        score
    }

    /// What the input says of a signal; where it says more than one thing, the gravest.
    fn observe(&self, watch: &Watch, input: &Input) -> Known {
        let mut known = Known::Unknown;
        for signal in input.signals.iter().filter(|signal| signal.name == watch.name) {
            let confidence = signal.confidence.min(100);
            let is_too_old =
                watch.max_age.is_some_and(|max| signal.age_seconds.is_none_or(|age| age > max));
            if is_too_old || confidence < watch.min_confidence {
                continue;
            }
            let seen = match watch.when.judge(&signal.value) {
                Answer::Tripped => Known::Tripped { confidence },
                Answer::Clear => Known::Clear,
                Answer::Unknown => Known::Unknown,
                Answer::Unreadable => Known::Unreadable,
            };
            let mode = self.model.unreadable;
            if seen.gravity(mode) > known.gravity(mode) {
                known = seen;
            }
        }
        known
    }

    fn share(&self, signal: &model::Signal, known: Known) -> Share {
        let is_count = self.model.combine == Combine::Count;
        let points = |percent: u8| {
            if is_count { 1 } else { score::share(signal.weight, percent) }
        };
        let share = match (known, signal.unknown) {
            (Known::Tripped { confidence }, _) => {
                Share::Tripped { points: points(confidence), confidence }
            }
            (Known::Unreadable, _) => Share::Unreadable { points: points(100) },
            (Known::Clear, _) | (Known::Unknown, Unknown::Ignore) => Share::Nothing,
            (Known::Unknown, Unknown::Score) => {
                Share::Unknown { points: points(self.model.unknown_weight) }
            }
            (Known::Unknown, Unknown::Trip) => Share::Unknown { points: points(100) },
        };
        match share {
            Share::Tripped { points: 0, .. } | Share::Unknown { points: 0 } => Share::Nothing,
            share => share,
        }
    }

    /// The gravest outcome whose threshold the score reaches, and that threshold.
    fn outcome(&self, score: u32) -> Option<(Outcome, u32)> {
        let Model { warn_at, step_up_at, deny_at, .. } = self.model;
        [(Outcome::Deny, deny_at), (Outcome::StepUp, step_up_at), (Outcome::Warn, warn_at)]
            .into_iter()
            .filter_map(|(outcome, threshold)| Some((outcome, threshold?)))
            .find(|(_, threshold)| score >= *threshold)
    }
}

fn note<'a>(names: &mut Vec<&'a str>, name: &'a str) {
    if !names.contains(&name) {
        names.push(name);
    }
}

fn reason(title: &str, share: &Share) -> String {
    let mut reason = String::from(title);
    match share {
        Share::Unknown { .. } => reason.push_str(", not known"),
        Share::Unreadable { .. } => reason.push_str(", not readable"),
        Share::Tripped { confidence, .. } => {
            reason.push_str(", with a confidence of ");
            push_number(&mut reason, u64::from(*confidence));
            reason.push_str(" %");
        }
        Share::Nothing => {}
    }
    reason
}

export_policy!(RiskScore);
