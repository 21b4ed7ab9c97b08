//! The facts of a request, normalized once, before any policy sees them.

use super::tls::Tls;

/// Where in a request the token was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLocation {
    /// The `Authorization` header (RFC 6750 section 2.1).
    AuthorizationHeader,
    /// A form-encoded body (RFC 6750 section 2.2).
    Body,
    /// The query of the URL (RFC 6750 section 2.3).
    Query,
    /// A cookie.
    Cookie,
    /// Another header.
    OtherHeader,
}

/// The `SameSite` attribute of a cookie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the attribute's values")]
pub enum SameSite {
    #[default]
    Unset,
    None,
    Lax,
    Strict,
}

/// A cookie that carries a token, or is about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Whether `HttpOnly` is set.
    pub http_only: bool,
    /// Whether `Secure` is set.
    pub secure: bool,
    /// The `SameSite` attribute.
    pub same_site: SameSite,
    /// `Max-Age` in seconds.
    pub max_age: Option<u64>,
}

/// The facts of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFacts {
    pub(crate) method: Option<String>,
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) client_address: Option<String>,
    pub(crate) token_location: Option<TokenLocation>,
    pub(crate) tls: Option<Tls>,
    pub(crate) cookies: Vec<Cookie>,
}

/// Why a request cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The method is not a token of RFC 9110 section 9.1.
    #[error("the method `{0}` is not an HTTP method; accepted: letters such as `GET`")]
    Method(String),
    /// The URL is neither absolute nor a path.
    #[error(
        "the URL `{0}` is not accepted; accepted: `https://host/path`, `http://host/path` or `/path`"
    )]
    Url(String),
    /// The path can be read in two ways.
    #[error(
        "the path is ambiguous: it holds {0}, which some servers read as another path; accepted: \
         a path without it"
    )]
    Ambiguous(&'static str),
    /// A percent sign is not followed by two hexadecimal digits.
    #[error("the URL holds a `%` without two hexadecimal digits after it")]
    Escape,
    /// A header's name or value cannot stand in a request.
    #[error(
        "the header `{0}` is not accepted: a name is a token, a value has no control characters"
    )]
    Header(String),
}

impl RequestFacts {
    /// A request of this method for this URL, absolute or a path with query.
    ///
    /// The path is normalized (RFC 3986 section 6.2.2): unreserved characters
    /// are decoded, escapes are written in upper case, path parameters (`;...`),
    /// `.` and `..` and empty segments are taken out, and `\` counts as `/`. A
    /// path that servers read in different ways is refused: an escaped `/`, `\`,
    /// `%` or control character, and a fragment. So no spelling of a path passes
    /// by a rule that names it. Pass the normalized path ([`RequestFacts::path`])
    /// upstream, or refuse what it differs from.
    ///
    /// # Errors
    ///
    /// [`RequestError::Method`], [`RequestError::Url`], [`RequestError::Ambiguous`]
    /// and [`RequestError::Escape`].
    pub fn new(method: &str, url: &str) -> Result<Self, RequestError> {
        if method.is_empty() || method.len() > 32 || !method.bytes().all(is_token_byte) {
            return Err(RequestError::Method(method.escape_debug().to_string()));
        }
        let refused = || RequestError::Url(url.escape_debug().to_string());
        if url.len() > 16_384 || url.bytes().any(|b| b <= b' ' || b == 0x7f) {
            return Err(refused());
        }
        if url.contains('#') {
            return Err(RequestError::Ambiguous("a fragment (`#`)"));
        }
        let mut facts = Self { method: Some(method.to_owned()), ..Self::default() };
        let target = if url.starts_with('/') {
            url
        } else {
            let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
            let scheme = scheme.to_ascii_lowercase();
            if scheme != "http" && scheme != "https" {
                return Err(refused());
            }
            let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
            let (authority, target) = rest.split_at_checked(end).ok_or_else(refused)?;
            facts.scheme = Some(scheme);
            facts.host = Some(host_of(authority).ok_or_else(refused)?);
            target
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        facts.path = Some(normalize_path(path)?);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            facts.query.push((decode_query(name)?, decode_query(value)?));
        }
        Ok(facts)
    }

    /// With a header. Of several with one name, all are kept, joined by `, ` as
    /// RFC 9110 section 5.3 allows.
    ///
    /// # Errors
    ///
    /// [`RequestError::Header`].
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        let bad_value = value.chars().any(|c| c.is_control() && c != '\t');
        if name.is_empty() || !name.bytes().all(is_token_byte) || bad_value {
            return Err(RequestError::Header(name.escape_debug().to_string()));
        }
        let name = name.to_ascii_lowercase();
        match self.headers.iter_mut().find(|(other, _)| *other == name) {
            Some((_, values)) => {
                values.push_str(", ");
                values.push_str(value.trim());
            }
            None => self.headers.push((name, value.trim().to_owned())),
        }
        Ok(self)
    }

    /// With the client's IP address.
    #[must_use]
    pub fn with_client_address(mut self, address: std::net::IpAddr) -> Self {
        self.client_address = Some(address.to_canonical().to_string());
        self
    }

    /// With where the token was found.
    #[must_use]
    pub fn with_token_location(mut self, location: TokenLocation) -> Self {
        self.token_location = Some(location);
        self
    }

    /// With the transport security of the client's connection.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// With a cookie that carries a token.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Cookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The scheme: `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    /// The query parameters, decoded, in their order.
    #[must_use]
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// The headers, by name in lower case.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The client's IP address.
    #[must_use]
    pub fn client_address(&self) -> Option<&str> {
        self.client_address.as_deref()
    }

    /// Where the token was found.
    #[must_use]
    pub fn token_location(&self) -> Option<TokenLocation> {
        self.token_location
    }

    /// The transport security of the client's connection.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The cookies that carry a token.
    #[must_use]
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    /// The host in lower case, without port.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The normalized path.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}

/// A byte of a token (RFC 9110 section 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn host_of(authority: &str) -> Option<String> {
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let address = address.parse::<std::net::Ipv6Addr>().ok()?;
            (format!("[{address}]"), port.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host.to_ascii_lowercase(), Some(port)),
            None => (authority.to_ascii_lowercase(), None),
        },
    };
    let host_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._~[]:".contains(&b);
    let port_is_good = port.is_none_or(|p| p.is_empty() || p.parse::<u16>().is_ok());
    // A name with a final dot is the same name (RFC 1034 section 3.1).
    let host = host.strip_suffix('.').unwrap_or(&host);
    (!host.is_empty() && host.bytes().all(host_byte) && port_is_good).then(|| host.to_owned())
}

fn normalize_path(path: &str) -> Result<String, RequestError> {
    let mut decoded = Vec::with_capacity(path.len() + 1);
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => match escaped(&mut bytes)? {
                b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => decoded.push(b),
                b'/' | b'\\' => {
                    return Err(RequestError::Ambiguous("an escaped slash (`%2F`, `%5C`)"));
                }
                b'%' => return Err(RequestError::Ambiguous("an escaped `%` (`%25`)")),
                b';' => return Err(RequestError::Ambiguous("an escaped `;` (`%3B`)")),
                b if b.is_ascii_control() => {
                    return Err(RequestError::Ambiguous("an escaped control character"));
                }
                b => decoded.extend_from_slice(format!("%{b:02X}").as_bytes()),
            },
            b'\\' => decoded.push(b'/'),
            b if b >= 0x80 => decoded.extend_from_slice(format!("%{b:02X}").as_bytes()),
            b => decoded.push(b),
        }
    }
    let decoded = String::from_utf8_lossy(&decoded);
    let mut segments: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        // Path parameters (RFC 3986 section 3.3) are the segment's, not its name's.
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let last = decoded.rsplit('/').next().unwrap_or_default();
    let folder = matches!(last.split(';').next(), Some("" | "." | ".."));
    let mut normal = String::with_capacity(decoded.len() + 1);
    for segment in &segments {
        normal.push('/');
        normal.push_str(segment);
    }
    if normal.is_empty() || folder {
        normal.push('/');
    }
    Ok(normal)
}

/// The byte of a percent escape whose `%` was just read.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Result<u8, RequestError> {
    let mut digit = || {
        let digit = bytes.next().and_then(|b| char::from(b).to_digit(16));
        digit.and_then(|d| u8::try_from(d).ok()).ok_or(RequestError::Escape)
    };
    Ok(digit()? * 16 + digit()?)
}

/// Decodes a name or value of a query (application/x-www-form-urlencoded).
fn decode_query(text: &str) -> Result<String, RequestError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => escaped(&mut bytes)?,
            b'+' => b' ',
            byte => byte,
        });
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized() {
        let cases = [
            ("https://h", "/"),
            ("https://h/", "/"),
            ("https://h/a/b", "/a/b"),
            ("https://h/a/b/", "/a/b/"),
            ("https://h//a///b", "/a/b"),
            ("https://h/a/./b/../c", "/a/c"),
            ("https://h/a/%2e%2e/b", "/b"),
            ("https://h/../../a", "/a"),
            ("https://h/%61dmin", "/admin"),
            ("https://h/a%20b", "/a%20b"),
            ("https://h/public/..;/admin", "/admin"),
            ("https://h/admin;a=1/x;y", "/admin/x"),
            ("https://h/a\\..\\b", "/b"),
            ("https://h/é", "/%C3%A9"),
            ("/a?b=c", "/a"),
            ("https://h?x", "/"),
            ("https://h/a/..", "/"),
            ("https://h/a/.", "/a/"),
        ];
        for (url, path) in cases {
            assert_eq!(RequestFacts::new("GET", url).unwrap().path(), Some(path), "{url}");
        }
    }

    #[test]
    fn hosts_are_normalized() {
        let cases = [
            ("https://API.Example:8443/x", Some("api.example")),
            ("https://api.example.", Some("api.example")),
            ("http://[2001:DB8:0::1]:80/", Some("[2001:db8::1]")),
            ("/x", None),
        ];
        for (url, host) in cases {
            assert_eq!(RequestFacts::new("GET", url).unwrap().host(), host, "{url}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (method, url) in [
            ("", "/"),
            ("GE T", "/"),
            ("GET", ""),
            ("GET", "example/a"),
            ("GET", "ftp://h/a"),
            ("GET", "https://user@h/a"),
            ("GET", "https:///a"),
            ("GET", "https://h:port/"),
            ("GET", "https://h/a b"),
            ("GET", "https://h/%2"),
            ("GET", "https://h/%zz"),
            ("GET", "https://[::zz]/"),
            ("GET", "https://ａpi.example/"),
            ("GET", "https://h/a%2fb"),
            ("GET", "https://h/a%5Cb"),
            ("GET", "https://h/public/%252e%252e/admin"),
            ("GET", "https://h/a%00b"),
            ("GET", "https://h/a%3Bb"),
            ("GET", "https://h/public#/../admin"),
        ] {
            assert!(RequestFacts::new(method, url).is_err(), "{method} {url}");
        }
    }

    #[test]
    fn headers_and_query() {
        let facts = RequestFacts::new("GET", "/a?x=1&y=a%20b+c&z")
            .unwrap()
            .with_header("X-A", "1")
            .unwrap()
            .with_header("x-a", " 2 ")
            .unwrap();
        assert_eq!(facts.headers, [("x-a".to_owned(), "1, 2".to_owned())]);
        let query: Vec<_> = facts.query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(query, [("x", "1"), ("y", "a b c"), ("z", "")]);
        assert!(facts.with_header("a b", "1").is_err());
    }
}
