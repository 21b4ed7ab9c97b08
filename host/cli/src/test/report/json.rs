//! JSON for programs: the schema is in `schema/test.schema.json`.

use serde::Serialize;
use tokenward::{BundleVersion, Outcome, PolicyStatus, ReportedFinding};
use tokenward_cases::{Case, Coverage, Difference, Observation, Observed, PolicyCoverage, Ran};

use super::super::Report;
use crate::render::json;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Record<'a> {
    schema: &'static str,
    bundle: BundleVersion,
    passed: bool,
    counts: Counts,
    cases: Vec<CaseRecord<'a>>,
    coverage: Option<CoverageRecord<'a>>,
    nanoseconds: u64,
}

#[derive(Serialize)]
struct Counts {
    cases: usize,
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct CaseRecord<'a> {
    name: &'a str,
    file: &'a str,
    line: usize,
    description: &'a str,
    passed: bool,
    differences: Vec<DifferenceRecord<'a>>,
    /// None where no decision was made.
    decision: Option<DecisionPart<'a>>,
    setting_errors: Vec<SettingErrorRecord<'a>>,
    nanoseconds: u64,
}

#[derive(Serialize)]
struct DifferenceRecord<'a> {
    about: &'a str,
    expected: Option<&'a str>,
    got: Option<&'a str>,
    note: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct DecisionPart<'a> {
    outcome: Outcome,
    token_error: Option<&'a str>,
    findings: &'a [ReportedFinding],
    requirements: &'a [String],
    challenge: Option<&'a str>,
    policies: Vec<PolicyPart<'a>>,
}

#[derive(Serialize)]
struct PolicyPart<'a> {
    id: &'a str,
    outcome: &'a str,
    fault: Option<&'static str>,
    risk: Option<u32>,
}

#[derive(Serialize)]
struct SettingErrorRecord<'a> {
    policy: &'a str,
    pointer: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct CoverageRecord<'a> {
    percent: f64,
    threshold: Option<f64>,
    suffices: bool,
    reached: usize,
    of: usize,
    outcomes: serde_json::Map<String, serde_json::Value>,
    policies: Vec<PolicyCoverageRecord<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyCoverageRecord<'a> {
    id: &'a str,
    reached: usize,
    of: usize,
    silent_cases: usize,
    rules: Vec<RuleRecord<'a>>,
    settings: Vec<SettingRecord<'a>>,
}

#[derive(Serialize)]
struct RuleRecord<'a> {
    id: &'a str,
    cases: usize,
}

#[derive(Serialize)]
struct SettingRecord<'a> {
    pointer: &'a str,
    reached: bool,
}

pub(crate) fn write(report: &Report) -> anyhow::Result<String> {
    let failed = report.failed();
    let cases = report.cases.iter().zip(&report.ran);
    json::pretty(&Record {
        schema: "tokenward.test/1",
        bundle: report.runner.bundle().into(),
        passed: failed == 0 && report.coverage_suffices(),
        counts: Counts { cases: report.ran.len(), passed: report.ran.len() - failed, failed },
        cases: cases.map(|(case, ran)| CaseRecord::of(case, ran)).collect(),
        coverage: report.coverage.as_ref().map(|coverage| CoverageRecord::of(report, coverage)),
        nanoseconds: nanoseconds(report.elapsed),
    })
}

impl<'a> CaseRecord<'a> {
    fn of(case: &'a Case, ran: &'a Ran) -> Self {
        let (decision, setting_errors) = match &ran.observed {
            Observed::Decision(observation) => (Some(DecisionPart::of(observation)), Vec::new()),
            Observed::SettingErrors { errors } => {
                let errors = errors.iter().map(|(place, message)| SettingErrorRecord {
                    policy: &place.policy,
                    pointer: &place.pointer,
                    message,
                });
                (None, errors.collect())
            }
            Observed::NotLoaded { .. } => (None, Vec::new()),
        };
        Self {
            name: &case.name,
            file: &case.file,
            line: case.line,
            description: &case.description,
            passed: ran.passed(),
            differences: ran.differences.iter().map(DifferenceRecord::of).collect(),
            decision,
            setting_errors,
            nanoseconds: nanoseconds(ran.elapsed),
        }
    }
}

impl<'a> DifferenceRecord<'a> {
    fn of(difference: &'a Difference) -> Self {
        Self {
            about: difference.about,
            expected: difference.expected.as_deref(),
            got: difference.got.as_deref(),
            note: difference.note.as_deref(),
        }
    }
}

impl<'a> DecisionPart<'a> {
    fn of(observation: &'a Observation) -> Self {
        let policies = observation.policies.iter().map(|policy| PolicyPart {
            id: &policy.id,
            outcome: policy.status.as_str(),
            fault: match &policy.status {
                PolicyStatus::Fault(fault) => Some(fault.code()),
                _ => None,
            },
            risk: policy.risk,
        });
        Self {
            outcome: observation.outcome,
            token_error: observation.token_error.as_ref().map(|(code, _)| *code),
            findings: &observation.findings,
            requirements: &observation.requirements,
            challenge: observation.challenge,
            policies: policies.collect(),
        }
    }
}

impl<'a> CoverageRecord<'a> {
    #[allow(clippy::cast_precision_loss, reason = "a permille")]
    fn of(report: &Report, coverage: &'a Coverage) -> Self {
        let (reached, of) = coverage.counts();
        let outcomes = coverage.outcomes.iter();
        Self {
            percent: coverage.permille() as f64 / 10.0,
            threshold: report.threshold.map(|threshold| threshold.0),
            suffices: report.coverage_suffices(),
            reached,
            of,
            outcomes: outcomes.map(|(o, cases)| (o.as_str().to_owned(), (*cases).into())).collect(),
            policies: coverage.policies.iter().map(PolicyCoverageRecord::of).collect(),
        }
    }
}

impl<'a> PolicyCoverageRecord<'a> {
    fn of(policy: &'a PolicyCoverage) -> Self {
        let rules = policy.rules.iter().map(|(id, cases)| RuleRecord { id, cases: *cases });
        let settings = policy.settings.iter();
        Self {
            id: &policy.id,
            reached: policy.reached(),
            of: policy.all(),
            silent_cases: policy.silent,
            rules: rules.collect(),
            settings: settings
                .map(|s| SettingRecord { pointer: &s.pointer, reached: s.reached })
                .collect(),
        }
    }
}

fn nanoseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
