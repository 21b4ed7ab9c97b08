//! `tokenward test`: runs the cases of a bundle.
//!
//! `tokenward-cases` reads and runs them and measures what they reach; this module
//! and `watch` drive it, and `report` writes what came of it.

mod filter;
mod report;
mod subject;
mod watch;

use std::time::{Duration, Instant};

use anyhow::anyhow;
use tokenward_cases::{Case, Coverage, Ran, Runner};

use self::subject::Subject;
use crate::args::{BundleVouch, TestArgs, TestFormat, TestRunArgs};
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;
use crate::values::short;

pub(crate) use self::report::text::difference as write_difference;
pub(crate) use self::subject::{CASES, cases_at, cases_of, id_of};

/// Everything that a report tells. No `Debug`: cases hold tokens.
pub(crate) struct Report {
    runner: Runner,
    cases: Vec<Case>,
    ran: Vec<Ran>,
    coverage: Option<Coverage>,
    threshold: Option<Threshold>,
    elapsed: Duration,
}

/// The coverage that is asked for, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Threshold(f64);

impl Report {
    fn failed(&self) -> usize {
        self.ran.iter().filter(|ran| !ran.passed()).count()
    }

    /// Whether the coverage is at least what is asked for, if any is.
    fn coverage_suffices(&self) -> bool {
        match (&self.coverage, self.threshold) {
            (Some(coverage), Some(threshold)) => threshold.is_met(coverage),
            _ => true,
        }
    }

    fn exit(&self) -> Exit {
        if self.failed() == 0 && self.coverage_suffices() { Exit::Done } else { Exit::Failed }
    }
}

impl Threshold {
    /// `90`, `90%` or `92.5%`.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let number = text.strip_suffix('%').unwrap_or(text);
        let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let percent = number.parse().ok().filter(|percent| plain && *percent <= 100.0);
        percent.map(Self).ok_or_else(|| {
            anyhow!("--coverage `{}`; accepted: 0 to 100, for instance `90%`", short(text))
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 things to reach")]
    fn is_met(self, coverage: &Coverage) -> bool {
        let (reached, all) = coverage.counts();
        reached as f64 * 100.0 >= self.0 * all as f64
    }
}

pub(crate) fn run(args: &TestArgs, output: &Output) -> anyhow::Result<Exit> {
    if args.watch {
        return watch::run(args, output);
    }
    let subject = Subject::open(&args.bundle, &args.run.cases, &args.vouch, output)?;
    finish(&args.run, subject, output)
}

/// Runs the cases of a component.
pub(crate) fn run_component(
    file: &str,
    args: &TestRunArgs,
    output: &Output,
) -> anyhow::Result<Exit> {
    let subject = Subject::open(file, &args.cases, &BundleVouch::default(), output)?;
    finish(args, subject, output)
}

fn finish(args: &TestRunArgs, subject: Subject, output: &Output) -> anyhow::Result<Exit> {
    let report = report(args, subject, output)?;
    output.print(&words(args, &report)?)?;
    Ok(report.exit())
}

/// The report in the form that was asked for.
fn words(args: &TestRunArgs, report: &Report) -> anyhow::Result<String> {
    Ok(match args.format {
        TestFormat::Text => report::text::write(report),
        TestFormat::Junit => report::junit::write(report),
        TestFormat::Json => report::json::write(report)?,
        TestFormat::Tap => report::tap::write(report),
    })
}

/// Runs the cases that were asked for.
fn report(args: &TestRunArgs, subject: Subject, output: &Output) -> anyhow::Result<Report> {
    let started = Instant::now();
    let percentage = args.coverage.as_ref().and_then(Option::as_deref);
    let threshold = percentage.map(Threshold::parse).transpose()?;
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let engine = Cache::open(wish).engine();
    let mut runner = Runner::new(subject.bundle, &engine)?;
    // Before the filter: a mistake in a case that does not run is one too.
    runner.check_names(&subject.cases)?;
    let cases = filter::keep(subject.cases, &args.filter)?;
    let mut progress = output.progress();
    let all = cases.len();
    let ran = runner.run(&cases, |done| progress.show(&format!("{done} of {all} cases")));
    let coverage = match &args.coverage {
        None => None,
        Some(_) => Some(Coverage::measure(
            runner.bundle(),
            runner.policies(),
            &cases,
            &ran,
            &engine,
            |done, all| progress.show(&format!("coverage: {done} of {all} settings")),
        )?),
    };
    progress.clear();
    Ok(Report { runner, cases, ran, coverage, threshold, elapsed: started.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read() {
        for (text, expected) in [
            ("90", Some(90.0)),
            ("90%", Some(90.0)),
            ("92.5%", Some(92.5)),
            ("0", Some(0.0)),
            ("100%", Some(100.0)),
            ("101", None),
            ("-1", None),
            ("nan", None),
            ("inf%", None),
            ("%", None),
            ("ninety", None),
            ("1e1", None),
        ] {
            assert_eq!(Threshold::parse(text).ok(), expected.map(Threshold), "{text}");
        }
    }
}
