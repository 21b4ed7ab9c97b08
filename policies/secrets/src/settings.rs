//! The settings, as a bundle writes them, and what they become.

use tokenward_data::{Exemptions, MinConfidence, patterns};
use tokenward_policy::prelude::*;

use crate::{ASKED, Secrets};

/// What a bundle may set. Every field has a default; see `settings.schema.json`.
#[derive(Debug, FromSettings)]
#[settings(default)]
pub struct Settings {
    permit: Vec<String>,
    except_detectors: Vec<String>,
    min_confidence: MinConfidence,
    nested_tokens: NestedTokens,
    nested_token_claims: Vec<String>,
    withhold: bool,
}

/// Claims that standards let hold signed statements, which are no credentials: aggregated claims
/// (OpenID Connect Core section 5.6.2), trust marks (OpenID Federation), software statements
/// (RFC 7591 section 2.3).
const STATEMENTS: [&str; 3] =
    ["/_claim_sources/*/JWT", "/trust_marks/*/trust_mark", "software_statement"];

impl Default for Settings {
    fn default() -> Self {
        Self {
            permit: Vec::new(),
            except_detectors: Vec::new(),
            min_confidence: MinConfidence::Medium,
            nested_tokens: NestedTokens::Deny,
            nested_token_claims: STATEMENTS.map(str::to_owned).into(),
            withhold: false,
        }
    }
}

/// What happens to a token in a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSettings)]
pub enum NestedTokens {
    /// It is reported.
    Advise,
    /// It is denied.
    Deny,
}

impl Settings {
    pub(crate) fn compile(self) -> Result<Secrets, Vec<SettingError>> {
        let mut errors = Vec::new();
        let exempt = Exemptions::read(
            &self.permit,
            &self.except_detectors,
            self.min_confidence,
            &ASKED.iter().map(|(detector, id, _)| (*detector, *id)),
            &mut errors,
        );
        let nested_token_claims =
            patterns("/nested-token-claims", &self.nested_token_claims, &mut errors);
        if self.withhold && self.nested_tokens == NestedTokens::Deny {
            errors.push(SettingError::new(
                "/withhold",
                "has no effect: `nested-tokens` is `deny`, so that nothing is advised against",
            ));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Secrets {
            exempt,
            nested_tokens: self.nested_tokens,
            nested_token_claims,
            withhold: self.withhold,
        })
    }
}
