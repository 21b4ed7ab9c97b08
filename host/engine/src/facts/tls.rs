//! The transport security of a client's connection.

/// The transport security of the client's connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// For instance `1.3`.
    pub version: Option<String>,
    /// The IANA name of the cipher suite.
    pub cipher: Option<String>,
    /// Whether the client showed a certificate that was verified.
    pub client_certificate: bool,
}

impl Tls {
    /// The version as policies are told it: `1.3` from `1.3`, or from the spelling of OpenSSL and
    /// the gateways that use it, `TLSv1.3`; there, `TLSv1` is `1.0`. What is older than TLS is said
    /// as it is, `SSLv2` or `SSLv3`. None for what is no version.
    ///
    /// ```
    /// use tokenward_engine::Tls;
    ///
    /// assert_eq!(Tls::version_of("TLSv1.2").as_deref(), Some("1.2"));
    /// assert_eq!(Tls::version_of("HTTP/1.1"), None);
    /// ```
    #[must_use]
    pub fn version_of(text: &str) -> Option<String> {
        if matches!(text, "SSLv2" | "SSLv3") {
            return Some(text.to_owned());
        }
        let digit = |part: &str| part.len() == 1 && part.bytes().all(|b| b.is_ascii_digit());
        match text.strip_prefix("TLSv") {
            Some("1") => Some("1.0".to_owned()),
            stripped => {
                let version = stripped.unwrap_or(text);
                let (major, minor) = version.split_once('.')?;
                (digit(major) && digit(minor)).then(|| version.to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (text, version) in [
            ("1.3", Some("1.3")),
            ("TLSv1.2", Some("1.2")),
            ("TLSv1", Some("1.0")),
            ("1.0", Some("1.0")),
            ("SSLv3", Some("SSLv3")),
            ("", None),
            ("1", None),
            ("13", None),
            ("1.33", None),
            ("1.", None),
            ("tls1.3", None),
            ("1.3,TLS_AES_128_GCM_SHA256", None),
        ] {
            assert_eq!(Tls::version_of(text).as_deref(), version, "{text}");
        }
    }
}
