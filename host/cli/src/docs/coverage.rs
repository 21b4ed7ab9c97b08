//! The table of what the frameworks require and who answers it: `COVERAGE.md`.

use tokenward::{CoverageRow, CoverageTable, HostState};

use super::iso;
use super::markdown::{cell, code, table};

/// Beside the pages of the policies.
pub(crate) const FILE: &str = "COVERAGE.md";

pub(crate) fn page(coverage: &CoverageTable) -> String {
    let (attested, judged): (Vec<_>, Vec<_>) =
        coverage.rows.iter().partition(|row| row.owner.attested);
    let mut out = String::from("# What the frameworks require, and what answers it\n\n");
    out.push_str(
        "<!-- Made by `tokenward policy docs --all` from `controls.toml`. -->\n\n\
         Policies judge tokens; services of the host do the rest. What is planned is not there \
         yet.\n\nISO 27001 controls are those of 2022, with those of 2013 in parentheses.\n\n",
    );
    let rows: Vec<_> = judged.iter().map(|row| judged_row(row)).collect();
    out.push_str(&table(&["", "requirement", "answered by", "controls", "tests"], &rows));
    out.push_str(
        "\n## What a person attests to\n\nNothing in a token can show these. They are listed, and \
         never counted as passed.\n\n",
    );
    let rows: Vec<_> = attested
        .iter()
        .map(|row| vec![row.id.clone(), cell(&row.requirement), controls(&row.controls)])
        .collect();
    out.push_str(&table(&["", "requirement", "controls"], &rows));
    out
}

fn judged_row(row: &CoverageRow) -> Vec<String> {
    let link = |policy: &String| format!("[{policy}]({policy}/README.md)");
    let policies: Vec<_> = row.owner.policies.iter().map(link).collect();
    let host = row.owner.host.as_ref().map(|host| match row.owner.state {
        Some(HostState::Built) => format!("host: {}", cell(host)),
        _ => format!("host, planned: {}", cell(host)),
    });
    let policies = (!policies.is_empty()).then(|| policies.join(", "));
    let owners: Vec<_> = policies.into_iter().chain(host).collect();
    let tests = row.tests.iter().map(|test| {
        let path = test.strip_prefix("policies/").map_or(format!("../{test}"), str::to_owned);
        format!("[{}]({path})", code(test.strip_prefix("policies/").unwrap_or(test)))
    });
    vec![
        row.id.clone(),
        cell(&row.requirement),
        owners.join("; "),
        controls(&row.controls),
        tests.collect::<Vec<_>>().join(", "),
    ]
}

fn controls(ids: &[String]) -> String {
    let shown = |id: &String| match iso::of_2013(id) {
        Some(old) => format!("{} ({old})", cell(id)),
        None => cell(id),
    };
    ids.iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_who_answers_and_what_tests_it() {
        let text = "[[row]]\nid='A1'\nrequirement='R | S'\ncontrols=['ISO 27001:2022 8.5','X 1']\n\
                    owner={policies=['p'],host='h',state='planned'}\n\
                    tests=['policies/p/cases','host/t.rs']\n\
                    [[row]]\nid='B1'\nrequirement='T'\ncontrols=['X 2']\nowner.attested=true\n";
        let page = page(&CoverageTable::parse(text).unwrap());
        for part in [
            "| A1 | R \\| S | [p](p/README.md); host, planned: h | ISO 27001:2022 8.5 (A.9.4.2), X 1 | \
             [`p/cases`](p/cases), [`host/t.rs`](../host/t.rs) |\n",
            "| B1 | T | X 2 |\n",
        ] {
            assert!(page.contains(part), "{page}");
        }
    }
}
