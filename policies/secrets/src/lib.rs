//! Tokenward policy `secrets`: a token carries no key, password or other token.
//!
//! A token is signed, not secret: whoever sees it reads it. Every claim is judged by the secret
//! detectors of `tokenward-detect`, by its name, the names around it and its value, and gets at
//! most one finding, at the outermost claim at fault. What is told is marks that issuers give
//! their keys, forms such as PEM, JWK, JWT and password hashes, and names that say it; nothing is
//! guessed from how random a text looks.

mod settings;
#[cfg(test)]
mod tests;

use tokenward_data::{
    Data, Exemptions, Never, Part, Path, Pattern, Rank, Rules, Standing, Weight, too_many,
};
use tokenward_detect::{Detector, Hit};
use tokenward_policy::prelude::*;

pub use settings::{NestedTokens, Settings};

/// Keeps keys, passwords and other tokens out of tokens.
#[derive(Debug)]
pub struct Secrets {
    exempt: Exemptions,
    nested_tokens: NestedTokens,
    nested_token_claims: Vec<Pattern>,
    withhold: bool,
}

const CONTROLS: &[&str] = &["SOC 2 C1.1", "SOC 2 CC6.7", "ISO 27001:2022 8.24"];

const REPLACE: &str = "Take the claim out of the token and replace the secret: whoever \
        saw the token has it.";

const ABOUT: About = About {
    name: "secrets",
    version: env!("CARGO_PKG_VERSION"),
    title: "A token carries no key, password or other token",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: &[
        AboutRule {
            id: "private-key",
            title: "The claim holds a private or symmetric key",
            remedy: REPLACE,
            controls: CONTROLS,
        },
        AboutRule {
            id: "cloud-key",
            title: "The claim holds a key of a cloud service",
            remedy: REPLACE,
            controls: CONTROLS,
        },
        AboutRule {
            id: "nested-token",
            title: "The claim holds another token",
            remedy: "Take the token out and exchange it where it is needed (RFC 8693); or name the \
                     claim in `nested-token-claims`, if it is a statement and no credential.",
            controls: CONTROLS,
        },
        AboutRule {
            id: "password",
            title: "The claim holds a password or its hash",
            remedy: REPLACE,
            controls: CONTROLS,
        },
        AboutRule {
            id: "credential",
            title: "The claim holds a credential",
            remedy: REPLACE,
            controls: CONTROLS,
        },
        too_many(CONTROLS),
    ],
};

impl Policy for Secrets {
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

impl Rules for Secrets {
    type Scope = tokenward_detect::Secrets;
    type Own = Never;

    fn standing(&self, path: &Path<'_, '_>) -> Standing<Never> {
        if self.exempt.permits(path) { Standing::Exempt } else { Standing::Searched }
    }

    fn weigh(&self, hit: &mut Hit, path: &Path<'_, '_>, _: Part<'_>) -> Option<Weight> {
        if !self.exempt.counts(hit) {
            return None;
        }
        if hit.detector != Detector::Jwt {
            return Some(Weight::Deny);
        }
        let mut claims = self.nested_token_claims.iter();
        if claims.any(|pattern| pattern.matches(path.names()).is_some()) {
            return None;
        }
        Some(match self.nested_tokens {
            NestedTokens::Advise => Weight::Advise,
            NestedTokens::Deny => Weight::Deny,
        })
    }

    fn withholds(&self) -> bool {
        self.withhold
    }

    fn rule(&self, data: &Data, _: Rank) -> (&'static str, Severity) {
        match data.hit.detector {
            Detector::PrivateKey => ("private-key", Severity::Critical),
            Detector::CloudKey => ("cloud-key", Severity::Critical),
            Detector::Jwt => ("nested-token", Severity::High),
            Detector::Password => ("password", Severity::Critical),
            _ => ("credential", Severity::Critical),
        }
    }

    fn words(detector: Detector) -> (&'static str, &'static str) {
        ASKED.iter().find(|asked| asked.0 == detector).map_or(("", ""), |asked| (asked.1, asked.2))
    }
}

/// The detectors that are asked: with their ids, and what they find.
const ASKED: &[(Detector, &str, &str)] = &[
    of(Detector::PrivateKey),
    of(Detector::CloudKey),
    of(Detector::Jwt),
    of(Detector::Password),
    of(Detector::Credential),
];

const fn of(detector: Detector) -> (Detector, &'static str, &'static str) {
    (detector, detector.id(), detector.label())
}

export_policy!(Secrets);
