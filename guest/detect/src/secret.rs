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

/// How a service's keys look. It holds no pointers, so that the table stays small.
struct Key {
    prefix: [u8; 11],
    prefix_length: u8,
    /// The fewest and the most characters after the prefix.
    least: u8,
    most: u8,
    charset: Charset,
}

/// As `most`: as many as are measured.
const ANY: u8 = u8::MAX;

#[allow(clippy::cast_possible_truncation, reason = "it is evaluated by the compiler only")]
const fn key(text: &[u8], least: u8, most: u8, charset: Charset) -> Key {
    let mut prefix = [0; 11];
    let mut at = 0;
    while at < text.len() {
        prefix[at] = text[at];
        at += 1;
    }
    Key { prefix, prefix_length: text.len() as u8, least, most, charset }
}

/// Prefix, then at least and at most so many characters of a charset.
static KEYS: [Key; 56] = [
    key(b"AKIA", 16, 16, Upper), // AWS
    key(b"ASIA", 16, 16, Upper),
    key(b"ABIA", 16, 16, Upper),
    key(b"ACCA", 16, 16, Upper),
    key(b"AIza", 35, 35, Url), // Google
    key(b"ya29.", 20, ANY, Url),
    key(b"GOCSPX-", 20, 40, Url),
    key(b"ghp_", 36, ANY, Alnum), // GitHub
    key(b"gho_", 36, ANY, Alnum),
    key(b"ghu_", 36, ANY, Alnum),
    key(b"ghs_", 36, ANY, Alnum),
    key(b"ghr_", 36, ANY, Alnum),
    key(b"github_pat_", 40, ANY, Url),
    key(b"glpat-", 20, ANY, Dotted), // GitLab
    key(b"gldt-", 20, ANY, Url),
    key(b"glrt-", 20, ANY, Url),
    key(b"glptt-", 40, ANY, Url),
    key(b"xoxb-", 20, ANY, Url), // Slack
    key(b"xoxa-", 20, ANY, Url),
    key(b"xoxp-", 20, ANY, Url),
    key(b"xoxr-", 20, ANY, Url),
    key(b"xoxs-", 20, ANY, Url),
    key(b"xoxe-", 20, ANY, Url),
    key(b"xoxe.", 20, ANY, Dotted),
    key(b"xapp-", 20, ANY, Url),
    key(b"sk_live_", 16, ANY, Alnum), // Stripe
    key(b"sk_test_", 16, ANY, Alnum),
    key(b"rk_live_", 16, ANY, Alnum),
    key(b"rk_test_", 16, ANY, Alnum),
    key(b"whsec_", 24, ANY, Alnum),
    key(b"npm_", 36, 36, Alnum),    // npm
    key(b"pypi-AgE", 40, ANY, Url), // PyPI
    key(b"SG.", 60, 80, Dotted),    // SendGrid
    key(b"sk-ant-", 24, ANY, Url),  // Anthropic
    key(b"sk-proj-", 24, ANY, Url), // OpenAI
    key(b"sk-", 48, 48, Alnum),
    key(b"hf_", 34, 40, Alnum),   // Hugging Face
    key(b"dop_v1_", 64, 64, Hex), // DigitalOcean
    key(b"doo_v1_", 64, 64, Hex),
    key(b"dor_v1_", 64, 64, Hex),
    key(b"shpat_", 32, 32, Alnum), // Shopify
    key(b"shpss_", 32, 32, Alnum),
    key(b"shpca_", 32, 32, Alnum),
    key(b"shppa_", 32, 32, Alnum),
    key(b"sq0csp-", 43, 43, Url), // Square
    key(b"sq0atp-", 22, 22, Url),
    key(b"dckr_pat_", 20, 60, Url), // Docker
    key(b"hvs.", 24, ANY, Url),     // HashiCorp Vault
    key(b"hvb.", 24, ANY, Url),
    key(b"lin_api_", 40, 40, Alnum), // Linear
    key(b"ATATT3", 50, ANY, Url),    // Atlassian
    key(b"PMAK-", 59, 59, Url),      // Postman
    key(b"NRAK-", 27, 27, Upper),    // New Relic
    key(b"dapi", 32, 32, Hex),       // Databricks
    key(b"tfp_", 40, ANY, Url),      // Typeform
    key(b"key-", 32, 32, Hex),       // Mailgun
];

/// What else than keys [`token`] tells starts with.
const OTHERS: &[u8] = b"eAPhSBb";

/// One bit for each byte of ASCII: of the keys, and of all that [`token`] tells.
static FIRST: [[u32; 4]; 2] = {
    let (mut keys, mut place) = ([0; 4], 0);
    while place < KEYS.len() {
        let byte = KEYS[place].prefix[0];
        keys[(byte >> 5) as usize] |= 1 << (byte & 31);
        place += 1;
    }
    let (mut all, mut place) = (keys, 0);
    while place < OTHERS.len() {
        let byte = OTHERS[place];
        all[(byte >> 5) as usize] |= 1 << (byte & 31);
        place += 1;
    }
    [keys, all]
};

/// Whether some key starts with a byte.
fn starts_a_key(byte: u8) -> bool {
    is_in(&FIRST[0], byte)
}

/// Whether anything that [`token`] tells starts with a byte.
#[inline]
pub(crate) fn starts_a_token(byte: u8) -> bool {
    is_in(&FIRST[1], byte)
}

fn is_in(bits: &[u32; 4], byte: u8) -> bool {
    bits.get(usize::from(byte >> 5)).is_some_and(|bits| bits >> (byte & 31) & 1 == 1)
}

/// The fewest characters of what is told by how it starts.
pub(crate) const SHORTEST: usize = 16;

/// The shortest of the marks of key material: letters and digits.
pub(crate) const SHORTEST_MARK: usize = 19;

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
    if starts_a_key(first) && cloud_key(bytes, start) {
        return Some((Detector::CloudKey, Confidence::High));
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

fn cloud_key(bytes: &[u8], start: usize) -> bool {
    let two = [at(bytes, start), at(bytes, start + 1)];
    KEYS.iter().filter(|key| key.prefix.starts_with(&two)).any(|key| {
        let prefix = range(&key.prefix, 0, usize::from(key.prefix_length));
        if !starts(bytes, start, prefix) {
            return false;
        }
        let body = start + prefix.len();
        let end = run(bytes, body, LONGEST + 1, |b| key.charset.has(b));
        steps::count(end - start);
        let length = end - body;
        let open = key.most == ANY;
        length >= usize::from(key.least)
            && (open || length <= usize::from(key.most))
            && (open || !at(bytes, end).is_ascii_alphanumeric())
    })
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
        return decoded
            .as_bytes()
            .contains(&b':')
            .then_some((Detector::Credential, Confidence::High));
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
        && decode::base64(range(bytes, start, header)).is_some_and(|json| {
            let json = json.as_bytes();
            at(json, 0) == b'{' && near(json, 0, json.len(), b"\"alg\"")
        })
}

/// Whether a PEM private key begins with the `BEGIN` at a place (RFC 7468 section 2).
pub(crate) fn pem(bytes: &[u8], start: usize) -> bool {
    starts(bytes, start, b"BEGIN ")
        && start.checked_sub(5).is_some_and(|hyphens| starts(bytes, hyphens, b"-----"))
        && near(bytes, start + 6, 40, b"PRIVATE KEY")
}

/// Whether text holds key material without armour.
pub(crate) fn material(bytes: &[u8]) -> bool {
    steps::count(bytes.len());
    let candidates =
        bytes.iter().enumerate().filter(|(_, b)| matches!(b, b'b' | b'I' | b'A' | b'M'));
    let mut candidates = candidates.map(|(place, _)| place);
    candidates.any(|place| MATERIAL.iter().any(|mark| starts(bytes, place, mark)))
}

/// Whether text holds a JWK with a private member (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
pub(crate) fn private_jwk(bytes: &[u8]) -> bool {
    steps::count(bytes.len());
    let (mut kind, mut private) = (false, false);
    for (place, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'"') {
        kind |= member(bytes, place, b"\"kty\"");
        private |= member(bytes, place, b"\"d\"") || member(bytes, place, b"\"k\"");
    }
    kind && private
}

/// Whether a member of an object, with this name, stands at a place.
fn member(bytes: &[u8], place: usize, name: &[u8]) -> bool {
    let after = place + name.len();
    starts(bytes, place, name)
        && range(bytes, after, after + 3).iter().find(|b| !b.is_ascii_whitespace()) == Some(&b':')
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
