//! What is said of claims at fault, and how much of it a verdict tells.

use tokenward_detect::Hit;
use tokenward_policy::prelude::*;

use crate::rules::{Own, Rules, Told};

/// The most findings that are told one by one. The host refuses a verdict of more than 256.
pub const MOST: usize = 200;

/// The most bytes of pointers in findings, for the host bounds the size of a verdict as well.
const MOST_BYTES: usize = 128 << 10;

/// The id of the rule that is told when there are more findings than a verdict holds.
const TOO_MANY: &str = "too-many-findings";

/// The rule that is told when there are more findings than are told one by one: the last of each
/// policy that judges by [`judge`](crate::judge).
#[must_use]
pub const fn too_many(controls: &'static [&'static str]) -> AboutRule {
    AboutRule {
        id: TOO_MANY,
        title: "More claims are at fault than are told one by one",
        remedy: "Mend the claims that are told, then look again.",
        controls,
    }
}

/// What is said of one claim.
pub(crate) struct Offence<'a, O> {
    pub(crate) pointer: &'a str,
    pub(crate) what: What<O>,
}

pub(crate) enum What<O> {
    Own(O),
    Data(Data),
}

/// Data that a detector found.
#[derive(Clone, Copy, Debug)]
pub struct Data {
    /// What the find weighs.
    pub weight: Weight,
    /// The find.
    pub hit: Hit,
    /// Where it was found.
    pub found: Found,
}

/// What a find weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It is advised against.
    Advise,
    /// It is denied where the token has what triggers that, and advised against elsewhere.
    Conditional,
    /// It is denied.
    Deny,
}

/// Where data was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The name says it, or is it.
    Name,
    /// In the value.
    Value,
    /// In the value, once decoded.
    Decoded,
    /// In two of these.
    Both,
}

impl Data {
    /// The graver of two things that one claim holds: what is denied, then the graver category.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.hit.detector == other.hit.detector && self.hit.category == other.hit.category {
            let found = if self.found == other.found { self.found } else { Found::Both };
            let hit = if other.hit.confidence > self.hit.confidence { other.hit } else { self.hit };
            return Self { weight: self.weight.max(other.weight), hit, found };
        }
        let rank = |data: &Self| (data.weight, data.hit.category, data.hit.confidence);
        if rank(&other) > rank(&self) { other } else { self }
    }
}

/// What a finding does, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// It refuses the request.
    Deny,
    /// The claim is withheld from upstream.
    Withhold,
    /// It is reported.
    Advise,
}

/// What a finding does; what is conditional counts as advice.
pub(crate) fn rank<R: Rules>(rules: &R, what: &What<R::Own>) -> Rank {
    match what {
        What::Own(own) => own.told().rank,
        What::Data(data) if data.weight == Weight::Deny => Rank::Deny,
        What::Data(_) if rules.withholds() => Rank::Withhold,
        What::Data(_) => Rank::Advise,
    }
}

/// The verdict on offences in the order of the token.
pub(crate) fn verdict<R: Rules>(rules: &R, offences: &[Offence<'_, R::Own>]) -> Verdict {
    let mut verdict = Verdict::permit();
    if offences.is_empty() {
        return verdict;
    }
    let Selection { told, omitted } = select(rules, offences);
    verdict.findings.reserve_exact(offences.len().min(MOST) + usize::from(omitted.is_some()));
    let mut withheld = Vec::new();
    for (place, offence) in offences.iter().enumerate() {
        if told.as_ref().is_some_and(|told| told.get(place) != Some(&true)) {
            continue;
        }
        let rank = rank(rules, &offence.what);
        if rank == Rank::Withhold {
            withheld.push(offence.pointer.to_owned());
        }
        verdict.findings.push(finding(rules, rank, offence));
    }
    if let Some(gravest) = omitted {
        verdict.findings.push(more_than_told(gravest));
    }
    if !withheld.is_empty() {
        verdict.requirements.push(Requirement::Withhold(withheld));
    }
    verdict
}

/// What is told.
struct Selection {
    /// Whether the offence at the same place is told; none if all are.
    told: Option<Vec<bool>>,
    /// The gravest of those that are not.
    omitted: Option<Rank>,
}

/// The gravest offences, as many as a verdict tells.
fn select<R: Rules>(rules: &R, offences: &[Offence<'_, R::Own>]) -> Selection {
    let bytes: usize = offences.iter().map(|offence| offence.pointer.len()).sum();
    if offences.len() <= MOST && bytes <= MOST_BYTES {
        return Selection { told: None, omitted: None };
    }
    let mut told = vec![false; offences.len()];
    let (mut count, mut bytes) = (0, 0);
    let mut omitted = None;
    for wanted in [Rank::Deny, Rank::Withhold, Rank::Advise] {
        for (offence, told) in offences.iter().zip(&mut told) {
            if rank(rules, &offence.what) != wanted {
                continue;
            }
            if count < MOST && bytes + offence.pointer.len() <= MOST_BYTES {
                bytes += offence.pointer.len();
                count += 1;
                *told = true;
            } else {
                // The gravest come first.
                omitted = omitted.or(Some(wanted));
            }
        }
    }
    Selection { told: Some(told), omitted }
}

fn more_than_told(gravest: Rank) -> Finding {
    let (severity, effect) = match gravest {
        // Data that should be withheld but is not named would be passed on.
        Rank::Deny | Rank::Withhold => (Severity::High, Effect::Deny),
        Rank::Advise => (Severity::Info, Effect::Advise),
    };
    Finding {
        rule: TOO_MANY.to_owned(),
        severity,
        effect,
        claim: None,
        message: "and more claims like these".to_owned(),
    }
}

fn finding<R: Rules>(rules: &R, rank: Rank, offence: &Offence<'_, R::Own>) -> Finding {
    let (rule, severity, message) = match &offence.what {
        What::Own(own) => {
            let Told { rule, severity, message, .. } = own.told();
            (rule, severity, message.to_owned())
        }
        What::Data(data) => {
            let (rule, severity) = rules.rule(data, rank);
            (rule, severity, message(R::words(data.hit.detector), offence.pointer, data.found))
        }
    };
    let effect = match rank {
        Rank::Deny => Effect::Deny,
        Rank::Withhold => Effect::Require,
        Rank::Advise => Effect::Advise,
    };
    let claim = Some(offence.pointer.to_owned());
    Finding { rule: rule.to_owned(), severity, effect, claim, message }
}

fn message((id, label): (&str, &str), pointer: &str, found: Found) -> String {
    let place = match found {
        // A pointer to the claim would show the data.
        _ if pointer.is_empty() => {
            " (at a member name at the top level that holds data itself; detector `"
        }
        Found::Name => " (by its name; detector `",
        Found::Value => " (found in the value; detector `",
        Found::Decoded => " (found in the decoded value; detector `",
        Found::Both => " (by its name and its value; detector `",
    };
    let mut message = String::new();
    for part in ["holds ", label, place, id, "`)"] {
        message.push_str(part);
    }
    message
}
