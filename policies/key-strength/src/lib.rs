//! Tokens are signed with sound algorithms, by strong keys that are changed in time.

mod algorithm;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;

pub use settings::{KeyAgeEffect, Limit, Reaction, Settings};

use algorithm::{Algorithm, Takes};
use rules::{counted, finding};

/// Judges the algorithm and the key of a token's signature.
pub struct KeyStrength {
    allowed: Vec<&'static Algorithm>,
    symmetric: Reaction,
    min_rsa_bits: u32,
    advise_rsa_bits: u32,
    min_hmac_bits: u32,
    max_key_age: Limit,
    key_age_effect: KeyAgeEffect,
    unknown_age: Reaction,
    unknown_key: Reaction,
    unknown_key_at_issue: Reaction,
}

const ABOUT: About = About {
    name: "key-strength",
    version: env!("CARGO_PKG_VERSION"),
    title: "Tokens are signed with sound algorithms and strong keys",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for KeyStrength {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            reads: reads(),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        Ok(Self {
            allowed: settings::check(&settings)?,
            symmetric: settings.symmetric,
            min_rsa_bits: settings.min_rsa_bits,
            advise_rsa_bits: settings.advise_rsa_bits.unwrap_or(0),
            min_hmac_bits: settings.min_hmac_bits,
            max_key_age: settings.max_key_age,
            key_age_effect: settings.key_age_effect,
            unknown_age: settings.unknown_age,
            unknown_key: settings.unknown_key,
            unknown_key_at_issue: settings.unknown_key_at_issue,
        })
    }

    fn reads(&self) -> Reads {
        reads()
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        let found = &mut verdict.findings;
        let header = input.header("alg");
        let key = input.token.as_ref().and_then(|token| token.key.as_ref());
        let algorithm = match header {
            None => Named::Nothing,
            Some(Value::Text(name)) => Algorithm::of(name).map_or(Named::Unknown, Named::Known),
            Some(_) => Named::Unknown,
        };
        match (header, key) {
            (Some(_), Some(_)) => {}
            (header, key) => {
                let message = match (header, key) {
                    (Some(_), _) => "the key is not known",
                    (_, Some(_)) => "the signature algorithm is not known",
                    (None, None) => "neither the signature algorithm nor the key is known",
                };
                found.extend(finding(self.when_unknown(input.phase), "unknown-key", message));
            }
        }
        if let Some(header) = header {
            found.extend(self.judge_algorithm(header, &algorithm));
        }
        if let Some(key) = key {
            found.extend(self.judge_key(key, &algorithm));
            found.extend(self.judge_age(key));
        }
        verdict
    }
}

/// All settings need both.
fn reads() -> Reads {
    Reads::nothing().and_header(["alg"]).and_token(TokenParts::KEY)
}

/// What the header says of the algorithm.
enum Named {
    /// Nothing: it is not given.
    Nothing,
    /// One that is not known, or none at all.
    Unknown,
    Known(&'static Algorithm),
}

impl KeyStrength {
    /// An issuer asks before it signs, and need not know with what.
    fn when_unknown(&self, phase: Phase) -> Reaction {
        if phase == Phase::Issue { self.unknown_key_at_issue } else { self.unknown_key }
    }

    fn judge_algorithm(&self, header: &Value, algorithm: &Named) -> Option<Finding> {
        let refused =
            |message: String| Some(Finding::deny("algorithm-not-allowed", Severity::High, message));
        match (algorithm, header) {
            (Named::Known(known), _) if known.is_symmetric() => {
                let message = "whoever verifies the token could have made it: the signature is \
                               by a shared secret";
                finding(self.symmetric, "symmetric-algorithm", message)
            }
            (Named::Known(known), _) if self.allows(known) => None,
            (Named::Known(known), _) => refused(
                ["the token is signed with ", known.name, ", which is not allowed"].concat(),
            ),
            (_, Value::Text(name)) if algorithm::is_none(name) => Some(Finding::deny(
                "unsigned-token",
                Severity::Critical,
                "the algorithm is `none`: the token is not signed",
            )),
            (_, Value::Text(_)) => {
                refused("the signature algorithm is not one that is known".into())
            }
            _ => refused("the signature algorithm is not given as text".into()),
        }
    }

    fn allows(&self, algorithm: &Algorithm) -> bool {
        self.allowed.iter().any(|allowed| allowed.name == algorithm.name)
    }

    /// Its type and curve, or else its size.
    fn judge_key(&self, key: &Key, algorithm: &Named) -> Option<Finding> {
        let unsuitable =
            |message: String| Some(Finding::deny("unsuitable-key", Severity::High, message));
        match algorithm {
            Named::Known(known) if !known.takes.suits(key) => {
                let takes = known.takes.describe();
                return unsuitable(
                    ["the key is not what ", known.name, " takes: ", takes].concat(),
                );
            }
            Named::Nothing if !self.could_sign(key) => {
                return unsuitable("no algorithm that is allowed takes the key".into());
            }
            _ => {}
        }
        let too_short = |kind: &str, bits: u32| {
            let message = counted(kind, bits.into(), " bits");
            Some(Finding::deny("short-key", Severity::High, message))
        };
        match key.key_type.as_str() {
            "RSA" if key.bits < self.min_rsa_bits => {
                too_short("the RSA key has fewer than ", self.min_rsa_bits)
            }
            "RSA" if key.bits < self.advise_rsa_bits => {
                let bits = self.advise_rsa_bits.into();
                let message = counted("the RSA key has fewer than ", bits, " bits");
                Some(Finding::advise("modest-key", Severity::Low, message))
            }
            // Where it is denied, its size is of no account.
            "oct" if self.symmetric != Reaction::Deny => {
                let bits = match algorithm {
                    Named::Known(Algorithm { takes: Takes::Secret(bits), .. }) => *bits,
                    _ => 0,
                }
                .max(self.min_hmac_bits);
                if key.bits < bits { too_short("the secret has fewer than ", bits) } else { None }
            }
            _ => None,
        }
    }

    /// Whether any algorithm that is allowed takes the key.
    fn could_sign(&self, key: &Key) -> bool {
        let by_secret = key.key_type == "oct" && self.symmetric != Reaction::Deny;
        by_secret || self.allowed.iter().any(|allowed| allowed.takes.suits(key))
    }

    fn judge_age(&self, key: &Key) -> Option<Finding> {
        let Limit::Seconds(max) = self.max_key_age else { return None };
        let Some(age) = key.age_seconds else {
            return finding(self.unknown_age, "unknown-key-age", "the age of the key is not known");
        };
        if age <= max {
            return None;
        }
        let message = counted("the key is older than ", max, " seconds");
        let reaction = match self.key_age_effect {
            KeyAgeEffect::Advise => Reaction::Advise,
            KeyAgeEffect::Deny => Reaction::Deny,
        };
        finding(reaction, "old-key", &message)
    }
}

export_policy!(KeyStrength);
