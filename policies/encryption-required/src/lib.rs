//! Tokens with sensitive claims are encrypted, and soundly.

mod algorithm;
mod check;
mod rules;
mod sensitive;
mod settings;
#[cfg(test)]
mod tests;

use tokenward_policy::prelude::*;
use tokenward_policy::text::join;

pub use settings::{MissingEffect, Reaction, Require, Settings};

/// Judges whether a token is encrypted where it must be, and how.
pub struct EncryptionRequired {
    require: Require,
    /// JSON Pointers to sensitive claims.
    sensitive: Vec<String>,
    always_kinds: Vec<String>,
    always_audiences: Vec<String>,
    exempt_kinds: Vec<String>,
    exempt_audiences: Vec<String>,
    effect: MissingEffect,
    key_algorithms: Vec<String>,
    rsa_oaep_sha1: Reaction,
    content_algorithms: Vec<String>,
}

const ABOUT: About = About {
    name: "encryption-required",
    version: env!("CARGO_PKG_VERSION"),
    title: "Tokens with sensitive claims are encrypted",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for EncryptionRequired {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            reads: Reads::claims(sensitive::DEFAULT.map(|name| pointer([name])))
                .and_token(TokenParts::ENCRYPTION),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let mut errors = Vec::new();
        let sensitive = check::check(&settings, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            require: settings.require,
            sensitive,
            always_kinds: settings.always_kinds,
            always_audiences: settings.always_audiences,
            exempt_kinds: settings.exempt_kinds,
            exempt_audiences: settings.exempt_audiences,
            effect: settings.effect,
            key_algorithms: settings.key_algorithms,
            rsa_oaep_sha1: settings.rsa_oaep_sha1,
            content_algorithms: settings.content_algorithms,
        })
    }

    fn reads(&self) -> Reads {
        let mut claims = self.sensitive.clone();
        let audiences = self.always_audiences.len() + self.exempt_audiences.len();
        if audiences > 0 && !claims.iter().any(|path| path == AUDIENCE) {
            claims.push(AUDIENCE.to_owned());
        }
        Reads::claims(claims).and_token(TokenParts::ENCRYPTION)
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        match input.token.as_ref().and_then(|token| token.encryption.as_ref()) {
            Some(encryption) => self.judge_encryption(encryption, &mut verdict.findings),
            None => self.judge_unencrypted(input, &mut verdict.findings),
        }
        verdict
    }
}

const AUDIENCE: &str = "/aud";

impl EncryptionRequired {
    fn judge_unencrypted(&self, input: &Input, found: &mut Vec<Finding>) {
        let kind = input.kind().map(TokenKind::as_str);
        let audiences = Audiences::of(input);
        let why = if self.is_always_of_kind(kind) {
            "the token is not encrypted, which its kind must be"
        } else if self.is_always_for(audiences) {
            "the token is not encrypted, which those for its audience must be"
        } else if self.is_exempt(kind, audiences) {
            return;
        } else {
            match self.require {
                Require::Never => return,
                Require::Always => "the token is not encrypted, which every token must be",
                Require::Sensitive => return self.judge_claims(input, found),
            }
        };
        found.push(self.missing("token-not-encrypted", why));
    }

    /// A kind that is not known could be any.
    fn is_always_of_kind(&self, kind: Option<&str>) -> bool {
        match kind {
            Some(kind) => self.always_kinds.iter().any(|always| always == kind),
            None => !self.always_kinds.is_empty(),
        }
    }

    /// A token that names no audience could be used at any.
    fn is_always_for(&self, audiences: Audiences<'_>) -> bool {
        let always = &self.always_audiences;
        match audiences {
            Audiences::One(one) => always.iter().any(|always| always == one),
            Audiences::Many(many) => many.iter().any(|one| always.contains(one)),
            Audiences::Unknown => !always.is_empty(),
        }
    }

    /// By its kind, or because each of its audiences is.
    fn is_exempt(&self, kind: Option<&str>, audiences: Audiences<'_>) -> bool {
        let exempt = &self.exempt_audiences;
        let for_exempt = match audiences {
            Audiences::One(one) => exempt.iter().any(|exempt| exempt == one),
            Audiences::Many(many) => many.iter().all(|one| exempt.contains(one)),
            Audiences::Unknown => false,
        };
        for_exempt || kind.is_some_and(|kind| self.exempt_kinds.iter().any(|exempt| exempt == kind))
    }

    fn judge_claims(&self, input: &Input, found: &mut Vec<Finding>) {
        for claim in &input.claims {
            if holds_data(&claim.value) && self.sensitive.contains(&claim.path) {
                let message = "the claim is sensitive, and the token is not encrypted";
                let finding = self.missing("sensitive-claim-not-encrypted", message);
                found.push(finding.at(&claim.path));
            }
        }
    }

    #[inline(never)]
    fn missing(&self, rule: &str, message: &str) -> Finding {
        match self.effect {
            MissingEffect::Advise => Finding::advise(rule, Severity::Medium, message),
            MissingEffect::Deny => Finding::deny(rule, Severity::High, message),
        }
    }

    fn judge_encryption(&self, encryption: &Encryption, found: &mut Vec<Finding>) {
        let key = &encryption.algorithm;
        if key == algorithm::OAEP_SHA1 {
            let (rule, message) =
                ("oaep-with-sha1", "the key is encrypted with RSA-OAEP and SHA-1");
            match self.rsa_oaep_sha1 {
                Reaction::Ignore => {}
                Reaction::Advise => found.push(Finding::advise(rule, Severity::Low, message)),
                Reaction::Deny => found.push(Finding::deny(rule, Severity::High, message)),
            }
        } else if !self.key_algorithms.contains(key) {
            let known = algorithm::KEY.iter().chain([&algorithm::RSA1_5]).find(|name| *name == key);
            let message = refused("key management algorithm", known);
            found.push(Finding::deny("key-algorithm-not-allowed", Severity::High, message));
        }
        let content = &encryption.content;
        if !self.content_algorithms.contains(content) {
            let known = algorithm::CONTENT.iter().find(|name| *name == content);
            let message = refused("content encryption algorithm", known);
            found.push(Finding::deny("content-algorithm-not-allowed", Severity::High, message));
        }
    }
}

/// Names the algorithm only if it is one that is known.
fn refused(what: &str, known: Option<&&str>) -> String {
    match known {
        Some(name) => join(&["the ", what, " ", name, " is not allowed"]),
        None => join(&["the ", what, " is not one that is known"]),
    }
}

/// For whom the token is (RFC 7519 section 4.1.3).
#[derive(Debug, Clone, Copy)]
enum Audiences<'a> {
    One(&'a str),
    Many(&'a [String]),
    /// Not given, or not readable.
    Unknown,
}

impl<'a> Audiences<'a> {
    fn of(input: &'a Input) -> Self {
        match input.claim(AUDIENCE) {
            Some(Value::Text(one)) => Self::One(one),
            Some(Value::Texts(many)) if !many.is_empty() => Self::Many(many),
            _ => Self::Unknown,
        }
    }
}

/// Whether there is anything to protect.
fn holds_data(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Text(text) => !text.is_empty(),
        Value::Json(json) => json != "[]" && json != "{}",
        Value::Boolean(_) | Value::Integer(_) | Value::Number(_) | Value::Texts(_) => true,
    }
}

export_policy!(EncryptionRequired);
