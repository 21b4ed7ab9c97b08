//! The cases of a bundle: what it is to say of a token and a request, and whether it does.
//!
//! A case file is TOML with a `[[case]]` for each case. [`Case::of_file`] reads one, a [`Runner`]
//! loads a bundle and runs cases against it, and [`Coverage`] tells what they reach of it. The
//! `tokenward` command runs them for people, and a bundle's own cases run before it is activated.
//! Nothing here prints.

mod case;
mod change;
mod compare;
mod coverage;
mod expect;
mod format;
mod log;
mod observe;
mod own;
mod pointer;
mod run;
mod text;
mod value;

pub use case::{Case, Settings};
pub use change::{Changed, Said, changed_decisions};
pub use compare::Difference;
pub use coverage::{Coverage, PolicyCoverage, SettingCoverage};
pub use expect::{Expected, ExpectedDecision, FindingLine, Others, SettingPlace};
pub use log::{Recorded, log_line};
pub use observe::{Observation, Observed, PolicyOutcome};
pub use own::{OwnCases, run_own_cases};
pub use run::{PolicyFacts, Ran, Runner};
pub use text::request_line;

/// Why cases cannot be read or run: a sentence that says what, where, and what
/// is accepted.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CaseError(#[from] anyhow::Error);
