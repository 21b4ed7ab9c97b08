//! What routes need: read from the settings, and asked whether the held scopes are enough.

use tokenward_policy::text::{item, join};
use tokenward_policy::{SettingError, pointer};
use tokenward_route::{Cover, MOST_ROUTES, Routes, RoutesBuilder, Spec};

use crate::scopes::{covers, granted_by, is_scope};
use crate::settings::{RouteSettings, Settings};

/// In one list of a route, so that both together fit one requirement.
const MOST_NEEDED: usize = 64;
/// In characters: it stands in messages.
const LONGEST_DESCRIPTION: usize = 200;

/// What one route needs.
pub(crate) struct Needs {
    all_of: Vec<Needed>,
    any_of: Vec<Needed>,
    /// How findings name the route.
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

/// Reads the routes; what is wrong with them is added to `errors`.
pub(crate) fn routes(settings: &Settings, errors: &mut Vec<SettingError>) -> Routes<Needs> {
    if settings.routes.len() > MOST_ROUTES {
        errors.push(SettingError::new("/routes", "has too many routes; give at most 512"));
    }
    let mut routes = RoutesBuilder::default();
    for (index, route) in settings.routes.iter().enumerate().take(MOST_ROUTES) {
        if let Some((cover, needs)) = read_route(index, route, &settings.hierarchy, errors) {
            routes.add(index, cover, needs);
        }
    }
    routes.build(&mut |index, message| {
        errors.push(SettingError::new(at_route(index, ""), message));
    })
}

fn read_route(
    index: usize,
    settings: &RouteSettings,
    hierarchy: &[(String, Vec<String>)],
    errors: &mut Vec<SettingError>,
) -> Option<(Cover, Needs)> {
    let known = errors.len();
    let mut error = |member: &str, message: &str| {
        errors.push(SettingError::new(at_route(index, member), message));
    };
    let spec =
        Spec { methods: &settings.methods, host: settings.host.as_deref(), path: &settings.path };
    let cover = Cover::parse(&spec, &mut error);
    let mut needed = |member: &str, scopes: &[String]| {
        let mut needed: Vec<Needed> = Vec::new();
        if scopes.len() > MOST_NEEDED {
            error(&pointer([member]), "has too many scopes; give at most 64");
        }
        for (at, scope) in scopes.iter().enumerate().take(MOST_NEEDED) {
            if !is_scope(scope) {
                error(&item(&join(&["/", member]), at), SCOPE);
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
    if description.chars().count() > LONGEST_DESCRIPTION || description.contains(char::is_control) {
        error("/description", DESCRIPTION);
    }
    if errors.len() > known {
        return None;
    }
    let mut label = spec.label();
    if !description.is_empty() {
        label.push_str(" (");
        label.push_str(description);
        label.push(')');
    }
    Some((cover?, Needs { all_of, any_of, label }))
}

impl Needs {
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

fn at_route(index: usize, member: &str) -> String {
    let mut path = item("/routes", index);
    path.push_str(member);
    path
}
