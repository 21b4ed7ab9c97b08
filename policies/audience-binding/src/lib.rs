//! A token is for few, named recipients, bound to its sender where it matters,
//! and names its subject by no personal data.

mod audience;
mod confirmation;
mod rules;
mod settings;
mod subject;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;
use tokenward_route::{Asked, Routes};

pub use settings::{Kind, Reaction, RouteSettings, Settings};

use audience::Audiences;
use confirmation::{CNF, Confirmation, DPOP, MUTUAL_TLS};

/// Judges for whom, from whom and about whom a token is.
pub struct AudienceBinding {
    require_audience: Reaction,
    max_audiences: usize,
    max_audiences_effect: Reaction,
    generic_audiences: Vec<String>,
    generic_effect: Reaction,
    sensitive: Routes<String>,
    opaque_subject: Reaction,
    require_jti: Reaction,
    jti_kinds: Vec<Kind>,
}

const ABOUT: About = About {
    name: "audience-binding",
    version: env!("CARGO_PKG_VERSION"),
    title: "Tokens have few recipients, a sender, and an opaque subject",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for AudienceBinding {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            reads: Self::new(Settings::default(), &mut Vec::new()).reads(),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let mut errors = Vec::new();
        rules::settings(&settings, &mut errors);
        let policy = Self::new(settings, &mut errors);
        if errors.is_empty() { Ok(policy) } else { Err(errors) }
    }

    fn reads(&self) -> Reads {
        let mut claims = vec!["/aud", CNF, DPOP, MUTUAL_TLS];
        if self.opaque_subject != Reaction::Ignore {
            claims.extend(["/sub", "/client_id"]);
        }
        if self.require_jti != Reaction::Ignore {
            claims.push("/jti");
        }
        let mut parts = RequestParts::empty();
        if !self.sensitive.is_empty() {
            parts |= RequestParts::PATH;
        }
        if self.sensitive.names_methods() {
            parts |= RequestParts::METHOD;
        }
        if self.sensitive.names_hosts() {
            parts |= RequestParts::HOST;
        }
        Reads::claims(claims).and_token(TokenParts::BINDING).and_request(parts)
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        let found = &mut verdict.findings;
        self.judge_audience(input, found);
        if self.opaque_subject != Reaction::Ignore {
            found.extend(self.judge_subject(input));
        }
        if self.require_jti != Reaction::Ignore {
            found.extend(self.judge_jti(input));
        }
        self.judge_binding(input, found);
        verdict
    }
}

/// The kind; where it is not known, that of access tokens.
fn kind(input: &Input) -> Kind {
    match input.kind() {
        Some(TokenKind::Access) | None => Kind::Access,
        Some(TokenKind::Refresh) => Kind::Refresh,
        Some(TokenKind::Id) => Kind::Id,
        Some(TokenKind::Other(_)) => Kind::Other,
    }
}

impl AudienceBinding {
    fn new(settings: Settings, errors: &mut Vec<SettingError>) -> Self {
        Self {
            sensitive: rules::sensitive(&settings, errors),
            require_audience: settings.require_audience,
            max_audiences: usize::try_from(settings.max_audiences).unwrap_or(usize::MAX),
            max_audiences_effect: settings.max_audiences_effect,
            generic_audiences: settings.generic_audiences,
            generic_effect: settings.generic_effect,
            opaque_subject: settings.opaque_subject,
            require_jti: settings.require_jti,
            jti_kinds: settings.jti_kinds,
        }
    }

    fn judge_audience(&self, input: &Input, found: &mut Vec<Finding>) {
        let audiences = match Audiences::read(input.claim("/aud")) {
            Audiences::Missing => {
                // A refresh token is for its issuer; an ID token's verifier asks for itself.
                if kind(input) == Kind::Access {
                    found.extend(rules::missing_audience(self.require_audience));
                }
                return;
            }
            Audiences::Malformed => {
                let accepted = "a string or an array of strings";
                return found.extend(rules::malformed(Reaction::Deny, accepted, "/aud"));
            }
            Audiences::Named(audiences) => audiences,
        };
        if audiences.iter().any(|audience| audience::is_wildcard(audience)) {
            found.push(rules::wildcard_audience());
        }
        let generic = self.generic_audiences.iter().find(|generic| {
            audiences.iter().any(|audience| audience.eq_ignore_ascii_case(generic))
        });
        if let Some(generic) = generic {
            found.extend(rules::generic_audience(self.generic_effect, generic));
        }
        if audience::are_more_than(self.max_audiences, &audiences) {
            found.extend(rules::too_many_audiences(self.max_audiences_effect, self.max_audiences));
        }
    }

    fn judge_subject(&self, input: &Input) -> Option<Finding> {
        let subject = input.claim("/sub")?;
        let told = match subject {
            Value::Text(text) => {
                // A machine's token is about the client itself (RFC 9068 section 2.2).
                let client = input.claim("/client_id").and_then(Value::as_text);
                if client == Some(text) { None } else { subject::told_by(text) }
            }
            Value::Integer(integer) => subject::told_by_integer(*integer),
            _ => return rules::malformed(self.opaque_subject, "a string", "/sub"),
        };
        told.and_then(|told| rules::identifying(self.opaque_subject, told))
    }

    fn judge_jti(&self, input: &Input) -> Option<Finding> {
        if !self.jti_kinds.contains(&kind(input)) {
            return None;
        }
        match input.claim("/jti") {
            None => rules::missing_jti(self.require_jti),
            Some(Value::Text(text)) if text.is_empty() => rules::missing_jti(self.require_jti),
            Some(Value::Text(_) | Value::Integer(_)) => None,
            Some(_) => rules::malformed(self.require_jti, "a string", "/jti"),
        }
    }

    fn judge_binding(&self, input: &Input, found: &mut Vec<Finding>) {
        let confirmation = Confirmation::read(input);
        if let Confirmation::Malformed(claim) = confirmation {
            let accepted = if claim == CNF {
                "an object with a member"
            } else {
                "the thumbprint of a key: 43 characters of base64url"
            };
            found.extend(rules::malformed(Reaction::Deny, accepted, claim));
        }
        if input.phase == Phase::Issue {
            // Its sender is the client that it is made for, and has not sent it yet.
            return;
        }
        let proof = input.token.as_ref().and_then(|token| token.binding).unwrap_or(Binding::None);
        let is_bound = matches!(confirmation, Confirmation::Bound { .. });
        if is_bound && !confirmation.is_proven_by(proof) {
            found.push(rules::unproven());
        }
        // In other phases the request is one to the issuer, not to a route.
        if input.phase == Phase::Use && !self.sensitive.is_empty() {
            match self.sensitive_route(input) {
                Err(finding) => found.push(finding),
                // Whatever was proven: without `cnf` the token is not bound to that key, and
                // who stole it can prove a key of their own (RFC 9449 section 7.1).
                Ok(Some(route)) if confirmation == Confirmation::Absent => {
                    found.push(rules::unbound(route));
                }
                // What is not proven, or cannot be read, is denied already.
                Ok(_) => {}
            }
        }
    }

    fn sensitive_route(&self, input: &Input) -> Result<Option<&String>, Finding> {
        // Whoever can hide the request is not to get by without a proof.
        let Some(request) = &input.request else { return Err(rules::unknown_request(None)) };
        let asked = Asked {
            method: request.method.as_deref(),
            host: request.host.as_deref(),
            path: request.path.as_deref(),
        };
        self.sensitive
            .find(&asked)
            .map_err(|unknown| rules::unknown_request(Some(unknown.as_str())))
    }
}

export_policy!(AudienceBinding);
