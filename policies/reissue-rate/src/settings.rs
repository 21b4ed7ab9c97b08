//! The settings, as a bundle gives them, and what they must hold.

use tokenward_policy::{FromSettings, SettingError, pointer};

/// The longest window: a year.
const LONGEST: u32 = 31_536_000;
/// The largest count that a limit may be.
const LARGEST: u32 = 1_000_000;
/// The most windows.
const MOST: usize = 16;

/// What a bundle may set.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// What is too often, for each window.
    pub limits: Vec<Limit>,
    /// What happens when a refresh token was used before.
    pub reuse: Reuse,
    /// What happens when it is not known how often tokens were issued.
    pub unknown: Unknown,
    /// What happens when it is not known whether a refresh token was used before.
    pub unknown_reuse: Unknown,
}

/// What is too often within one window. The window is required, and one of the others.
#[derive(Debug, Clone, Copy, Default, FromSettings)]
#[settings(default)]
pub struct Limit {
    /// The window, in seconds up to now.
    pub window: u32,
    /// The number of tokens issued beyond which one more is reported.
    pub alert: Option<u32>,
    /// The number of tokens issued beyond which one more is refused.
    pub max: Option<u32>,
    /// The most addresses from which tokens were asked for.
    pub max_addresses: Option<u32>,
}

/// What happens when a refresh token was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Reuse {
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// What happens when something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Unknown {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

impl Default for Settings {
    fn default() -> Self {
        let limit = |window, alert, max| Limit {
            window,
            alert: Some(alert),
            max: Some(max),
            ..Limit::default()
        };
        Self {
            limits: vec![limit(60, 5, 10), limit(3_600, 30, 60)],
            reuse: Reuse::Deny,
            unknown: Unknown::Advise,
            unknown_reuse: Unknown::Deny,
        }
    }
}

impl Settings {
    /// What is wrong with them.
    pub(crate) fn errors(&self) -> Vec<SettingError> {
        let mut errors = Errors(Vec::new());
        if self.limits.len() > MOST {
            errors.add(None, "", "are too many; give at most 16");
            return errors.0;
        }
        if self.limits.is_empty() && self.unknown != Unknown::Advise {
            let message = "has no effect, since there are no limits; leave it out, or give limits";
            errors.0.push(SettingError::new("/unknown", message));
        }
        for (at, limit) in self.limits.iter().enumerate() {
            limit.check(at, &mut errors);
            for (other, longer) in self.limits.iter().enumerate() {
                if other < at && longer.window == limit.window {
                    errors.add(Some(at), "window", "is that of another limit; put both into one");
                }
                if longer.window > limit.window {
                    limit.check_beside(longer, at, &mut errors);
                }
            }
        }
        errors.0
    }
}

impl Limit {
    /// What is wrong with the limit alone.
    fn check(&self, at: usize, errors: &mut Errors) {
        if !(1..=LONGEST).contains(&self.window) {
            let message = "is missing or out of range; give 1 to 31536000 seconds";
            errors.add(Some(at), "window", message);
        }
        let counts =
            [("alert", self.alert), ("max", self.max), ("max-addresses", self.max_addresses)];
        for (name, count) in counts {
            if count.is_some_and(|count| !(1..=LARGEST).contains(&count)) {
                errors.add(Some(at), name, "is out of range; give 1 to 1000000");
            }
        }
        if counts.iter().all(|(_, count)| count.is_none()) {
            errors.add(Some(at), "", "limits nothing; give `alert`, `max` or `max-addresses`");
        }
        if reaches(self.alert, self.max) {
            errors.add(
                Some(at),
                "alert",
                "is not below `max`, so that it never applies; give a lower number",
            );
        }
    }

    /// Whatever was counted in this window was counted in a longer one as well.
    fn check_beside(&self, longer: &Self, at: usize, errors: &mut Errors) {
        let message = "is not below the same limit of a longer window, so that it never applies; \
                       give a lower number";
        for (name, count, beside) in [
            ("alert", self.alert, longer.alert),
            ("max", self.max, longer.max),
            ("max-addresses", self.max_addresses, longer.max_addresses),
        ] {
            if reaches(count, beside) {
                errors.add(Some(at), name, message);
            }
        }
        if reaches(self.alert, longer.max) {
            let message = "is not below `max` of a longer window, so that it never applies; \
                           give a lower number";
            errors.add(Some(at), "alert", message);
        }
    }
}

fn reaches(count: Option<u32>, other: Option<u32>) -> bool {
    matches!((count, other), (Some(count), Some(other)) if count >= other)
}

struct Errors(Vec<SettingError>);

impl Errors {
    /// One error for each setting, the first.
    fn add(&mut self, at: Option<usize>, name: &str, message: &str) {
        let mut path = pointer(["limits"]);
        if let Some(at) = at {
            path.push('/');
            path.push_str(&at.to_string());
        }
        if !name.is_empty() {
            path.push('/');
            path.push_str(name);
        }
        if self.0.iter().all(|error| error.path != path) {
            self.0.push(SettingError::new(path, message));
        }
    }
}
