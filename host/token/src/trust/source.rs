//! Where a trust file says that an issuer's keys are.

/// Where an issuer's keys are, by the `keys` of a trust file.
///
/// ```
/// use tokenward_token::KeySource;
///
/// assert_eq!(KeySource::of("idp.jwks.json"), KeySource::File("idp.jwks.json"));
/// assert_eq!(KeySource::of("discovery"), KeySource::Discovery);
/// let jwks = "https://idp.example/jwks";
/// assert_eq!(KeySource::of(jwks), KeySource::Address(jwks));
/// // A file of that name is still to be had.
/// assert_eq!(KeySource::of("./discovery"), KeySource::File("./discovery"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource<'a> {
    /// A file: a PEM public key, a JWK or a JWKS.
    File(&'a str),
    /// An address, of whatever scheme, at which a JWKS is. It is not judged here.
    Address(&'a str),
    /// The issuer's own metadata names the address of its JWKS (OpenID Connect
    /// Discovery 1.0, RFC 8414).
    Discovery,
}

impl<'a> KeySource<'a> {
    /// What this text says: `discovery`; an address, if it has a scheme before
    /// `://`; a file otherwise.
    #[must_use]
    pub fn of(keys: &'a str) -> Self {
        if keys == "discovery" {
            return Self::Discovery;
        }
        let scheme = keys.split_once("://").map(|(scheme, _)| scheme);
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        match scheme {
            Some(scheme) if !scheme.is_empty() && scheme.chars().all(allowed) => {
                Self::Address(keys)
            }
            _ => Self::File(keys),
        }
    }

    /// The text, for messages: of an address, nothing that may be a secret.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::File(path) => (*path).to_owned(),
            Self::Discovery => "discovery".to_owned(),
            Self::Address(address) => {
                let plain = address.split(['?', '#']).next().unwrap_or_default();
                let plain = if plain.contains('@') { "the address" } else { plain };
                plain.chars().take(200).flat_map(char::escape_debug).collect()
            }
        }
    }
}
