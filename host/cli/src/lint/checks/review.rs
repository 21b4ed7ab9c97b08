//! A bundle that nobody is to review, or that is overdue (SOC 2 CC5.3).

use crate::lint::finding::{Level, LintFinding};
use crate::lint::subject::Subject;

const MISSING: &str = "review-missing";
const PASSED: &str = "review-passed";
pub(crate) const CODES: [&str; 2] = [MISSING, PASSED];

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let finding = match &subject.review_by {
        None => {
            let message = "the bundle names no day by which it is to be reviewed";
            let change = "Set `review-by`, for instance to a day three months from now.";
            LintFinding::new(MISSING, Level::Warning, message, change)
        }
        // Both are written year first.
        Some(day) if *day < subject.today => {
            let message = format!("the bundle was to be reviewed by {day}");
            let change = "Review it, and set `review-by` to the next day of review.";
            LintFinding::new(PASSED, Level::Warning, message, change)
        }
        Some(_) => return Vec::new(),
    };
    vec![finding]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places};

    #[test]
    fn the_day_of_review_may_be_today() {
        for (review_by, expected) in [
            (None, &["warning review-missing"][..]),
            (Some("2026-11-20"), &["warning review-passed"]),
            (Some("2026-11-21"), &[]),
            (Some("2027-01-01"), &[]),
        ] {
            let mut subject = bundle([]);
            subject.review_by = review_by.map(str::to_owned);
            assert_eq!(places(&check(&subject)), expected);
        }
    }
}
