//! The settings, as a bundle gives them.

use tokenward_policy::FromSettings;

/// What a bundle may set.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// What happens to an access token that names no audience.
    pub require_audience: Reaction,
    /// How many different audiences a token may have.
    pub max_audiences: u32,
    /// What happens to a token that has more.
    pub max_audiences_effect: Reaction,
    /// Audiences that name no one recipient.
    pub generic_audiences: Vec<String>,
    /// What happens to a token that has one of them.
    pub generic_effect: Reaction,
    /// Routes on which the token must be bound to its sender.
    pub sensitive: Vec<RouteSettings>,
    /// What happens to a token whose subject is named by personal data.
    pub opaque_subject: Reaction,
    /// What happens to a token without `jti`.
    pub require_jti: Reaction,
    /// The kinds of tokens that need one.
    pub jti_kinds: Vec<Kind>,
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
}

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Kind {
    /// Access tokens.
    Access,
    /// Refresh tokens.
    Refresh,
    /// ID tokens.
    Id,
    /// Tokens of any other kind.
    Other,
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
        let generic = ["account", "all", "any", "api", "default", "everyone", "public"];
        Self {
            require_audience: Reaction::Deny,
            max_audiences: 3,
            max_audiences_effect: Reaction::Advise,
            generic_audiences: generic.map(str::to_owned).into(),
            generic_effect: Reaction::Advise,
            sensitive: Vec::new(),
            opaque_subject: Reaction::Deny,
            require_jti: Reaction::Advise,
            jti_kinds: vec![Kind::Access, Kind::Refresh],
        }
    }
}
