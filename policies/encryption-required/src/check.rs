//! What the settings must hold.

use tokenward_policy::SettingError;
use tokenward_policy::text::{item, join};

use crate::settings::{MissingEffect, Reaction, Require, Settings};
use crate::{algorithm, sensitive};

/// The most kinds or audiences in a list.
const MOST: usize = 200;
/// The most bytes of an audience.
const LONGEST: usize = 1_024;

/// The pointers to sensitive claims; what is wrong goes to `errors`.
pub(crate) fn check(settings: &Settings, errors: &mut Vec<SettingError>) -> Vec<String> {
    let defaults = Settings::default();
    let mut paths = Vec::new();
    if settings.require == Require::Sensitive {
        paths = sensitive::pointers(&settings.claims, errors);
        if settings.claims.is_empty() {
            errors.push(SettingError::new(
                "/claims",
                "is empty, so that no claim is sensitive; name one, or set `require`",
            ));
        }
    } else if settings.claims != defaults.claims {
        without_effect("/claims", "`require` is not `sensitive`", errors);
    }
    check_lists(settings, errors);
    let has_always = !settings.always_kinds.is_empty() || !settings.always_audiences.is_empty();
    if settings.require == Require::Never && !has_always && settings.effect != MissingEffect::Deny {
        without_effect("/effect", "no token must be encrypted", errors);
    }
    check_algorithms(
        "/key-algorithms",
        &settings.key_algorithms,
        &algorithm::KEY,
        settings.rsa_oaep_sha1 != Reaction::Deny,
        errors,
    );
    check_algorithms(
        "/content-algorithms",
        &settings.content_algorithms,
        &algorithm::CONTENT,
        false,
        errors,
    );
    paths
}

fn check_lists(settings: &Settings, errors: &mut Vec<SettingError>) {
    let kinds = (&settings.always_kinds, &settings.exempt_kinds);
    let audiences = (&settings.always_audiences, &settings.exempt_audiences);
    for ((always, exempt), always_at, exempt_at, is_wrong) in [
        (kinds, "/always-kinds", "/exempt-kinds", wrong_kind as Wrong),
        (audiences, "/always-audiences", "/exempt-audiences", wrong_audience),
    ] {
        check_texts(always_at, always, &[], is_wrong, errors);
        check_texts(exempt_at, exempt, always, is_wrong, errors);
        if settings.require == Require::Always && !always.is_empty() {
            without_effect(always_at, "`require` is `always`", errors);
        }
        if settings.require == Require::Never && !exempt.is_empty() {
            without_effect(exempt_at, "`require` is `never`", errors);
        }
    }
}

/// What is wrong with an item.
type Wrong = fn(&str) -> Option<&'static str>;

/// `always` are those that no list of exemptions may name.
fn check_texts(
    at: &str,
    texts: &[String],
    always: &[String],
    is_wrong: Wrong,
    errors: &mut Vec<SettingError>,
) {
    if texts.len() > MOST {
        errors.push(SettingError::new(at, "has too many items; give at most 200"));
        return;
    }
    for (index, text) in texts.iter().enumerate() {
        let message = if let Some(message) = is_wrong(text) {
            message
        } else if texts.iter().take(index).any(|other| other == text) {
            "is named twice"
        } else if always.contains(text) {
            "is named as one that must always be encrypted, too; name it once"
        } else {
            continue;
        };
        errors.push(SettingError::new(item(at, index), message));
    }
}

/// A kind that no token can have would silently ask for nothing.
fn wrong_kind(kind: &str) -> Option<&'static str> {
    let known = ["access", "refresh", "id", "unknown"].contains(&kind);
    let named_otherwise = ["+jwt", "at+jwt", "rt+jwt", "refresh+jwt"].contains(&kind);
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._+".contains(&b);
    let other = kind.ends_with("+jwt") && !named_otherwise && kind.bytes().all(plain);
    (!known && !other).then_some(
        "is no kind of token; give `access`, `refresh`, `id`, `unknown`, or another `typ` in \
         lower case, such as `logout+jwt`",
    )
}

fn wrong_audience(audience: &str) -> Option<&'static str> {
    let fits = (1..=LONGEST).contains(&audience.len()) && !audience.chars().any(char::is_control);
    (!fits).then_some("is not a text of 1 to 1024 bytes on one line")
}

/// `or_oaep`: whether RSA-OAEP is allowed beside those named.
fn check_algorithms(
    at: &str,
    names: &[String],
    known: &[&str],
    or_oaep: bool,
    errors: &mut Vec<SettingError>,
) {
    if names.is_empty() && !or_oaep {
        errors.push(SettingError::new(at, "is empty, so that no encrypted token would pass"));
    }
    for (index, name) in names.iter().enumerate() {
        let message = match name.as_str() {
            name if names.iter().take(index).any(|other| other == name) => "is named twice",
            name if known.contains(&name) => continue,
            algorithm::RSA1_5 => "is broken; it is never allowed",
            algorithm::OAEP_SHA1 => "uses SHA-1; what happens then is for `rsa-oaep-sha1` to say",
            _ => "is not an algorithm that is known here; see RFC 7518 sections 4.1 and 5.1",
        };
        errors.push(SettingError::new(item(at, index), message));
    }
}

fn without_effect(at: &str, why: &str, errors: &mut Vec<SettingError>) {
    let message = join(&["has no effect, as ", why, "; leave it out"]);
    errors.push(SettingError::new(at, message));
}
