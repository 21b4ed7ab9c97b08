//! The rule that the settings make: profiles filled in, and nonsense refused.

use tokenward_policy::SettingError;
use tokenward_policy::text::{item, join};

use crate::condition::{Condition, Test};
use crate::score::combine;
use crate::settings::{
    Combine, Outcome, OverrideSettings, Percent, Profile, Settings, SignalSettings, Threshold,
    Unknown, Unreadable,
};

/// The rule.
pub(crate) struct Model {
    pub(crate) signals: Vec<Signal>,
    pub(crate) combine: Combine,
    pub(crate) unknown_weight: u8,
    pub(crate) unreadable: Unreadable,
    pub(crate) warn_at: Option<u32>,
    pub(crate) step_up_at: Option<u32>,
    pub(crate) deny_at: Option<u32>,
    pub(crate) overrides: Vec<Override>,
}

/// A signal that counts.
pub(crate) struct Signal {
    pub(crate) title: String,
    pub(crate) weight: u8,
    pub(crate) unknown: Unknown,
    pub(crate) watch: Watch,
}

/// A signal that decides whatever the score.
pub(crate) struct Override {
    pub(crate) outcome: Outcome,
    pub(crate) watch: Watch,
}

/// What is observed of a signal.
pub(crate) struct Watch {
    pub(crate) name: String,
    pub(crate) when: Condition,
    pub(crate) min_confidence: u8,
    pub(crate) max_age: Option<u64>,
}

/// The signals of the built-in profiles: name, title, weight. The first four are
/// those of the classic profile, of which any two reach the threshold for
/// stronger authentication by weight too.
const BUILT_IN: [(&str, &str, u8); 8] = [
    ("unusual-location", "unusual location", 25),
    ("unusual-time", "unusual time", 20),
    ("failed-attempts", "failed attempts", 25),
    ("new-device", "new device", 25),
    ("ip-reputation", "ill-reputed IP address", 30),
    ("impossible-travel", "impossible travel", 50),
    ("tor-exit", "Tor exit node", 35),
    ("breached-credential", "breached credential", 60),
];
const CLASSIC: usize = 4;
/// Signals, the profile's among them, and overrides: each may add to a verdict.
const MOST_SIGNALS: usize = 128;
const MOST_OVERRIDES: usize = 128;
const MOST_ACR_VALUES: usize = 16;
/// What a verdict may ask for, in bytes.
const LONGEST_ACR_VALUE: usize = 256;
const LONGEST_NAME: usize = 128;
/// In characters: it stands in reasons.
const LONGEST_TITLE: usize = 200;
/// The IP reputation, 0 to 100, from which it is ill.
const ILL_REPUTE: f64 = 70.0;
const WARN_AT: u32 = 20;
const STEP_UP_AT: u32 = 40;
const DENY_AT: u32 = 90;

impl Model {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Vec<SettingError>> {
        let mut errors = Errors(Vec::new());
        errors.check_settings(settings);
        let combine = match settings.profile {
            Profile::Classic => Combine::Count,
            Profile::Custom | Profile::Weighted => settings.combine.unwrap_or(Combine::Sum),
        };
        let mut model = Self {
            signals: signals(settings, combine, &mut errors),
            combine,
            unknown_weight: settings.unknown_weight.get(),
            unreadable: settings.unreadable,
            warn_at: score(settings.warn_at),
            step_up_at: score(settings.step_up_at),
            deny_at: score(settings.deny_at),
            overrides: Vec::new(),
        };
        model.fill_thresholds(settings);
        model.check_thresholds(settings, &mut errors);
        if settings.overrides.len() > MOST_OVERRIDES {
            errors.push("/overrides", "has too many overrides; give at most 128");
        }
        for (index, settings) in settings.overrides.iter().enumerate().take(MOST_OVERRIDES) {
            let made = model.make_override(index, settings, &mut errors);
            model.overrides.extend(made);
        }
        if errors.0.is_empty() { Ok(model) } else { Err(errors.0) }
    }

    /// The profile's thresholds where the settings give none.
    fn fill_thresholds(&mut self, settings: &Settings) {
        match settings.profile {
            Profile::Custom => {}
            Profile::Classic => self.step_up_at = Some(2),
            Profile::Weighted => {
                for (threshold, given, default) in [
                    (&mut self.warn_at, settings.warn_at, WARN_AT),
                    (&mut self.step_up_at, settings.step_up_at, STEP_UP_AT),
                    (&mut self.deny_at, settings.deny_at, DENY_AT),
                ] {
                    if given.is_none() {
                        *threshold = Some(default);
                    }
                }
            }
        }
    }

    /// Those that the settings give; one of the profile that a stricter one
    /// hides does no harm.
    fn check_thresholds(&self, settings: &Settings, errors: &mut Errors) {
        let points = self.signals.iter().map(|signal| u32::from(signal.weight));
        let most = combine(self.combine, points);
        let next = self.deny_at.unwrap_or(u32::MAX);
        let checks = [
            ("/warn-at", settings.warn_at, self.warn_at, self.step_up_at.unwrap_or(next).min(next)),
            ("/step-up-at", settings.step_up_at, self.step_up_at, next),
            ("/deny-at", settings.deny_at, self.deny_at, u32::MAX),
        ];
        for (path, given, threshold, next) in checks {
            let (Some(_), Some(threshold)) = (given, threshold) else { continue };
            if threshold > next {
                errors.push(
                    path,
                    "is above the threshold of a graver outcome; \
                     let `warn-at` be at most `step-up-at`, and that at most `deny-at`",
                );
            } else if threshold > most && settings.profile != Profile::Classic {
                errors.push(
                    path,
                    "is above every score that the signals can make, so that it is \
                     never reached; give a lower one, more weight, or `never`",
                );
            }
        }
    }

    fn make_override(
        &self,
        index: usize,
        settings: &OverrideSettings,
        errors: &mut Errors,
    ) -> Option<Override> {
        let at = |member: &str| join(&[&item("/overrides", index), "/", member]);
        errors.check_name(at("signal"), &settings.signal);
        errors.check_condition(at("when"), settings.when.as_ref());
        let Some(outcome) = settings.outcome else {
            errors.push(at("outcome"), "is missing; give `permit`, `warn`, `step-up` or `deny`");
            return None;
        };
        // To let a request pass takes certainty.
        let default = if outcome == Outcome::Permit { 100 } else { 0 };
        let mut watch = Watch {
            name: settings.signal.clone(),
            when: settings.when.clone().unwrap_or(Condition::True),
            min_confidence: settings.min_confidence.map_or(default, Percent::get),
            max_age: settings.max_age,
        };
        // What is too doubtful or too old to count is so for an override too.
        if let Some(signal) = self.signals.iter().find(|s| s.watch.name == watch.name) {
            watch.min_confidence = watch.min_confidence.max(signal.watch.min_confidence);
            watch.max_age = watch.max_age.into_iter().chain(signal.watch.max_age).min();
        }
        Some(Override { outcome, watch })
    }
}

fn score(threshold: Option<Threshold>) -> Option<u32> {
    match threshold {
        Some(Threshold::At(score)) => Some(score),
        Some(Threshold::Never) | None => None,
    }
}

/// The signals of the profile, as the settings change them, then those that the
/// settings add; without those of weight 0.
fn signals(settings: &Settings, combine: Combine, errors: &mut Errors) -> Vec<Signal> {
    let built_in = match settings.profile {
        Profile::Custom => 0,
        Profile::Classic => CLASSIC,
        Profile::Weighted => BUILT_IN.len(),
    };
    let mut signals: Vec<Signal> = BUILT_IN
        .iter()
        .take(built_in)
        .map(|(name, title, weight)| Signal {
            title: (*title).to_owned(),
            weight: *weight,
            unknown: settings.unknown,
            watch: Watch {
                name: (*name).to_owned(),
                when: match *name {
                    "failed-attempts" => {
                        Condition::Test(Test::AtLeast(f64::from(settings.failed_attempts_at)))
                    }
                    "ip-reputation" => Condition::Test(Test::AtLeast(ILL_REPUTE)),
                    _ => Condition::True,
                },
                min_confidence: 0,
                max_age: None,
            },
        })
        .collect();
    for (index, given) in settings.signals.iter().enumerate().take(MOST_SIGNALS) {
        errors.check_signal(index, settings, combine);
        let present = signals.iter().position(|signal| signal.watch.name == given.name);
        match present.and_then(|at| signals.get_mut(at)) {
            Some(signal) => signal.change(given),
            None => signals.push(Signal::new(given, settings.unknown)),
        }
    }
    signals.retain(|signal| signal.weight > 0);
    if settings.signals.len() > MOST_SIGNALS || signals.len() > MOST_SIGNALS {
        errors
            .push("/signals", "has too many signals; give at most 128, with those of the profile");
    }
    signals
}

impl Signal {
    fn new(settings: &SignalSettings, unknown: Unknown) -> Self {
        let mut signal = Self {
            title: settings.name.clone(),
            weight: 1, // where signals are counted, any weight will do
            unknown,
            watch: Watch {
                name: settings.name.clone(),
                when: Condition::True,
                min_confidence: 0,
                max_age: None,
            },
        };
        signal.change(settings);
        signal
    }

    fn change(&mut self, settings: &SignalSettings) {
        if let Some(title) = &settings.title {
            self.title.clone_from(title);
        }
        if let Some(when) = &settings.when {
            self.watch.when = when.clone();
        }
        self.weight = settings.weight.map_or(self.weight, Percent::get);
        self.unknown = settings.unknown.unwrap_or(self.unknown);
        self.watch.min_confidence =
            settings.min_confidence.map_or(self.watch.min_confidence, Percent::get);
        self.watch.max_age = settings.max_age.or(self.watch.max_age);
    }
}

/// What is wrong with the settings.
struct Errors(Vec<SettingError>);

impl Errors {
    fn push(&mut self, path: impl Into<String>, message: &str) {
        self.0.push(SettingError::new(path, message));
    }

    fn check_settings(&mut self, settings: &Settings) {
        match settings.profile {
            Profile::Classic => self.check_classic(settings),
            Profile::Weighted if settings.combine == Some(Combine::Count) => {
                self.push(
                    "/combine",
                    "cannot be `count` in the profile `weighted`; \
                     give `sum` or `noisy-or`, or the profile `custom`",
                );
            }
            Profile::Custom if settings.signals.is_empty() && settings.overrides.is_empty() => {
                self.push(
                    "/signals",
                    "is empty, which the profile `custom` does not allow; \
                     give signals or overrides, or another profile",
                );
            }
            Profile::Custom | Profile::Weighted => {}
        }
        let is_count =
            settings.profile == Profile::Classic || settings.combine == Some(Combine::Count);
        if is_count && settings.unknown == Unknown::Score {
            self.push("/unknown", COUNTED);
        }
        if settings.failed_attempts_at == 0 {
            self.push("/failed-attempts-at", "is 0, which every request reaches; give 1 or more");
        }
        if settings.step_up.max_age == 0 {
            self.push("/step-up/max-age", "is 0, which no authentication meets; give 1 or more");
        }
        let acr_values = &settings.step_up.acr_values;
        if acr_values.len() > MOST_ACR_VALUES {
            self.push(
                "/step-up/acr-values",
                "has too many authentication contexts; give at most 16",
            );
        }
        for (index, acr) in acr_values.iter().enumerate().take(MOST_ACR_VALUES) {
            let fits = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
            if !(1..=LONGEST_ACR_VALUE).contains(&acr.len()) || !acr.bytes().all(fits) {
                self.push(
                    item("/step-up/acr-values", index),
                    "is no authentication context; give 1 to 256 visible ascii characters \
                     without blank, `\"` and `\\`",
                );
            }
        }
    }

    fn check_classic(&mut self, settings: &Settings) {
        let given = [
            ("/signals", !settings.signals.is_empty()),
            ("/combine", settings.combine.is_some()),
            ("/warn-at", settings.warn_at.is_some()),
            ("/step-up-at", settings.step_up_at.is_some()),
            ("/deny-at", settings.deny_at.is_some()),
            ("/overrides", !settings.overrides.is_empty()),
        ];
        for (path, is_given) in given {
            if is_given {
                self.push(
                    path,
                    "is fixed in the profile `classic`; leave it out, or give the \
                     profile `custom`",
                );
            }
        }
    }

    fn check_signal(&mut self, index: usize, settings: &Settings, combine: Combine) {
        let Some(signal) = settings.signals.get(index) else { return };
        let at = |member: &str| join(&[&item("/signals", index), "/", member]);
        self.check_name(at("name"), &signal.name);
        if settings.signals.iter().take(index).any(|earlier| earlier.name == signal.name) {
            self.push(at("name"), "is given twice; name each signal once");
        }
        let is_unfit =
            |t: &String| t.chars().count() > LONGEST_TITLE || t.contains(char::is_control);
        if signal.title.as_ref().is_some_and(is_unfit) {
            self.push(
                at("title"),
                "is too long or holds control characters; give at most 200 characters in one line",
            );
        }
        let has_default = settings.profile == Profile::Weighted
            && BUILT_IN.iter().any(|(name, ..)| *name == signal.name);
        if signal.weight.is_none() && combine != Combine::Count && !has_default {
            self.push(at("weight"), "is missing; give 0 to 100 points");
        }
        self.check_condition(at("when"), signal.when.as_ref());
        if combine == Combine::Count && signal.unknown == Some(Unknown::Score) {
            self.push(at("unknown"), COUNTED);
        }
    }

    fn check_name(&mut self, path: String, name: &str) {
        if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_graphic())
        {
            self.push(
                path,
                "is no name of a signal; give 1 to 128 visible ascii characters, such as \
                 `new-device`",
            );
        }
    }

    fn check_condition(&mut self, path: String, condition: Option<&Condition>) {
        if let Some(error) = condition.and_then(Condition::error) {
            self.push(path, error);
        }
    }
}

const COUNTED: &str = "cannot be `score` where signals are counted; give `ignore` or `trip`";
