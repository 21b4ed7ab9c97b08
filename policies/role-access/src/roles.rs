//! The table of roles: made from the settings, with what each inherits, and
//! asked what a role gives.

use tokenward_policy::SettingError;
use tokenward_policy::text::item;

use crate::permissions::{Numbering, Set, is_pattern};
use crate::settings::{RoleSettings, Settings};

/// More than any table has that a person can review.
const MOST_ROLES: usize = 256;
/// Of the permissions of one role.
const MOST_PERMISSIONS: usize = 64;
/// Of the roles that one inherits.
const MOST_INHERITED: usize = 32;
/// Of a role's name, in bytes.
const LONGEST_NAME: usize = 256;

/// The roles.
#[derive(Debug)]
pub(crate) struct Roles {
    /// By name.
    sorted: Vec<Role>,
}

/// One role.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// What it gives, inherited permissions included.
    pub(crate) gives: Set,
    /// Whether it is, or inherits, a privileged one.
    pub(crate) is_privileged: bool,
}

impl Roles {
    /// Makes the table; what is wrong with it is added to `errors`.
    pub(crate) fn new(
        settings: &Settings,
        permissions: &Numbering,
        errors: &mut Vec<SettingError>,
    ) -> Self {
        if settings.roles.is_empty() {
            errors.push(SettingError::new("/roles", "is empty; give at least one role"));
        }
        if settings.roles.len() > MOST_ROLES {
            errors.push(SettingError::new("/roles", "has too many roles; give at most 256"));
        }
        let roles = settings.roles.get(..MOST_ROLES).unwrap_or(&settings.roles);
        check(roles, errors);
        let inherited = inherited(roles, errors);
        refuse_circles(&inherited, errors);
        let own: Vec<Set> = roles
            .iter()
            .map(|role| {
                let mut gives = permissions.none();
                for pattern in &role.permissions {
                    permissions.covered(pattern, &mut gives);
                }
                gives
            })
            .collect();
        let mut sorted: Vec<Role> = Vec::with_capacity(roles.len());
        for (index, role) in roles.iter().enumerate() {
            let mut made =
                Role { name: role.name.clone(), gives: permissions.none(), is_privileged: false };
            for (at, is_reached) in reach(&inherited, index).into_iter().enumerate() {
                if is_reached || at == index {
                    own.get(at).into_iter().for_each(|gives| made.gives.add_all(gives));
                    made.is_privileged |=
                        roles.get(at).is_some_and(|r| settings.privileged.contains(&r.name));
                }
            }
            let at = sorted.partition_point(|earlier| earlier.name < made.name);
            tokenward_policy::list::insert(&mut sorted, at, made);
        }
        Self { sorted }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Role> {
        let at = self.sorted.binary_search_by(|role| role.name.as_str().cmp(name)).ok()?;
        self.sorted.get(at)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Role> {
        self.sorted.iter()
    }
}

/// Checks names and permissions.
fn check(roles: &[RoleSettings], errors: &mut Vec<SettingError>) {
    for (index, role) in roles.iter().enumerate() {
        let mut error = |member: &str, message: &str| {
            errors.push(SettingError::new(at_role(index, member), message));
        };
        if !is_name(&role.name) {
            error("/name", NAME);
        } else if roles.iter().take(index).any(|earlier| earlier.name == role.name) {
            error("/name", "is given twice; name each role once");
        }
        if role.permissions.len() > MOST_PERMISSIONS {
            error("/permissions", "has too many permissions; give at most 64");
        }
        for (at, permission) in role.permissions.iter().enumerate() {
            if !is_pattern(permission) {
                error(&item("/permissions", at), PATTERN);
            }
        }
        if role.inherits.len() > MOST_INHERITED {
            error("/inherits", "has too many roles; give at most 32");
        }
    }
}

/// For each role the places of those that it inherits, in the order of its list.
fn inherited(roles: &[RoleSettings], errors: &mut Vec<SettingError>) -> Vec<Vec<usize>> {
    let mut all = Vec::with_capacity(roles.len());
    for (index, role) in roles.iter().enumerate() {
        let mut places = Vec::new();
        for (at, name) in role.inherits.iter().enumerate().take(MOST_INHERITED) {
            match roles.iter().position(|other| other.name == *name) {
                Some(place) => places.push(place),
                None => errors.push(SettingError::new(
                    at_role(index, &item("/inherits", at)),
                    "is no role of `roles`; give the name of one",
                )),
            }
        }
        all.push(places);
    }
    all
}

fn refuse_circles(inherited: &[Vec<usize>], errors: &mut Vec<SettingError>) {
    for (index, places) in inherited.iter().enumerate() {
        for (at, place) in places.iter().enumerate() {
            if reach(inherited, *place).get(index) == Some(&true) {
                errors.push(SettingError::new(
                    at_role(index, &item("/inherits", at)),
                    "inherits, in a circle, from the role itself; \
                     let roles inherit from lesser ones only",
                ));
            }
        }
    }
}

/// Which roles one inherits, directly or by way of others. Circles do no harm.
fn reach(inherited: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut is_reached = vec![false; inherited.len()];
    let mut next = vec![from];
    while let Some(role) = next.pop() {
        for place in inherited.get(role).into_iter().flatten() {
            if let Some(known @ false) = is_reached.get_mut(*place) {
                *known = true;
                next.push(*place);
            }
        }
    }
    is_reached
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && !name.contains(char::is_control)
}

fn at_role(index: usize, member: &str) -> String {
    let mut path = item("/roles", index);
    path.push_str(member);
    path
}

const NAME: &str = "is no name of a role; give 1 to 256 bytes without control characters";
const PATTERN: &str = "is no permission; give parts of visible ascii with `:` between them, \
     such as `orders:read`, where a part may be `*`, of at most 128 bytes in all";
