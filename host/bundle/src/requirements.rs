//! The table of requirements that is built in.

use crate::coverage::CoverageTable;

/// What the frameworks require, and which part of the project answers each row.
///
/// # Errors
///
/// What is wrong with the table; the build script has read it before.
pub fn built_in_coverage() -> Result<CoverageTable, String> {
    CoverageTable::parse(include_str!("../../../policies/controls.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "[[row]]\nid='A1'\nrequirement='R'\ncontrols=['C 1']\n";

    #[test]
    fn a_row_that_nobody_answers_is_found() {
        let policies = ["here".to_owned()];
        let exists = |path: &str| path == "policies/here/cases" || path == "host/test.rs";
        for (tail, expected) in [
            ("owner.policies=['here']\ntests=['policies/here/cases']", &[][..]),
            ("owner={host='h',state='built'}\ntests=['host/test.rs']", &[]),
            ("owner={host='h',state='planned'}", &[]),
            ("owner.attested=true", &[]),
            (
                "owner.policies=['soon']\ntests=['policies/soon/cases']",
                &["names the policy `soon`", "names the test `policies/soon/cases`"],
            ),
            ("", &["has no owner"]),
            ("owner.policies=['here']", &["has no test"]),
            ("owner.policies=['none']\ntests=['host/test.rs']", &["names the policy `none`"]),
            ("owner.policies=['here']\ntests=['policies/here/no']", &["names the test `policies/"]),
            ("owner={host='h',state='built'}", &["has no test"]),
            ("owner={host='h'}\ntests=['host/test.rs']", &["without a `state`"]),
            (
                "owner.attested=true\n[[row]]\nid='A1'\nrequirement='Again'\ncontrols=[]\nowner.attested=true",
                &["is there twice"],
            ),
        ] {
            let table = CoverageTable::parse(&format!("{ROW}{tail}\n")).unwrap();
            let problems = table.problems(&policies, &exists);
            assert_eq!(problems.len(), expected.len(), "{tail}: {problems:?}");
            for (problem, expected) in problems.iter().zip(expected) {
                assert!(
                    problem.starts_with("row `A1` ") && problem.contains(expected),
                    "{problem}"
                );
            }
        }
        assert!(CoverageTable::parse(&format!("{ROW}ower=1\n")).unwrap_err().contains("ower"));
    }

    #[test]
    fn the_table_is_read() {
        let table = built_in_coverage().unwrap();
        assert!(table.rows.iter().any(|row| row.id == "G1"));
    }
}
