//! The settings, as a bundle writes them, and what they become.

use tokenward_data::{Exemptions, MinConfidence};
use tokenward_detect::Detector;
use tokenward_policy::prelude::*;

use crate::{HealthData, asks};

/// What a bundle may set. Every field has a default; see `settings.schema.json`.
#[derive(Debug, FromSettings)]
#[settings(default)]
pub struct Settings {
    permit: Vec<String>,
    except_detectors: Vec<String>,
    min_confidence: MinConfidence,
    identifiers: Identifiers,
    withhold: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            permit: Vec::new(),
            except_detectors: Vec::new(),
            min_confidence: MinConfidence::Medium,
            identifiers: Identifiers::WithHealth,
            withhold: false,
        }
    }
}

/// What happens to an identifier that is not of health by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSettings)]
pub enum Identifiers {
    /// It is reported.
    Advise,
    /// It is denied in a token that is about health or a patient, and reported in others.
    WithHealth,
    /// It is denied.
    Deny,
}

impl Settings {
    pub(crate) fn compile(self) -> Result<HealthData, Vec<SettingError>> {
        let mut errors = Vec::new();
        let asked = Detector::ALL.iter().copied().filter(|detector| asks(*detector));
        let exempt = Exemptions::read(
            &self.permit,
            &self.except_detectors,
            self.min_confidence,
            &asked.map(|detector| (detector, detector.id())),
            &mut errors,
        );
        if self.withhold && self.identifiers == Identifiers::Deny {
            errors.push(SettingError::new(
                "/withhold",
                "has no effect: `identifiers` is `deny`, so that nothing is advised against",
            ));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(HealthData { exempt, identifiers: self.identifiers, withhold: self.withhold })
    }
}
