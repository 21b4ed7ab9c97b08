//! The cases that a bundle brings along, run before it is used.

use tokenward::{Bundle, EngineConfig};

use crate::CaseError;
use crate::case::Case;
use crate::run::Runner;

/// What came of a bundle's own cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnCases {
    /// How many there are.
    pub all: usize,
    /// Those that came out otherwise: `FILE: NAME: ABOUT: expected A, got B`.
    pub failed: Vec<String>,
}

/// Runs a bundle's own cases: file names and texts. They can name no files.
///
/// # Errors
///
/// [`CaseError`], if a policy of the bundle cannot be loaded, or a case cannot be read.
pub fn run_own_cases(
    bundle: &Bundle,
    files: &[(String, String)],
    engine: &EngineConfig,
) -> Result<OwnCases, CaseError> {
    let mut cases = Vec::new();
    for (name, text) in files {
        cases.extend(Case::of_file(text, name, None, &mut Vec::new())?);
    }
    let mut runner = Runner::new(bundle.clone(), engine)?;
    runner.check_names(&cases)?;
    let ran = runner.run(&cases, |_| {});
    let mut failed = Vec::new();
    for (case, ran) in cases.iter().zip(&ran) {
        for difference in &ran.differences {
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into());
            let (expected, got) = (side(&difference.expected), side(&difference.got));
            let (file, name, about) = (&case.file, &case.name, difference.about);
            failed.push(format!("{file}: {name}: {about}: expected {expected}, got {got}"));
        }
    }
    Ok(OwnCases { all: cases.len(), failed })
}
