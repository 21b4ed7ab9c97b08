//! Tokenward policy `health-data`: a token carries no protected health information.
//!
//! Protected health information (45 CFR 160.103) is what says something of a person's health and
//! of who that person is. Every claim is judged by `tokenward-detect`, by its name, the names
//! around it and its value, and gets at most one finding, at the outermost claim at fault:
//!
//! - `health-information`: a diagnosis, a medication, a code, a record. Denied.
//! - `health-identifier`: a number that is given to a patient as a patient. Denied.
//! - `identifier`: the other identifiers of 45 CFR 164.514(b)(2). By default denied where the
//!   token is about health or a patient, and advised against elsewhere.
//!
//! References (`patient_id`, `patient_ref`) are what a token should carry: they are never told by
//! their names.

mod settings;
#[cfg(test)]
mod tests;

use tokenward_data::{
    Data, Exemptions, Never, Part, Path, Rank, Rules, Standing, Weight, any_name, is_usual,
    too_many,
};
use tokenward_detect::{Category, Detector, DetectorSet, Hit, Scope, concerns_patient};
use tokenward_policy::prelude::*;

pub use settings::{Identifiers, Settings};

/// Keeps protected health information out of tokens.
#[derive(Debug)]
pub struct HealthData {
    exempt: Exemptions,
    identifiers: Identifiers,
    withhold: bool,
}

const NECESSARY: &str = "HIPAA 164.502(b)";
const IDENTIFIERS: &str = "HIPAA 164.514(b)(2)";
const ACCESS: &str = "HIPAA 164.312(a)(1)";
const REFER: &str = "Take the claim out of the token and carry a reference, such as \
        `patient_ref`, in its place.";

const ABOUT: About = About {
    name: "health-data",
    version: env!("CARGO_PKG_VERSION"),
    title: "A token carries no protected health information",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: &[
        AboutRule {
            id: "health-information",
            title: "The claim says something of a person's health",
            remedy: REFER,
            controls: &[NECESSARY, ACCESS],
        },
        AboutRule {
            id: "health-identifier",
            title: "The claim holds a number that identifies a patient",
            remedy: REFER,
            controls: &[NECESSARY, IDENTIFIERS, ACCESS],
        },
        AboutRule {
            id: "identifier",
            title: "The claim identifies a person",
            remedy: "Take the claim out of the token and carry a reference in its place; or name \
                     it in `permit`, if it identifies no patient.",
            controls: &[NECESSARY, IDENTIFIERS, ACCESS],
        },
        too_many(&[NECESSARY, IDENTIFIERS, ACCESS]),
    ],
};

impl Policy for HealthData {
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

impl Rules for HealthData {
    type Scope = Identifying;
    type Own = Never;

    fn standing(&self, path: &Path<'_, '_>) -> Standing<Never> {
        if self.exempt.permits(path) { Standing::Exempt } else { Standing::Searched }
    }

    fn is_standard(&self, name: &str) -> bool {
        is_usual(name) || matches!(name, "patient" | "patient_id" | "patient_ref" | "fhirUser")
    }

    fn weigh(&self, hit: &mut Hit, _: &Path<'_, '_>, _: Part<'_>) -> Option<Weight> {
        if !self.exempt.counts(hit) {
            return None;
        }
        if hit.detector.category() == Category::Health {
            return Some(Weight::Deny);
        }
        Some(match self.identifiers {
            Identifiers::Advise => Weight::Advise,
            Identifiers::Deny => Weight::Deny,
            Identifiers::WithHealth => Weight::Conditional,
        })
    }

    fn triggers(&self, hit: &Hit, _: Weight) -> bool {
        hit.detector.category() == Category::Health
    }

    /// A token about a patient: some name says so, or the user is a patient (SMART App Launch).
    fn is_context(&self, input: &Input) -> bool {
        any_name(input, concerns_patient)
            || input.claim("/fhirUser").is_some_and(|user| {
                user.texts().any(|text| text.split('/').any(|part| part == "Patient"))
            })
    }

    fn withholds(&self) -> bool {
        self.withhold
    }

    fn rule(&self, data: &Data, rank: Rank) -> (&'static str, Severity) {
        match data.hit.detector {
            Detector::Diagnosis
            | Detector::Icd10
            | Detector::Medication
            | Detector::HealthRecord => ("health-information", Severity::High),
            detector if detector.category() == Category::Health => {
                ("health-identifier", Severity::High)
            }
            _ if rank == Rank::Deny => ("identifier", Severity::High),
            _ => ("identifier", Severity::Low),
        }
    }
}

/// What says something of a person's health, and the identifiers of 45 CFR 164.514(b)(2), but for
/// cards, which are for `cardholder-data`.
#[derive(Debug)]
pub enum Identifying {}

impl Scope for Identifying {
    const DETECTORS: DetectorSet =
        DetectorSet::of_categories(&[Category::Health, Category::NationalId, Category::Network])
            .or(DetectorSet::of(&[
                Detector::PersonName,
                Detector::PostalAddress,
                Detector::Location,
                Detector::DateOfBirth,
                Detector::Phone,
                Detector::Email,
                Detector::Iban,
                Detector::BankAccount,
                Detector::Vehicle,
                Detector::Device,
                Detector::WebAddress,
                Detector::Biometric,
                Detector::Photo,
                Detector::Username,
            ]));
}

/// Whether the policy asks a detector.
fn asks(detector: Detector) -> bool {
    Identifying::DETECTORS.has(detector)
}

export_policy!(HealthData);
