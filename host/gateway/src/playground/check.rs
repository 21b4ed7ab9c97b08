//! A token, a bundle and a request, judged for the page.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokenward::{
    Authorizer, Json, Object, ParseLimits, Phase, Refusal, Signal, TokenError, Trust, UnixTime,
    UnverifiedToken, claim_evidence,
};

use super::{Playground, PlaygroundError, steps, strict, value};
use crate::inquiry::Inquiry;

/// What is to be judged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CheckRequest {
    token: Option<String>,
    bundle: String,
    #[serde(default = "playground")]
    keys: String,
    #[serde(default = "phase")]
    phase: String,
    request: Option<RequestLine>,
    #[serde(default)]
    signals: BTreeMap<String, Value>,
    #[serde(default)]
    facts: BTreeMap<String, Value>,
}

fn playground() -> String {
    "playground".to_owned()
}

fn phase() -> String {
    "use".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestLine {
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Playground {
    /// Judges it as it would be judged, and says what happened.
    pub(crate) fn check(
        &self,
        asked: &CheckRequest,
        serving: &Arc<Authorizer>,
    ) -> Result<Value, PlaygroundError> {
        let authorizer = self.bundle(&asked.bundle, serving)?;
        let trust = self.keys(&asked.keys, serving)?;
        let phase = match asked.phase.as_str() {
            "use" => Phase::Use,
            "refresh" => Phase::Refresh,
            "issue" => Phase::Issue,
            other => return Err(PlaygroundError::Phase(other.chars().take(32).collect())),
        };
        let token = asked.token.as_deref().map(str::trim).unwrap_or_default();
        let inquiry = asked.inquiry(phase)?;
        let mut call = inquiry.call(UnixTime::now());
        call.bearer = token.as_bytes();
        if asked.request.is_none() {
            call.request = None;
        }
        let rehearsal = authorizer.rehearse(&call, &trust);
        let parsed = UnverifiedToken::parse(token.as_bytes(), &ParseLimits::default()).ok();
        let steps = match rehearsal.refusal() {
            Some(Refusal::TokenMissing) => steps::of_nothing(),
            Some(Refusal::Token(error)) => steps::of(Some(error), trust.checks()),
            Some(Refusal::Fault(tokenward::Undecided::KeysUnavailable)) => {
                steps::of(Some(&TokenError::KeysUnavailable), trust.checks())
            }
            _ => steps::of(None, trust.checks()),
        };
        let shown = |object: &Object| value(&Json::Object(object.clone()));
        let claims = parsed.as_ref().map(UnverifiedToken::claims);
        // Of a token that is not accepted, no policy read anything.
        let read_by = claims.filter(|_| !rehearsal.policies().is_empty());
        let read_by = read_by.map(|claims| claim_evidence(claims, rehearsal.policies()));
        Ok(json!({
            "steps": steps,
            "header": parsed.as_ref().map(|token| shown(token.header())),
            "claims": claims.map(shown),
            "read-by": read_by.unwrap_or_default(),
            "record": rehearsal.record(),
        }))
    }

    fn keys(&self, keys: &str, serving: &Authorizer) -> Result<Arc<Trust>, PlaygroundError> {
        match keys {
            "playground" => Ok(Arc::new(self.trust.clone())),
            "server" => Ok(serving.trust()),
            other => Err(PlaygroundError::Keys(other.chars().take(32).collect())),
        }
    }
}

impl CheckRequest {
    fn inquiry(&self, phase: Phase) -> Result<Inquiry, PlaygroundError> {
        let refused = |error: crate::InquiryError| PlaygroundError::Request(error.to_string());
        let (method, url) = match &self.request {
            Some(line) => (line.method.as_str(), line.url.as_str()),
            None => ("GET", "/"),
        };
        let mut builder = Inquiry::builder(method, url).map_err(refused)?.phase(phase);
        for (name, header) in self.request.iter().flat_map(|line| &line.headers) {
            builder = builder.header(name, header.as_bytes()).map_err(refused)?;
        }
        for (name, signal) in &self.signals {
            let wrong = |problem| PlaygroundError::Signal { name: name.clone(), problem };
            builder = builder.with_signal(name, Signal::new(strict(signal).map_err(wrong)?));
        }
        for (name, fact) in &self.facts {
            let wrong = |problem| PlaygroundError::Fact { name: name.clone(), problem };
            builder = builder.with_fact(name, strict(fact).map_err(wrong)?);
        }
        Ok(builder.build())
    }
}
