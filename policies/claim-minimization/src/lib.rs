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
mod settings;
mod standard;

pub use settings::Settings;
use tokenward_data::too_many;
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

const MOVE: &str = "Take the claim out of the token and put a reference in its place; \
        or name it in `permit`, for the kind of token and the audience that need it.";

const ABOUT: About = About {
    name: "claim-minimization",
    version: env!("CARGO_PKG_VERSION"),
    title: "A token carries no data that it does not need",
    description: DESCRIPTION,
    schema: include_str!("../settings.schema.json"),
    rules: &[
        AboutRule {
            id: "personal-data",
            title: "The claim holds personal data",
            remedy: MOVE,
            controls: &["GDPR 5(1)(c)", "GDPR 25(2)"],
        },
        AboutRule {
            id: "health-data",
            title: "The claim holds health data",
            remedy: MOVE,
            controls: &["HIPAA 164.502(b)", "HIPAA 164.514(b)(2)", "HIPAA 164.312(a)(1)"],
        },
        AboutRule {
            id: "cardholder-data",
            title: "The claim holds cardholder data",
            remedy: "Take the claim out of the token; carry a payment token or the last four digits.",
            controls: &["PCI DSS 4.0.1 3.3.1", "PCI DSS 4.0.1 3.4.1", "PCI DSS 4.0.1 3.5.1"],
        },
        AboutRule {
            id: "financial-data",
            title: "The claim holds financial data",
            remedy: MOVE,
            controls: &["GDPR 5(1)(c)"],
        },
        AboutRule {
            id: "secret",
            title: "The claim holds a secret",
            remedy: "Take the claim out of the token and replace the secret: whoever saw the token has it.",
            controls: &["SOC 2 C1.1", "SOC 2 CC6.7", "ISO 27001:2022 8.24"],
        },
        AboutRule {
            id: "denied-claim",
            title: "The claim is on the list of denied claims",
            remedy: "Have the issuer leave the claim out, or take it off the `deny` list.",
            controls: &["GDPR 5(1)(c)", "GDPR 25(2)"],
        },
        AboutRule {
            id: "unlisted-claim",
            title: "The claim is not expected",
            remedy: "Have the issuer leave the claim out, or name it in `allow`.",
            controls: &["GDPR 5(1)(c)", "GDPR 25(2)"],
        },
        too_many(&["GDPR 5(1)(c)", "GDPR 25(2)", "HIPAA 164.502(b)"]),
    ],
};

impl Policy for ClaimMinimization {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        tokenward_data::descriptor!(ABOUT)
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

export_policy!(ClaimMinimization);

#[cfg(test)]
mod tests;
