//! Routes and other settings, read and checked when a bundle is loaded.

use tokenward_policy::SettingError;
use tokenward_policy::text::{item, join};
use tokenward_route::{Cover, MOST_ROUTES, Routes, RoutesBuilder, Spec};

use crate::settings::Settings;

/// Of a JSON Pointer, in bytes.
const LONGEST_POINTER: usize = 1_024;
/// Of a purpose, a scope or a version, in bytes.
const LONGEST: usize = 256;
/// Of the purposes that every token serves, those that are exempt, and the versions.
const MOST: usize = 64;
/// Of the purposes that one scope or route serves, and of the claims that tell
/// them: they bound what a hostile token can ask to be compared.
const MOST_SERVED: usize = 8;
/// Of the scopes that serve purposes.
const MOST_SCOPES: usize = 256;
/// The most seconds that a consent may be old: ten years.
const MOST_AGE: u32 = 315_360_000;
/// The most seconds that may lie between two clocks.
const MOST_SKEW: u32 = 600;

/// The purposes that one route serves.
#[derive(Debug)]
pub(crate) struct RoutePurposes {
    pub(crate) purposes: Vec<String>,
    /// How findings name the route.
    pub(crate) label: String,
}

/// Reads the routes; what is wrong with them is added to `errors`.
pub(crate) fn routes(settings: &Settings, errors: &mut Vec<SettingError>) -> Routes<RoutePurposes> {
    if settings.routes.len() > MOST_ROUTES {
        errors.push(SettingError::new("/routes", "has too many routes; give at most 512"));
    }
    let mut routes = RoutesBuilder::default();
    for (index, route) in settings.routes.iter().enumerate().take(MOST_ROUTES) {
        let at = item("/routes", index);
        let spec = Spec { methods: &route.methods, host: route.host.as_deref(), path: &route.path };
        let cover = Cover::parse(&spec, &mut |member, message| {
            errors.push(SettingError::new(join(&[&at, member]), message));
        });
        few(&join(&[&at, "/purposes"]), &route.purposes, errors);
        words(&join(&[&at, "/purposes"]), &route.purposes, errors);
        if let Some(cover) = cover {
            let purposes = route.purposes.clone();
            routes.add(index, cover, RoutePurposes { purposes, label: spec.label() });
        }
    }
    routes.build(&mut |index, message| {
        errors.push(SettingError::new(item("/routes", index), message));
    })
}

/// Checks the settings that are not about routes.
pub(crate) fn settings(settings: &Settings, errors: &mut Vec<SettingError>) {
    claims("/purpose-claims", &settings.purpose_claims, errors);
    claims("/scope-claims", &settings.scope_claims, errors);
    scopes(settings, errors);
    words("/always", &settings.always, errors);
    exemptions(settings, errors);
    words("/versions", &settings.versions, errors);
    let mut error = |path: &str, message: &str| errors.push(SettingError::new(path, message));
    let tells_none = settings.scope_purposes.is_empty()
        && settings.always.is_empty()
        && settings.routes.iter().all(|route| route.purposes.is_empty());
    if settings.purpose_claims.is_empty() && tells_none {
        error("/purpose-claims", "is empty, and no other setting tells a purpose; give a claim");
    }
    if settings.max_age.is_some_and(|max| !(1..=MOST_AGE).contains(&max)) {
        error("/max-age", "is out of range; give 1 to 315360000 seconds, or leave it out");
    }
    if settings.skew > MOST_SKEW {
        error("/skew", "is out of range; give 0 to 600 seconds");
    }
}

fn scopes(settings: &Settings, errors: &mut Vec<SettingError>) {
    let given = &settings.scope_purposes;
    if !given.is_empty() && settings.scope_claims.is_empty() {
        errors.push(SettingError::new(
            "/scope-claims",
            "is empty, so that `scope-purposes` never applies; give a claim such as `/scope`",
        ));
    }
    if given.len() > MOST_SCOPES {
        errors.push(SettingError::new("/scope-purposes", "has too many scopes; give at most 256"));
    }
    for (index, served) in given.iter().enumerate().take(MOST_SCOPES) {
        let at = item("/scope-purposes", index);
        if !is_word(&served.scope) {
            errors.push(SettingError::new(join(&[&at, "/scope"]), WORD));
        } else if given.iter().take(index).any(|earlier| earlier.scope == served.scope) {
            errors.push(SettingError::new(join(&[&at, "/scope"]), TWICE));
        }
        let list = join(&[&at, "/purposes"]);
        if served.purposes.is_empty() {
            errors.push(SettingError::new(&*list, "is empty; give at least one purpose"));
        }
        few(&list, &served.purposes, errors);
        words(&list, &served.purposes, errors);
    }
}

fn exemptions(settings: &Settings, errors: &mut Vec<SettingError>) {
    let given = &settings.exempt_purposes;
    if given.len() > MOST {
        errors
            .push(SettingError::new("/exempt-purposes", "has too many purposes; give at most 64"));
    }
    for (index, exempt) in given.iter().enumerate().take(MOST) {
        let at = || join(&[&item("/exempt-purposes", index), "/purpose"]);
        if !is_word(&exempt.purpose) {
            errors.push(SettingError::new(at(), WORD));
        } else if given.iter().take(index).any(|earlier| earlier.purpose == exempt.purpose) {
            errors.push(SettingError::new(at(), TWICE));
        } else if settings.always.contains(&exempt.purpose) {
            errors.push(SettingError::new(
                at(),
                "stands in `always` too, where it would ask for nothing; name it in one of the two",
            ));
        }
    }
}

fn few(list: &str, served: &[String], errors: &mut Vec<SettingError>) {
    if served.len() > MOST_SERVED {
        errors.push(SettingError::new(list, "has too many purposes; give at most 8"));
    }
}

fn words(list: &str, words: &[String], errors: &mut Vec<SettingError>) {
    if words.len() > MOST {
        errors.push(SettingError::new(list, "has too many items; give at most 64"));
    }
    for (index, word) in words.iter().enumerate().take(MOST) {
        let at = || item(list, index);
        if !is_word(word) {
            errors.push(SettingError::new(at(), WORD));
        } else if words.iter().take(index).any(|earlier| earlier == word) {
            errors.push(SettingError::new(at(), TWICE));
        }
    }
}

fn claims(list: &str, claims: &[String], errors: &mut Vec<SettingError>) {
    if claims.len() > MOST_SERVED {
        errors.push(SettingError::new(list, "has too many claims; give at most 8"));
    }
    for (index, claim) in claims.iter().enumerate().take(MOST_SERVED) {
        let at = || item(list, index);
        if !is_pointer(claim) {
            errors.push(SettingError::new(at(), POINTER));
        } else if claims.iter().take(index).any(|earlier| earlier == claim) {
            errors.push(SettingError::new(at(), TWICE));
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'`')
}

/// RFC 6901 section 3, without the pointer to the whole claims set, and no longer than is sane.
fn is_pointer(text: &str) -> bool {
    text.len() <= LONGEST_POINTER && tokenward_policy::text::is_pointer(text)
}

const WORD: &str =
    "is not one word; give 1 to 256 visible ascii characters without blank and backtick";
const TWICE: &str = "is given twice; give each once";
const POINTER: &str =
    "is no JSON Pointer to a claim; give one such as `/purpose`, of at most 1024 bytes";
