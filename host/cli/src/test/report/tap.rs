//! The Test Anything Protocol, version 14.

use std::fmt::Write;

use super::super::Report;
use super::{lines_of, summary, unreached};
use crate::render::safe;

pub(crate) fn write(report: &Report) -> String {
    let coverage = report.coverage.as_ref();
    let tests = report.ran.len() + usize::from(coverage.is_some());
    let mut out = format!("TAP version 14\n1..{tests}\n");
    for (index, (case, ran)) in report.cases.iter().zip(&report.ran).enumerate() {
        let name = format!("{}: {}", case.file, case.name);
        let lines: Vec<_> = ran.differences.iter().flat_map(lines_of).collect();
        let place = format!("{}:{}", case.file, case.line);
        point(
            &mut out,
            ran.passed(),
            index + 1,
            &name,
            &[("at", &[place]), ("differences", &lines)],
        );
    }
    if let Some(coverage) = coverage {
        let lines: Vec<_> = coverage
            .policies
            .iter()
            .flat_map(|policy| {
                let of = |(what, text)| format!("{} {what}: {text}", policy.id);
                unreached(policy).into_iter().map(of)
            })
            .collect();
        let name = format!("coverage {}", summary(coverage));
        point(&mut out, report.coverage_suffices(), tests, &name, &[("unreached", &lines)]);
    }
    out
}

/// One test point; what is known of one that failed follows as YAML.
fn point(out: &mut String, ok: bool, number: usize, name: &str, known: &[(&str, &[String])]) {
    let word = if ok { "ok" } else { "not ok" };
    let _ = writeln!(out, "{word} {number} - {}", escape(name));
    if ok {
        return;
    }
    out.push_str("  ---\n");
    for (key, lines) in known {
        let _ = writeln!(out, "  {key}:");
        for line in *lines {
            // A JSON string is a YAML string.
            let quoted = serde_json::Value::from(line.as_str()).to_string();
            let _ = writeln!(out, "    - {}", safe::json(&quoted));
        }
    }
    out.push_str("  ...\n");
}

/// In a description, `#` begins a directive, and `\` escapes it.
fn escape(text: &str) -> String {
    safe::text(&text.replace('\\', "\\\\").replace('#', "\\#"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written() {
        let mut out = String::new();
        point(&mut out, true, 1, "a # TODO b\\", &[]);
        point(&mut out, false, 2, "c", &[("differences", &["say \"x\"".into(), "y\u{1b}".into()])]);
        assert_eq!(
            out,
            "ok 1 - a \\# TODO b\\\\\nnot ok 2 - c\n  ---\n  differences:\n    - \"say \\\"x\\\"\"\n    \
             - \"y\\u001b\"\n  ...\n"
        );
    }
}
