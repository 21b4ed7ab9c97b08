//! What this policy says of claims, and what the finds of the detectors weigh.

use core::marker::PhantomData;

use tokenward_data::{Data, Own, Part, Path, Rank, Rules, Standing, Told, Weight};
use tokenward_detect::{Category, DetectorSet, Everything, Hit, Scope};
use tokenward_policy::prelude::*;

use crate::settings::{Compiled, Lists, Mode, ProfileMode, Unlisted, Withhold};
use crate::standard;

/// The verdict on one token.
pub(crate) fn judge(settings: &Compiled, input: &Input) -> Verdict {
    let lists = active(settings, input);
    match settings.detect.mode(Category::Secret) {
        Mode::Off => judged::<NoSecrets>(settings, lists, input),
        Mode::Advise | Mode::Deny => judged::<Everything>(settings, lists, input),
    }
}

/// The verdict, by what values are searched for.
pub(crate) fn judged<S: Scope>(
    settings: &Compiled,
    lists: Vec<ActiveLists<'_>>,
    input: &Input,
) -> Verdict {
    tokenward_data::judge(&Judge::<S> { settings, lists, scope: PhantomData }, input)
}

/// What values are searched for where secrets are not looked for, as where the policy `secrets` does
/// it. Names still tell of them, so that none is taken for something else.
pub(crate) enum NoSecrets {}

impl Scope for NoSecrets {
    const DETECTORS: DetectorSet =
        DetectorSet::ALL.without(DetectorSet::of_categories(&[Category::Secret]));
    const NAMES: DetectorSet = DetectorSet::ALL;
}

/// Lists, and whether their allow-list counts.
pub(crate) type ActiveLists<'a> = (&'a Lists, Allows);

/// The lists that count for this token.
pub(crate) fn active<'a>(settings: &'a Compiled, input: &Input) -> Vec<ActiveLists<'a>> {
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
pub(crate) enum Allows {
    Yes,
    No,
}

struct Judge<'s, S> {
    settings: &'s Compiled,
    lists: Vec<ActiveLists<'s>>,
    scope: PhantomData<S>,
}

impl<S: Scope> Rules for Judge<'_, S> {
    type Scope = S;
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

impl<S> Judge<'_, S> {
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
