//! Limits of tokens and of sessions that contradict one another.

use serde_json::Value;

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

/// How long tokens of a kind may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Seconds(i64),
    Unlimited,
}

/// Access and ID tokens belong to a session. Others may outlive one, refresh
/// tokens so that it is said when they are used that the session is over; but
/// none is meant to live for ever beside sessions that end.
fn beyond_session(tokens: &Entry, sessions: &Entry) -> Vec<LintFinding> {
    let Some(absolute) = sessions.number("/absolute") else { return Vec::new() };
    let kinds = ["access", "refresh", "id", "other"].into_iter().filter_map(|kind| {
        let within_session = matches!(kind, "access" | "id");
        let who = match kind {
            "access" | "id" => format!("an {kind} token"),
            "refresh" => "a refresh token".to_owned(),
            _ => "a token of any other kind".to_owned(),
        };
        let may = match life(tokens, kind)? {
            Life::Seconds(most) if within_session && most > absolute => {
                format!("may live {most} s")
            }
            Life::Seconds(_) => return None,
            Life::Unlimited => "may live for ever".to_owned(),
        };
        let message =
            format!("{who} {may}, and `{}` ends a session after {absolute} s", sessions.id);
        let change = "Bring the token's lifetime below the session's.";
        let change = if within_session { change } else { "Limit the token's lifetime." };
        Some(
            LintFinding::new(BEYOND_SESSION, Level::Warning, message, change)
                .of(&tokens.id)
                .at(format!("/max-lifetime/{kind}")),
        )
    });
    kinds.collect()
}

/// The shorter one of what may lie between `iat` and `exp`, and what may lie
/// between `iat` and the use; none where neither is set.
fn life(tokens: &Entry, kind: &str) -> Option<Life> {
    let limits = ["max-lifetime", "max-age-since-issue"]
        .map(|setting| tokens.effective(&format!("/{setting}/{kind}")));
    let [lifetime, _] = &limits;
    let unlimited = lifetime.as_ref()?.as_str() == Some("unlimited");
    let least = limits.iter().flatten().filter_map(Value::as_i64).min();
    least.map(Life::Seconds).or(unlimited.then_some(Life::Unlimited))
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

    const TOKENS: &str = r#"{"properties":{"max-lifetime":{"default":{"access":3600,"refresh":604800,"id":3600,"other":3600}}}}"#;
    const SESSIONS: &str =
        r#"{"properties":{"idle":{"default":1800},"absolute":{"default":28800}}}"#;

    #[test]
    fn limits_that_contradict_one_another_are_found() {
        for (tokens, sessions, expected) in [
            ("{}", "{}", &[][..]),
            (
                r#"{"max-lifetime":{"access":28801,"id":"unlimited"}}"#,
                "{}",
                &[
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/access",
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/id",
                ],
            ),
            (
                r#"{"max-lifetime":{"refresh":"unlimited","other":"unlimited"}}"#,
                "{}",
                &[
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/refresh",
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/other",
                ],
            ),
            (r#"{"max-lifetime":{"access":"unlimited"}}"#, r#"{"absolute":"unlimited"}"#, &[]),
            // What is refused so long after its issue lives no longer.
            (
                r#"{"max-lifetime":{"access":"unlimited","refresh":"unlimited"},
                    "max-age-since-issue":{"access":3600,"refresh":604800}}"#,
                "{}",
                &[],
            ),
            (
                r#"{"max-lifetime":{"access":"unlimited","id":"unlimited"},
                    "max-age-since-issue":{"access":30000,"id":"unlimited"}}"#,
                "{}",
                &[
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/access",
                    "warning lifetime-beyond-session lifetime-limits /max-lifetime/id",
                ],
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
