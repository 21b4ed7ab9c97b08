//! What a case gives beside claims: keys, encryption, transport, cookies.

use serde::Deserialize;

use crate::{Cookie, Encryption, SameSite, Tls};

/// The key that verified the token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyGiven {
    /// The `kid`.
    #[serde(default)]
    pub id: Option<String>,
    /// `EC`, `RSA`, `OKP` or `oct`.
    #[serde(rename = "type")]
    pub key_type: String,
    /// The curve, for `EC` and `OKP`.
    #[serde(default)]
    pub curve: Option<String>,
    /// Size in bits.
    pub bits: u32,
    /// Seconds since it was created or first seen.
    #[serde(default)]
    pub age: Option<u64>,
}

/// How the token was encrypted (RFC 7516).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EncryptionGiven {
    /// The key management algorithm (`alg`).
    pub algorithm: String,
    /// The content encryption algorithm (`enc`).
    pub content: String,
}

/// The transport security of the client's connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TlsGiven {
    /// For instance `1.3`.
    #[serde(default)]
    pub version: Option<String>,
    /// The IANA name of the cipher suite.
    #[serde(default)]
    pub cipher: Option<String>,
    /// Whether the client showed a certificate that was verified.
    #[serde(default)]
    pub client_certificate: bool,
}

/// A cookie that carries a token, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CookieGiven {
    /// Its name.
    pub name: String,
    /// Whether `HttpOnly` is set.
    #[serde(default)]
    pub http_only: bool,
    /// Whether `Secure` is set.
    #[serde(default)]
    pub secure: bool,
    /// `none`, `lax` or `strict`; left out: not set.
    #[serde(default)]
    pub same_site: Option<String>,
    /// `Max-Age` in seconds.
    #[serde(default)]
    pub max_age: Option<u64>,
}

impl From<&EncryptionGiven> for Encryption {
    fn from(given: &EncryptionGiven) -> Self {
        Self { algorithm: given.algorithm.clone(), content: given.content.clone() }
    }
}

impl From<&TlsGiven> for Tls {
    fn from(given: &TlsGiven) -> Self {
        Self {
            version: given.version.clone(),
            cipher: given.cipher.clone(),
            client_certificate: given.client_certificate,
        }
    }
}

impl CookieGiven {
    /// The cookie as a policy is given it. `case` is the case's name, for errors.
    ///
    /// # Panics
    ///
    /// If `same-site` is none of the three.
    #[must_use]
    pub fn narrow(&self, case: &str) -> Cookie {
        let all = [("none", SameSite::None), ("lax", SameSite::Lax), ("strict", SameSite::Strict)];
        Cookie {
            name: self.name.clone(),
            http_only: self.http_only,
            secure: self.secure,
            same_site: self
                .same_site
                .as_deref()
                .map_or(SameSite::Unset, |value| choice(case, "same-site", value, all)),
            max_age: self.max_age,
        }
    }
}

/// The variant of this name.
pub(super) fn choice<T: Copy, const N: usize>(
    case: &str,
    field: &str,
    name: &str,
    all: [(&str, T); N],
) -> T {
    let found = all.iter().find(|(other, _)| *other == name);
    let names = all.map(|(name, _)| name).join(", ");
    found.unwrap_or_else(|| panic!("{case}: {field} `{name}`; one of {names}")).1
}

/// The parameters of a query, decoded (application/x-www-form-urlencoded).
pub(super) fn query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit =
                    || bytes.next().and_then(|b| char::from(b).to_digit(16)).expect("an escape");
                u8::try_from(digit() * 16 + digit()).expect("two digits")
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
