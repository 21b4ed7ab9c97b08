//! Versions and cipher suites of TLS, by their names.

use crate::settings::TlsVersion;

/// What a version of TLS is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Before TLS 1.2: deprecated by RFC 8996.
    Old,
    Sound(TlsVersion),
    /// No version that is known.
    Unreadable,
}

impl Version {
    /// From `1.3`, or the spelling of gateways, `TLSv1.3`.
    pub(crate) fn of(name: &str) -> Self {
        match name.strip_prefix("TLSv").unwrap_or(name) {
            "1.3" => Self::Sound(TlsVersion::V1_3),
            "1.2" => Self::Sound(TlsVersion::V1_2),
            "1.1" | "1.0" | "1" | "SSLv3" | "SSLv2" | "SSLv23" => Self::Old,
            _ => Self::Unreadable,
        }
    }
}

/// What a cipher suite is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// It hides nothing, or proves nothing, or is broken.
    Weak,
    /// CBC mode with SHA-1, or no forward secrecy (RFC 9325 section 4).
    Dated,
    Sound,
    /// Not the IANA name of a cipher suite, and not known to be weak.
    Unreadable,
}

impl Cipher {
    /// From its IANA name. Weak ones are found by the names of OpenSSL too.
    pub(crate) fn of(name: &str) -> Self {
        let words = || name.split(['_', '-']);
        let has = |word: &str| words().any(|w| w.eq_ignore_ascii_case(word));
        if words().any(is_weak_word) {
            return Self::Weak;
        }
        let Some(suite) = name.strip_prefix("TLS_") else { return Self::Unreadable };
        if !suite.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Self::Unreadable;
        }
        if !words().any(is_strong_word) {
            return Self::Weak;
        }
        // Suites of TLS 1.3 name no key exchange, and all have forward secrecy.
        let exchange = suite.split_once("_WITH_").map(|(exchange, _)| exchange);
        let forward = exchange.is_none_or(|exchange| {
            matches!(exchange.split('_').next(), Some("ECDHE" | "DHE" | "ECCPWD"))
        });
        let sha1 = has("CBC") && suite.ends_with("_SHA");
        if sha1 || !forward { Self::Dated } else { Self::Sound }
    }
}

/// Encryption that is broken or none, keys for export, no authentication, a broken digest.
fn is_weak_word(word: &str) -> bool {
    const WEAK: [&str; 17] = [
        "NULL",
        "anon",
        "EXPORT",
        "EXPORT40",
        "EXPORT56",
        "EXPORT1024",
        "EXP",
        "EXP1024",
        "RC2",
        "RC4",
        "DES",
        "DES40",
        "3DES",
        "IDEA",
        "MD5",
        "ADH",
        "AECDH",
    ];
    WEAK.iter().any(|weak| weak.eq_ignore_ascii_case(word))
}

/// Encryption that is not broken.
fn is_strong_word(word: &str) -> bool {
    matches!(word, "AES" | "CHACHA20" | "CAMELLIA" | "ARIA" | "SEED" | "SM4" | "AEGIS")
}
