//! Personal data is processed only for purposes that its subject consented to,
//! or that rest on another legal basis.

mod checks;
mod purposes;
mod registry;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;
use tokenward_policy::text::join;
use tokenward_route::{Asked, Routes};

pub use settings::{Basis, Exemption, Reaction, RouteSettings, ScopePurposes, Settings};

use checks::RoutePurposes;
use purposes::{Purpose, ToldBy};
use registry::Consent as Known;

/// Holds the purposes of tokens and routes against the subject's consent.
pub struct Consent {
    purpose_claims: Vec<String>,
    scope_claims: Vec<String>,
    /// Sorted by scope.
    scope_purposes: Vec<ScopePurposes>,
    routes: Routes<RoutePurposes>,
    always: Vec<String>,
    exempt_purposes: Vec<Exemption>,
    missing_purpose: Reaction,
    max_age: Option<u32>,
    versions: Vec<String>,
    unknown: Reaction,
    skew: u32,
}

const ABOUT: About = About {
    name: "consent",
    version: env!("CARGO_PKG_VERSION"),
    title: "Processing serves purposes that its subject consented to",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for Consent {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            reads: Reads::claims(Settings::default().purpose_claims).and_facts(FACTS).and_time(),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let mut errors = Vec::new();
        let routes = checks::routes(&settings, &mut errors);
        checks::settings(&settings, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut scope_purposes: Vec<ScopePurposes> = Vec::new();
        for served in settings.scope_purposes {
            let at = scope_purposes.partition_point(|earlier| earlier.scope < served.scope);
            tokenward_policy::list::insert(&mut scope_purposes, at, served);
        }
        Ok(Self {
            purpose_claims: settings.purpose_claims,
            scope_claims: settings.scope_claims,
            scope_purposes,
            routes,
            always: settings.always,
            exempt_purposes: settings.exempt_purposes,
            missing_purpose: settings.missing_purpose,
            max_age: settings.max_age,
            versions: settings.versions,
            unknown: settings.unknown,
            skew: settings.skew,
        })
    }

    fn reads(&self) -> Reads {
        let mut claims: Vec<&str> = self.purpose_claims.iter().map(String::as_str).collect();
        if !self.scope_purposes.is_empty() {
            for claim in &self.scope_claims {
                if !claims.contains(&claim.as_str()) {
                    claims.push(claim);
                }
            }
        }
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
        let mut reads = Reads::claims(claims).and_request(parts).and_facts(FACTS).and_time();
        if !self.versions.is_empty() {
            reads.facts.push(registry::VERSION.into());
        }
        reads
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        verdict.changes_at(i64::MAX);
        let mut served = Vec::new();
        let (named, unreadable) = purposes::named(input, &self.purpose_claims);
        for claim in &unreadable {
            verdict.findings.push(rules::malformed_purpose(claim));
        }
        purposes::add(&mut served, named.iter().copied(), ToldBy::Token);
        purposes::add(&mut served, self.always.iter().map(String::as_str), ToldBy::Settings);
        self.add_of_scopes(input, &mut served, &mut verdict);
        // In other phases the request is one to the issuer, not to a route.
        if input.phase == Phase::Use && !self.routes.is_empty() {
            match self.route(input) {
                Err(finding) => verdict.findings.push(finding),
                Ok(None) => {}
                Ok(Some(route)) => {
                    let of_route = route.purposes.iter().map(String::as_str);
                    purposes::add(&mut served, of_route, ToldBy::Settings);
                    // What cannot be read is reported already.
                    if unreadable.is_empty() {
                        verdict.findings.extend(self.judge_binding(&named, route));
                    }
                }
            }
        }
        self.take_exempt(&mut served, &mut verdict);
        if !served.is_empty() {
            self.judge_consent(input, &served, &mut verdict);
        }
        verdict
    }
}

/// The facts that are read whatever the settings.
const FACTS: [&str; 4] =
    [registry::PURPOSES, registry::GIVEN_AT, registry::EXPIRES_AT, registry::WITHDRAWN_AT];

impl Consent {
    fn add_of_scopes<'a>(
        &'a self,
        input: &'a Input,
        served: &mut Vec<Purpose<'a>>,
        verdict: &mut Verdict,
    ) {
        if self.scope_purposes.is_empty() {
            return;
        }
        // A hostile token may say one scope a thousand times.
        let mut is_held = vec![false; self.scope_purposes.len()];
        for path in &self.scope_claims {
            let Some(claim) = input.claim(path) else { continue };
            let mut scopes = Vec::new();
            if purposes::words(claim, &mut scopes).is_err() {
                verdict.findings.push(rules::malformed_purpose(path));
            }
            for scope in scopes {
                let found = self.scope_purposes.binary_search_by(|s| s.scope.as_str().cmp(scope));
                if let Ok(at) = found
                    && let Some(held) = is_held.get_mut(at)
                {
                    *held = true;
                }
            }
        }
        for (of_scope, _) in self.scope_purposes.iter().zip(is_held).filter(|(_, held)| *held) {
            let names = of_scope.purposes.iter().map(String::as_str);
            purposes::add(served, names, ToldBy::Settings);
        }
    }

    fn route(&self, input: &Input) -> Result<Option<&RoutePurposes>, Finding> {
        // Whoever can hide the request is not to get by without its purposes.
        let Some(request) = &input.request else { return Err(rules::unknown_request(None)) };
        let asked = Asked {
            method: request.method.as_deref(),
            host: request.host.as_deref(),
            path: request.path.as_deref(),
        };
        self.routes.find(&asked).map_err(|unknown| rules::unknown_request(Some(unknown.as_str())))
    }

    /// Data that was collected for one purpose is not to serve another.
    fn judge_binding(&self, named: &[&str], route: &RoutePurposes) -> Option<Finding> {
        let claim = self.purpose_claims.first()?;
        if route.purposes.is_empty() {
            return None;
        }
        if named.is_empty() {
            return rules::missing_purpose(self.missing_purpose, &route.label, claim);
        }
        let mut other = route.purposes.iter().filter(|p| !named.contains(&p.as_str())).peekable();
        other.peek()?;
        Some(rules::not_covered(
            &other.map(String::as_str).collect::<Vec<_>>(),
            &route.label,
            claim,
        ))
    }

    /// Takes out the purposes that need no consent, and records what they rest on.
    fn take_exempt(&self, served: &mut Vec<Purpose<'_>>, verdict: &mut Verdict) {
        if self.exempt_purposes.is_empty() {
            return;
        }
        let mut bases = Vec::new();
        served.retain(|purpose| {
            let found = self.exempt_purposes.iter().find(|e| e.purpose == purpose.name);
            if let Some(Exemption { purpose, basis }) = found {
                bases.push(join(&[purpose, ": ", basis.as_str()]));
            }
            found.is_none()
        });
        if !bases.is_empty() {
            verdict.facts.push(Fact { name: "legal-basis".into(), value: Value::Texts(bases) });
        }
    }

    fn judge_consent(&self, input: &Input, served: &[Purpose<'_>], verdict: &mut Verdict) {
        let Some(now) = input.now else {
            return verdict.findings.push(rules::no_time());
        };
        let mut clock = Clock { now, until: i64::MAX };
        let (consent, unreadable) = Known::read(input);
        let found = &mut verdict.findings;
        found.extend(unreadable.iter().map(|fact| rules::malformed_consent(fact)));
        if consent.is_withdrawn() {
            return found.push(rules::withdrawn());
        }
        let mut unknown = Vec::new();
        let mut miss = |fact| {
            if !unreadable.contains(&fact) {
                unknown.push(fact);
            }
        };
        match &consent.purposes {
            None => miss(registry::PURPOSES),
            Some(consented) => {
                let missing: Vec<Purpose<'_>> = served
                    .iter()
                    .copied()
                    .filter(|purpose| !consented.contains(&purpose.name))
                    .collect();
                if !missing.is_empty() {
                    found.push(rules::missing(&missing));
                }
                // Of a consent that is none there is no more to say.
                if missing.len() == served.len() {
                    return;
                }
            }
        }
        self.judge_time(&consent, &mut clock, &mut miss, found);
        if !self.versions.is_empty() {
            match consent.version {
                None => miss(registry::VERSION),
                Some(version) if registry::is_one_of(version, &self.versions) => {}
                Some(_) => found.push(rules::outdated()),
            }
        }
        if !unknown.is_empty() {
            found.extend(rules::unknown(self.unknown, &unknown));
        }
        verdict.changes_at(clock.until);
    }

    fn judge_time(
        &self,
        consent: &Known<'_>,
        clock: &mut Clock,
        miss: &mut impl FnMut(&'static str),
        found: &mut Vec<Finding>,
    ) {
        if let Some(given) = consent.given_at
            && !clock.has_reached(given - i64::from(self.skew))
        {
            return found.push(rules::given_in_future(self.skew));
        }
        if let Some(end) = consent.expires_at
            && clock.has_reached(end)
        {
            return found.push(rules::expired());
        }
        let Some(max) = self.max_age else { return };
        match consent.given_at {
            None => miss(registry::GIVEN_AT),
            Some(given) if clock.has_reached(given + i64::from(max) + 1) => {
                found.push(rules::too_old(max));
            }
            Some(_) => {}
        }
    }
}

/// The present, and the first moment at which an answer would be another.
struct Clock {
    now: i64,
    until: i64,
}

impl Clock {
    fn has_reached(&mut self, moment: i64) -> bool {
        if self.now < moment {
            self.until = self.until.min(moment);
        }
        self.now >= moment
    }
}

export_policy!(Consent);
