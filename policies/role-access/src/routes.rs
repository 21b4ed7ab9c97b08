//! What routes need: read from the settings, and asked what held permissions lack.

use tokenward_policy::text::{item, push_number};
use tokenward_policy::{SettingError, pointer};
use tokenward_route::{Cover, MOST_ROUTES, Routes, RoutesBuilder, Spec};

use crate::permissions::{Numbering, Set, is_permission};
use crate::settings::{RouteSettings, Settings};

/// In one list of a route.
const MOST_NEEDED: usize = 16;
/// How many lists of conflicts there may be; each may make a finding.
const MOST_CONFLICTS: usize = 64;
/// Of all permissions that are named: it bounds what a role costs in memory.
const MOST_NAMED: usize = 512;

/// What one route needs. Without any, the route is public.
#[derive(Debug)]
pub(crate) struct Needs {
    all_of: Vec<u32>,
    any_of: Vec<u32>,
    /// What a finding says after `the token's roles do not give `.
    pub(crate) told: String,
}

impl Needs {
    pub(crate) fn are_met(&self, held: &Set) -> bool {
        self.all_of.iter().all(|number| held.has(*number))
            && (self.any_of.is_empty() || self.any_of.iter().any(|number| held.has(*number)))
    }
}

/// Permissions of which no token may have two.
#[derive(Debug)]
pub(crate) struct Conflict {
    permissions: Vec<u32>,
    /// What a finding says after `the token's roles give `.
    pub(crate) told: String,
}

impl Conflict {
    pub(crate) fn is_in(&self, held: &Set) -> bool {
        self.permissions.iter().filter(|number| held.has(**number)).count() > 1
    }
}

/// Every permission that routes and conflicts name, well-formed or not: what is
/// no permission is refused later.
pub(crate) fn numbering(settings: &Settings, errors: &mut Vec<SettingError>) -> Numbering {
    let mut permissions = Numbering::default();
    let routes = settings.routes.iter().take(MOST_ROUTES);
    let needed = routes.flat_map(|route| [&route.all_of, &route.any_of]);
    for name in needed.chain(settings.conflicts.iter().take(MOST_CONFLICTS)).flatten() {
        permissions.add(name);
        if permissions.count() > MOST_NAMED {
            errors.push(SettingError::new(
                "",
                "routes and conflicts name too many permissions; name at most 512 different ones",
            ));
            break;
        }
    }
    permissions
}

/// Reads the routes; what is wrong with them is added to `errors`.
pub(crate) fn routes(
    settings: &Settings,
    permissions: &Numbering,
    given: &Set,
    errors: &mut Vec<SettingError>,
) -> Routes<Needs> {
    if settings.routes.len() > MOST_ROUTES {
        errors.push(SettingError::new("/routes", "has too many routes; give at most 512"));
    }
    let mut routes = RoutesBuilder::default();
    for (index, route) in settings.routes.iter().enumerate().take(MOST_ROUTES) {
        let mut error = |member: &str, message: &str| {
            errors.push(SettingError::new(at_route(index, member), message));
        };
        let spec = Spec { methods: &route.methods, host: route.host.as_deref(), path: &route.path };
        let cover = Cover::parse(&spec, &mut error);
        let all_of = numbers(&route.all_of, "all-of", permissions, given, &mut error);
        let any_of = numbers(&route.any_of, "any-of", permissions, given, &mut error);
        let is_free = route.all_of.is_empty() && route.any_of.is_empty();
        if is_free && !route.public {
            error("", "needs no permission; give `all-of` or `any-of`, or set `public`");
        } else if route.public && !is_free {
            error(
                "/public",
                "contradicts the permissions that the route needs; give one or the other",
            );
        }
        if let Some(cover) = cover {
            routes.add(index, cover, Needs { all_of, any_of, told: told(route, &spec) });
        }
    }
    routes.build(&mut |index, message| {
        errors.push(SettingError::new(at_route(index, ""), message));
    })
}

/// Reads the conflicts; what is wrong with them is added to `errors`.
pub(crate) fn conflicts(
    settings: &Settings,
    permissions: &Numbering,
    given: &Set,
    errors: &mut Vec<SettingError>,
) -> Vec<Conflict> {
    if settings.conflicts.len() > MOST_CONFLICTS {
        errors.push(SettingError::new("/conflicts", "has too many lists; give at most 64"));
    }
    let mut conflicts = Vec::new();
    for (index, names) in settings.conflicts.iter().enumerate().take(MOST_CONFLICTS) {
        let mut error = |member: &str, message: &str| {
            let mut path = item("/conflicts", index);
            path.push_str(member);
            errors.push(SettingError::new(path, message));
        };
        let numbers = numbers(names, "", permissions, given, &mut error);
        for (at, name) in names.iter().enumerate().take(MOST_NEEDED) {
            if names.iter().take(at).any(|earlier| earlier == name) {
                error(&item("", at), "is given twice; name each permission once");
            }
        }
        if names.len() < 2 {
            error("", "names fewer than two permissions, which cannot conflict; give at least two");
        }
        let mut told = String::new();
        push_list(&mut told, names);
        conflicts.push(Conflict { permissions: numbers, told });
    }
    conflicts
}

/// The numbers of permissions in a list.
fn numbers(
    names: &[String],
    member: &str,
    permissions: &Numbering,
    given: &Set,
    error: &mut dyn FnMut(&str, &str),
) -> Vec<u32> {
    let list = if member.is_empty() { String::new() } else { pointer([member]) };
    if names.len() > MOST_NEEDED {
        error(&list, "has too many permissions; give at most 16");
    }
    let mut numbers = Vec::new();
    for (at, name) in names.iter().enumerate().take(MOST_NEEDED) {
        let mut error = |message: &str| {
            let mut path = list.clone();
            path.push_str(&item("", at));
            error(&path, message);
        };
        if !is_permission(name) {
            error(PERMISSION);
        } else if let Some(number) = permissions.number(name) {
            if !given.has(number) {
                error("is given by no role of `roles`; give it to one, or mend its name");
            }
            numbers.push(number);
        }
    }
    numbers
}

/// `` `orders:write`, and any of `a`, `b`, needed by `POST /orders` ``
fn told(route: &RouteSettings, spec: &Spec<'_>) -> String {
    let mut told = String::new();
    push_list(&mut told, &route.all_of);
    if !route.any_of.is_empty() {
        told.push_str(if route.all_of.is_empty() { "any of " } else { ", and any of " });
        push_list(&mut told, &route.any_of);
    }
    told.push_str(", needed by ");
    told.push_str(&spec.label());
    told
}

/// Names the first four, and how many more there are.
fn push_list(into: &mut String, names: &[String]) {
    const MOST_TOLD: usize = 4;
    for (at, name) in names.iter().enumerate() {
        if at == MOST_TOLD {
            into.push_str(" and ");
            push_number(into, (names.len() - at) as u64);
            into.push_str(" more");
            return;
        }
        into.push_str(if at > 0 { ", `" } else { "`" });
        into.push_str(name);
        into.push('`');
    }
}

fn at_route(index: usize, member: &str) -> String {
    let mut path = item("/routes", index);
    path.push_str(member);
    path
}

const PERMISSION: &str = "is no single permission; give parts of visible ascii with `:` between \
     them and without `*`, such as `orders:read`, of at most 128 bytes in all";
