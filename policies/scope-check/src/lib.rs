//! Least privilege: each route asks for its scopes, and no token holds broader ones than it needs.

mod checks;
mod routes;
mod scopes;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;
use tokenward_route::{Asked, Routes};

pub use settings::{Reaction, RouteSettings, Settings};

use routes::{Needs, Wildcards};

/// Asks for the scopes of the route, and reports tokens that hold too many.
pub struct ScopeCheck {
    routes: Routes<Needs>,
    unmatched: Reaction,
    scope_claims: Vec<String>,
    wildcards: Wildcards,
    /// Sorted.
    broad: Vec<String>,
    broad_effect: Reaction,
    max_scopes: Option<usize>,
    max_scopes_effect: Reaction,
}

const ABOUT: About = About {
    name: "scope-check",
    version: env!("CARGO_PKG_VERSION"),
    title: "Each route asks for its scopes",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: checks::RULES,
};

impl Policy for ScopeCheck {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE,
            reads: Reads::claims(Settings::default().scope_claims),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let mut errors = Vec::new();
        let routes = routes::routes(&settings, &mut errors);
        checks::settings(&settings, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut broad: Vec<String> = Vec::new();
        for scope in settings.broad {
            if let Err(at) = broad.binary_search(&scope) {
                tokenward_policy::list::insert(&mut broad, at, scope);
            }
        }
        Ok(Self {
            routes,
            unmatched: settings.unmatched,
            scope_claims: settings.scope_claims,
            wildcards: if settings.wildcard_grants {
                Wildcards::Grant
            } else {
                Wildcards::Ordinary
            },
            broad,
            broad_effect: settings.broad_effect,
            max_scopes: settings.max_scopes.and_then(|max| usize::try_from(max).ok()),
            max_scopes_effect: settings.max_scopes_effect,
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
        Reads::claims(&self.scope_claims).and_request(parts)
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        let mut held = Vec::new();
        for path in &self.scope_claims {
            let Some(claim) = input.claim(path) else { continue };
            let before = held.len();
            match scopes::collect(claim, &mut held) {
                Ok(()) => {
                    let new = held.get(before..).unwrap_or_default();
                    verdict.findings.extend(self.broad_scopes(path, new));
                }
                Err(scopes::Malformed) => verdict.findings.push(checks::malformed(path)),
            }
        }
        verdict.findings.extend(self.too_many(&held));
        // In other phases the request is one to the issuer, not to a route.
        let is_judged = !self.routes.is_empty() || self.unmatched == Reaction::Deny;
        if input.phase == Phase::Use && is_judged {
            match &input.request {
                Some(request) => self.judge_request(request, &held, &mut verdict),
                // Whoever can hide the request is not to get by without its scopes.
                None => verdict.findings.push(checks::no_request()),
            }
        }
        verdict
    }
}

impl ScopeCheck {
    fn judge_request(&self, request: &Request, held: &[&str], verdict: &mut Verdict) {
        let asked = Asked {
            method: request.method.as_deref(),
            host: request.host.as_deref(),
            path: request.path.as_deref(),
        };
        let route = match self.routes.find(&asked) {
            Ok(Some(route)) => route,
            Ok(None) => return verdict.findings.extend(checks::unmatched(self.unmatched)),
            Err(unknown) => {
                return verdict.findings.push(checks::unknown_request(unknown.as_str()));
            }
        };
        let missing = route.missing(held, self.wildcards);
        if !missing.is_empty() {
            let claim = self.scope_claims.first().map_or("/scope", String::as_str);
            verdict.findings.push(checks::missing(&missing, &route.label, claim));
            let scopes = missing.all_of.iter().chain(&missing.any_of);
            let mut wanted: Vec<String> = Vec::new();
            for scope in scopes {
                if !wanted.iter().any(|w| w == scope) {
                    wanted.push((*scope).to_owned());
                }
            }
            verdict.requirements.push(Requirement::Scope(wanted));
        }
    }

    /// The broad scopes of one claim, in one finding.
    fn broad_scopes(&self, path: &str, scopes: &[&str]) -> Option<Finding> {
        if self.broad_effect == Reaction::Ignore {
            return None;
        }
        let mut is_held = vec![false; self.broad.len()];
        let mut holds_wildcard = false;
        for scope in scopes {
            if let Ok(at) = self.broad.binary_search_by(|broad| broad.as_str().cmp(scope))
                && let Some(held) = is_held.get_mut(at)
            {
                *held = true;
            } else {
                holds_wildcard |= match self.wildcards {
                    Wildcards::Ordinary => scopes::is_wildcard(scope),
                    Wildcards::Grant => scopes::is_only_wildcard(scope),
                };
            }
        }
        let mut listed =
            self.broad.iter().zip(is_held).filter_map(|(b, held)| held.then_some(b)).peekable();
        if listed.peek().is_none() && !holds_wildcard {
            return None;
        }
        checks::broad(self.broad_effect, listed, holds_wildcard, path)
    }

    fn too_many(&self, held: &[&str]) -> Option<Finding> {
        let max = self.max_scopes?;
        if held.len() <= max {
            return None;
        }
        // One scope may stand in two claims, or twice in one.
        let mut distinct: Vec<&str> = Vec::with_capacity(max + 1);
        for scope in held {
            if let Err(at) = distinct.binary_search(scope) {
                tokenward_policy::list::insert(&mut distinct, at, *scope);
            }
            if distinct.len() > max {
                return checks::too_many(self.max_scopes_effect, max, self.scope_claims.first()?);
            }
        }
        None
    }
}

export_policy!(ScopeCheck);
