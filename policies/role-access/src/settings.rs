//! The settings, as a bundle gives them.

use tokenward_policy::FromSettings;

/// What a bundle may set.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// JSON Pointers to the claims that hold roles.
    pub role_claims: Vec<String>,
    /// Whether a string holds several roles with spaces between them.
    pub space_separated: bool,
    /// The roles and what they give.
    pub roles: Vec<RoleSettings>,
    /// The routes and the permissions that they need.
    pub routes: Vec<RouteSettings>,
    /// What happens to a request that no route covers.
    pub unmatched: Reaction,
    /// What happens to a token with a role that the table lacks.
    pub unknown_roles: Reaction,
    /// The role of a token that holds none at all.
    pub default_role: Option<String>,
    /// Permissions of which no token may have two: separation of duties.
    pub conflicts: Vec<Vec<String>>,
    /// Roles whose use asks for stronger authentication, or is reported.
    pub privileged: Vec<String>,
    /// The authentication contexts (`acr`) that are strong enough for them, best first.
    pub privileged_acr: Vec<String>,
}

/// One role. Its name is required.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct RoleSettings {
    /// The role, as tokens name it.
    pub name: String,
    /// What it gives, such as `orders:read`, `orders:*` or `*`.
    pub permissions: Vec<String>,
    /// The roles whose permissions it has as well.
    pub inherits: Vec<String>,
}

/// One route. Its path is required, and either permissions or `public`.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct RouteSettings {
    /// The methods; empty for any.
    pub methods: Vec<String>,
    /// The pattern of the path.
    pub path: String,
    /// The pattern of the host; none for any.
    pub host: Option<String>,
    /// Permissions that are all needed.
    pub all_of: Vec<String>,
    /// Permissions of which one is enough.
    pub any_of: Vec<String>,
    /// Whether the route needs no permission.
    pub public: bool,
}

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Reaction {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

impl Default for Settings {
    fn default() -> Self {
        let role = |name: &str, permissions: &[&str]| RoleSettings {
            name: name.to_owned(),
            permissions: texts(permissions),
            inherits: Vec::new(),
        };
        let route = |methods: &[&str], path: &str, permission: &str| RouteSettings {
            methods: texts(methods),
            path: path.to_owned(),
            all_of: texts(&[permission]),
            ..RouteSettings::default()
        };
        Self {
            role_claims: texts(&["/roles", "/realm_access/roles"]),
            space_separated: false,
            roles: vec![
                role("admin", &["*"]),
                role("user", &["read", "write"]),
                role("guest", &["read"]),
            ],
            routes: vec![
                route(&["GET", "HEAD", "OPTIONS"], "/**", "read"),
                route(&["POST", "PUT", "PATCH"], "/**", "write"),
                route(&["DELETE"], "/**", "manage"),
                route(&[], "/admin/**", "manage"),
            ],
            unmatched: Reaction::Deny,
            unknown_roles: Reaction::Advise,
            default_role: None,
            conflicts: Vec::new(),
            privileged: Vec::new(),
            privileged_acr: Vec::new(),
        }
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
