//! What the settings must hold.

use tokenward_policy::SettingError;

use crate::rules::push_number;
use crate::settings::{Demand, Reaction, Settings, TlsVersion};
use crate::tls::{self, Cipher};

/// The most items of a list.
const MOST: usize = 200;
/// The longest that a cookie may be kept, in seconds: 400 days, which is what browsers allow.
const LONGEST_COOKIE: u64 = 34_560_000;

/// What is wrong.
pub(crate) fn check(settings: &Settings) -> Vec<SettingError> {
    let mut errors = Vec::new();
    check_list("/exempt-hosts", &settings.exempt_hosts, wrong_host, &mut errors);
    check_list("/query-parameters", &settings.query_parameters, wrong_name, &mut errors);
    if let Some(ciphers) = &settings.ciphers {
        let wrong = match settings.min_tls {
            TlsVersion::V1_2 => wrong_cipher,
            TlsVersion::V1_3 => wrong_cipher_of_1_3,
        };
        check_list("/ciphers", ciphers, wrong, &mut errors);
        if ciphers.is_empty() {
            errors.push(SettingError::new(
                "/ciphers",
                "is empty, so that no request would pass; name one, or leave it out",
            ));
        }
        if settings.dated_ciphers != Reaction::Advise {
            errors.push(SettingError::new(
                "/dated-ciphers",
                "has no effect, as `ciphers` names those that are allowed; leave it out",
            ));
        }
    }
    if settings.max_cookie_age.is_some_and(|age| !(1..=LONGEST_COOKIE).contains(&age)) {
        errors.push(SettingError::new(
            "/max-cookie-age",
            "is out of range; give 1 to 34560000 seconds, or leave it out",
        ));
    }
    if settings.client_certificate == Demand::Require && settings.unknown != Reaction::Ignore {
        errors.push(SettingError::new(
            "/unknown",
            "has no effect, as `client-certificate` refuses a token without a request; leave it out",
        ));
    }
    errors
}

/// What is wrong with an item.
type Wrong = fn(&str) -> Option<&'static str>;

fn check_list(at: &str, items: &[String], is_wrong: Wrong, errors: &mut Vec<SettingError>) {
    if items.len() > MOST {
        errors.push(SettingError::new(at, "has too many items; give at most 200"));
        return;
    }
    for (index, item) in items.iter().enumerate() {
        let twice = items.iter().take(index).any(|other| other == item);
        let message = match is_wrong(item) {
            Some(message) => message,
            None if twice => "is named twice",
            None => continue,
        };
        let mut path = String::from(at);
        path.push('/');
        push_number(&mut path, u64::try_from(index).unwrap_or(u64::MAX));
        errors.push(SettingError::new(path, message));
    }
}

/// A host as it is given to policies: without port, IPv6 in brackets.
fn wrong_host(host: &str) -> Option<&'static str> {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_right = if let Some(address) = address {
        let of_address = |b: u8| b.is_ascii_digit() || b"abcdef:.".contains(&b);
        address.contains(':') && address.bytes().all(of_address)
    } else {
        let of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._~".contains(&b);
        host.bytes().all(of_name)
    };
    let fits = (1..=253).contains(&host.len()) && !host.ends_with('.');
    (!is_right || !fits).then_some(
        "is not the exact name of a host; give one such as `localhost` or `[::1]`, in \
         lower case, without scheme, port, wildcard or final dot",
    )
}

fn wrong_name(name: &str) -> Option<&'static str> {
    let fits = (1..=256).contains(&name.len()) && !name.chars().any(char::is_control);
    (!fits).then_some("is not the name of a parameter, of 1 to 256 bytes on one line")
}

fn wrong_cipher(cipher: &str) -> Option<&'static str> {
    match Cipher::of(cipher) {
        Cipher::Weak => Some("is weak; it is never allowed"),
        Cipher::Unreadable => {
            Some("is not the IANA name of a cipher suite, such as `TLS_AES_128_GCM_SHA256`")
        }
        Cipher::Dated | Cipher::Sound => None,
    }
}

/// Suites that name a key exchange belong to versions before 1.3.
fn wrong_cipher_of_1_3(cipher: &str) -> Option<&'static str> {
    wrong_cipher(cipher).or_else(|| {
        tls::names_exchange(cipher).then_some("belongs to TLS 1.2, which `min-tls` does not allow")
    })
}
