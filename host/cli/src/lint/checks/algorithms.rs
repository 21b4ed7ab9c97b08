//! Algorithms of `key-strength` and of the trust file that do not meet.

use std::collections::BTreeSet;

use crate::lint::finding::{Level, LintFinding};
use crate::lint::render::quoted;
use crate::lint::subject::{Entry, Subject};

const NONE: &str = "no-common-algorithm";
const REFUSED: &str = "trusted-and-refused";
const UNUSED: &str = "never-trusted";
pub(crate) const CODES: [&str; 3] = [NONE, REFUSED, UNUSED];

const SETTING: &str = "/algorithms";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let Some(trusted) = &subject.trusted_algorithms else { return Vec::new() };
    subject.named("key-strength").flat_map(|entry| of_entry(entry, trusted)).collect()
}

fn of_entry(entry: &Entry, trusted: &BTreeSet<String>) -> Vec<LintFinding> {
    let accepted: BTreeSet<String> = entry.texts(SETTING).into_iter().collect();
    // What becomes of shared secrets (HMAC) is a setting of its own.
    let symmetric = entry.text("/symmetric").is_some_and(|effect| effect != "deny");
    let judged = trusted.iter().filter(|name| !(symmetric && name.starts_with("HS")));
    let trusted: &BTreeSet<String> = &judged.cloned().collect();
    if accepted.is_empty() || trusted.is_empty() {
        return Vec::new();
    }
    // RFC 9864 gives EdDSA over Ed25519 a name of its own.
    let same = |a: &str, b: &str| {
        let eddsa = |name: &str| matches!(name, "EdDSA" | "Ed25519");
        a == b || (eddsa(a) && eddsa(b))
    };
    let missing = |from: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        from.iter().filter(|name| !other.iter().any(|o| same(name, o))).cloned().collect()
    };
    let (refused, unused) = (missing(trusted, &accepted), missing(&accepted, trusted));
    let finding = |code, level, message: String, change: &str| {
        LintFinding::new(code, level, message, change).of(&entry.id).at(SETTING)
    };
    if refused.len() == trusted.len() {
        let message = format!(
            "every token is refused: the trust file accepts {}, and the policy none of these",
            quoted(trusted)
        );
        let change = "Name the algorithms of the trust file, or change what issuers sign with.";
        return vec![finding(NONE, Level::Error, message, change)];
    }
    let mut findings = Vec::new();
    if !refused.is_empty() {
        let message =
            format!("the trust file accepts {}, and the policy refuses them", quoted(&refused));
        let change = "Take them out of the trust file.";
        findings.push(finding(REFUSED, Level::Warning, message, change));
    }
    // The default is a list of all that are strong.
    if !unused.is_empty() && entry.settings.contains_key("algorithms") {
        let message = format!("{}: the trust file never accepts tokens signed so", quoted(&unused));
        let change = "Leave them out, so that the list says what is used.";
        findings.push(finding(UNUSED, Level::Note, message, change));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    #[test]
    fn lists_that_do_not_meet_are_found() {
        let of = |settings: &str, trusted: Option<&[&str]>| {
            let schema = r#"{"properties":{"algorithms":{"default":["ES256","EdDSA"]}}}"#;
            let mut subject = bundle([policy("key-strength", settings).with_schema(schema)]);
            subject.trusted_algorithms =
                trusted.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            places(&check(&subject))
        };
        let place = |code: &str| format!("{code} key-strength /algorithms");
        assert!(of("{}", None).is_empty());
        assert!(of("{}", Some(&["ES256"])).is_empty());
        assert!(of("{}", Some(&["Ed25519"])).is_empty());
        assert_eq!(of("{}", Some(&["RS256"])), [place("error no-common-algorithm")]);
        assert_eq!(of("{}", Some(&["RS256", "ES256"])), [place("warning trusted-and-refused")]);
        let tolerant = r#"{"symmetric":"advise"}"#;
        assert!(of(tolerant, Some(&["HS256"])).is_empty());
        assert!(of(tolerant, Some(&["HS256", "ES256"])).is_empty());
        let strict = r#"{"symmetric":"deny"}"#;
        assert_eq!(of(strict, Some(&["HS256"])), [place("error no-common-algorithm")]);
        let set = r#"{"algorithms":["ES256","PS256"]}"#;
        assert_eq!(of(set, Some(&["ES256"])), [place("note never-trusted")]);
    }
}
