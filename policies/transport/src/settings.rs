//! The settings, as a bundle gives them.

use tokenward_policy::FromSettings;

/// What a bundle may set.
#[derive(Debug, Clone, PartialEq, Eq, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// What happens to a request over HTTP without TLS.
    pub plaintext: Effect,
    /// Hosts to which requests may come without TLS.
    pub exempt_hosts: Vec<String>,
    /// The oldest version of TLS that is allowed.
    pub min_tls: TlsVersion,
    /// The cipher suites that are allowed; none for all that are sound.
    pub ciphers: Option<Vec<String>>,
    /// What happens to a cipher suite that is sound no longer.
    pub dated_ciphers: Reaction,
    /// Whether the client must show a certificate.
    pub client_certificate: Demand,
    /// What happens to a token in the query of a URL.
    pub token_in_query: Effect,
    /// Query parameters that hold tokens.
    pub query_parameters: Vec<String>,
    /// What happens to a token in a body.
    pub token_in_body: Reaction,
    /// What happens to a token in a header other than `Authorization`.
    pub token_in_other_header: Reaction,
    /// What happens to a cookie without the attributes that keep it.
    pub cookie_effect: Effect,
    /// What `SameSite` must be.
    pub same_site: SameSiteDemand,
    /// What happens to a cookie whose name has no prefix that browsers enforce.
    pub cookie_prefix: Reaction,
    /// The longest that a cookie may be kept, in seconds.
    pub max_cookie_age: Option<u64>,
    /// Whether refresh tokens must travel in a cookie.
    pub refresh_in_cookie: Demand,
    /// What happens where there is no request.
    pub unknown: Reaction,
    /// What happens to a request without a scheme.
    pub unknown_scheme: Reaction,
    /// What happens to a request of whose TLS version or cipher suite nothing is known.
    pub unknown_tls: Reaction,
    /// What happens to a token of which it is not known where it was.
    pub unknown_location: Reaction,
    /// What happens to a token in a cookie of which nothing is known.
    pub unknown_cookie: Reaction,
}

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSettings)]
pub enum Reaction {
    /// Nothing.
    Ignore,
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// The same, for what cannot be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSettings)]
pub enum Effect {
    /// It is reported.
    Advise,
    /// The request is refused.
    Deny,
}

/// Whether something must be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSettings)]
pub enum Demand {
    /// It need not.
    Ignore,
    /// Without it, the request is refused.
    Require,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSettings)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[settings(name = "1.2")]
    V1_2,
    /// TLS 1.3 (RFC 8446).
    #[settings(name = "1.3")]
    V1_3,
}

/// What `SameSite` must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSettings)]
pub enum SameSiteDemand {
    /// `Lax` or `Strict`.
    Lax,
    /// `Strict`.
    Strict,
}

impl Default for Settings {
    fn default() -> Self {
        let parameters = ["access_token", "id_token", "refresh_token"];
        Self {
            plaintext: Effect::Deny,
            exempt_hosts: Vec::new(),
            min_tls: TlsVersion::V1_2,
            ciphers: None,
            dated_ciphers: Reaction::Advise,
            client_certificate: Demand::Ignore,
            token_in_query: Effect::Deny,
            query_parameters: parameters.map(String::from).to_vec(),
            token_in_body: Reaction::Advise,
            token_in_other_header: Reaction::Advise,
            cookie_effect: Effect::Deny,
            same_site: SameSiteDemand::Lax,
            cookie_prefix: Reaction::Advise,
            max_cookie_age: None,
            refresh_in_cookie: Demand::Ignore,
            unknown: Reaction::Ignore,
            unknown_scheme: Reaction::Advise,
            unknown_tls: Reaction::Ignore,
            unknown_location: Reaction::Ignore,
            unknown_cookie: Reaction::Advise,
        }
    }
}

impl From<Effect> for Reaction {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Advise => Self::Advise,
            Effect::Deny => Self::Deny,
        }
    }
}
