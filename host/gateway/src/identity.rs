//! What an upstream is told of who asks: identity headers, set or stripped, never passed through.

use http::header::{AUTHORIZATION, HeaderName, HeaderValue, InvalidHeaderName};
use tokenward::{Json, Permit};
use tokenward_token::base64url;

/// How every header that Tokenward sets begins. None of a client's that begins so reaches an
/// upstream, whether it is written with `-` or with `_`.
pub const PREFIX: &str = "x-tokenward-";

/// Whether the token itself is passed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Credentials {
    /// The `Authorization` header is taken out: the identity headers say what the upstream may know.
    #[default]
    Remove,
    /// It stays, with every claim that is in the token.
    Keep,
}

/// Why identity headers cannot be as they are asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The header does not begin as it must, so that a client's could pass.
    #[error("the header `{0}` is not accepted; accepted: names that begin with `{PREFIX}`")]
    Prefix(String),
    /// Another meaning has it already.
    #[error("the header `{0}` is not accepted: it says what was decided")]
    Taken(String),
    /// It says something already.
    #[error("the header `{0}` is there twice")]
    Twice(String),
    /// It is no header's name.
    #[error("`{0}` is not the name of a header")]
    Name(String),
    /// The claim is not named by a JSON Pointer.
    #[error("the claim `{0}` is not accepted; accepted: a JSON Pointer, for instance `/sub`")]
    Pointer(String),
}

/// What an upstream is told: claims by header. The default is the subject, the issuer, the client
/// and the scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    claims: Vec<(HeaderName, String)>,
    all: Option<HeaderName>,
    credentials: Credentials,
}

impl Default for Identity {
    fn default() -> Self {
        let header = HeaderName::from_static;
        let claims = [
            (header("x-tokenward-subject"), "/sub"),
            (header("x-tokenward-issuer"), "/iss"),
            (header("x-tokenward-client"), "/client_id"),
            (header("x-tokenward-scope"), "/scope"),
        ];
        let claims = claims.map(|(name, pointer)| (name, pointer.to_owned())).to_vec();
        Self { claims, all: None, credentials: Credentials::Remove }
    }
}

impl Identity {
    /// No claim at all.
    #[must_use]
    pub fn none() -> Self {
        Self { claims: Vec::new(), ..Self::default() }
    }

    /// With the claim at a JSON Pointer in this header. A text is written as it is, an array of
    /// texts with spaces between, everything else as JSON. What cannot stand in a header, `%`, and a
    /// space in a text of an array, is percent-encoded (RFC 3986 section 2.1) as UTF-8.
    ///
    /// # Errors
    ///
    /// [`IdentityError`].
    pub fn with_claim(mut self, header: &str, pointer: &str) -> Result<Self, IdentityError> {
        let header = identity_header(header)?;
        let mut tildes = pointer.split('~').skip(1);
        let good = pointer.starts_with('/') && tildes.all(|rest| rest.starts_with(['0', '1']));
        if !good {
            return Err(IdentityError::Pointer(pointer.escape_debug().to_string()));
        }
        if self.names().any(|name| *name == header) {
            return Err(IdentityError::Twice(header.to_string()));
        }
        self.claims.push((header, pointer.to_owned()));
        Ok(self)
    }

    /// With all claims that the bundle lets upstream in this header: base64url of a JSON object.
    ///
    /// # Errors
    ///
    /// [`IdentityError`].
    pub fn with_claims(mut self, header: &str) -> Result<Self, IdentityError> {
        let header = identity_header(header)?;
        if self.claims.iter().any(|(name, _)| *name == header) {
            return Err(IdentityError::Twice(header.to_string()));
        }
        self.all = Some(header);
        Ok(self)
    }

    /// Whether the token is passed on.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// The headers that are set, in their order; one that has nothing to say is empty, so that
    /// whatever a client sent in it is gone.
    #[must_use]
    pub fn headers(&self, permit: &Permit) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::with_capacity(self.claims.len() + 1);
        for (name, pointer) in &self.claims {
            let value = permit.claim(pointer).map_or_else(empty, |claim| written(&claim));
            headers.push((name.clone(), value));
        }
        if let Some(name) = &self.all {
            let claims = Json::Object(permit.claims_upstream()).to_compact();
            let value = base64url::encode(claims.as_bytes());
            headers.push((name.clone(), HeaderValue::from_str(&value).unwrap_or_else(|_| empty())));
        }
        headers
    }

    /// The names of the headers that are set.
    pub fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.claims.iter().map(|(name, _)| name).chain(&self.all)
    }

    /// The headers that are taken out of what goes upstream, beside all that begin with [`PREFIX`].
    pub fn removed(&self) -> impl Iterator<Item = HeaderName> {
        let remove = self.credentials == Credentials::Remove;
        remove.then_some(AUTHORIZATION).into_iter()
    }

    /// Whether a header of a client must not reach an upstream: one that an upstream could take for
    /// one of these, also where it takes `_` or `.` for `-`, as some do with CGI and WSGI.
    #[must_use]
    pub fn is_reserved(header: &str) -> bool {
        let start = header.as_bytes().get(..PREFIX.len());
        start.is_some_and(|start| {
            let same = |(a, b): (&u8, u8)| {
                a.eq_ignore_ascii_case(&b) || (b == b'-' && !a.is_ascii_alphanumeric())
            };
            start.iter().zip(PREFIX.bytes()).all(same)
        })
    }
}

fn identity_header(name: &str) -> Result<HeaderName, IdentityError> {
    let header: Result<HeaderName, InvalidHeaderName> = name.to_ascii_lowercase().parse();
    let header = header.map_err(|_| IdentityError::Name(name.escape_debug().to_string()))?;
    if !header.as_str().starts_with(PREFIX) || header.as_str().contains('_') {
        return Err(IdentityError::Prefix(name.to_owned()));
    }
    if ["x-tokenward-outcome", "x-tokenward-reason"].contains(&header.as_str()) {
        return Err(IdentityError::Taken(name.to_owned()));
    }
    Ok(header)
}

/// A claim as the value of a header.
fn written(claim: &Json) -> HeaderValue {
    let texts = match claim {
        Json::Array(items) => items.iter().map(Json::as_str).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let mut value = String::new();
    match (claim, texts) {
        (_, Some(texts)) => {
            for (index, text) in texts.iter().enumerate() {
                if index > 0 {
                    value.push(' ');
                }
                // A space stands between two.
                push(&mut value, text, |_| false);
            }
        }
        (Json::String(text), None) => push_text(&mut value, text),
        (other, None) => push_text(&mut value, &other.to_compact()),
    }
    HeaderValue::from_str(&value).unwrap_or_else(|_| empty())
}

/// Space at either end is not the value's (RFC 9110 section 5.5).
fn push_text(value: &mut String, text: &str) {
    let last = text.len().saturating_sub(1);
    push(value, text, |at| at > 0 && at < last);
}

/// Appends text; `space` says where a space may stand as it is.
fn push(value: &mut String, text: &str, space: impl Fn(usize) -> bool) {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' if space(at) => value.push(' '),
            b'%' | b' ' => push_escaped(value, byte),
            0x21..=0x7e => value.push(char::from(byte)),
            _ => push_escaped(value, byte),
        }
    }
}

fn push_escaped(value: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    value.push('%');
    for digit in [byte >> 4, byte & 15] {
        value.push(DIGITS.get(usize::from(digit)).copied().map_or('0', char::from));
    }
}

fn empty() -> HeaderValue {
    HeaderValue::from_static("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_can_be_read_again() {
        for (text, value) in [
            ("u-1", "u-1"),
            ("orders:read orders:write", "orders:read orders:write"),
            (" a ", "%20a%20"),
            (" ", "%20"),
            ("100%", "100%25"),
            ("jürgen", "j%C3%BCrgen"),
            ("a\r\nx-admin: 1", "a%0D%0Ax-admin: 1"),
            ("", ""),
        ] {
            assert_eq!(written(&text.into()), value, "{text:?}");
        }
    }

    #[test]
    fn claims_are_written() {
        let list = |items: [&str; 2]| Json::Array(items.map(Json::from).to_vec());
        assert_eq!(written(&list(["a", "b"])), "a b");
        assert_eq!(written(&list(["a b", "c"])), "a%20b c");
        assert_eq!(written(&Json::Array(vec!["a".into(), 1.into()])), r#"["a",1]"#);
        assert_eq!(written(&true.into()), "true");
    }

    #[test]
    fn names_are_reserved_however_they_are_written() {
        for name in [
            "x-tokenward-subject",
            "X-Tokenward-",
            "x_tokenward_subject",
            "X-TOKENWARD_a",
            "X.Tokenward.Subject",
        ] {
            assert!(Identity::is_reserved(name), "{name}");
        }
        for name in ["x-tokenward", "tokenward-subject", "x-other-subject", "", "é-tokenward-a"] {
            assert!(!Identity::is_reserved(name), "{name}");
        }
    }

    #[test]
    fn what_could_be_smuggled_is_no_identity_header() {
        let with = |name: &str| Identity::none().with_claim(name, "/sub").map(drop);
        assert_eq!(with("X-Tokenward-User"), Ok(()));
        for (name, error) in [
            ("x-user", IdentityError::Prefix("x-user".into())),
            ("x-tokenward-a_b", IdentityError::Prefix("x-tokenward-a_b".into())),
            ("x-tokenward-outcome", IdentityError::Taken("x-tokenward-outcome".into())),
            ("x tokenward", IdentityError::Name("x tokenward".into())),
        ] {
            assert_eq!(with(name), Err(error));
        }
        for pointer in ["sub", "", "/a~2"] {
            assert!(Identity::none().with_claim("x-tokenward-a", pointer).is_err(), "{pointer}");
        }
    }
}
