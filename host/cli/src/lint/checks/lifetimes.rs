//! Limits of tokens and of sessions that contradict one another.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::subject::{Entry, Subject};

const BEYOND_SESSION: &str = "lifetime-beyond-session";
const REFRESH: &str = "refresh-below-access";
const IDLE: &str = "idle-beyond-absolute";
const AGES: &str = "session-ages-differ";
pub(crate) const CODES: [&str; 4] = [BEYOND_SESSION, REFRESH, IDLE, AGES];

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    for tokens in subject.named("lifetime-limits") {
        findings.extend(refresh_below_access(tokens));
        for sessions in subject.named("session-limits") {
            findings.extend(beyond_session(tokens, sessions));
            findings.extend(ages_differ(tokens, sessions));
        }
    }
    findings.extend(subject.named("session-limits").filter_map(idle_beyond_absolute));
    findings
}

fn refresh_below_access(tokens: &Entry) -> Option<LintFinding> {
    let access = tokens.number("/max-lifetime/access")?;
    let refresh = tokens.number("/max-lifetime/refresh")?;
    (refresh < access).then(|| {
        let message = format!(
            "a refresh token may live {refresh} s, which is less than the {access} s of the access \
             token that it renews"
        );
        let change = "Let refresh tokens live longer than access tokens.";
        LintFinding::new(REFRESH, Level::Warning, message, change)
            .of(&tokens.id)
            .at("/max-lifetime/refresh")
    })
}

/// Access and ID tokens belong to a session. Refresh tokens may outlive one:
/// that the session is over is then said when they are used.
fn beyond_session(tokens: &Entry, sessions: &Entry) -> Vec<LintFinding> {
    let Some(absolute) = sessions.number("/absolute") else { return Vec::new() };
    let kinds = ["access", "id"].into_iter().filter_map(|kind| {
        let setting = format!("/max-lifetime/{kind}");
        let lifetime = tokens.number(&setting).filter(|lifetime| *lifetime > absolute)?;
        let message = format!(
            "an {kind} token may live {lifetime} s, and `{}` ends a session after {absolute} s",
            sessions.id
        );
        let change = "Bring the token's lifetime below the session's.";
        Some(
            LintFinding::new(BEYOND_SESSION, Level::Warning, message, change)
                .of(&tokens.id)
                .at(setting),
        )
    });
    kinds.collect()
}

fn ages_differ(tokens: &Entry, sessions: &Entry) -> Option<LintFinding> {
    let age = tokens.number("/max-session-age")?;
    let absolute = sessions.number("/absolute").filter(|absolute| *absolute != age)?;
    let message = format!(
        "a session may be {age} s old here, and {absolute} s in `{}`; the shorter one counts",
        sessions.id
    );
    let change = "Set one of the two only, or both to the same.";
    let at = "/max-session-age";
    Some(LintFinding::new(AGES, Level::Warning, message, change).of(&tokens.id).at(at))
}

fn idle_beyond_absolute(sessions: &Entry) -> Option<LintFinding> {
    let (idle, absolute) = (sessions.number("/idle")?, sessions.number("/absolute")?);
    (idle > absolute).then(|| {
        let message = format!(
            "a session may be idle for {idle} s and last {absolute} s: it never ends for being idle"
        );
        let change = "Set `idle` below `absolute`.";
        LintFinding::new(IDLE, Level::Error, message, change).of(&sessions.id).at("/idle")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    const TOKENS: &str =
        r#"{"properties":{"max-lifetime":{"default":{"access":3600,"refresh":604800,"id":3600}}}}"#;
    const SESSIONS: &str =
        r#"{"properties":{"idle":{"default":1800},"absolute":{"default":28800}}}"#;

    #[test]
    fn limits_that_contradict_one_another_are_found() {
        for (tokens, sessions, expected) in [
            ("{}", "{}", &[][..]),
            (
                r#"{"max-lifetime":{"access":28801,"id":"unlimited"}}"#,
                "{}",
                &["warning lifetime-beyond-session lifetime-limits /max-lifetime/access"],
            ),
            (r#"{"max-lifetime":{"access":28800}}"#, "{}", &[]),
            (
                "{}",
                r#"{"absolute":1800}"#,
                &[
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/access",
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/id",
                ],
            ),
            (
                r#"{"max-lifetime":{"refresh":3599}}"#,
                "{}",
                &["warning refresh-below-access lifetime-limits /max-lifetime/refresh"],
            ),
            (
                r#"{"max-session-age":3600}"#,
                "{}",
                &["warning session-ages-differ lifetime-limits /max-session-age"],
            ),
            (r#"{"max-session-age":28800}"#, "{}", &[]),
            ("{}", r#"{"idle":28801}"#, &["error idle-beyond-absolute session-limits /idle"]),
        ] {
            let tokens = policy("lifetime-limits", tokens).with_schema(TOKENS);
            let sessions = policy("session-limits", sessions).with_schema(SESSIONS);
            assert_eq!(places(&check(&bundle([tokens.clone(), sessions]))), expected);
            // A policy alone contradicts only itself.
            let alone = check(&bundle([tokens]));
            assert!(alone.iter().all(|finding| finding.code == REFRESH));
        }
    }
}
