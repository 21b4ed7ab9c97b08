//! The rules of a policy, with the controls that they serve.

use tokenward::Rule;

use super::page::Page;
use super::style::{BOLD, PLAIN, QUIET};
use super::words;

/// Columns of the labels.
const LABEL: usize = 11;

/// The rules, and after those that serve the same controls, these controls.
pub(crate) fn write(page: &mut Page, rules: &[Rule]) {
    let mut label = "rules";
    for group in rules.chunk_by(|a, b| a.controls == b.controls) {
        for rule in group {
            let id = format!("{}:", rule.id);
            page.field(2, label, LABEL, &[(BOLD, &id), (PLAIN, &rule.title)]);
            label = "";
        }
        if let Some(controls) = group.first().map(|rule| words::controls(&rule.controls)) {
            page.field(2, label, LABEL + 2, &[(QUIET, &controls)]);
        }
    }
}
