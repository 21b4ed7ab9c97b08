//! Whether a policy that reads all claims has a use for claims that it does
//! not know.
//!
//! It is shown claims with names that nobody gave it, holding all kinds of
//! data, one after the other, beside no claims and beside those of each case.
//! If its verdict is never another, then whatever it does it does with claims
//! that it knows by name, and could declare.

use tokenward::{Binding, Json, Object, Phase, Signals};
use tokenward_engine::{Engine, LoadedPolicy, PolicyInput, PolicySet, TokenFacts, Verdict};
use tokenward_token::TokenKind;

/// How many cases are looked at.
const MOST_CASES: usize = 32;

/// Claims of all kinds of data, under names that nobody expects or that say
/// what they hold.
const STRANGERS: [(&str, &str); 10] = [
    ("zq7", "x"),
    ("zq7", "alice@example.com"),
    ("zq7", "4111111111111111"),
    ("zq7", "123-45-6789"),
    ("zq7", "GB82WEST12345698765432"),
    ("zq7", "-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"),
    ("zq7_password", "x"),
    ("zq7_diagnosis", "x"),
    ("zq7_email", "x"),
    ("zq7_card_number", "x"),
];

/// Whether a claim of a name that is not its own changes its verdict.
pub(crate) fn needs_all_claims(engine: &Engine, policy: LoadedPolicy, cases: &[Object]) -> bool {
    let phases = policy.descriptor().phases.clone();
    let set = engine.assemble(vec![policy]);
    let nothing = Object::new();
    let bases = std::iter::once(&nothing).chain(cases.iter().take(MOST_CASES));
    bases.into_iter().any(|base| {
        phases.iter().any(|phase| {
            // Of a policy that only faults, nothing can be told.
            let Some(before) = judge(&set, *phase, base) else { return true };
            STRANGERS.iter().any(|(name, value)| {
                let mut claims = base.clone();
                claims.set(*name, Json::from(*value));
                judge(&set, *phase, &claims).as_ref() != Some(&before)
            })
        })
    })
}

fn judge(set: &PolicySet, phase: Phase, claims: &Object) -> Option<Verdict> {
    let (header, facts, signals) = (Object::new(), Object::new(), Signals::none());
    let evaluations = set.evaluate(&PolicyInput {
        phase,
        now: 1_700_000_000,
        token: Some(TokenFacts {
            kind: &TokenKind::Access,
            header: &header,
            key: None,
            encryption: None,
            binding: Binding::None,
        }),
        claims,
        request: None,
        signals: &signals,
        facts: &facts,
    });
    evaluations.first()?.outcome.verdict().cloned()
}
