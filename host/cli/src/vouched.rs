//! What the arguments say that only a gateway can know: the connection,
//! cookies, a proof of possession, encryption, a key's age. No error shows what
//! a cookie holds.

use anyhow::{Context, anyhow, bail};
use tokenward::{Binding, Cookie, Encryption, Key, KeySet, SameSite, Tls, UnixTime};

use crate::args::{self, CheckArgs};
use crate::values::short;

/// The longest name of an algorithm, a cipher suite or a cookie.
const LONGEST: usize = 256;

/// What is said of the token beside what is in it.
#[derive(Default)]
pub(crate) struct Vouched {
    pub(crate) binding: Binding,
    pub(crate) encryption: Option<Encryption>,
}

impl Vouched {
    /// Reads the arguments.
    pub(crate) fn of_args(args: &CheckArgs) -> anyhow::Result<Self> {
        let encryption = match &args.encryption {
            Some(text) => Some(encryption(text).context("--encryption")?),
            None => None,
        };
        let binding = args.binding.map(args::Binding::binding).unwrap_or_default();
        Ok(Self { binding, encryption })
    }
}

/// The connection that `--tls`, `--tls-cipher` and `--client-certificate` describe.
pub(crate) fn tls(args: &CheckArgs) -> anyhow::Result<Option<Tls>> {
    let Some(given) = &args.tls else { return Ok(None) };
    let version = Tls::version_of(given).ok_or_else(|| {
        anyhow!("--tls `{}`; accepted: a version, for instance `1.2` or `1.3`", short(given))
    })?;
    let cipher = match &args.tls_cipher {
        Some(name) if is_word(name, |b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) => {
            Some(name.clone())
        }
        Some(name) => bail!(
            "--tls-cipher `{}`; accepted: the IANA name of a cipher suite, for instance \
             `TLS_AES_128_GCM_SHA256`",
            short(name)
        ),
        None => None,
    };
    let client_certificate = args.client_certificate;
    Ok(Some(Tls { version: Some(version), cipher, client_certificate }))
}

/// Reads `ALG,ENC`.
fn encryption(text: &str) -> anyhow::Result<Encryption> {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b"-+_".contains(&b);
    match text.split_once(',') {
        Some((algorithm, content)) if is_word(algorithm, of_name) && is_word(content, of_name) => {
            Ok(Encryption { algorithm: algorithm.to_owned(), content: content.to_owned() })
        }
        _ => bail!(
            "`{}`; accepted: the `alg` and the `enc` of the JWE, for instance \
             `RSA-OAEP-256,A256GCM`",
            short(text)
        ),
    }
}

/// Reads a cookie as `Set-Cookie` has it (RFC 6265 section 4.1.1); names of
/// attributes in any case of letters, as browsers read them (section 5.2).
pub(crate) fn cookie(text: &str) -> anyhow::Result<Cookie> {
    const ATTRIBUTES: &str = "`Secure`, `HttpOnly`, `SameSite`, `Max-Age`, and without effect \
        `Path`, `Domain`, `Partitioned`";
    let mut parts = text.split(';');
    let (name, _) = name_and_value(parts.next().unwrap_or_default());
    if !is_word(name, is_cookie_byte) {
        bail!(
            "the cookie has no name that a cookie can have; accepted: `NAME` or `NAME=VALUE`, \
             and attributes after `;`"
        );
    }
    if name.starts_with("eyJ") {
        bail!("the cookie's name is a token; accepted: `NAME` or `NAME=VALUE`");
    }
    let mut cookie = Cookie {
        name: name.to_owned(),
        http_only: false,
        secure: false,
        same_site: SameSite::Unset,
        max_age: None,
    };
    let mut seen = Vec::new();
    for (number, part) in (1..).zip(parts) {
        let (attribute, value) = name_and_value(part);
        let attribute = attribute.to_ascii_lowercase();
        match (attribute.as_str(), value) {
            ("secure", None) => cookie.secure = true,
            ("httponly", None) => cookie.http_only = true,
            ("samesite", value) => cookie.same_site = same_site(value)?,
            ("max-age", value) => cookie.max_age = Some(max_age(value)?),
            ("path" | "domain", Some(_)) | ("partitioned", None) => {}
            ("secure" | "httponly" | "partitioned", Some(_)) => {
                bail!("attribute {number} after the name has a value; accepted: none");
            }
            ("expires", _) => bail!("`Expires` is not read; accepted: `Max-Age=SECONDS`"),
            _ => bail!("attribute {number} after the name is not known; accepted: {ATTRIBUTES}"),
        }
        if seen.contains(&attribute) {
            bail!("attribute {number} after the name is there twice");
        }
        seen.push(attribute);
    }
    Ok(cookie)
}

fn name_and_value(part: &str) -> (&str, Option<&str>) {
    match part.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (part.trim(), None),
    }
}

fn same_site(value: Option<&str>) -> anyhow::Result<SameSite> {
    let value = value.unwrap_or_default();
    let all = [("Strict", SameSite::Strict), ("Lax", SameSite::Lax), ("None", SameSite::None)];
    let known = all.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
    let known = known.map(|(_, same_site)| same_site);
    known.ok_or_else(|| anyhow!("`SameSite`: accepted: `Strict`, `Lax`, `None`"))
}

fn max_age(value: Option<&str>) -> anyhow::Result<u64> {
    seconds(value.unwrap_or_default())
        .ok_or_else(|| anyhow!("`Max-Age`: accepted: a whole number of seconds, 0 or more"))
}

/// The keys, of which those that do not say when they were created are so old.
pub(crate) fn with_age(keys: &KeySet, age: &str, now: UnixTime) -> anyhow::Result<KeySet> {
    let created = seconds(age)
        .and_then(|age| i64::try_from(age).ok())
        .and_then(|age| now.seconds().checked_sub(age))
        .ok_or_else(|| {
            anyhow!("`{}`; accepted: a whole number of seconds, 0 or more", short(age))
        })?;
    let says_it = |key: &Key| key.facts().age_seconds(now).is_some();
    if keys.keys().all(says_it) {
        bail!("the key file says when its key was created; leave the option out");
    }
    let aged = keys
        .keys()
        .cloned()
        .map(|key| if says_it(&key) { key } else { key.with_created(UnixTime(created)) });
    Ok(KeySet::from_keys(aged.collect::<Vec<_>>())?)
}

/// Digits alone: no sign, no space.
fn seconds(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn is_word(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed)
}

/// A byte of a token, of which the name of a cookie is made (RFC 9110 section 5.6.2).
fn is_cookie_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cookies_are_read() {
        for (text, secure, http_only, same_site, max_age) in [
            ("at", false, false, SameSite::Unset, None),
            ("at=", false, false, SameSite::Unset, None),
            ("at=a=b; Secure", true, false, SameSite::Unset, None),
            ("at; HttpOnly", false, true, SameSite::Unset, None),
            (" at = x ;secure;HTTPONLY", true, true, SameSite::Unset, None),
            ("at;SameSite=strict", false, false, SameSite::Strict, None),
            ("at; samesite=Lax; Max-Age=0", false, false, SameSite::Lax, Some(0)),
            (
                "at; SameSite=None; Max-Age=600; Path=/a; Domain=a.example; Partitioned",
                false,
                false,
                SameSite::None,
                Some(600),
            ),
        ] {
            let name = "at".to_owned();
            let expected = Cookie { name, http_only, secure, same_site, max_age };
            assert_eq!(cookie(text).unwrap(), expected, "{text}");
        }
        assert_eq!(cookie("__Host-at").unwrap().name, "__Host-at");
    }

    #[test]
    fn what_is_no_cookie_says_why_and_not_what() {
        for (text, expected) in [
            ("", "accepted: `NAME` or `NAME=VALUE`"),
            ("=SECRET", "accepted: `NAME` or `NAME=VALUE`"),
            ("a SECRET", "accepted: `NAME` or `NAME=VALUE`"),
            ("a\"SECRET\"", "accepted: `NAME` or `NAME=VALUE`"),
            ("eyJhbGciOiJFUzI1NiJ9.e30.SECRET", "the cookie's name is a token; accepted: `NAME`"),
            ("at=x; Secure; SECRET", "attribute 2 after the name is not known; accepted: `Secure`"),
            ("at=x; SECRET=SECRET", "attribute 1 after the name is not known"),
            ("at; Secure=SECRET", "attribute 1 after the name has a value; accepted: none"),
            ("at; Path", "attribute 1 after the name is not known"),
            ("at;", "attribute 1 after the name is not known"),
            ("at; Secure; secure", "attribute 2 after the name is there twice"),
            ("at; SameSite=SECRET", "`SameSite`: accepted: `Strict`, `Lax`, `None`"),
            ("at; SameSite", "`SameSite`: accepted: `Strict`, `Lax`, `None`"),
            ("at; Max-Age=SECRET", "`Max-Age`: accepted: a whole number of seconds"),
            ("at; Max-Age=-1", "`Max-Age`: accepted: a whole number of seconds"),
            ("at; Max-Age=+1", "`Max-Age`: accepted: a whole number of seconds"),
            ("at; Max-Age=99999999999999999999", "`Max-Age`: accepted: a whole number"),
            ("at; Expires=Wed, 21 Oct 2027 07:28:00 GMT", "accepted: `Max-Age=SECONDS`"),
        ] {
            let error = cookie(text).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("SECRET"), "{text}: {error}");
        }
    }

    #[test]
    fn encryptions_are_read() {
        let read = encryption("ECDH-ES+A128KW,A128CBC-HS256").unwrap();
        assert_eq!(
            (read.algorithm.as_str(), read.content.as_str()),
            ("ECDH-ES+A128KW", "A128CBC-HS256")
        );
        for text in ["", "dir", "dir,", ",A256GCM", "dir,A256GCM,x", "dir, A256GCM", "dir A256GCM"]
        {
            let error = encryption(text).unwrap_err().to_string();
            assert!(error.contains("accepted: the `alg` and the `enc`"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_cookie_is_a_panic_or_shows_its_value(
            before in "[a-z]{0,3}",
            after in "[a-z=; ]{0,9}",
        ) {
            let text = format!("{before}=SECRET{after}");
            match cookie(&text) {
                Ok(cookie) => prop_assert!(!cookie.name.contains("SECRET")),
                Err(error) => prop_assert!(!error.to_string().contains("SECRET")),
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            if let Ok(cookie) = cookie(&text) {
                prop_assert!(!cookie.name.is_empty() && cookie.name.is_ascii());
            }
        }
    }
}
