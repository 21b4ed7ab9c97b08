//! The settings, as a bundle gives them.

use tokenward_policy::FromSettings;

/// What a bundle may set.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// The routes and the scopes that they need.
    pub routes: Vec<RouteSettings>,
    /// What happens to a request that no route covers.
    pub unmatched: Reaction,
    /// JSON Pointers to the claims that hold scopes.
    pub scope_claims: Vec<String>,
    /// Which scope implies which others.
    pub hierarchy: Vec<(String, Vec<String>)>,
    /// Scopes that are broader than any one task needs.
    pub broad: Vec<String>,
    /// What happens to a token that holds a broad scope.
    pub broad_effect: Reaction,
    /// Whether a held scope such as `records:*` grants `records:read`.
    pub wildcard_grants: bool,
    /// How many different scopes a token may hold.
    pub max_scopes: Option<u32>,
    /// What happens to a token that holds more.
    pub max_scopes_effect: Reaction,
}

/// One route. Its path is required.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct RouteSettings {
    /// The methods; empty for any.
    pub methods: Vec<String>,
    /// The pattern of the path.
    pub path: String,
    /// The pattern of the host; none for any.
    pub host: Option<String>,
    /// Scopes of which one is enough.
    pub any_of: Vec<String>,
    /// Scopes that are all needed.
    pub all_of: Vec<String>,
    /// What the route is for, shown in findings.
    pub description: String,
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
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            routes: Vec::new(),
            unmatched: Reaction::Ignore,
            scope_claims: texts(&["/scope", "/scp"]),
            hierarchy: Vec::new(),
            broad: texts(&["admin", "all", "full-access", "full_access", "root", "superuser"]),
            broad_effect: Reaction::Advise,
            wildcard_grants: false,
            max_scopes: None,
            max_scopes_effect: Reaction::Deny,
        }
    }
}
