//! The settings, as a bundle gives them.

use tokenward_policy::FromSettings;

/// What a bundle may set.
#[derive(Debug, Clone, FromSettings)]
#[settings(default)]
pub struct Settings {
    /// JSON Pointers to the claims that name the purposes of a token.
    pub purpose_claims: Vec<String>,
    /// JSON Pointers to the claims that hold scopes.
    pub scope_claims: Vec<String>,
    /// The purposes that scopes serve.
    pub scope_purposes: Vec<ScopePurposes>,
    /// The purposes that routes serve.
    pub routes: Vec<RouteSettings>,
    /// Purposes that every token serves.
    pub always: Vec<String>,
    /// Purposes that rest on something other than consent.
    pub exempt_purposes: Vec<Exemption>,
    /// What happens to a token without purpose on a route that serves one.
    pub missing_purpose: Reaction,
    /// The most seconds that may have passed since consent was given.
    pub max_age: Option<u32>,
    /// The versions of the consent's text that still count; empty for any.
    pub versions: Vec<String>,
    /// What happens where it is not known whether, or when, consent was given.
    pub unknown: Reaction,
    /// How many seconds clocks may be apart.
    pub skew: u32,
}

/// The purposes that one scope serves. All members are required.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct ScopePurposes {
    /// The scope.
    pub scope: String,
    /// Its purposes.
    pub purposes: Vec<String>,
}

/// The purposes that one route serves. Its path is required.
#[derive(Debug, Clone, Default, FromSettings)]
#[settings(default)]
pub struct RouteSettings {
    /// The methods; empty for any.
    pub methods: Vec<String>,
    /// The pattern of the path.
    pub path: String,
    /// The pattern of the host; none for any.
    pub host: Option<String>,
    /// Its purposes; empty for a route that serves none.
    pub purposes: Vec<String>,
}

/// A purpose that rests on something other than consent.
#[derive(Debug, Clone, FromSettings)]
pub struct Exemption {
    /// The purpose.
    pub purpose: String,
    /// What it rests on.
    pub basis: Basis,
}

/// A legal basis other than consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Basis {
    /// GDPR 6(1)(b).
    Contract,
    /// GDPR 6(1)(c).
    LegalObligation,
    /// GDPR 6(1)(d).
    VitalInterests,
    /// GDPR 6(1)(e).
    PublicTask,
    /// GDPR 6(1)(f).
    LegitimateInterests,
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

impl Basis {
    /// Its name in settings and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::LegalObligation => "legal-obligation",
            Self::VitalInterests => "vital-interests",
            Self::PublicTask => "public-task",
            Self::LegitimateInterests => "legitimate-interests",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            purpose_claims: texts(&["/purpose"]),
            scope_claims: texts(&["/scope", "/scp"]),
            scope_purposes: Vec::new(),
            routes: Vec::new(),
            always: Vec::new(),
            exempt_purposes: Vec::new(),
            missing_purpose: Reaction::Advise,
            max_age: None,
            versions: Vec::new(),
            unknown: Reaction::Deny,
            skew: 60,
        }
    }
}
