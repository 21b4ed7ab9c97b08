//! Routes: made from the settings, put in order, found for a request, and asked
//! whether the held scopes are enough.

use std::collections::BTreeMap;

use tokenward_policy::{SettingError, pointer};

use crate::pattern::{HostPattern, PathPattern, segments};
use crate::scopes::{covers, granted_by, is_scope};
use crate::settings::{RouteSettings, Settings};

/// Bounds the work of a request, and of what each of them adds to its memory.
const MOST_ROUTES: usize = 512;
/// In one list of a route, so that both together fit one requirement.
const MOST_NEEDED: usize = 64;
/// Of a pattern, in characters.
const LONGEST_PATTERN: usize = 512;
/// In characters: it stands in messages.
const LONGEST_DESCRIPTION: usize = 200;

/// The routes, most specific first.
pub(crate) struct Routes {
    sorted: Vec<Route>,
    /// How many segments of a path decide which route covers it.
    depth: usize,
    pub(crate) names_methods: bool,
    pub(crate) names_hosts: bool,
}

/// One route.
pub(crate) struct Route {
    /// Its place in the settings.
    index: usize,
    host: HostPattern,
    path: PathPattern,
    /// Empty for any.
    methods: Vec<String>,
    all_of: Vec<Needed>,
    any_of: Vec<Needed>,
    /// How findings name it.
    pub(crate) label: String,
}

/// A scope that a route needs.
struct Needed {
    scope: String,
    /// The scopes of which one is enough: itself and those that imply it.
    granted_by: Vec<String>,
}

/// Whether a held scope with an asterisk grants others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    /// It is a scope like any other.
    Ordinary,
    /// It grants what it covers.
    Grant,
}

/// What is missing for a route.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Missing<'a> {
    /// All of these.
    pub(crate) all_of: Vec<&'a str>,
    /// One of these.
    pub(crate) any_of: Vec<&'a str>,
}

impl Routes {
    /// Makes the routes; what is wrong with them is added to `errors`.
    pub(crate) fn new(settings: &Settings, errors: &mut Vec<SettingError>) -> Self {
        let mut routes: Vec<Route> = Vec::new();
        if settings.routes.len() > MOST_ROUTES {
            errors.push(SettingError::new("/routes", "has too many routes; give at most 512"));
        }
        for (index, route) in settings.routes.iter().enumerate().take(MOST_ROUTES) {
            if let Some(route) = Route::new(index, route, &settings.hierarchy, errors) {
                // Behind its equals, so that of two equal routes the later one is reported.
                let at = routes.partition_point(|earlier| earlier.rank() <= route.rank());
                routes.insert(at, route);
            }
        }
        refuse_equal(&routes, errors);
        let names_methods = routes.iter().any(|route| !route.methods.is_empty());
        let names_hosts = routes.iter().any(|route| route.host != HostPattern::Any);
        let depth = routes.iter().map(|route| route.path.depth()).max().unwrap_or(0);
        let mut routes = Self { sorted: routes, depth, names_methods, names_hosts };
        routes.let_get_cover_head();
        routes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The most specific route that covers a request.
    pub(crate) fn find(
        &self,
        method: Option<&str>,
        host: Option<&str>,
        path: &str,
    ) -> Option<&Route> {
        let segments = segments(path, self.depth);
        self.sorted.iter().find(|route| {
            route.allows(method) && route.path.matches(&segments) && route.host.matches(host)
        })
    }

    /// RFC 9110 section 9.3.2: HEAD answers what GET would, so that it needs
    /// the same scopes, unless a route of its own says otherwise.
    fn let_get_cover_head(&mut self) {
        for at in 0..self.sorted.len() {
            let Some(route) = self.sorted.get(at) else { return };
            let has_own = self.sorted.iter().any(|other| {
                other.path == route.path && other.host == route.host && other.names("HEAD")
            });
            if route.names("GET")
                && !has_own
                && let Some(route) = self.sorted.get_mut(at)
            {
                route.methods.push("HEAD".to_owned());
            }
        }
    }
}

/// Two routes that are equally specific and share a request would be a choice
/// by chance.
fn refuse_equal(sorted: &[Route], errors: &mut Vec<SettingError>) {
    for (at, first) in sorted.iter().enumerate() {
        let rivals = sorted.iter().skip(at + 1).take_while(|next| next.rank() == first.rank());
        for second in rivals {
            if first.methods.is_empty() || first.methods.iter().any(|m| second.names(m)) {
                let mut message = "covers the same requests as route ".to_owned();
                message.push_str(&first.index.to_string());
                message.push_str(", counted from 0; merge the two, or tell them apart by ");
                message.push_str("methods, path or host");
                errors.push(SettingError::new(at_route(second.index, ""), message));
            }
        }
    }
}

impl Route {
    fn new(
        index: usize,
        settings: &RouteSettings,
        hierarchy: &BTreeMap<String, Vec<String>>,
        errors: &mut Vec<SettingError>,
    ) -> Option<Self> {
        let known = errors.len();
        let mut error = |member: &str, message: &str| {
            errors.push(SettingError::new(at_route(index, member), message));
        };
        let path = short(&settings.path).and_then(PathPattern::parse);
        let path = path.map_err(|m| error("/path", m)).ok();
        let host = settings.host.as_deref().map(short).transpose().and_then(HostPattern::parse);
        let host = host.map_err(|m| error("/host", m)).ok();
        let mut methods: Vec<String> = Vec::new();
        for (at, method) in settings.methods.iter().enumerate() {
            if !is_method(method) {
                error(&pointer(["methods", &at.to_string()]), METHOD);
            } else if !methods.contains(method) {
                methods.push(method.clone());
            }
        }
        let mut needed = |member: &str, scopes: &[String]| {
            let mut needed: Vec<Needed> = Vec::new();
            if scopes.len() > MOST_NEEDED {
                error(&pointer([member]), "has too many scopes; give at most 64");
            }
            for (at, scope) in scopes.iter().enumerate().take(MOST_NEEDED) {
                if !is_scope(scope) {
                    error(&pointer([member, &at.to_string()]), SCOPE);
                } else if !needed.iter().any(|n| n.scope == *scope) {
                    let granted_by = granted_by(hierarchy, scope);
                    needed.push(Needed { scope: scope.clone(), granted_by });
                }
            }
            needed
        };
        let all_of = needed("all-of", &settings.all_of);
        let any_of = needed("any-of", &settings.any_of);
        let description = &settings.description;
        if description.chars().count() > LONGEST_DESCRIPTION
            || description.contains(char::is_control)
        {
            error("/description", DESCRIPTION);
        }
        if errors.len() > known {
            return None;
        }
        let label = label(settings, &methods);
        Some(Self { index, host: host?, path: path?, methods, all_of, any_of, label })
    }

    /// The order of specificity: host, then path, then named methods before any.
    fn rank(&self) -> (&HostPattern, &PathPattern, bool) {
        (&self.host, &self.path, self.methods.is_empty())
    }

    fn names(&self, method: &str) -> bool {
        self.methods.iter().any(|m| m == method)
    }

    /// In any case of letters, because there are upstreams that do not care.
    fn allows(&self, method: Option<&str>) -> bool {
        self.methods.is_empty()
            || method.is_some_and(|method| {
                self.methods.iter().any(|allowed| allowed.eq_ignore_ascii_case(method))
            })
    }

    /// What the held scopes lack for this route.
    pub(crate) fn missing(&self, held: &[&str], wildcards: Wildcards) -> Missing<'_> {
        let mut missing = Missing::default();
        for needed in &self.all_of {
            if !needed.is_met(held, wildcards) {
                missing.all_of.push(&needed.scope);
            }
        }
        if !self.any_of.iter().any(|needed| needed.is_met(held, wildcards)) {
            missing.any_of.extend(self.any_of.iter().map(|needed| needed.scope.as_str()));
        }
        missing
    }
}

impl Needed {
    fn is_met(&self, held: &[&str], wildcards: Wildcards) -> bool {
        self.granted_by.iter().any(|grant| {
            held.contains(&grant.as_str())
                || (wildcards == Wildcards::Grant && held.iter().any(|held| covers(held, grant)))
        })
    }
}

impl Missing<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.all_of.is_empty() && self.any_of.is_empty()
    }
}

pub(crate) const SCOPE: &str = "is no scope; give 1 to 256 visible ascii characters without blank, `\"` and `\\` (RFC 6749 section 3.3)";
const DESCRIPTION: &str =
    "is too long or holds control characters; give at most 200 characters in one line";
const METHOD: &str = "is no method; give one in capital letters, such as `GET`";

/// The pattern, unless it is too long for one.
fn short(pattern: &str) -> Result<&str, &'static str> {
    if pattern.chars().count() > LONGEST_PATTERN {
        return Err("is too long; give at most 512 characters");
    }
    Ok(pattern)
}

fn is_method(method: &str) -> bool {
    !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

/// `GET api.example.com/records/{id}` and what the route is for.
fn label(settings: &RouteSettings, methods: &[String]) -> String {
    let mut label = String::from("`");
    for (at, method) in methods.iter().enumerate() {
        if at > 0 {
            label.push(',');
        }
        label.push_str(method);
    }
    if !methods.is_empty() {
        label.push(' ');
    }
    label.push_str(settings.host.as_deref().unwrap_or_default());
    label.push_str(&settings.path);
    label.push('`');
    if !settings.description.is_empty() {
        label.push_str(" (");
        label.push_str(&settings.description);
        label.push(')');
    }
    label
}

fn at_route(index: usize, member: &str) -> String {
    let mut path = pointer(["routes", &index.to_string()]);
    path.push_str(member);
    path
}
