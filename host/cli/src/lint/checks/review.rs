//! A bundle that nobody is to review, or that is overdue (SOC 2 CC5.3).

use crate::lint::finding::{Level, LintFinding};
use crate::lint::subject::{Review, Subject};

const MISSING: &str = "review-missing";
const INHERITED: &str = "review-inherited";
const PASSED: &str = "review-passed";
pub(crate) const CODES: [&str; 3] = [MISSING, INHERITED, PASSED];

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let Some(day) = &subject.review_by else {
        let message = "the bundle names no day by which it is to be reviewed";
        let change = "Set `review-by`, for instance to a day three months from now.";
        return vec![LintFinding::new(MISSING, Level::Warning, message, change)];
    };
    let mut findings = Vec::new();
    if subject.review == Review::Inherited {
        let message = format!(
            "the bundle names no day of its own by which it is to be reviewed: {day} is that of a \
             bundle that it extends"
        );
        let change = "Set `review-by`: what this bundle changes is reviewed by whoever wrote it.";
        findings.push(LintFinding::new(INHERITED, Level::Note, message, change));
    }
    // Both are written year first.
    if *day < subject.today {
        let message = format!("the bundle was to be reviewed by {day}");
        let change = "Review it, and set `review-by` to the next day of review.";
        findings.push(LintFinding::new(PASSED, Level::Warning, message, change));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places};

    #[test]
    fn the_day_of_review_may_be_today() {
        let inherited = "note review-inherited";
        for (review_by, review, expected) in [
            (None, Review::Own, &["warning review-missing"][..]),
            (None, Review::Inherited, &["warning review-missing"]),
            (Some("2026-11-20"), Review::Own, &["warning review-passed"]),
            (Some("2026-11-21"), Review::Own, &[]),
            (Some("2027-01-01"), Review::Own, &[]),
            (Some("2027-01-01"), Review::Inherited, &[inherited]),
            (Some("2026-11-20"), Review::Inherited, &[inherited, "warning review-passed"]),
        ] {
            let mut subject = bundle([]);
            subject.review = review;
            subject.review_by = review_by.map(str::to_owned);
            assert_eq!(places(&check(&subject)), expected);
        }
    }
}
