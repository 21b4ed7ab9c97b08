//! XML in the form of `JUnit`, as the readers of build servers take it: a suite for each case
//! file, and one for the coverage.

use std::fmt::Write;
use std::time::Duration;

use tokenward_cases::{Case, Ran};

use super::super::Report;
use super::{lines_of, summary, unreached};

pub(crate) fn write(report: &Report) -> String {
    let mut suites: Vec<Suite> = Vec::new();
    for (case, ran) in report.cases.iter().zip(&report.ran) {
        if suites.last().is_none_or(|suite| suite.name != case.file) {
            suites.push(Suite { name: case.file.clone(), tests: Vec::new() });
        }
        if let Some(suite) = suites.last_mut() {
            suite.tests.push(Test::of(case, ran));
        }
    }
    suites.extend(coverage(report));
    let name = &report.runner.bundle().manifest().name;
    document(name, report.elapsed, &suites)
}

struct Suite {
    name: String,
    tests: Vec<Test>,
}

struct Test {
    name: String,
    elapsed: Duration,
    /// What is wrong, in lines; none if it passed.
    failure: Option<Vec<String>>,
    /// What is to be said beside.
    out: Vec<String>,
}

impl Test {
    fn of(case: &Case, ran: &Ran) -> Self {
        let place = std::iter::once(format!("{}:{}", case.file, case.line));
        let differences = ran.differences.iter().flat_map(lines_of);
        Self {
            name: case.name.clone(),
            elapsed: ran.elapsed,
            failure: (!ran.passed()).then(|| differences.chain(place).collect()),
            out: Vec::new(),
        }
    }
}

fn coverage(report: &Report) -> Option<Suite> {
    let coverage = report.coverage.as_ref()?;
    let tests = coverage.policies.iter().map(|policy| Test {
        name: format!("{}: {} of {} reached", policy.id, policy.reached(), policy.all()),
        elapsed: Duration::ZERO,
        failure: None,
        out: unreached(policy).into_iter().map(|(what, text)| format!("{what}: {text}")).collect(),
    });
    let mut tests: Vec<_> = tests.collect();
    let sum = summary(coverage);
    let asked = report.threshold.map(|threshold| format!("{}% is asked for", threshold.0));
    tests.push(Test {
        failure: (!report.coverage_suffices()).then(|| asked.into_iter().collect()),
        name: sum,
        elapsed: Duration::ZERO,
        out: Vec::new(),
    });
    Some(Suite { name: "coverage".to_owned(), tests })
}

fn document(name: &str, elapsed: Duration, suites: &[Suite]) -> String {
    let all = || suites.iter().flat_map(|suite| &suite.tests);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{}\">",
        escape(name),
        all().count(),
        failures(all()),
        seconds(elapsed),
    );
    for suite in suites {
        let time = suite.tests.iter().map(|test| test.elapsed).sum();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" \
             time=\"{}\">",
            escape(&suite.name),
            suite.tests.len(),
            failures(suite.tests.iter()),
            seconds(time),
        );
        for test in &suite.tests {
            self::test(&mut out, &suite.name, test);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn test(out: &mut String, suite: &str, test: &Test) {
    let Test { name, elapsed, failure, out: said } = test;
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
        escape(suite),
        escape(name),
        seconds(*elapsed),
    );
    if failure.is_none() && said.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    if let Some(lines) = failure {
        let first = lines.first().map_or("", String::as_str);
        let _ = writeln!(
            out,
            "      <failure type=\"difference\" message=\"{}\">{}</failure>",
            escape(first),
            escape(&lines.join("\n"))
        );
    }
    if !said.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", escape(&said.join("\n")));
    }
    out.push_str("    </testcase>\n");
}

fn failures<'a>(tests: impl Iterator<Item = &'a Test>) -> usize {
    tests.filter(|test| test.failure.is_some()).count()
}

/// Seconds with six digits.
fn seconds(time: Duration) -> String {
    format!("{}.{:06}", time.as_secs(), time.subsec_micros())
}

/// For an attribute or text. A character that XML 1.0 section 2.2 does not
/// have, and one that a reader would change, is written as U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A name, and attributes with their values.
    type Element = (String, Vec<(String, String)>);

    /// Reads what [`document`] writes, strictly: the names, attributes and
    /// text of a small part of XML, or why it is none.
    fn check(xml: &str) -> Result<Vec<Element>, String> {
        let mut rest = xml
            .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
            .ok_or("no declaration")?;
        let (mut open, mut elements) = (Vec::new(), Vec::new());
        while let Some(at) = rest.find('<') {
            let (text, tag) = rest.split_at(at);
            unescape(text)?;
            let end = tag.find('>').ok_or("a tag without end")?;
            let (tag, after) = (&tag[1..end], &tag[end + 1..]);
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop().as_deref() != Some(name) {
                    return Err(format!("`{name}` is closed and was not open"));
                }
                continue;
            }
            let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            if !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
                return Err(format!("`{name}` is no name"));
            }
            let mut read = Vec::new();
            while !attributes.is_empty() {
                let (name, value) = attributes.split_once("=\"").ok_or("no value")?;
                let (value, more) = value.split_once('"').ok_or("no closing quote")?;
                read.push((name.to_owned(), unescape(value)?));
                attributes = more.strip_prefix(' ').unwrap_or(more);
            }
            elements.push((name.to_owned(), read));
            if !empty {
                open.push(name.to_owned());
            }
        }
        if open.is_empty() { Ok(elements) } else { Err(format!("`{open:?}` stay open")) }
    }

    fn unescape(text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, entity)) = rest.split_once('&') {
            let (entity, after) = entity.split_once(';').ok_or("a bare &")?;
            out.push_str(before);
            out.push(match entity {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "#10" => '\n',
                other => return Err(format!("unknown entity `{other}`")),
            });
            rest = after;
        }
        out.push_str(rest);
        let is_character = |c: char| c == '\n' || (c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}');
        if out.chars().all(is_character) { Ok(out) } else { Err("no character of XML".into()) }
    }

    fn suite(name: &str, tests: &[(&str, Option<&str>)]) -> Suite {
        let test = |(name, failure): &(&str, Option<&str>)| Test {
            name: (*name).to_owned(),
            elapsed: Duration::from_micros(1_500_002),
            failure: failure.map(|line| vec![line.to_owned(), "more".to_owned()]),
            out: vec![(*name).to_owned()],
        };
        Suite { name: name.to_owned(), tests: tests.iter().map(test).collect() }
    }

    #[test]
    fn a_document_is_written() {
        let suites = [suite("a.toml", &[("x", None), ("y", Some("no <good>"))]), suite("b", &[])];
        let xml = document("bundle", Duration::from_secs(3), &suites);
        let elements = check(&xml).unwrap();
        let attribute = |element: usize, name: &str| {
            let (_, attributes) = &elements[element];
            attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        let names: Vec<_> = elements.iter().map(|(name, _)| name.as_str()).collect();
        let case = ["testcase", "system-out", "testcase", "failure", "system-out"];
        assert_eq!(names, [&["testsuites", "testsuite"], &case[..], &["testsuite"]].concat());
        assert_eq!(attribute(0, "tests").as_deref(), Some("2"));
        assert_eq!(attribute(0, "failures").as_deref(), Some("1"));
        assert_eq!(attribute(1, "time").as_deref(), Some("3.000004"));
        assert_eq!(attribute(5, "message").as_deref(), Some("no <good>"));
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_well_formed(name in any::<String>(), line in any::<String>()) {
            let xml = document(&name, Duration::ZERO, &[suite(&name, &[(&line, Some(&line))])]);
            let elements = check(&xml);
            prop_assert!(elements.is_ok(), "{elements:?} in {xml}");
        }

        #[test]
        fn plain_text_reads_back_the_same(text in "[ -~é漢\n]*") {
            prop_assert_eq!(unescape(&escape(&text)), Ok(text));
        }
    }
}
