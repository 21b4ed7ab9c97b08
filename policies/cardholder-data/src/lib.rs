//! Tokenward policy `cardholder-data`: a token carries no account data of a payment card.
//!
//! Every claim is judged by the cardholder detectors of `tokenward-detect`, by its name, the names
//! around it and its value, and gets at most one finding, at the outermost claim at fault:
//!
//! - `sensitive-authentication-data`: a card verification code, a PIN, magnetic stripe data. Denied.
//! - `pan`: a card number. Denied, but that `test-cards` may only advise against published test
//!   numbers. One that is truncated, as 3.4.1 lets it be shown, and a reference in its place are
//!   no card number.
//! - `card-detail`: an expiry date or a cardholder's name. Denied beside a card number that is
//!   denied, in the same token; advised against alone; or as `card-details` says.

mod numbers;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_data::{
    Data, Exemptions, Never, Part, Path, Rank, Rules, Standing, Weight, too_many,
};
use tokenward_detect::{Detector, Hit, Place};
use tokenward_policy::prelude::*;

pub use settings::{CardDetails, Reaction, Settings};

/// Keeps account data of payment cards out of tokens.
#[derive(Debug)]
pub struct CardholderData {
    exempt: Exemptions,
    test_cards: Reaction,
    card_details: CardDetails,
    leading_digits: u8,
    withhold: bool,
}

const CODE: &str = "PCI DSS 4.0.1 3.3.1";
const SHOWN: &str = "PCI DSS 4.0.1 3.4.1";
const UNREADABLE: &str = "PCI DSS 4.0.1 3.5.1";

const ABOUT: About = About {
    name: "cardholder-data",
    version: env!("CARGO_PKG_VERSION"),
    title: "A token carries no account data of a payment card",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: &[
        AboutRule {
            id: "pan",
            title: "The claim holds a card number",
            remedy: "Take the claim out of the token; carry a payment token, or no more than the \
                     first six and the last four digits.",
            controls: &[SHOWN, UNREADABLE],
        },
        AboutRule {
            id: "sensitive-authentication-data",
            title: "The claim holds a card verification code, a PIN or magnetic stripe data",
            remedy: "Take the claim out of the token, and do not store it: after authorization no \
                     one may.",
            controls: &[CODE],
        },
        AboutRule {
            id: "card-detail",
            title: "The claim holds a card's expiry date or a cardholder's name",
            remedy: "Take the claim out of the token, or the card number beside it.",
            controls: &[UNREADABLE],
        },
        too_many(&[CODE, SHOWN, UNREADABLE]),
    ],
};

impl Policy for CardholderData {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        tokenward_data::descriptor!(ABOUT)
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        settings.compile()
    }

    fn reads(&self) -> Reads {
        Reads::all_claims()
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        tokenward_data::judge(self, input)
    }
}

impl Rules for CardholderData {
    type Scope = tokenward_detect::CardholderData;
    type Own = Never;

    fn standing(&self, path: &Path<'_, '_>) -> Standing<Never> {
        if self.exempt.permits(path) { Standing::Exempt } else { Standing::Searched }
    }

    fn weigh(&self, hit: &mut Hit, _: &Path<'_, '_>, part: Part<'_>) -> Option<Weight> {
        if !self.exempt.counts(hit) {
            return None;
        }
        match hit.detector {
            Detector::Pan => {
                if hit.place == Place::Name && numbers::is_truncated(part, self.leading_digits) {
                    return None;
                }
                let test = self.test_cards == Reaction::Advise && numbers::is_test(part);
                Some(if test { Weight::Advise } else { Weight::Deny })
            }
            Detector::CardExpiry | Detector::CardholderName => Some(match self.card_details {
                CardDetails::Advise => Weight::Advise,
                CardDetails::BesidePan => Weight::Conditional,
                CardDetails::Deny => Weight::Deny,
            }),
            _ => Some(Weight::Deny),
        }
    }

    fn triggers(&self, hit: &Hit, weight: Weight) -> bool {
        hit.detector == Detector::Pan && weight == Weight::Deny
    }

    fn withholds(&self) -> bool {
        self.withhold
    }

    fn rule(&self, data: &Data, rank: Rank) -> (&'static str, Severity) {
        let denied = rank == Rank::Deny;
        match data.hit.detector {
            Detector::Pan if denied => ("pan", Severity::Critical),
            Detector::Pan => ("pan", Severity::Low),
            Detector::CardExpiry | Detector::CardholderName if denied => {
                ("card-detail", Severity::High)
            }
            Detector::CardExpiry | Detector::CardholderName => ("card-detail", Severity::Low),
            _ => ("sensitive-authentication-data", Severity::Critical),
        }
    }

    fn words(detector: Detector) -> (&'static str, &'static str) {
        ASKED.iter().find(|asked| asked.0 == detector).map_or(("", ""), |asked| (asked.1, asked.2))
    }
}

/// The detectors that are asked: with their ids, and what they find.
const ASKED: &[(Detector, &str, &str)] = &[
    of(Detector::TrackData),
    of(Detector::CardCode),
    of(Detector::CardPin),
    of(Detector::Pan),
    of(Detector::CardExpiry),
    of(Detector::CardholderName),
];

const fn of(detector: Detector) -> (Detector, &'static str, &'static str) {
    (detector, detector.id(), detector.label())
}

export_policy!(CardholderData);
