//! What is said of claims at fault, and how much of it a verdict tells.

use tokenward_detect::{Category, Hit};
use tokenward_policy::prelude::*;

use crate::settings::{Compiled, Mode, Unlisted, Withhold};

/// The most findings that are told one by one. The host refuses a verdict of more than 256.
pub(crate) const MOST: usize = 200;

/// The most bytes of pointers in findings, for the host bounds the size of a verdict as well.
const MOST_BYTES: usize = 128 << 10;

/// What is said of one claim.
pub(crate) struct Offence<'a> {
    pub(crate) pointer: &'a str,
    pub(crate) what: What,
}

pub(crate) enum What {
    Denied,
    Unlisted,
    Data(Data),
}

/// Data that a detector found.
#[derive(Clone, Copy)]
pub(crate) struct Data {
    pub(crate) mode: Mode,
    pub(crate) hit: Hit,
    pub(crate) found: Found,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Name,
    Value,
    Decoded,
    Both,
}

impl Data {
    /// The graver of two things that one claim holds: what is denied, then the graver category.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.hit.detector == other.hit.detector && self.hit.category == other.hit.category {
            let found = if self.found == other.found { self.found } else { Found::Both };
            let hit = if other.hit.confidence > self.hit.confidence { other.hit } else { self.hit };
            return Self { mode: self.mode.max(other.mode), hit, found };
        }
        let rank = |data: &Self| (data.mode, data.hit.category, data.hit.confidence);
        if rank(&other) > rank(&self) { other } else { self }
    }
}

/// What a finding does, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Deny,
    Withhold,
    Advise,
}

pub(crate) fn rank(settings: &Compiled, what: &What) -> Rank {
    match what {
        What::Denied => Rank::Deny,
        What::Unlisted if settings.unlisted == Unlisted::Deny => Rank::Deny,
        What::Data(data) if data.mode == Mode::Deny => Rank::Deny,
        What::Data(_) if settings.withhold == Withhold::Yes => Rank::Withhold,
        What::Unlisted | What::Data(_) => Rank::Advise,
    }
}

/// The verdict on offences in the order of the token.
pub(crate) fn verdict(settings: &Compiled, offences: &[Offence<'_>]) -> Verdict {
    let mut verdict = Verdict::permit();
    let Selection { told, omitted } = select(settings, offences);
    verdict.findings.reserve_exact(told.len() + usize::from(omitted.is_some()));
    let mut withheld = Vec::new();
    for Offence { pointer, what } in told {
        let rank = rank(settings, what);
        if rank == Rank::Withhold {
            withheld.push((*pointer).to_owned());
        }
        verdict = verdict.with(finding(rank, pointer, what).at(pointer));
    }
    if let Some(gravest) = omitted {
        verdict = verdict.with(too_many(gravest));
    }
    if withheld.is_empty() { verdict } else { verdict.requiring(Requirement::Withhold(withheld)) }
}

/// What is told, and the gravest of what is not.
struct Selection<'o, 'a> {
    told: Vec<&'o Offence<'a>>,
    omitted: Option<Rank>,
}

/// The gravest offences, as many as a verdict tells, in the order of the token.
fn select<'o, 'a>(settings: &Compiled, offences: &'o [Offence<'a>]) -> Selection<'o, 'a> {
    let bytes: usize = offences.iter().map(|offence| offence.pointer.len()).sum();
    if offences.len() <= MOST && bytes <= MOST_BYTES {
        return Selection { told: offences.iter().collect(), omitted: None };
    }
    let mut places = Vec::with_capacity(MOST);
    let mut bytes = 0;
    let mut omitted = None;
    for wanted in [Rank::Deny, Rank::Withhold, Rank::Advise] {
        for (place, offence) in offences.iter().enumerate() {
            if rank(settings, &offence.what) != wanted {
                continue;
            }
            if places.len() < MOST && bytes + offence.pointer.len() <= MOST_BYTES {
                bytes += offence.pointer.len();
                places.push(place);
            } else {
                // The gravest come first.
                omitted = omitted.or(Some(wanted));
            }
        }
    }
    places.sort_unstable();
    Selection { told: places.iter().filter_map(|place| offences.get(*place)).collect(), omitted }
}

fn too_many(gravest: Rank) -> Finding {
    const RULE: &str = "too-many-findings";
    const MESSAGE: &str = "and more claims like these";
    match gravest {
        // Data that should be withheld but is not named would be passed on.
        Rank::Deny | Rank::Withhold => Finding::deny(RULE, Severity::High, MESSAGE),
        Rank::Advise => Finding::advise(RULE, Severity::Info, MESSAGE),
    }
}

fn finding(rank: Rank, pointer: &str, what: &What) -> Finding {
    let (rule, severity, message) = match what {
        What::Denied => ("denied-claim", Severity::High, "is on the list of denied claims".into()),
        What::Unlisted => {
            let severity = if rank == Rank::Deny { Severity::Medium } else { Severity::Info };
            ("unlisted-claim", severity, "is not on the list of expected claims".into())
        }
        What::Data(data) => {
            let (rule, severity) = rule(data.hit.category);
            (rule, severity, message(pointer, *data))
        }
    };
    match rank {
        Rank::Deny => Finding::deny(rule, severity, message),
        Rank::Withhold => Finding::require(rule, severity, message),
        Rank::Advise => Finding::advise(rule, severity, message),
    }
}

fn rule(category: Category) -> (&'static str, Severity) {
    match category {
        Category::Network => ("personal-data", Severity::Low),
        Category::Personal | Category::NationalId => ("personal-data", Severity::High),
        Category::Financial => ("financial-data", Severity::High),
        Category::Health => ("health-data", Severity::High),
        Category::Cardholder => ("cardholder-data", Severity::Critical),
        Category::Secret => ("secret", Severity::Critical),
    }
}

fn message(pointer: &str, data: Data) -> String {
    let mut message = String::from("holds ");
    message.push_str(data.hit.detector.label());
    message.push_str(match data.found {
        // A pointer to the claim would show the data.
        _ if pointer.is_empty() => {
            " (at a member name at the top level that holds data itself; detector `"
        }
        Found::Name => " (by its name; detector `",
        Found::Value => " (found in the value; detector `",
        Found::Decoded => " (found in the decoded value; detector `",
        Found::Both => " (by its name and its value; detector `",
    });
    message.push_str(data.hit.detector.id());
    message.push_str("`)");
    message
}
