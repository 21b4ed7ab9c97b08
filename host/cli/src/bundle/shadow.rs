//! `tokenward bundle shadow`: a candidate that is tried on a running server, by its admin listener.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::blocking::{Client, Request};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value;

use crate::args::{Format, ServerArgs, ShadowCommand};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::safe;
use crate::render::style::{BOLD, PLAIN, QUIET};
use crate::values::read;

/// Bytes of a file with a secret.
const SECRET_LIMIT: u64 = 4096;
/// Bytes of a packed bundle.
const BUNDLE_LIMIT: u64 = tokenward::packed::PACKED_LIMIT;
/// A bundle is verified, tested and loaded before the server answers.
const PATIENCE: Duration = Duration::from_mins(10);
/// Columns of the labels.
const LABEL: usize = 12;

/// What a server says of a candidate: `tokenward_activation::ShadowReport`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    candidate: Version,
    active: Option<Version>,
    judged: u64,
    not_judged: u64,
    changed: u64,
    faults: u64,
    outcomes: BTreeMap<String, u64>,
    policies: BTreeMap<String, Totals>,
    controls: BTreeMap<String, Totals>,
    claims: BTreeMap<String, Totals>,
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Version {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Totals {
    added: u64,
    removed: u64,
}

#[derive(Deserialize)]
struct Sample {
    at: String,
    token: Option<String>,
    active: Seen,
    candidate: Seen,
}

#[derive(Deserialize)]
struct Seen {
    outcome: String,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    policy: String,
    rule: String,
}

impl Report {
    /// Percent of the judged requests.
    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52 are counted")]
    fn percent_changed(&self) -> f64 {
        if self.judged == 0 { 0.0 } else { self.changed as f64 * 100.0 / self.judged as f64 }
    }
}

pub(crate) fn shadow(command: &ShadowCommand, output: &Output) -> anyhow::Result<Exit> {
    match command {
        ShadowCommand::Report { server, format } => {
            let answer = ask(server, Method::GET, "/v1/bundle/shadow", Vec::new())?;
            match format {
                Format::Json => output.print(&format!("{:#}\n", answer["shadow"]))?,
                Format::Text => output.print(&text(&answer)?)?,
            }
        }
        ShadowCommand::Start { bundle, share, server } => {
            let bytes = read(bundle, BUNDLE_LIMIT)?;
            let path = format!("/v1/bundle/shadow?share={share}");
            let answer = ask(server, Method::PUT, &path, bytes)?;
            let (name, version) = (&answer["candidate"]["name"], &answer["candidate"]["version"]);
            let (name, version) = (name.as_str(), version.as_str());
            let said = format!("{} {}", name.unwrap_or_default(), version.unwrap_or_default());
            output.note(&format!("{} is tried, and decides nothing", safe::text(&said)));
        }
        ShadowCommand::Promote { at_least, changed_at_most, server } => {
            let condition = serde_json::json!({
                "at-least": at_least, "changed-at-most": changed_at_most,
            });
            let body = condition.to_string().into_bytes();
            ask(server, Method::POST, "/v1/bundle/shadow/promote", body)?;
            output.note("the candidate is the active bundle now");
        }
        ShadowCommand::Stop { server } => {
            let answer = ask(server, Method::DELETE, "/v1/bundle/shadow", Vec::new())?;
            output.print(&text(&answer)?)?;
        }
    }
    Ok(Exit::Done)
}

/// Asks the server; what it refuses is an error with its words.
fn ask(server: &ServerArgs, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<Value> {
    let place = || format!("--server `{}`", safe::text(&server.server));
    let base: Url = server.server.parse().with_context(place)?;
    let here = matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if !(base.scheme() == "https" || (base.scheme() == "http" && here)) {
        bail!("{}; accepted: https://, or http:// to this machine", place());
    }
    let mut request = Request::new(method, base.join(path).with_context(place)?);
    if let Some(file) = &server.token_file {
        let secret = secret(file)?;
        let header = format!("Bearer {secret}").parse().context("--token-file")?;
        request.headers_mut().insert("authorization", header);
    }
    *request.body_mut() = Some(body.into());
    let mut client = Client::builder().timeout(PATIENCE);
    if here {
        client = client.no_proxy();
    }
    let client = client.build()?;
    let answer =
        client.execute(request).map_err(reqwest::Error::without_url).with_context(place)?;
    let status = answer.status();
    let answer: Value = answer.json().map_err(reqwest::Error::without_url).with_context(place)?;
    if !status.is_success() {
        let (code, message) = (&answer["error"]["code"], &answer["error"]["message"]);
        let said = format!(
            "refused [{}]: {}",
            code.as_str().unwrap_or("unknown"),
            message.as_str().unwrap_or(status.as_str())
        );
        bail!("{}", safe::text(&said));
    }
    Ok(answer)
}

fn secret(file: &Path) -> anyhow::Result<String> {
    let bytes = read(file, SECRET_LIMIT).context("--token-file")?;
    let text = String::from_utf8(bytes).context("--token-file")?;
    Ok(text.trim().to_owned())
}

/// The report as text.
fn text(answer: &Value) -> anyhow::Result<String> {
    let mut page = Page::default();
    if answer["shadow"].is_null() {
        page.line(PLAIN, "no candidate is tried");
        return Ok(page.into_text());
    }
    let report: Report =
        serde_json::from_value(answer["shadow"].clone()).context("the server's report")?;
    let (candidate, share) = (&report.candidate, report.percent_changed());
    page.line(BOLD, &safe::text(&format!("{} {}", candidate.name, candidate.version)));
    if let Some(active) = &report.active {
        page.plain_field(
            0,
            "beside",
            LABEL,
            &safe::text(&format!("{} {}", active.name, active.version)),
        );
    }
    page.plain_field(
        0,
        "judged",
        LABEL,
        &format!("{} requests, {} not judged", report.judged, report.not_judged),
    );
    page.plain_field(0, "changed", LABEL, &format!("{} decisions, {share:.2} %", report.changed));
    page.plain_field(0, "faults", LABEL, &report.faults.to_string());
    if !report.outcomes.is_empty() {
        page.blank();
        page.line(QUIET, "outcomes");
        for (turn, times) in &report.outcomes {
            page.plain_field(2, &format!("{times:>8}"), 8, &safe::text(turn));
        }
    }
    for (title, totals) in [
        ("findings by policy (come, go)", &report.policies),
        ("findings by control", &report.controls),
        ("findings by claim", &report.claims),
    ] {
        counted(&mut page, title, totals);
    }
    if !report.samples.is_empty() {
        page.blank();
        page.line(QUIET, "samples");
        for sample in &report.samples {
            let token = sample.token.as_deref().unwrap_or("no token");
            let line = format!(
                "{}  {}  {} -> {}",
                sample.at,
                short(token),
                said(&sample.active),
                said(&sample.candidate)
            );
            page.paragraph(2, 4, &[(PLAIN, &safe::text(&line))]);
        }
    }
    Ok(page.into_text())
}

fn counted(page: &mut Page, title: &str, totals: &BTreeMap<String, Totals>) {
    if totals.is_empty() {
        return;
    }
    page.blank();
    page.line(QUIET, title);
    for (name, Totals { added, removed }) in totals {
        page.plain_field(2, &format!("+{added} -{removed}"), LABEL, &safe::text(name));
    }
}

fn said(seen: &Seen) -> String {
    let rules: Vec<String> = seen
        .findings
        .iter()
        .map(|finding| format!("{}/{}", finding.policy, finding.rule))
        .collect();
    if rules.is_empty() {
        return seen.outcome.clone();
    }
    format!("{} ({})", seen.outcome, rules.join(", "))
}

fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}
