//! The case file as it is written: TOML, checked for its form.
//!
//! ```toml
//! [[case]]
//! name = "orders need a scope"
//! claims = { sub = "u-1", iat = 1700000000, exp = 1700000900 }
//! request = "GET https://api.example/orders"
//! settings = { scope-check = { routes = [{ path = "/orders", all-of = ["orders:read"] }] } }
//! expect = "deny"
//! findings = ["scope-check missing-scope"]
//! requirements = ["scope orders:read"]
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use anyhow::anyhow;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use tokenward::{Outcome, Phase, UnixTime};

use crate::value::Inline;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    case: Vec<RawCase>,
}

/// One case, field by field. What a field means is in the help of the command.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawCase {
    pub(crate) name: toml::Spanned<String>,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) claims: Option<Inline>,
    pub(crate) header: Option<Inline>,
    pub(crate) kind: Option<String>,
    pub(crate) key: Option<KeyField>,
    pub(crate) encryption: Option<EncryptionField>,
    pub(crate) binding: Option<BindingField>,
    #[serde(default)]
    pub(crate) no_token: bool,
    pub(crate) token: Option<String>,
    pub(crate) trust: Option<PathBuf>,
    pub(crate) phase: Option<Phase>,
    pub(crate) now: Option<Moment>,
    pub(crate) request: Option<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) client_address: Option<String>,
    pub(crate) token_location: Option<LocationField>,
    pub(crate) tls: Option<TlsField>,
    #[serde(default)]
    pub(crate) cookies: Vec<CookieField>,
    #[serde(default)]
    pub(crate) signals: Inline,
    #[serde(default)]
    pub(crate) facts: Inline,
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, Inline>,
    pub(crate) expect: Option<ExpectField>,
    pub(crate) findings: Option<Vec<String>>,
    pub(crate) findings_include: Option<Vec<String>>,
    pub(crate) requirements: Option<Vec<String>>,
    pub(crate) challenge: Option<String>,
    #[serde(default)]
    pub(crate) controls: Vec<String>,
    pub(crate) token_error: Option<String>,
    pub(crate) setting_errors: Option<Vec<String>>,
}

/// `key`: what is known of the key, or a file with the key that verifies `token`.
pub(crate) enum KeyField {
    Facts(KeyTable),
    File(PathBuf),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyTable {
    pub(crate) id: Option<String>,
    #[serde(rename = "type")]
    pub(crate) key_type: String,
    pub(crate) curve: Option<String>,
    pub(crate) bits: u32,
    pub(crate) age: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EncryptionField {
    pub(crate) algorithm: String,
    pub(crate) content: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BindingField {
    None,
    Dpop,
    MutualTls,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LocationField {
    AuthorizationHeader,
    Body,
    Query,
    Cookie,
    OtherHeader,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TlsField {
    pub(crate) version: Option<String>,
    pub(crate) cipher: Option<String>,
    #[serde(default)]
    pub(crate) client_certificate: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CookieField {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) http_only: bool,
    #[serde(default)]
    pub(crate) secure: bool,
    #[serde(default)]
    pub(crate) same_site: SameSiteField,
    pub(crate) max_age: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SameSiteField {
    #[default]
    Unset,
    None,
    Lax,
    Strict,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ExpectField {
    Permit,
    Deny,
    StepUp,
    Fault,
}

impl From<ExpectField> for Outcome {
    fn from(field: ExpectField) -> Self {
        match field {
            ExpectField::Permit => Self::Permit,
            ExpectField::Deny => Self::Deny,
            ExpectField::StepUp => Self::StepUp,
            ExpectField::Fault => Self::Fault,
        }
    }
}

/// `now`: seconds since 1970, or RFC 3339 as text.
pub(crate) struct Moment(pub(crate) UnixTime);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Moment;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds since 1970, or RFC 3339 as text")
            }
            fn visit_i64<E>(self, seconds: i64) -> Result<Moment, E> {
                Ok(Moment(UnixTime(seconds)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
                text.parse().map(Moment).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for KeyField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = KeyField;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with `type` and `bits`, or the name of a key file")
            }
            fn visit_str<E>(self, file: &str) -> Result<KeyField, E> {
                Ok(KeyField::File(file.into()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeyField, A::Error> {
                KeyTable::deserialize(MapAccessDeserializer::new(map)).map(KeyField::Facts)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A case as it is written, and the line of its name.
pub(crate) struct Placed {
    pub(crate) line: usize,
    pub(crate) raw: RawCase,
}

/// Reads the cases of a file. `file` is its name in errors.
pub(crate) fn parse(text: &str, file: &str) -> anyhow::Result<Vec<Placed>> {
    let raw: RawFile = toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| position(text, span.start));
        let place = place.map(|(line, column)| format!(", line {line}, column {column}"));
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        anyhow!("`{file}`{}: {message}", place.unwrap_or_default())
    })?;
    let mut cases: Vec<Placed> = Vec::with_capacity(raw.case.len());
    for raw in raw.case {
        let (line, _) = position(text, raw.name.span().start);
        let name = raw.name.get_ref();
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(anyhow!("`{file}`, line {line}: `name` is not one line of text"));
        }
        if let Some(first) = cases.iter().find(|case| case.raw.name.get_ref() == name) {
            return Err(anyhow!(
                "`{file}`, line {line}: the case `{name}` is there twice, first in line {}; give \
                 each a name of its own",
                first.line
            ));
        }
        cases.push(Placed { line, raw });
    }
    if cases.is_empty() {
        return Err(anyhow!("`{file}`: it has no case; accepted: one or more [[case]] tables"));
    }
    Ok(cases)
}

/// Reads the one case of a text that nobody wrote by hand.
pub(crate) fn one(text: &str) -> anyhow::Result<RawCase> {
    let raw: RawFile = toml::from_str(text).map_err(|error| {
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        anyhow!("{message}")
    })?;
    raw.case.into_iter().next().ok_or_else(|| anyhow!("it has no case"))
}

/// Line and column, both from 1, of a byte of a text.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, expected) in [
            ("", "`f.toml`: it has no case; accepted: one or more [[case]] tables"),
            ("[[cases]]", "`f.toml`, line 1, column 3: unknown field `cases`"),
            ("[[case]]\nname = 'a'\nexpcet = 'deny'", "line 3, column 1: unknown field `expcet`"),
            ("[[case]]\nexpect = 'deny'", "line 1, column 1: missing field `name`"),
            (
                "[[case]]\nname = 'a'\nexpect = 'refuse'",
                "line 3, column 10: unknown variant `refuse`",
            ),
            ("[[case]]\nname = ' '", "`f.toml`, line 2: `name` is not one line of text"),
            (
                "[[case]]\nname = 'a'\n[[case]]\nname = 'a'",
                "line 4: the case `a` is there twice, first in line 2",
            ),
            ("[[case]]\nname = 'a'\nkey = 3", "line 3, column 7: invalid type: integer `3`"),
            ("[[case]]\nname = 'a'\nkey = { type = 'RSA' }", "missing field `bits`"),
            ("[[case]]\nname = 'a'\nnow = 'noon'", "`noon` is no moment"),
            ("[[case]]\nname = 'a'\nclaims = 3", "line 3, column 10: the value is of type integer"),
            ("[[case]]\nname = ", "`f.toml`, line 2, column"),
            ("[[case]]\nname = 'a'\nphase = 'later'", "unknown variant `later`"),
            ("[[case]]\nname = 'a'\ncookies = [{ name = 'a', secur = true }]", "`secur`"),
        ] {
            let error = parse(text, "f.toml").err().unwrap().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn every_field_is_read() {
        let text = r#"
            [[case]]
            name = "a"
            description = "why"
            claims = { sub = "u-1" }
            header = '{"alg":"ES256"}'
            kind = "refresh"
            key = { id = "k1", type = "EC", bits = 256, curve = "P-256", age = 1 }
            encryption = { algorithm = "RSA-OAEP-256", content = "A256GCM" }
            binding = "mutual-tls"
            phase = "refresh"
            now = "2027-01-31T08:00:00Z"
            request = "GET https://h/"
            headers = { x-a = "1" }
            client-address = "192.0.2.7"
            token-location = "authorization-header"
            tls = { version = "1.3", cipher = "c", client-certificate = true }
            cookies = [{ name = "rt", http-only = true, secure = true, same-site = "lax", max-age = 1 }]
            signals = { new-device = true }
            facts = { "session.active" = 3 }
            settings = { p = { a = 1 } }
            expect = "step-up"
            findings = []
            requirements = []
            challenge = "insufficient_scope"
            controls = ["GDPR 6"]
            [[case]]
            name = "b"
            token = "@t.jwt"
            key = "k.jwk"
            token-error = "expired"
            findings-include = []
            setting-errors = []
            no-token = true
            trust = "t.toml"
        "#;
        let cases = parse(text, "f").unwrap();
        let [first, second] = cases.as_slice() else { panic!("two cases") };
        assert_eq!((first.line, second.line), (3, 28));
        assert!(matches!(first.raw.key, Some(KeyField::Facts(_))));
        assert!(matches!(second.raw.key, Some(KeyField::File(_))));
        assert_eq!(first.raw.now.as_ref().unwrap().0, UnixTime(1_801_382_400));
    }
}
