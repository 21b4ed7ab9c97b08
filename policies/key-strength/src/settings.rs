//! The settings, as a bundle gives them, and what they must hold.

use tokenward_policy::{FromSettings, SettingError, SettingReader, WrongSetting};

use crate::algorithm::{self, Algorithm, Takes};

/// The smallest RSA modulus that JWS allows (RFC 7518 section 3.3), and the
/// largest that a verifier has to take.
const RSA_BITS: core::ops::RangeInclusive<u32> = 2_048..=8_192;
/// The smallest secret that HS256 takes (RFC 7518 section 3.2), and more than any hash needs.
const HMAC_BITS: core::ops::RangeInclusive<u32> = 256..=8_192;

/// What a bundle may set.
#[derive(Debug, Clone, PartialEq, Eq, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// The signature algorithms with a private key that are allowed.
    pub algorithms: Vec<String>,
    /// What happens to a token signed with a shared secret.
    pub symmetric: Reaction,
    /// The smallest RSA modulus, in bits.
    pub min_rsa_bits: u32,
    /// The RSA modulus below which a key is reported, in bits.
    pub advise_rsa_bits: Option<u32>,
    /// The smallest shared secret, in bits, whatever the hash.
    pub min_hmac_bits: u32,
    /// The oldest that a key may be.
    pub max_key_age: Limit,
    /// What happens when a key is older.
    pub key_age_effect: KeyAgeEffect,
    /// What happens when the age of a key is not known.
    pub unknown_age: Reaction,
    /// What happens when the algorithm or the key is not known.
    pub unknown_key: Reaction,
    /// The same, when a token is about to be issued.
    pub unknown_key_at_issue: Reaction,
}

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Reaction {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// What happens when a key is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum KeyAgeEffect {
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// A number of seconds, or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At most so many seconds: 1 to [`Limit::MOST`].
    Seconds(u64),
    /// Any number of seconds.
    Unlimited,
}

impl Limit {
    /// The most seconds that a limit may be: ten years.
    pub const MOST: u64 = 315_360_000;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            algorithms: Algorithm::asymmetric().map(|a| a.name.to_owned()).collect(),
            symmetric: Reaction::Advise,
            min_rsa_bits: *RSA_BITS.start(),
            advise_rsa_bits: None,
            min_hmac_bits: *HMAC_BITS.start(),
            max_key_age: Limit::Seconds(31_536_000),
            key_age_effect: KeyAgeEffect::Advise,
            unknown_age: Reaction::Ignore,
            unknown_key: Reaction::Deny,
            unknown_key_at_issue: Reaction::Ignore,
        }
    }
}

/// Checks the settings, and answers the algorithms that they allow.
pub(crate) fn check(settings: &Settings) -> Result<Vec<&'static Algorithm>, Vec<SettingError>> {
    let mut errors = Vec::new();
    let mut wrong = |path: &str, message: &str| errors.push(SettingError::new(path, message));
    let mut allowed: Vec<&'static Algorithm> = Vec::new();
    for (index, name) in settings.algorithms.iter().enumerate() {
        let message = match Algorithm::of(name) {
            Some(known) if known.is_symmetric() => {
                "signs with a shared secret; what happens then is for `symmetric` to say"
            }
            Some(known) if allowed.iter().any(|a| a.name == known.name) => "is named twice",
            Some(known) => {
                allowed.push(known);
                continue;
            }
            None if algorithm::is_none(name) => "is no signature; it is never allowed",
            None => {
                "is not an algorithm that is known; accepted are RS256, RS384, RS512, PS256, \
                 PS384, PS512, ES256, ES384, ES512, EdDSA and Ed25519"
            }
        };
        wrong(&item("/algorithms/", index), message);
    }
    let has_rsa = allowed.iter().any(|a| a.takes == Takes::Rsa);
    let defaults = Settings::default();
    if settings.algorithms.is_empty() && settings.symmetric == Reaction::Deny {
        wrong("/algorithms", "is empty, and `symmetric` is `deny`, so that no token would pass");
    }
    let bits = "is out of range; give 2048 to 8192 bits";
    let no_rsa = "has no effect, as `algorithms` names none that takes an RSA key; leave it out";
    if !RSA_BITS.contains(&settings.min_rsa_bits) {
        wrong("/min-rsa-bits", bits);
    } else if settings.min_rsa_bits != defaults.min_rsa_bits && !has_rsa {
        wrong("/min-rsa-bits", no_rsa);
    }
    match settings.advise_rsa_bits {
        Some(advised) if !RSA_BITS.contains(&advised) => wrong("/advise-rsa-bits", bits),
        Some(_) if !has_rsa => wrong("/advise-rsa-bits", no_rsa),
        Some(advised) if advised <= settings.min_rsa_bits => wrong(
            "/advise-rsa-bits",
            "is not above `min-rsa-bits`, so that it never applies; give more bits",
        ),
        None | Some(_) => {}
    }
    if !HMAC_BITS.contains(&settings.min_hmac_bits) {
        wrong("/min-hmac-bits", "is out of range; give 256 to 8192 bits");
    } else if settings.min_hmac_bits != defaults.min_hmac_bits
        && settings.symmetric == Reaction::Deny
    {
        wrong("/min-hmac-bits", "has no effect, as `symmetric` is `deny`; leave it out");
    }
    if settings.max_key_age == Limit::Unlimited {
        let unlimited = "has no effect, as `max-key-age` is `unlimited`; leave it out";
        if settings.key_age_effect != defaults.key_age_effect {
            wrong("/key-age-effect", unlimited);
        }
        if settings.unknown_age != defaults.unknown_age {
            wrong("/unknown-age", unlimited);
        }
    }
    if errors.is_empty() { Ok(allowed) } else { Err(errors) }
}

/// The pointer to an item of a list.
fn item(list: &str, index: usize) -> String {
    let mut path = String::from(list);
    path.push_str(&index.to_string());
    path
}

impl FromSettings for Limit {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let accepted = "a number of seconds from 1 to 315360000, or `unlimited`";
        let most = reader.integer_or("unlimited", 1..=Self::MOST, accepted)?;
        Ok(most.map_or(Self::Unlimited, Self::Seconds))
    }
}
