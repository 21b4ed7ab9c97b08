//! The settings, as a bundle writes them, and what they become.

use tokenward_data::{Exemptions, MinConfidence};
use tokenward_policy::prelude::*;

use crate::{ASKED, CardholderData};

/// What a bundle may set. Every field has a default; see `settings.schema.json`.
#[derive(Debug, FromSettings)]
#[settings(default)]
pub struct Settings {
    permit: Vec<String>,
    except_detectors: Vec<String>,
    min_confidence: MinConfidence,
    test_cards: Reaction,
    card_details: CardDetails,
    leading_digits: u8,
    withhold: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            permit: Vec::new(),
            except_detectors: Vec::new(),
            min_confidence: MinConfidence::Medium,
            test_cards: Reaction::Deny,
            card_details: CardDetails::BesidePan,
            leading_digits: 6,
            withhold: false,
        }
    }
}

/// What happens to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSettings)]
pub enum Reaction {
    /// It is reported.
    Advise,
    /// It is denied.
    Deny,
}

/// What happens to an expiry date or a cardholder's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSettings)]
pub enum CardDetails {
    /// It is reported.
    Advise,
    /// It is denied in a token with a card number that is denied, and reported in others.
    BesidePan,
    /// It is denied.
    Deny,
}

/// The most digits at the start of a truncated card number: a long issuer identification number.
const MOST_LEADING: u8 = 8;

impl Settings {
    pub(crate) fn compile(self) -> Result<CardholderData, Vec<SettingError>> {
        let mut errors = Vec::new();
        let exempt = Exemptions::read(
            &self.permit,
            &self.except_detectors,
            self.min_confidence,
            &ASKED.iter().map(|(detector, id, _)| (*detector, *id)),
            &mut errors,
        );
        if self.leading_digits > MOST_LEADING {
            errors.push(SettingError::new("/leading-digits", "is too large; 0 to 8 are accepted"));
        }
        if self.withhold
            && self.test_cards == Reaction::Deny
            && self.card_details == CardDetails::Deny
        {
            errors.push(SettingError::new(
                "/withhold",
                "has no effect: `test-cards` and `card-details` deny, so that nothing is advised \
                 against",
            ));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(CardholderData {
            exempt,
            test_cards: self.test_cards,
            card_details: self.card_details,
            leading_digits: self.leading_digits,
            withhold: self.withhold,
        })
    }
}
