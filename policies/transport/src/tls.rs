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
        let mut is_iana = false;
        let (mut is_strong, mut is_cbc, mut names_exchange) = (false, false, false);
        let (mut exchange, mut last) = ("", "");
        for (index, word) in name.split(is_separator).enumerate() {
            if is_weak_word(word) {
                return Self::Weak;
            }
            match index {
                0 => is_iana = word == "TLS",
                1 => exchange = word,
                _ => {}
            }
            is_strong |= is_strong_word(word);
            is_cbc |= word == "CBC";
            names_exchange |= word == "WITH";
            last = word;
        }
        let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_iana || exchange.is_empty() || !is_plain {
            return Self::Unreadable;
        }
        if !is_strong {
            return Self::Weak;
        }
        // Suites of TLS 1.3 name no key exchange, and all have forward secrecy.
        let is_forward = !names_exchange || matches!(exchange, "ECDHE" | "DHE" | "ECCPWD");
        if is_forward && !(is_cbc && last == "SHA") { Self::Sound } else { Self::Dated }
    }
}

/// Whether a suite names its key exchange, as those before TLS 1.3 do.
pub(crate) fn names_exchange(cipher: &str) -> bool {
    cipher.split(is_separator).any(|word| word == "WITH")
}

/// Between the words of IANA's names, and of OpenSSL's.
fn is_separator(c: char) -> bool {
    c == '_' || c == '-'
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
