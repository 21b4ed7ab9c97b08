//! A route that no request reaches, because others take all of its requests.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::render::quoted;
use crate::lint::routes::{routes, shadowed};
use crate::lint::subject::{Entry, Subject};

pub(crate) const CODE: &str = "shadowed-route";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    subject.entries.iter().flat_map(of_entry).collect()
}

fn of_entry(entry: &Entry) -> Vec<LintFinding> {
    let routes = routes(entry);
    let dead = shadowed(&routes).into_iter();
    dead.map(|(route, winners)| {
        let others = quoted(winners.iter().map(|winner| &winner.label));
        let message =
            format!("the route `{}` never counts: {others} cover all of its requests", route.label);
        let change = "Take it out, or make it cover what the others do not.";
        LintFinding::new(CODE, Level::Warning, message, change).of(&entry.id).at(&route.pointer)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    #[test]
    fn a_dead_route_is_found_where_it_stands() {
        let settings = r#"{"routes":[{"path":"/a"},{"path":"/a/**"},{"path":"/a/{x}/**"}]}"#;
        let findings = check(&bundle([policy("scope-check", settings)]));
        assert_eq!(places(&findings), ["warning shadowed-route scope-check /routes/1"]);
        assert!(findings[0].message.contains("`/a`, `/a/{x}/**` cover all"), "{findings:?}");
    }
}
