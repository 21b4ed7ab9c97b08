//! Which decisions change from one bundle to another, over cases.

use tokenward::{Bundle, EngineConfig, Outcome};

use crate::CaseError;
use crate::case::Case;
use crate::expect::FindingLine;
use crate::observe::{Observed, line_of};
use crate::run::Runner;

/// A case of which two bundles say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The case's place in the list.
    pub case: usize,
    /// What the bundle before says.
    pub before: Said,
    /// What the bundle after says.
    pub after: Said,
}

/// What a bundle says of a case, as far as it is compared: not in its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A decision.
    Decision {
        /// The outcome.
        outcome: Outcome,
        /// The findings, in order.
        findings: Vec<FindingLine>,
        /// What is asked for, a line each.
        requirements: Vec<String>,
    },
    /// None, as a policy could not be loaded with the settings of the case.
    Nothing {
        /// Why.
        reason: String,
    },
}

impl Said {
    fn of(observed: &Observed) -> Self {
        match observed {
            Observed::Decision(seen) => {
                let mut findings: Vec<_> = seen.findings.iter().map(line_of).collect();
                findings.sort();
                let requirements = seen.requirements.clone();
                Self::Decision { outcome: seen.outcome, findings, requirements }
            }
            other => Self::Nothing { reason: other.in_words() },
        }
    }
}

/// Runs all cases against both bundles, and answers those of which they say
/// different things. What a case expects does not matter.
///
/// # Errors
///
/// [`CaseError`], if a policy of a bundle cannot be loaded.
pub fn changed_decisions(
    before: &Bundle,
    after: &Bundle,
    cases: &[Case],
    engine: &EngineConfig,
) -> Result<Vec<Changed>, CaseError> {
    let said = |bundle: &Bundle| -> Result<Vec<Said>, CaseError> {
        let ran = Runner::new(bundle.clone(), engine)?.run(cases, |_| {});
        Ok(ran.iter().map(|ran| Said::of(&ran.observed)).collect())
    };
    let pairs = said(before)?.into_iter().zip(said(after)?).enumerate();
    let changed = pairs.filter(|(_, (before, after))| before != after);
    Ok(changed.map(|(case, (before, after))| Changed { case, before, after }).collect())
}
