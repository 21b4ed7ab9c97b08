//! Role-based access: each route asks for permissions, and the token's roles give them.

mod permissions;
mod roles;
mod routes;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;
use tokenward_policy::text::{item, words};
use tokenward_route::{Asked, Routes};

pub use settings::{Reaction, RoleSettings, RouteSettings, Settings};

use permissions::{Numbering, Set};
use roles::Roles;
use routes::{Conflict, Needs};

/// Asks for the permissions of the route, and keeps duties apart.
pub struct RoleAccess {
    role_claims: Vec<String>,
    space_separated: bool,
    permissions: Numbering,
    roles: Roles,
    routes: Routes<Needs>,
    unmatched: Reaction,
    unknown_roles: Reaction,
    default_role: Option<String>,
    conflicts: Vec<Conflict>,
    privileged_acr: Vec<String>,
}

const ABOUT: About = About {
    name: "role-access",
    version: env!("CARGO_PKG_VERSION"),
    title: "Each route asks for permissions, and roles give them",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for RoleAccess {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE,
            reads: Reads::claims(Settings::default().role_claims)
                .and_request(RequestParts::PATH | RequestParts::METHOD),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let mut errors = Vec::new();
        let permissions = routes::numbering(&settings, &mut errors);
        let roles = Roles::new(&settings, &permissions, &mut errors);
        let mut given = permissions.none();
        roles.iter().for_each(|role| given.add_all(&role.gives));
        let routes = routes::routes(&settings, &permissions, &given, &mut errors);
        let conflicts = routes::conflicts(&settings, &permissions, &given, &mut errors);
        rules::settings(&settings, &roles, &mut errors);
        for (index, conflict) in conflicts.iter().enumerate() {
            if let Some(role) = roles.iter().find(|role| conflict.is_in(&role.gives)) {
                errors.push(alone_in_conflict(index, &role.name));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            role_claims: settings.role_claims,
            space_separated: settings.space_separated,
            permissions,
            roles,
            routes,
            unmatched: settings.unmatched,
            unknown_roles: settings.unknown_roles,
            default_role: settings.default_role,
            conflicts,
            privileged_acr: settings.privileged_acr,
        })
    }

    fn reads(&self) -> Reads {
        let mut parts = RequestParts::empty();
        if !self.routes.is_empty() {
            parts |= RequestParts::PATH;
        }
        if self.routes.names_methods() {
            parts |= RequestParts::METHOD;
        }
        if self.routes.names_hosts() {
            parts |= RequestParts::HOST;
        }
        let mut reads = Reads::claims(&self.role_claims).and_request(parts);
        if !self.privileged_acr.is_empty() && !self.role_claims.iter().any(|claim| claim == ACR) {
            reads.claims.push(ClaimSelector::At(ACR.into()));
        }
        reads
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        let held = self.held(input, &mut verdict);
        let claim = self.first_claim();
        for conflict in &self.conflicts {
            if conflict.is_in(&held.permissions) {
                verdict.findings.push(rules::conflicting(&conflict.told, claim));
            }
        }
        // In other phases the request is one to the issuer, not to a route.
        if input.phase == Phase::Use {
            if let Some(privileged) = held.privileged {
                self.judge_privileged(input, privileged, &mut verdict);
            }
            if !self.routes.is_empty() {
                verdict.findings.extend(self.judge_route(input, &held));
            }
        }
        verdict
    }
}

/// The strength of authentication (OpenID Connect Core section 2).
const ACR: &str = "/acr";

/// Whether a token has role claims.
#[derive(PartialEq)]
enum Claims {
    Absent,
    Present,
}

/// What the token's roles amount to.
struct Held<'a> {
    permissions: Set,
    /// The claim that holds a privileged role.
    privileged: Option<&'a str>,
    /// Whether any of the role claims is there, with roles or without.
    claims: Claims,
}

impl RoleAccess {
    fn held(&self, input: &Input, verdict: &mut Verdict) -> Held<'_> {
        let permissions = self.permissions.none();
        let mut held = Held { permissions, privileged: None, claims: Claims::Absent };
        let mut has_none = true;
        for path in &self.role_claims {
            let Some(claim) = input.claim(path) else { continue };
            held.claims = Claims::Present;
            let mut unknown = 0;
            let mut take = |name: &str| {
                if name.is_empty() {
                    return;
                }
                has_none = false;
                let Some(role) = self.roles.find(name) else { return unknown += 1 };
                held.permissions.add_all(&role.gives);
                if role.is_privileged {
                    held.privileged.get_or_insert(path);
                }
            };
            match claim {
                Value::Text(text) if self.space_separated => words(text).for_each(take),
                Value::Text(name) => take(name),
                Value::Texts(names) => names.iter().for_each(|name| take(name)),
                // The contract gives an empty array as JSON text.
                Value::Json(json) if json == "[]" => {}
                _ => {
                    // What cannot be read may be a role: the default is for those without.
                    has_none = false;
                    verdict.findings.push(rules::malformed(path));
                }
            }
            if unknown > 0 {
                verdict.findings.extend(rules::unknown_roles(self.unknown_roles, unknown, path));
            }
        }
        if has_none && let Some(role) = self.default_role.as_ref().and_then(|r| self.roles.find(r))
        {
            held.permissions.add_all(&role.gives);
        }
        held
    }

    fn judge_privileged(&self, input: &Input, claim: &str, verdict: &mut Verdict) {
        if self.privileged_acr.is_empty() {
            verdict.findings.push(rules::privileged(claim));
            return;
        }
        let acr = input.claim(ACR).and_then(Value::as_text);
        if acr.is_some_and(|acr| self.privileged_acr.iter().any(|strong| strong == acr)) {
            return;
        }
        verdict.findings.push(rules::weak_privileged(claim));
        verdict.requirements.push(Requirement::step_up(self.privileged_acr.clone(), None));
    }

    fn judge_route(&self, input: &Input, held: &Held<'_>) -> Option<Finding> {
        // Whoever can hide the request is not to get by without its permissions.
        let Some(request) = &input.request else { return Some(rules::unknown_request(None)) };
        let asked = Asked {
            method: request.method.as_deref(),
            host: request.host.as_deref(),
            path: request.path.as_deref(),
        };
        match self.routes.find(&asked) {
            Err(unknown) => Some(rules::unknown_request(Some(unknown.as_str()))),
            Ok(None) => rules::unmatched(self.unmatched),
            Ok(Some(needs)) if needs.are_met(&held.permissions) => None,
            // A table for another issuer's claims is the likeliest mistake: it is told apart.
            Ok(Some(_)) if held.claims == Claims::Absent => Some(rules::no_role(&self.role_claims)),
            Ok(Some(needs)) => Some(rules::missing(&needs.told, self.first_claim())),
        }
    }

    /// Where findings about all roles together point.
    fn first_claim(&self) -> &str {
        self.role_claims.first().map_or("/roles", String::as_str)
    }
}

fn alone_in_conflict(index: usize, role: &str) -> SettingError {
    let mut message = String::from("holds for role `");
    message.push_str(role);
    message.push_str("` by itself, so that whoever has it is always refused; give the duties to ");
    message.push_str("separate roles");
    SettingError::new(item("/conflicts", index), message)
}

export_policy!(RoleAccess);
