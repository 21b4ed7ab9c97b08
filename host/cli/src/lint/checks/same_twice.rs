//! A policy that is there twice with the same settings.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::subject::Subject;

pub(crate) const CODE: &str = "same-policy-twice";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    for (index, entry) in subject.entries.iter().enumerate() {
        let mut earlier = subject.entries.iter().take(index);
        let same = earlier.find(|o| o.digest == entry.digest && o.settings == entry.settings);
        if let Some(first) = same {
            let message =
                format!("it is the same policy as `{}`, with the same settings", first.id);
            let change = "Take one of the two out, or set them apart.";
            findings.push(LintFinding::new(CODE, Level::Warning, message, change).of(&entry.id));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    #[test]
    fn settings_tell_two_apart() {
        let entry = |id: &str, settings: &str| policy("p", settings).with_id(id);
        let same = bundle([entry("a", r#"{"x":1}"#), entry("b", r#"{"x":1}"#)]);
        assert_eq!(places(&check(&same)), ["warning same-policy-twice b"]);
        let apart = bundle([entry("a", r#"{"x":1}"#), entry("b", r#"{"x":2}"#)]);
        assert!(check(&apart).is_empty());
    }
}
