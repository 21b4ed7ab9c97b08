//! Tokenward policy `claim-minimization`: a token carries what it must, and no data.
//!
//! Every claim of the token is judged, in the order of the token, and gets at most one finding:
//!
//! 1. A claim that matches `deny` is denied (`denied-claim`).
//! 2. A claim that matches `permit` is exempt from all that follows.
//! 3. The detectors of `tokenward-detect` look at its name, the names around it, and its value,
//!    also decoded. What they find is denied, advised against or ignored by category, as `detect`
//!    says (`personal-data`, `health-data`, `cardholder-data`, `financial-data`, `secret`). The
//!    gravest counts. Personal data about a patient is health data.
//! 4. A harmless claim that no allow-list names is remarked on (`unlisted-claim`).
//!
//! A finding stands at the outermost claim that is at fault: an object that is named for data is
//! reported once, whatever it holds, and so is an array. Where a member name itself is data, the
//! object around it is reported; at the top level that is the claims set, the empty pointer. A
//! verdict has at most 200 findings, denials first, and one that says that there are more. An allow-list says which claims are
//! expected; it exempts nothing from the detectors: `permit` and `except-detectors` do.
//!
//! # Patterns
//!
//! `email` is the claim of that name at the top level; `/address/*` is a JSON Pointer with a
//! wildcard for a part or within one (`*_id`); `**` stands for any number of parts (`/**/email`).
//! A pattern matches a claim and everything below it. In `allow`, `@standard` stands for the
//! registered claims of RFC 7519, RFC 8693, RFC 9068 and OpenID Connect Core, those that common
//! identity providers add, and references (`*_id`, `*_ref`, `*_token`, `*Id` ...).
//!
//! # Profiles
//!
//! A profile adds to the lists, or replaces the allow-lists before it, for one kind of token and
//! for some audiences. It is for a token only if every audience of the token is one of its own.
//!
//! # Messages
//!
//! A message names what was found, by which detector, and where: never a value.

mod judge;
mod pattern;
mod report;
mod settings;
mod standard;

pub use settings::Settings;
use tokenward_policy::prelude::*;

/// The policy, configured.
#[derive(Debug)]
pub struct ClaimMinimization {
    settings: settings::Compiled,
}

const DESCRIPTION: &str = "\
Judges every claim of a token: personal, health, cardholder and financial data and secrets have no \
place in it; a reference has.

- **Names**: `patient_name`, `cardNumber`, `https://example.com/ssn` say what they hold; \
`email_verified`, `patient_id` and `card_last4` do not.
- **Values**: card numbers (issuer range and Luhn), social security numbers, IBANs, e-mail addresses, \
phone numbers, keys and tokens are found in any claim, also base64- or percent-encoded.
- **Lists**: `allow` names the claims that are expected, `permit` what may be carried all the same, \
`deny` what never may; `profiles` do so for one kind of token or audience.

Each claim at fault gets one finding, at its JSON Pointer. No finding quotes a value.
";

impl Policy for ClaimMinimization {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        const MOVE: &str = "Take the claim out of the token and put a reference in its place; \
            or name it in `permit`, for the kind of token and the audience that need it.";
        Descriptor {
            name: "claim-minimization".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            title: "A token carries no data that it does not need".into(),
            description: DESCRIPTION.into(),
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            rules: vec![
                rule(
                    "personal-data",
                    "The claim holds personal data",
                    MOVE,
                    &["GDPR 5(1)(c)", "GDPR 25(2)"],
                ),
                rule(
                    "health-data",
                    "The claim holds health data",
                    MOVE,
                    &["HIPAA 164.502(b)", "HIPAA 164.514(b)(2)", "HIPAA 164.312(a)(1)"],
                ),
                rule(
                    "cardholder-data",
                    "The claim holds cardholder data",
                    "Take the claim out of the token; carry a payment token or the last four digits.",
                    &["PCI DSS 4.0.1 3.3.1", "PCI DSS 4.0.1 3.4.1", "PCI DSS 4.0.1 3.5.1"],
                ),
                rule("financial-data", "The claim holds financial data", MOVE, &["GDPR 5(1)(c)"]),
                rule(
                    "secret",
                    "The claim holds a secret",
                    "Take the claim out of the token and replace the secret: whoever saw the token has it.",
                    &["SOC 2 C1.1", "SOC 2 CC6.7", "ISO 27001:2022 8.24"],
                ),
                rule(
                    "denied-claim",
                    "The claim is on the list of denied claims",
                    "Have the issuer leave the claim out, or take it off the `deny` list.",
                    &["GDPR 5(1)(c)", "GDPR 25(2)"],
                ),
                rule(
                    "unlisted-claim",
                    "The claim is not expected",
                    "Have the issuer leave the claim out, or name it in `allow`.",
                    &["GDPR 5(1)(c)", "GDPR 25(2)"],
                ),
                rule(
                    "too-many-findings",
                    "More claims are at fault than are told one by one",
                    "Mend the claims that are told, then look again.",
                    &["GDPR 5(1)(c)", "GDPR 25(2)", "HIPAA 164.502(b)"],
                ),
            ],
            settings_schema: settings_schema!("../settings.schema.json").into(),
            reads: Reads::all_claims(),
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        Ok(Self { settings: settings.compile()? })
    }

    fn reads(&self) -> Reads {
        Reads::all_claims()
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        judge::judge(&self.settings, input)
    }
}

fn rule(id: &str, title: &str, remedy: &str, controls: &[&str]) -> Rule {
    Rule {
        id: id.into(),
        title: title.into(),
        remedy: remedy.into(),
        controls: controls.iter().map(|control| (*control).into()).collect(),
    }
}

export_policy!(ClaimMinimization);

#[cfg(test)]
mod tests;
