//! Routes as policies order and match them: the most specific one counts. An
//! exact host goes before `*.`, before any host; then, segment by segment,
//! literal text before a wildcard, before the end of the path, before `**`;
//! then named methods before any.

use std::cmp::Reverse;

use serde_json::Value;

use super::subject::Entry;

/// Requests that are tried for one route before nothing is said of it.
const MOST_REQUESTS: usize = 4000;

/// One step of a path pattern, in the order of specificity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Literal(String),
    One,
    End,
    Rest,
}

/// A host pattern, in the order of specificity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Host {
    Exact(String),
    /// Every host that ends so; the longer is the more specific.
    Below(Reverse<usize>, String),
    Any,
}

/// A route of some policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// JSON Pointer into the settings.
    pub(crate) pointer: String,
    /// As a person names it: `GET /orders`.
    pub(crate) label: String,
    host: Host,
    path: Vec<Step>,
    /// Empty for any.
    methods: Vec<String>,
}

/// A request that some route covers.
#[derive(Debug, Clone)]
struct Request {
    method: String,
    host: String,
    path: Vec<String>,
}

/// The routes of a policy's settings, those that can be read.
pub(crate) fn routes(entry: &Entry) -> Vec<Route> {
    let routes = entry.settings.get("routes").and_then(Value::as_array).into_iter().flatten();
    routes.enumerate().filter_map(|(index, route)| Route::read(index, route)).collect()
}

/// For each route that no request can reach: which others take its requests.
pub(crate) fn shadowed(routes: &[Route]) -> Vec<(&Route, Vec<&Route>)> {
    let dead = |(index, route): (usize, &'_ Route)| {
        let requests = route.requests(routes)?;
        let mut winners: Vec<usize> = Vec::new();
        for request in &requests {
            let covers = |at: &usize| routes.get(*at).is_some_and(|other| other.covers(request));
            let first = (0..routes.len())
                .filter(covers)
                // Of two that are equally specific, the first of the list.
                .min_by_key(|at| (routes.get(*at).map(Route::rank), *at))?;
            if first == index {
                return None;
            }
            if !winners.contains(&first) {
                winners.push(first);
            }
        }
        Some((index, winners))
    };
    let dead = routes.iter().enumerate().filter_map(dead);
    let named = |at: usize| routes.get(at);
    dead.filter_map(|(index, winners)| {
        Some((named(index)?, winners.into_iter().filter_map(named).collect()))
    })
    .collect()
}

/// The routes of one list of which no request is covered by the other list.
pub(crate) fn uncovered<'a>(routes: &'a [Route], by: &[Route]) -> Vec<&'a Route> {
    let all: Vec<Route> = routes.iter().chain(by).cloned().collect();
    let is_covered = |route: &&Route| match route.requests(&all) {
        Some(requests) => requests.iter().any(|request| by.iter().any(|r| r.covers(request))),
        None => true,
    };
    routes.iter().filter(|route| !is_covered(route)).collect()
}

impl Route {
    fn read(index: usize, route: &Value) -> Option<Self> {
        let path = route.get("path")?.as_str()?;
        let host = route.get("host").and_then(Value::as_str);
        let methods = route.get("methods").and_then(Value::as_array).into_iter().flatten();
        let methods: Vec<String> = methods.filter_map(Value::as_str).map(str::to_owned).collect();
        let named = if methods.is_empty() { String::new() } else { methods.join(",") + " " };
        Some(Self {
            pointer: format!("/routes/{index}"),
            label: format!("{named}{}{path}", host.unwrap_or_default()),
            host: Host::read(host),
            path: steps(path)?,
            methods,
        })
    }

    fn rank(&self) -> (&Host, &[Step], bool) {
        (&self.host, &self.path, self.methods.is_empty())
    }

    fn covers(&self, request: &Request) -> bool {
        let method = self.methods.is_empty() || self.methods.contains(&request.method);
        method && self.host.covers(&request.host) && path_covers(&self.path, &request.path)
    }

    /// A request of each sort that this route covers and that some of the
    /// routes tells apart; none where there are too many.
    fn requests(&self, among: &[Self]) -> Option<Vec<Request>> {
        let mut methods = self.methods.clone();
        if methods.is_empty() {
            methods = among.iter().flat_map(|route| route.methods.iter().cloned()).collect();
            methods.sort();
            methods.dedup();
            // One that nobody names.
            methods.push("OTHER".into());
        }
        let hosts = self.host.samples(among);
        let mut paths = vec![Vec::new()];
        self.paths(0, among, &mut paths)?;
        if methods.len() * hosts.len() * paths.len() > MOST_REQUESTS {
            return None;
        }
        let mut requests = Vec::new();
        for method in &methods {
            for host in &hosts {
                requests.extend(paths.iter().map(|path| Request {
                    method: method.clone(),
                    host: host.clone(),
                    path: path.clone(),
                }));
            }
        }
        Some(requests)
    }

    /// Makes the paths longer by what the steps from `at` on stand for.
    fn paths(&self, at: usize, among: &[Self], paths: &mut Vec<Vec<String>>) -> Option<()> {
        let deepest = among.iter().map(|route| route.path.len()).max().unwrap_or(0);
        match self.path.get(at) {
            Some(Step::Literal(text)) => {
                for path in paths.iter_mut() {
                    path.push(text.clone());
                }
                self.paths(at + 1, among, paths)
            }
            Some(Step::One) => {
                *paths = longer(paths, &segments_at(at, among))?;
                self.paths(at + 1, among, paths)
            }
            Some(Step::Rest) => {
                let mut ends = paths.clone();
                for depth in at..=deepest {
                    *paths = longer(paths, &segments_at(depth, among))?;
                    ends.extend(paths.iter().cloned());
                    if ends.len() > MOST_REQUESTS {
                        return None;
                    }
                }
                *paths = ends;
                Some(())
            }
            Some(Step::End) | None => Some(()),
        }
    }
}

/// Each path with each segment behind it.
fn longer(paths: &[Vec<String>], segments: &[String]) -> Option<Vec<Vec<String>>> {
    if paths.len() * segments.len() > MOST_REQUESTS {
        return None;
    }
    let with = |path: &Vec<String>, segment: &String| {
        let mut path = path.clone();
        path.push(segment.clone());
        path
    };
    Some(paths.iter().flat_map(|p| segments.iter().map(move |s| with(p, s))).collect())
}

/// The texts that some route names at this place, and one that none does.
fn segments_at(at: usize, among: &[Route]) -> Vec<String> {
    let mut texts: Vec<String> = among
        .iter()
        .filter_map(|route| match route.path.get(at)? {
            Step::Literal(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    texts.sort();
    texts.dedup();
    texts.push("\u{0}".into());
    texts
}

impl Host {
    fn read(host: Option<&str>) -> Self {
        let Some(host) = host else { return Self::Any };
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        match host.strip_prefix('*') {
            Some(suffix) => Self::Below(Reverse(suffix.len()), suffix.to_owned()),
            None => Self::Exact(host.to_owned()),
        }
    }

    fn covers(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => name == host,
            Self::Below(_, suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            Self::Any => true,
        }
    }

    /// A host of each sort that this covers.
    fn samples(&self, among: &[Route]) -> Vec<String> {
        let of = |host: &Self| match host {
            Self::Exact(name) => name.clone(),
            Self::Below(_, suffix) => format!("\u{0}{suffix}"),
            Self::Any => "\u{0}".into(),
        };
        let mut samples: Vec<_> = among.iter().map(|route| of(&route.host)).collect();
        samples.push(of(self));
        samples.retain(|host| self.covers(host));
        samples.sort();
        samples.dedup();
        samples
    }
}

/// The steps of a path pattern; none for what is no pattern.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for segment in path.strip_prefix('/')?.split('/').filter(|segment| !segment.is_empty()) {
        match segment {
            "**" => {
                steps.push(Step::Rest);
                return Some(steps);
            }
            "*" => steps.push(Step::One),
            _ if segment.starts_with('{') && segment.ends_with('}') => steps.push(Step::One),
            _ => steps.push(Step::Literal(segment.to_owned())),
        }
    }
    steps.push(Step::End);
    Some(steps)
}

fn path_covers(steps: &[Step], path: &[String]) -> bool {
    let mut segments = path.iter();
    for step in steps {
        match step {
            Step::Literal(text) if segments.next() == Some(text) => {}
            Step::One if segments.next().is_some() => {}
            Step::Literal(_) | Step::One => return false,
            Step::End => return segments.next().is_none(),
            Step::Rest => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::policy;

    /// The routes of `METHOD,METHOD HOST/PATH` texts; `-` for any method.
    fn list(texts: &[&str]) -> Vec<Route> {
        let routes: Vec<_> = texts
            .iter()
            .map(|text| {
                let (methods, rest) = text.split_once(' ').unwrap();
                let methods: Vec<&str> =
                    if methods == "-" { Vec::new() } else { methods.split(',').collect() };
                let (host, path) = rest.split_at(rest.find('/').unwrap());
                let mut route = serde_json::json!({"methods": methods, "path": path});
                if !host.is_empty() {
                    route["host"] = host.into();
                }
                route
            })
            .collect();
        routes_of(&serde_json::json!({ "routes": routes }))
    }

    fn routes_of(settings: &Value) -> Vec<Route> {
        routes(&policy("p", &settings.to_string()))
    }

    #[test]
    fn a_route_is_dead_where_others_take_all_of_it() {
        for (texts, dead) in [
            (&["GET /a", "POST /a"][..], &[][..]),
            (&["- /a/{id}", "- /a/b"], &[]),
            // Together: none behind, and one or more.
            (&["- /a/**", "- /a", "- /a/{x}/**"], &["/routes/0"]),
            (&["- /a/**", "- /a", "- /a/{x}"], &[]),
            (&["- /a/**", "- /a", "GET /a/{x}/**"], &[]),
            (&["GET /a/**", "- /a", "GET /a/{x}/**"], &["/routes/0"]),
            (&["- api.example/a", "- *.example/a", "- /a"], &[]),
            (&["- api.example/a/**", "- api.example/a", "- api.example/a/*/**"], &["/routes/0"]),
            // Equal: the first counts.
            (&["GET /a/{x}", "GET /a/{y}"], &["/routes/1"]),
            (&["GET,PUT /a/{x}", "GET,POST /a/{y}"], &[]),
            (&["- /**", "- /", "- /*", "- /*/*/**"], &["/routes/0"]),
        ] {
            let routes = list(texts);
            let shadowed = shadowed(&routes);
            let found: Vec<_> = shadowed.iter().map(|(route, _)| route.pointer.as_str()).collect();
            assert_eq!(found, dead, "{texts:?}");
        }
        let routes = list(&["- /a/**", "- /a", "- /a/{x}/**"]);
        let winners: Vec<_> = shadowed(&routes)[0].1.iter().map(|r| r.label.as_str()).collect();
        assert_eq!(winners, ["/a", "/a/{x}/**"]);
    }

    #[test]
    fn routes_of_which_the_other_list_knows_nothing_are_found() {
        let by = list(&["GET /a", "- /b/**", "- api.example/c"]);
        for (text, covered) in [
            ("GET /a", true),
            ("- /a", true),
            ("POST /a", false),
            ("GET /a/b", false),
            ("POST /b/c/d", true),
            ("- /**", true),
            ("- www.example/c", false),
            ("- *.example/c", true),
        ] {
            assert_eq!(uncovered(&list(&[text]), &by).is_empty(), covered, "{text}");
        }
    }

    #[test]
    fn too_many_requests_are_not_tried() {
        let texts: Vec<_> = (0..300).map(|i| format!("- /a{i}/b{i}/c{i}/d{i}")).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.push("- /**");
        texts.push("- /*/*/*/*");
        assert!(shadowed(&list(&texts)).is_empty());
    }
}
