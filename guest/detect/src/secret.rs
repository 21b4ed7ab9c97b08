//! Keys, tokens and credentials, told by the marks their issuers give them.

use crate::bytes::{at, before, near, range, run, starts};
use crate::decode;
use crate::kind::{Confidence, Detector};
use crate::steps;

/// Characters that follow a key's prefix.
#[derive(Clone, Copy)]
enum Charset {
    /// `A-Z 0-9`
    Upper,
    /// `0-9 a-f`
    Hex,
    /// `A-Z a-z 0-9`
    Alnum,
    /// `A-Z a-z 0-9 _ -`
    Url,
    /// `A-Z a-z 0-9 _ - .`
    Dotted,
}

impl Charset {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
        }
    }
}

use Charset::{Alnum, Dotted, Hex, Upper, Url};

/// The longest key that is measured.
const LONGEST: usize = 300;

/// Prefix, then at least and at most so many characters of a charset.
const KEYS: &[(&[u8], usize, usize, Charset)] = &[
    (b"AKIA", 16, 16, Upper), // AWS
    (b"ASIA", 16, 16, Upper),
    (b"ABIA", 16, 16, Upper),
    (b"ACCA", 16, 16, Upper),
    (b"AIza", 35, 35, Url), // Google
    (b"ya29.", 20, LONGEST, Url),
    (b"GOCSPX-", 20, 40, Url),
    (b"ghp_", 36, LONGEST, Alnum), // GitHub
    (b"gho_", 36, LONGEST, Alnum),
    (b"ghu_", 36, LONGEST, Alnum),
    (b"ghs_", 36, LONGEST, Alnum),
    (b"ghr_", 36, LONGEST, Alnum),
    (b"github_pat_", 40, LONGEST, Url),
    (b"glpat-", 20, LONGEST, Dotted), // GitLab
    (b"gldt-", 20, LONGEST, Url),
    (b"glrt-", 20, LONGEST, Url),
    (b"glptt-", 40, LONGEST, Url),
    (b"xoxb-", 20, LONGEST, Url), // Slack
    (b"xoxa-", 20, LONGEST, Url),
    (b"xoxp-", 20, LONGEST, Url),
    (b"xoxr-", 20, LONGEST, Url),
    (b"xoxs-", 20, LONGEST, Url),
    (b"xoxe-", 20, LONGEST, Url),
    (b"xoxe.", 20, LONGEST, Dotted),
    (b"xapp-", 20, LONGEST, Url),
    (b"sk_live_", 16, LONGEST, Alnum), // Stripe
    (b"sk_test_", 16, LONGEST, Alnum),
    (b"rk_live_", 16, LONGEST, Alnum),
    (b"rk_test_", 16, LONGEST, Alnum),
    (b"whsec_", 24, LONGEST, Alnum),
    (b"npm_", 36, 36, Alnum),        // npm
    (b"pypi-AgE", 40, LONGEST, Url), // PyPI
    (b"SG.", 60, 80, Dotted),        // SendGrid
    (b"sk-ant-", 24, LONGEST, Url),  // Anthropic
    (b"sk-proj-", 24, LONGEST, Url), // OpenAI
    (b"sk-", 48, 48, Alnum),
    (b"hf_", 34, 40, Alnum),   // Hugging Face
    (b"dop_v1_", 64, 64, Hex), // DigitalOcean
    (b"doo_v1_", 64, 64, Hex),
    (b"dor_v1_", 64, 64, Hex),
    (b"shpat_", 32, 32, Alnum), // Shopify
    (b"shpss_", 32, 32, Alnum),
    (b"shpca_", 32, 32, Alnum),
    (b"shppa_", 32, 32, Alnum),
    (b"sq0csp-", 43, 43, Url), // Square
    (b"sq0atp-", 22, 22, Url),
    (b"dckr_pat_", 20, 60, Url), // Docker
    (b"hvs.", 24, LONGEST, Url), // HashiCorp Vault
    (b"hvb.", 24, LONGEST, Url),
    (b"lin_api_", 40, 40, Alnum),  // Linear
    (b"ATATT3", 50, LONGEST, Url), // Atlassian
    (b"PMAK-", 59, 59, Url),       // Postman
    (b"NRAK-", 27, 27, Upper),     // New Relic
    (b"dapi", 32, 32, Hex),        // Databricks
    (b"tfp_", 40, LONGEST, Url),   // Typeform
    (b"key-", 32, 32, Hex),        // Mailgun
];

/// Marks of key material, wherever in the text.
const MATERIAL: &[&[u8]] = &[
    b"b3BlbnNzaC1rZXktdjE",        // `openssh-key-v1` in base64
    b"IBADANBgkqhkiG9w0BAQEFAASC", // PKCS #8 around an RSA key
    b"AgEAMBMGByqGSM49AgEG",       // PKCS #8 around an EC key
    b"MC4CAQAwBQYDK2VwBCIEI",      // PKCS #8 around an Ed25519 key
];

/// What starts at a place whose byte before is no letter or digit.
pub(crate) fn token(bytes: &[u8], start: usize) -> Option<(Detector, Confidence)> {
    let first = at(bytes, start);
    if first == b'e' && jose(bytes, start) {
        return Some((Detector::Jwt, Confidence::High));
    }
    for (prefix, least, most, charset) in KEYS {
        if prefix.first() == Some(&first) && starts(bytes, start, prefix) {
            let body = start + prefix.len();
            let end = run(bytes, body, LONGEST + 1, |b| charset.has(b));
            steps::count(end - start);
            let length = end - body;
            let whole = !at(bytes, end).is_ascii_alphanumeric() || *most == LONGEST;
            if length >= *least && (length <= *most || *most == LONGEST) && whole {
                return Some((Detector::CloudKey, Confidence::High));
            }
        }
    }
    let (mark, detector, confidence): (&[u8], _, _) = match first {
        b'A' if starts(bytes, start, b"AGE-SECRET-KEY-1") => {
            return Some((Detector::PrivateKey, Confidence::High));
        }
        b'P' if starts(bytes, start, b"PuTTY-User-Key-File-") => {
            return Some((Detector::PrivateKey, Confidence::High));
        }
        b'h' => (b"hooks.slack.com/services/T", Detector::Credential, Confidence::High),
        b'A' => (b"AccountKey=", Detector::CloudKey, Confidence::High),
        b'S' => (b"SharedAccessKey=", Detector::CloudKey, Confidence::High),
        b'B' | b'b' => return scheme(bytes, start),
        _ => return None,
    };
    let enough = at(bytes, start + mark.len() + 8).is_ascii_graphic();
    (starts(bytes, start, mark) && enough).then_some((detector, confidence))
}

/// `Basic` and `Bearer` credentials (RFC 7617, RFC 6750), as in a copied header.
fn scheme(bytes: &[u8], start: usize) -> Option<(Detector, Confidence)> {
    let word = range(bytes, start, start + 7);
    if word.eq_ignore_ascii_case(b"Bearer ") {
        let end = run(bytes, start + 7, 20, |b| b.is_ascii_graphic());
        let digits = range(bytes, start + 7, end).iter().any(u8::is_ascii_digit);
        return (end - start >= 7 + 16 && digits)
            .then_some((Detector::Credential, Confidence::Medium));
    }
    if range(word, 0, 6).eq_ignore_ascii_case(b"Basic ") {
        let end = run(bytes, start + 6, LONGEST, decode::is_base64);
        let decoded = decode::base64(range(bytes, start + 6, end))?;
        return decoded.contains(':').then_some((Detector::Credential, Confidence::High));
    }
    None
}

/// The longest JOSE header that is decoded.
const LONGEST_HEADER: usize = 4096;

/// Whether a JWS or JWE in compact form (RFC 7515, RFC 7516) starts at a place.
fn jose(bytes: &[u8], start: usize) -> bool {
    // Not in the middle of a part: each part is measured once.
    if Url.has(before(bytes, start)) {
        return false;
    }
    let part = |from, limit| run(bytes, from, limit, |b| Url.has(b));
    let header = part(start, LONGEST_HEADER);
    steps::count(header - start);
    if header - start < 10 || at(bytes, header) != b'.' {
        return false;
    }
    // The second part of a JWE may be empty, and its third follows at once; so may an unsigned
    // token's last. Parts are only met, not measured.
    let second = part(header + 1, bytes.len());
    steps::count(second - header);
    at(bytes, second) == b'.'
        && decode::base64(range(bytes, start, header))
            .is_some_and(|json| json.starts_with('{') && json.contains("\"alg\""))
}

/// Whether a PEM private key begins at the hyphens at a place.
pub(crate) fn pem(bytes: &[u8], start: usize) -> bool {
    starts(bytes, start, b"-----BEGIN ") && near(bytes, start + 11, 40, b"PRIVATE KEY")
}

/// Whether text holds key material without armour, or a private JWK.
pub(crate) fn material(text: &str) -> bool {
    steps::count(text.len());
    let has = |mark: &[u8]| core::str::from_utf8(mark).is_ok_and(|mark| text.contains(mark));
    MATERIAL.iter().any(|mark| has(mark))
}

/// Whether text holds a JWK with a private member (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
pub(crate) fn private_jwk(text: &str) -> bool {
    steps::count(text.len());
    let member = |name: &str| {
        text.match_indices(name).any(|(at, _)| {
            let rest = text.as_bytes().get(at + name.len()..).unwrap_or_default();
            range(rest, 0, 3).iter().find(|b| !b.is_ascii_whitespace()) == Some(&b':')
        })
    };
    member("\"kty\"") && (member("\"d\"") || member("\"k\""))
}

/// Whether a password hash in a `crypt` form starts at the `$` at a place.
pub(crate) fn password_hash(bytes: &[u8], start: usize) -> bool {
    const FORMS: [&[u8]; 10] = [
        b"$2a$",
        b"$2b$",
        b"$2y$",
        b"$argon2",
        b"$scrypt$",
        b"$pbkdf2",
        b"$6$",
        b"$5$",
        b"$y$",
        b"$1$",
    ];
    FORMS.iter().any(|form| starts(bytes, start, form))
        && run(bytes, start, 24, |b| b.is_ascii_graphic()) - start == 24
}

/// Whether a user and a password stand in the URL whose `://` is at a place.
pub(crate) fn url_password(bytes: &[u8], start: usize) -> bool {
    let userinfo = start + 3;
    let end = run(bytes, userinfo, 256, |b| b.is_ascii_graphic() && !b"/?#@".contains(&b));
    steps::count(end - start);
    at(bytes, end) == b'@'
        && range(bytes, userinfo, end)
            .iter()
            .position(|b| *b == b':')
            .is_some_and(|colon| userinfo + colon + 1 < end)
}

/// A secret access key of AWS has 40 characters of base64.
pub(crate) fn forty(text: &[u8]) -> bool {
    text.len() == 40 && text.iter().all(|b| decode::is_base64(*b))
}
