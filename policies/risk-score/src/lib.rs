//! Scores what is known about a request, and asks for stronger authentication where the risk is high.

mod condition;
mod model;
mod rules;
mod score;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;

pub use condition::{Condition, Hours, Scalar, Test};
pub use settings::{
    Combine, Outcome, OverrideSettings, Percent, Profile, Settings, SignalSettings, StepUpSettings,
    Threshold, Unknown,
};

use condition::Answer;
use model::{Model, Watch};

/// Scores the risk of a request.
pub struct RiskScore {
    model: Model,
    step_up: StepUpSettings,
    report_unknown: bool,
}

impl Policy for RiskScore {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        let reads =
            Self::configure(Settings::default()).map_or_else(|_| Reads::nothing(), |p| p.reads());
        Descriptor {
            name: "risk-score".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            title: "High risk calls for stronger authentication".into(),
            description: include_str!("../description.md").into(),
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH | Phases::LOGIN,
            rules: rules::rules(),
            settings_schema: include_str!("../settings.schema.json").into(),
            reads,
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
    /// Unknown, because its value could not be read.
    Unreadable,
}

/// What a signal adds to the score.
enum Share {
    Tripped { points: u32, confidence: u8 },
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
        for candidate in &self.model.overrides {
            match observe(&candidate.watch, input) {
                Known::Tripped { .. } => {
                    if decided.is_none() || candidate.outcome == Outcome::Deny {
                        decided = Some(candidate);
                    }
                    if candidate.outcome == Outcome::Deny {
                        break;
                    }
                }
                Known::Unreadable => note(unreadable, &candidate.watch.name),
                Known::Clear | Known::Unknown => {}
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
            let known = observe(&signal.watch, input);
            if known == Known::Unreadable {
                note(unreadable, name);
            }
            if matches!(known, Known::Unknown | Known::Unreadable) {
                unknown.push(name);
            }
            let (points, confidence) = match self.share(signal, known) {
                Share::Tripped { points, confidence } => (points, Some(confidence)),
                Share::Unknown { points } => (points, None),
                Share::Nothing => continue,
            };
            let reason = reason(&signal.title, confidence);
            // Largest first; equal ones stay in the order of the settings.
            let at = factors.partition_point(|earlier| earlier.points >= points);
            factors.insert(at, RiskFactor { signal: name.to_owned(), points, reason });
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

    fn share(&self, signal: &model::Signal, known: Known) -> Share {
        let is_count = self.model.combine == Combine::Count;
        let points = |percent: u8| {
            if is_count { 1 } else { score::share(signal.weight, percent) }
        };
        let share = match (known, signal.unknown) {
            (Known::Tripped { confidence }, _) => {
                Share::Tripped { points: points(confidence), confidence }
            }
            (Known::Clear, _) | (Known::Unknown | Known::Unreadable, Unknown::Ignore) => {
                Share::Nothing
            }
            (Known::Unknown | Known::Unreadable, Unknown::Score) => {
                Share::Unknown { points: points(self.model.unknown_weight) }
            }
            (Known::Unknown | Known::Unreadable, Unknown::Trip) => {
                Share::Unknown { points: points(100) }
            }
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

/// What the input says of a signal; where it says more than one thing, the gravest.
fn observe(watch: &Watch, input: &Input) -> Known {
    let mut known = Known::Unknown;
    for signal in input.signals.iter().filter(|signal| signal.name == watch.name) {
        let confidence = signal.confidence.min(100);
        let is_too_old =
            watch.max_age.is_some_and(|max| signal.age_seconds.is_none_or(|age| age > max));
        if is_too_old || confidence < watch.min_confidence {
            continue;
        }
        known = match (watch.when.judge(&signal.value), known) {
            (Answer::Tripped, Known::Tripped { confidence: other }) => {
                Known::Tripped { confidence: confidence.max(other) }
            }
            (Answer::Tripped, _) => Known::Tripped { confidence },
            (_, Known::Tripped { .. }) | (Answer::Unknown, _) => known,
            (Answer::Unreadable, _) | (Answer::Clear, Known::Unreadable) => Known::Unreadable,
            (Answer::Clear, _) => Known::Clear,
        };
    }
    known
}

fn note<'a>(names: &mut Vec<&'a str>, name: &'a str) {
    if !names.contains(&name) {
        names.push(name);
    }
}

fn reason(title: &str, confidence: Option<u8>) -> String {
    let mut reason = String::from(title);
    match confidence {
        None => reason.push_str(", not known"),
        Some(confidence) => {
            reason.push_str(", with a confidence of ");
            reason.push_str(&confidence.to_string());
            reason.push_str(" %");
        }
    }
    reason
}

export_policy!(RiskScore);
