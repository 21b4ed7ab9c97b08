//! The rules, what their findings say, and the checks of the settings.

use tokenward_policy::prelude::*;
use tokenward_policy::text::{item, join};
use tokenward_route::{Cover, MOST_ROUTES, Routes, RoutesBuilder, Spec};

use crate::settings::{Reaction, Settings};

/// The most different audiences that may be allowed: each is compared.
const MOST_AUDIENCES: u32 = 100;
/// Of the generic audiences.
const MOST_GENERIC: usize = 64;
/// Of one, in bytes.
const LONGEST: usize = 256;
/// Of a message, in bytes: the host takes no longer one.
const LONGEST_MESSAGE: usize = 1_024;

const RESTRICTION: &[&str] = &["ISO 27001:2022 8.3", "SOC 2 CC6.1", "HIPAA 164.312(a)(1)"];
const AUTHENTICATION: &[&str] = &["ISO 27001:2022 8.5", "SOC 2 CC6.1"];
const PRIVACY: &[&str] = &["GDPR 5(1)(c)", "GDPR 25(1)", "HIPAA 164.514(b)(2)"];

/// Every rule.
pub(crate) const RULES: &[AboutRule] = &[
    AboutRule::new(
        "missing-audience",
        RESTRICTION,
        "An access token does not say for whom it is",
        "Have the issuer set `aud` to the API that the client asked for (RFC 8707).",
    ),
    AboutRule::new(
        "wildcard-audience",
        RESTRICTION,
        "The token is for any recipient",
        "Have the issuer name each API in `aud`, without wildcards.",
    ),
    AboutRule::new(
        "generic-audience",
        RESTRICTION,
        "The token's audience names no one recipient",
        "Have the issuer name the API in `aud`, by a name that no other API has.",
    ),
    AboutRule::new(
        "too-many-audiences",
        RESTRICTION,
        "The token is for more recipients than it may be",
        "Have the client ask for one token for each API (RFC 8707).",
    ),
    AboutRule::new(
        "unbound-token",
        AUTHENTICATION,
        "A sensitive route is used with a token that anyone could have stolen",
        "Have the issuer bind tokens to the client's key, by DPoP (RFC 9449) or mutual TLS \
         (RFC 8705).",
    ),
    AboutRule::new(
        "unproven-binding",
        AUTHENTICATION,
        "The token is bound to a key that its sender did not prove to hold",
        "Have the client send its DPoP proof, or its TLS certificate, with the token; if it \
         does, have the gateway verify it.",
    ),
    AboutRule::new(
        "missing-jti",
        AUTHENTICATION,
        "The token has no identifier by which it alone could be revoked",
        "Have the issuer set `jti` to a value of its own for each token.",
    ),
    AboutRule::new(
        "identifying-subject",
        PRIVACY,
        "The token names its subject by personal data",
        "Have the issuer use an opaque `sub`, best another for each client (OpenID Connect \
         Core section 8).",
    ),
    AboutRule::new(
        "malformed-claim",
        AUTHENTICATION,
        "A claim is not of the form that its standard gives it",
        "Have the issuer write `aud`, `sub` and `jti` as RFC 7519 says, and `cnf` as RFC 7800, \
         RFC 8705 and RFC 9449 do.",
    ),
    AboutRule::new(
        "unknown-request",
        RESTRICTION,
        "The request, or a part of it that the routes need, is not known",
        "Have the gateway pass on the method, the host and the path of every request.",
    ),
];

/// Reads the sensitive routes, each with its name in findings; what is wrong
/// with them is added to `errors`.
pub(crate) fn sensitive(settings: &Settings, errors: &mut Vec<SettingError>) -> Routes<String> {
    if settings.sensitive.len() > MOST_ROUTES {
        errors.push(SettingError::new("/sensitive", "has too many routes; give at most 512"));
    }
    let mut routes = RoutesBuilder::default();
    for (index, route) in settings.sensitive.iter().enumerate().take(MOST_ROUTES) {
        let at = item("/sensitive", index);
        let spec = Spec { methods: &route.methods, host: route.host.as_deref(), path: &route.path };
        let cover = Cover::parse(&spec, &mut |member, message| {
            errors.push(SettingError::new(join(&[&at, member]), message));
        });
        if let Some(cover) = cover {
            routes.add(index, cover, spec.label());
        }
    }
    routes.build(&mut |index, message| {
        errors.push(SettingError::new(item("/sensitive", index), message));
    })
}

/// Checks the settings that are not about routes.
pub(crate) fn settings(settings: &Settings, errors: &mut Vec<SettingError>) {
    let mut error = |path: String, message: &str| errors.push(SettingError::new(path, message));
    if !(1..=MOST_AUDIENCES).contains(&settings.max_audiences) {
        error("/max-audiences".into(), "is out of range; give 1 to 100");
    }
    let generic = &settings.generic_audiences;
    if generic.len() > MOST_GENERIC {
        error("/generic-audiences".into(), "has too many audiences; give at most 64");
    }
    for (at, audience) in generic.iter().enumerate().take(MOST_GENERIC) {
        let path = || item("/generic-audiences", at);
        if !is_audience(audience) {
            error(path(), AUDIENCE);
        } else if generic.iter().take(at).any(|earlier| earlier.eq_ignore_ascii_case(audience)) {
            error(path(), "is given twice, but for the case of letters; name each audience once");
        }
    }
    if settings.require_jti != Reaction::Ignore && settings.jti_kinds.is_empty() {
        error(
            "/jti-kinds".into(),
            "is empty, so that `require-jti` never applies; give a kind, or set `require-jti` to \
             `ignore`",
        );
    }
    for (at, kind) in settings.jti_kinds.iter().enumerate() {
        if settings.jti_kinds.iter().take(at).any(|earlier| earlier == kind) {
            error(item("/jti-kinds", at), "is given twice; name each kind once");
        }
    }
}

fn is_audience(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'`' | b'*'))
}

const AUDIENCE: &str = "is no audience to compare with; give 1 to 256 visible ascii characters \
     without backtick and `*` (an audience with `*` is always denied)";

pub(crate) fn missing_audience(reaction: Reaction) -> Option<Finding> {
    let message = "the access token names no audience";
    finding(reaction, "missing-audience", Severity::High, message.into(), "/aud")
}

pub(crate) fn wildcard_audience() -> Finding {
    let message = "an audience holds an asterisk, is empty, or is the start of a URI alone";
    Finding::deny("wildcard-audience", Severity::High, message).at("/aud")
}

pub(crate) fn generic_audience(reaction: Reaction, audience: &str) -> Option<Finding> {
    let message = join(&["the audience `", audience, "` names no one recipient"]);
    finding(reaction, "generic-audience", Severity::Medium, message, "/aud")
}

pub(crate) fn too_many_audiences(reaction: Reaction, max: usize) -> Option<Finding> {
    let message = join(&["the token has more than ", &max.to_string(), " different audiences"]);
    finding(reaction, "too-many-audiences", Severity::Medium, message, "/aud")
}

/// `told` follows `holds`.
pub(crate) fn identifying(reaction: Reaction, told: &str) -> Option<Finding> {
    let message = join(&["the subject's identifier holds ", told]);
    finding(reaction, "identifying-subject", Severity::High, message, "/sub")
}

pub(crate) fn missing_jti(reaction: Reaction) -> Option<Finding> {
    let message = "the token has no identifier, so that it cannot be revoked by itself";
    finding(reaction, "missing-jti", Severity::Medium, message.into(), "/jti")
}

pub(crate) fn unproven() -> Finding {
    let message = "the token is bound to a key, and no proof of that key was verified";
    Finding::deny("unproven-binding", Severity::High, message).at("/cnf")
}

pub(crate) fn unbound(route: &str) -> Finding {
    const ELLIPSIS: char = '…';
    let mut message = String::from("the token is bound to no key, as is needed by ");
    message.push_str(route);
    // A shorter message is better than a verdict that the host refuses.
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE - ELLIPSIS.len_utf8()));
        message.push(ELLIPSIS);
    }
    Finding::deny("unbound-token", Severity::High, message)
}

/// `accepted` follows `the claim is not `.
pub(crate) fn malformed(reaction: Reaction, accepted: &str, claim: &str) -> Option<Finding> {
    let message = join(&["the claim is not ", accepted]);
    finding(reaction, "malformed-claim", Severity::High, message, claim)
}

/// A request of which nothing is known, or this part is not.
pub(crate) fn unknown_request(part: Option<&str>) -> Finding {
    let of = if part.is_some() { " of the request" } else { "request" };
    let end = " is not known, so that it cannot be told whether the route is sensitive";
    let message = join(&["the ", part.unwrap_or_default(), of, end]);
    Finding::deny("unknown-request", Severity::High, message)
}

/// `denied` is the severity where the request is refused for it.
fn finding(
    reaction: Reaction,
    rule: &str,
    denied: Severity,
    message: String,
    claim: &str,
) -> Option<Finding> {
    match reaction {
        Reaction::Ignore => None,
        Reaction::Advise => Some(Finding::advise(rule, Severity::Low, message).at(claim)),
        Reaction::Deny => Some(Finding::deny(rule, denied, message).at(claim)),
    }
}
