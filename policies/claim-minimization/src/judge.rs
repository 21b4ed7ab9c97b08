//! What this policy says of claims, and what the finds of the detectors weigh.

use tokenward_data::{Data, Own, Part, Path, Rank, Rules, Standing, Told, Weight};
use tokenward_detect::{Category, Everything, Hit};
use tokenward_policy::prelude::*;

use crate::settings::{Compiled, Lists, Mode, ProfileMode, Unlisted, Withhold};
use crate::standard;

/// The verdict on one token.
pub(crate) fn judge(settings: &Compiled, input: &Input) -> Verdict {
    tokenward_data::judge(&Judge { settings, lists: active(settings, input) }, input)
}

/// The lists that count for this token.
fn active<'a>(settings: &'a Compiled, input: &Input) -> Vec<(&'a Lists, Allows)> {
    let mut lists = Vec::with_capacity(settings.profiles.len() + 1);
    lists.push((&settings.base, Allows::Yes));
    for profile in settings.profiles.iter().filter(|profile| profile.applies(input)) {
        if profile.mode == ProfileMode::Replace {
            for (_, allows) in &mut lists {
                *allows = Allows::No;
            }
        }
        lists.push((&profile.lists, Allows::Yes));
    }
    lists
}

/// Whether the allow-list of some lists counts, or was replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allows {
    Yes,
    No,
}

struct Judge<'s> {
    settings: &'s Compiled,
    lists: Vec<(&'s Lists, Allows)>,
}

impl Rules for Judge<'_> {
    type Scope = Everything;
    type Own = Listed;

    fn standing(&self, path: &Path<'_, '_>) -> Standing<Listed> {
        let names = path.names();
        let denied = self.settings.deny.iter().filter_map(|p| p.matches(names)).min();
        if let Some(count) = denied {
            return Standing::Told(count, Listed::Denied);
        }
        let permitted = |lists: &Lists| lists.permit.iter().any(|p| p.matches(names).is_some());
        if self.lists.iter().any(|(lists, _)| permitted(lists)) {
            return Standing::Exempt;
        }
        Standing::Searched
    }

    fn harmless(&self, path: &Path<'_, '_>) -> Option<(usize, Listed)> {
        let unlisted = match self.settings.unlisted {
            Unlisted::Ignore => return None,
            Unlisted::Advise => Listed::Unexpected,
            Unlisted::Deny => Listed::Refused,
        };
        if self.is_listed(path) {
            return None;
        }
        // One remark a top-level claim will do, unless some list is finer than that.
        Some((if self.settings.nested { path.depth() } else { 1 }, unlisted))
    }

    fn is_standard(&self, name: &str) -> bool {
        standard::is_registered(name)
    }

    fn weigh(&self, hit: &mut Hit, path: &Path<'_, '_>, _: Part<'_>) -> Option<Weight> {
        let excepted = |lists: &Lists| lists.except.contains(&hit.detector);
        if hit.confidence < self.settings.min_confidence
            || self.lists.iter().any(|(lists, _)| excepted(lists))
        {
            return None;
        }
        let personal =
            matches!(hit.category, Category::Personal | Category::NationalId | Category::Network);
        if personal && path.concerns_patient() {
            hit.category = Category::Health;
        }
        match self.settings.detect.mode(hit.category) {
            Mode::Off => None,
            Mode::Advise => Some(Weight::Advise),
            Mode::Deny => Some(Weight::Deny),
        }
    }

    fn withholds(&self) -> bool {
        self.settings.withhold == Withhold::Yes
    }

    fn rule(&self, data: &Data, _: Rank) -> (&'static str, Severity) {
        match data.hit.category {
            Category::Network => ("personal-data", Severity::Low),
            Category::Personal | Category::NationalId => ("personal-data", Severity::High),
            Category::Financial => ("financial-data", Severity::High),
            Category::Health => ("health-data", Severity::High),
            Category::Cardholder => ("cardholder-data", Severity::Critical),
            Category::Secret => ("secret", Severity::Critical),
        }
    }
}

impl Judge<'_> {
    fn is_listed(&self, path: &Path<'_, '_>) -> bool {
        let names = path.names();
        let standard = || {
            path.is_standard()
                || names.first().is_some_and(|name| standard::is_namespaced(name))
                || names.iter().any(|name| standard::is_reference(name))
        };
        self.lists.iter().filter(|(_, allows)| *allows == Allows::Yes).any(|(lists, _)| {
            (lists.standard && standard())
                || lists.allow.iter().any(|pattern| pattern.matches(names).is_some())
        })
    }
}

/// What the lists say of a claim.
#[derive(Clone, Copy)]
enum Listed {
    /// It matches `deny`.
    Denied,
    /// No allow-list names it, which is denied.
    Refused,
    /// No allow-list names it, which is remarked on.
    Unexpected,
}

impl Own for Listed {
    fn precedes_data(self) -> bool {
        matches!(self, Self::Denied)
    }

    fn told(self) -> Told {
        let unlisted = |rank, severity| Told {
            rank,
            rule: "unlisted-claim",
            severity,
            message: "is not on the list of expected claims",
        };
        match self {
            Self::Denied => Told {
                rank: Rank::Deny,
                rule: "denied-claim",
                severity: Severity::High,
                message: "is on the list of denied claims",
            },
            Self::Refused => unlisted(Rank::Deny, Severity::Medium),
            Self::Unexpected => unlisted(Rank::Advise, Severity::Info),
        }
    }
}
