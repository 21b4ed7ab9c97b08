//! A claim that one policy permits where the token is encrypted, and another
//! denies always.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::load::as_pointer;
use crate::lint::subject::Subject;
use crate::pointer::is_within;

pub(crate) const CODE: &str = "denied-though-encrypted";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    for encrypted in subject.named("encryption-required") {
        let claims: Vec<_> = encrypted.texts("/claims").iter().map(|c| as_pointer(c)).collect();
        for denying in subject.named("claim-minimization").filter(|entry| entry.is_enforced()) {
            for (index, pattern) in denying.texts("/deny").iter().enumerate() {
                let pattern = as_pointer(pattern);
                let Some(claim) = claims.iter().find(|claim| matches(&pattern, claim)) else {
                    continue;
                };
                let message = format!(
                    "`{claim}` is denied in every token, and `{}` asks that a token with it be \
                     encrypted",
                    encrypted.id
                );
                let change = "Take it off one of the two lists.";
                findings.push(
                    LintFinding::new(CODE, Level::Warning, message, change)
                        .of(&denying.id)
                        .at(format!("/deny/{index}")),
                );
            }
        }
    }
    findings
}

/// Whether a pattern covers all of a claim. Of wildcards, only one for a whole
/// part counts: what others cover is not always the whole claim.
fn matches(pattern: &str, claim: &str) -> bool {
    if !pattern.contains('*') {
        return is_within(claim, pattern);
    }
    let (mut parts, mut names) = (pattern.split('/'), claim.split('/'));
    loop {
        match (parts.next(), names.next()) {
            (None, _) => return true,
            (Some("*"), Some(_)) => {}
            (Some(part), Some(name)) if part == name => {}
            (Some(_), _) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    #[test]
    fn a_claim_on_both_lists_is_found() {
        let of = |deny: &str| {
            let denying = policy("claim-minimization", &format!(r#"{{"deny":{deny}}}"#));
            let settings = r#"{"claims":["salary","/address/locality"]}"#;
            let encrypted = policy("encryption-required", settings);
            places(&check(&bundle([denying, encrypted])))
        };
        let none: [&str; 0] = [];
        let at =
            |index| [format!("warning denied-though-encrypted claim-minimization /deny/{index}")];
        assert_eq!(of(r#"["email","salary"]"#), at(1));
        assert_eq!(of(r#"["/address"]"#), at(0));
        assert_eq!(of(r#"["/*/locality"]"#), at(0));
        assert_eq!(of(r#"["/address/postal_code","sal","/*/salary"]"#), none);
    }
}
