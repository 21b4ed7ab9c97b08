//! Where the keys of an issuer are fetched from, and which addresses are accepted.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use tokenward_token::load::{self, LoadError};
use tokenward_token::{KeySet, KeySource, Trust};
use url::{Host, Url};

/// Where the keys of one issuer are fetched from.
///
/// `Debug` shows no query of an address: it may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// A JWKS (RFC 7517 section 5) at this address.
    Jwks(Url),
    /// The JWKS that the issuer's own metadata names: OpenID Connect Discovery
    /// 1.0 section 4, or RFC 8414. The issuer is an address then.
    Discovery,
}

/// The sources of issuers, by the exact `iss`.
pub type Sources = BTreeMap<String, Source>;

/// Why keys are not fetched from there. The text follows the address it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It is no address, or one with another scheme.
    #[error(
        "is no address that keys are fetched from; accepted are `https://…`, and `http://…` to this machine"
    )]
    Address,
    /// It is plain HTTP to another machine.
    #[error("is not encrypted; `http://` is accepted to this machine alone, `https://` to any")]
    Plain,
    /// It has a user name, a password or a fragment.
    #[error("has a user name, a password or a fragment in it; leave that out")]
    Parts,
    /// Discovery, and the issuer is no address (RFC 8414 section 2).
    #[error("takes an issuer that is an address, `https://…` without a query or a fragment")]
    Issuer,
    /// A file, which is read once and not fetched.
    #[error("is a file, which is not fetched")]
    File,
}

impl SourceError {
    /// The stable code of this kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Plain => "address_plain",
            Self::Parts => "address_parts",
            Self::Issuer => "discovery_issuer",
            Self::File => "file",
        }
    }
}

impl Source {
    /// A JWKS at this address: `https://`, or `http://` to this machine
    /// (`localhost`, or a loopback address).
    ///
    /// # Errors
    ///
    /// [`SourceError`].
    pub fn jwks(address: &str) -> Result<Self, SourceError> {
        accepted(address).map(Self::Jwks)
    }

    /// Where a trust file says that an issuer's keys are.
    ///
    /// # Errors
    ///
    /// [`SourceError`].
    pub fn of(issuer: &str, keys: KeySource<'_>) -> Result<Self, SourceError> {
        let source = match keys {
            KeySource::File(_) => return Err(SourceError::File),
            KeySource::Address(address) => Self::jwks(address)?,
            KeySource::Discovery => Self::Discovery,
        };
        source.check(issuer)?;
        Ok(source)
    }

    /// Whether keys of this issuer can be fetched from here.
    pub(crate) fn check(&self, issuer: &str) -> Result<(), SourceError> {
        match self {
            Self::Jwks(url) => check(url),
            Self::Discovery => issuer_address(issuer).map(drop),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jwks(url) => write!(f, "Jwks({})", shown(url)),
            Self::Discovery => f.write_str("Discovery"),
        }
    }
}

/// A trust file (see [`Trust::from_toml`]) in which `keys` is a file, the
/// `https://` address of a JWKS (`http://` to this machine), or `discovery`.
#[derive(Debug, Clone)]
pub struct TrustFile {
    /// The trust. Issuers whose keys are fetched have none yet.
    pub trust: Trust,
    /// Where those are fetched from.
    pub sources: Sources,
}

impl TrustFile {
    /// Reads the file, and the key files that it names, relative to the folder
    /// it lies in. Nothing is fetched.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which says which setting of which issuer is wrong.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let mut sources = Sources::new();
        let trust = load::trust_file_with(path, |issuer, keys| {
            sources.insert(issuer.to_owned(), Source::of(issuer, keys)?);
            Ok::<_, SourceError>(KeySet::unavailable())
        })?;
        Ok(Self { trust, sources })
    }
}

/// The address that an issuer is, for discovery.
pub(crate) fn issuer_address(issuer: &str) -> Result<Url, SourceError> {
    let url = accepted(issuer).map_err(|error| match error {
        SourceError::Plain => error,
        _ => SourceError::Issuer,
    })?;
    if url.query().is_some() { Err(SourceError::Issuer) } else { Ok(url) }
}

/// An address that keys, or what leads to them, are fetched from.
pub(crate) fn accepted(address: &str) -> Result<Url, SourceError> {
    // Readers of addresses repair what has no `//`; what is written is what counts.
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    if !scheme.is_some_and(|s| s.eq_ignore_ascii_case("https") || s.eq_ignore_ascii_case("http")) {
        return Err(SourceError::Address);
    }
    let url: Url = address.parse().map_err(|_| SourceError::Address)?;
    check(&url)?;
    Ok(url)
}

fn check(url: &Url) -> Result<(), SourceError> {
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(SourceError::Parts);
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_this_machine(url) => Ok(()),
        "http" => Err(SourceError::Plain),
        _ => Err(SourceError::Address),
    }
}

/// Whether an address is one of the loopback interface.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address as errors and the status show it: its query may hold a secret.
pub(crate) fn shown(url: &Url) -> String {
    let mut plain = url.clone();
    plain.set_query(None);
    plain.set_fragment(None);
    // What cannot have a user name cannot be given one either.
    let _ = plain.set_username("").and_then(|()| plain.set_password(None));
    plain.as_str().chars().take(MAX_SHOWN).collect()
}

/// The most characters of an address that are shown.
const MAX_SHOWN: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_accepted_if_what_goes_over_the_network_is_encrypted() {
        for (address, expected) in [
            ("https://idp.example/jwks", Ok(())),
            ("HTTPS://idp.example/jwks", Ok(())),
            ("https://idp.example/jwks?tenant=a", Ok(())),
            ("https://10.0.0.1/jwks", Ok(())),
            ("http://localhost/jwks", Ok(())),
            ("http://127.0.0.1:8080/jwks", Ok(())),
            ("http://127.8.9.1/jwks", Ok(())),
            ("http://[::1]:8080/jwks", Ok(())),
            ("http://idp.example/jwks", Err(SourceError::Plain)),
            ("http://127.0.0.1.example/jwks", Err(SourceError::Plain)),
            ("http://localhost.example/jwks", Err(SourceError::Plain)),
            ("http://[::ffff:127.0.0.1]/jwks", Err(SourceError::Plain)),
            ("http://10.0.0.1/jwks", Err(SourceError::Plain)),
            ("http://0.0.0.0/jwks", Err(SourceError::Plain)),
            ("https://user:secret@idp.example/jwks", Err(SourceError::Parts)),
            ("https://user@idp.example/jwks", Err(SourceError::Parts)),
            ("https://idp.example/jwks#keys", Err(SourceError::Parts)),
            ("http://127.0.0.1@idp.example/jwks", Err(SourceError::Parts)),
            ("ftp://idp.example/jwks", Err(SourceError::Address)),
            ("file:///jwks", Err(SourceError::Address)),
            ("https:idp.example/jwks", Err(SourceError::Address)),
            ("https://", Err(SourceError::Address)),
            ("https://idp.example:port/jwks", Err(SourceError::Address)),
            ("idp.example/jwks", Err(SourceError::Address)),
            ("", Err(SourceError::Address)),
        ] {
            assert_eq!(Source::jwks(address).map(drop), expected, "{address}");
        }
    }

    #[test]
    fn discovery_takes_an_issuer_that_is_an_address() {
        for (issuer, expected) in [
            ("https://idp.example", Ok(())),
            ("https://idp.example/", Ok(())),
            ("https://idp.example/tenant/a", Ok(())),
            ("https://ídp.example/ténant", Ok(())),
            ("http://127.0.0.1:3000", Ok(())),
            ("http://idp.example", Err(SourceError::Plain)),
            ("https://idp.example?tenant=a", Err(SourceError::Issuer)),
            ("https://idp.example?", Err(SourceError::Issuer)),
            ("https://idp.example#a", Err(SourceError::Issuer)),
            ("https://user@idp.example", Err(SourceError::Issuer)),
            ("idp.example", Err(SourceError::Issuer)),
            ("urn:idp", Err(SourceError::Issuer)),
        ] {
            let source = Source::of(issuer, KeySource::Discovery);
            assert_eq!(source.map(drop), expected, "{issuer}");
        }
        assert_eq!(Source::of("a", KeySource::File("a.jwk")), Err(SourceError::File));
        let jwks = Source::of("urn:idp", KeySource::Address("https://idp.example/jwks"));
        assert!(jwks.is_ok(), "the name of an issuer with an address for its keys may be any");
    }

    #[test]
    fn secrets_of_an_address_are_not_shown() {
        let url: Url = "https://user:secret@idp.example/jwks?key=secret#secret".parse().unwrap();
        assert_eq!(shown(&url), "https://idp.example/jwks");
        let source = Source::jwks("https://idp.example/jwks?key=secret").unwrap();
        assert_eq!(format!("{source:?}"), "Jwks(https://idp.example/jwks)");
    }

    #[test]
    fn a_trust_file_says_where_keys_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        let key = tokenward_token::mint::PrivateKey::generate(tokenward_token::Algorithm::ES256);
        std::fs::write(folder.path().join("a.jwk"), key.unwrap().public_jwk().unwrap()).unwrap();
        let entry = |issuer: &str, keys: &str| {
            format!("[[issuer]]\nissuer = \"{issuer}\"\nkeys = \"{keys}\"\naudiences = [\"a\"]\n")
        };
        let read = |entries: &[(&str, &str)]| {
            let text: String = entries.iter().map(|(issuer, keys)| entry(issuer, keys)).collect();
            std::fs::write(&path, text).unwrap();
            TrustFile::read(&path).map_err(|error| error.to_string())
        };
        let file = read(&[
            ("https://a.example", "a.jwk"),
            ("https://b.example", "https://b.example/jwks"),
            ("https://c.example", "discovery"),
        ])
        .unwrap();
        assert_eq!(
            format!("{:?}", file.sources),
            "{\"https://b.example\": Jwks(https://b.example/jwks), \
              \"https://c.example\": Discovery}"
        );
        let available = file.trust.issuers().map(|issuer| issuer.keys().is_available());
        assert_eq!(available.collect::<Vec<_>>(), [true, false, false]);
        for (issuer, keys, expected) in [
            ("a", "http://idp.example/jwks", "`http://idp.example/jwks` is not encrypted; `http"),
            ("a", "discovery", "issuer `a`, `keys`: `discovery` takes an issuer that is an addr"),
            ("a", "ftp://a.example", "`ftp://a.example` is no address that keys are fetched from"),
            ("a", "https://u:secret@a.example", "`the address` has a user name, a password"),
            ("a", "none.jwk", "`none.jwk` cannot be read"),
        ] {
            let error = read(&[(issuer, keys)]).unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{keys}: {error}");
        }
    }
}
