//! What a decision is in HTTP: the one place that knows which cause has which status.

use std::fmt::Display;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde::Serialize;
use tokenward::{Decision, Effect, Enforcement, Outcome, Refusal, ReportedFinding};

use crate::identity::Identity;
use crate::inquiry::InquiryError;

/// The outcome: `permit`, `deny`, `step-up` or `fault`.
pub(crate) const OUTCOME: HeaderName = HeaderName::from_static("x-tokenward-outcome");
/// Why it is refused: codes, with `, ` between.
pub(crate) const REASON: HeaderName = HeaderName::from_static("x-tokenward-reason");

/// The most reasons that an answer names.
const MOST_REASONS: usize = 16;

/// How much a client is told of why a policy refuses. Of a token that is not accepted it is never
/// told more than that (RFC 6750 section 3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reasons {
    /// The rules, the claims' paths, and the controls; no claim's value.
    #[default]
    Rules,
    /// Nothing but the outcome.
    None,
}

/// What goes upstream with a request that may pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstream {
    /// Headers to set, in the place of any that a client sent.
    pub set: Vec<(HeaderName, HeaderValue)>,
    /// Headers to take out, beside every one that [`Identity::is_reserved`].
    pub remove: Vec<HeaderName>,
}

/// An answer to the gateway, or to the client in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 200 for a permit, otherwise what the client is to get.
    pub status: StatusCode,
    /// What came out.
    pub outcome: Outcome,
    /// Headers of the answer: the challenge, the outcome, the reason.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For a refusal, a problem document (RFC 9457); nothing for a permit.
    pub body: Vec<u8>,
    /// For a permit, what goes upstream.
    pub upstream: Option<Upstream>,
    /// Stable codes of why it is refused: `invalid_token`, or `POLICY/RULE`.
    pub reasons: Vec<String>,
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    policy: &'a str,
    rule: &'a str,
    title: &'a str,
    claim: Option<&'a str>,
    controls: &'a [String],
}

impl Reply {
    /// What a decision is in HTTP.
    #[must_use]
    pub fn of(decision: &Decision, identity: &Identity, reasons: Reasons) -> Self {
        let refusal = match decision.permit() {
            Ok(permit) => {
                let set = identity.headers(permit);
                let upstream = Upstream { set, remove: identity.removed().collect() };
                return Self::permit(upstream);
            }
            Err(refusal) => refusal,
        };
        let (status, title) = status(refusal);
        let told: Vec<&ReportedFinding> = match (reasons, refusal) {
            (Reasons::Rules, Refusal::Policy | Refusal::Scope(_) | Refusal::StepUp(_)) => {
                decision.visible_findings().filter(|finding| counts(finding)).collect()
            }
            _ => Vec::new(),
        };
        let mut codes: Vec<String> =
            told.iter().map(|finding| format!("{}/{}", finding.policy, finding.rule)).collect();
        codes.dedup();
        if codes.is_empty() {
            codes.push(code(refusal).to_owned());
        }
        let problem = Problem {
            r#type: "about:blank",
            title,
            status: status.as_u16(),
            outcome: decision.outcome().as_str(),
            detail: None,
            reasons: told.iter().take(MOST_REASONS).map(|finding| Reason::of(finding)).collect(),
        };
        let mut reply = Self::refusal(decision.outcome(), status, codes, &problem);
        if let Some(challenge) = decision.challenge()
            && let Ok(value) = HeaderValue::from_str(&challenge.to_string())
        {
            reply.headers.push((WWW_AUTHENTICATE, value));
        }
        reply
    }

    /// A request that cannot be judged.
    #[must_use]
    pub fn malformed(error: &InquiryError) -> Self {
        Self::unreadable(error.code(), error)
    }

    /// A request that cannot be judged, for this reason.
    pub(crate) fn unreadable(code: &'static str, error: &impl Display) -> Self {
        // Its message shows at most the method and the URL, to whoever sent them.
        let detail = Some(error.to_string());
        let title = "The request is not accepted";
        Self::plain(Outcome::Deny, StatusCode::BAD_REQUEST, title, code, detail)
    }

    /// The token is not about whom the caller says: a permit for somebody else is none.
    pub(crate) fn subject_mismatch() -> Self {
        let title = "The token is about another subject";
        Self::plain(Outcome::Deny, StatusCode::FORBIDDEN, title, "subject_mismatch", None)
    }

    /// No decision stands, for this reason: `not_recorded`, for instance.
    #[must_use]
    pub fn fault(code: &'static str) -> Self {
        Self::plain(Outcome::Fault, StatusCode::SERVICE_UNAVAILABLE, FAULT, code, None)
    }

    /// Whether the request may pass.
    #[must_use]
    pub fn is_permit(&self) -> bool {
        self.upstream.is_some()
    }

    /// The answer as an HTTP response to a client, or to a gateway that asked by HTTP: there, the
    /// headers to set upstream are headers of the answer.
    #[must_use]
    pub fn into_response<B: From<Vec<u8>>>(self, asked: &Method) -> http::Response<B> {
        let body = if asked == Method::HEAD { Vec::new() } else { self.body };
        let mut response = http::Response::new(B::from(body));
        *response.status_mut() = self.status;
        let set = self.upstream.map(|upstream| upstream.set).unwrap_or_default();
        for (name, value) in self.headers.into_iter().chain(set) {
            response.headers_mut().insert(name, value);
        }
        response
    }

    fn permit(upstream: Upstream) -> Self {
        let outcome = HeaderValue::from_static(Outcome::Permit.as_str());
        Self {
            status: StatusCode::OK,
            outcome: Outcome::Permit,
            headers: vec![
                (OUTCOME, outcome),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            body: Vec::new(),
            upstream: Some(upstream),
            reasons: Vec::new(),
        }
    }

    /// A refusal for one cause, of which no policy says more.
    fn plain(
        outcome: Outcome,
        status: StatusCode,
        title: &'static str,
        code: &'static str,
        detail: Option<String>,
    ) -> Self {
        let problem = Problem {
            r#type: "about:blank",
            title,
            status: status.as_u16(),
            outcome: outcome.as_str(),
            detail,
            reasons: Vec::new(),
        };
        Self::refusal(outcome, status, vec![code.to_owned()], &problem)
    }

    fn refusal(
        outcome: Outcome,
        status: StatusCode,
        reasons: Vec<String>,
        problem: &Problem<'_>,
    ) -> Self {
        let told = reasons.iter().take(MOST_REASONS).map(String::as_str).collect::<Vec<_>>();
        let reason = HeaderValue::from_str(&told.join(", "));
        let headers = vec![
            (OUTCOME, HeaderValue::from_static(outcome.as_str())),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (REASON, reason.unwrap_or_else(|_| HeaderValue::from_static("policy"))),
        ];
        let body = serde_json::to_vec(problem).unwrap_or_default();
        Self { status, outcome, headers, body, upstream: None, reasons }
    }
}

impl<'a> Reason<'a> {
    fn of(finding: &'a ReportedFinding) -> Self {
        Self {
            policy: &finding.policy,
            rule: &finding.rule,
            title: &finding.title,
            claim: finding.claim.as_deref(),
            controls: &finding.controls,
        }
    }
}

const FAULT: &str = "No decision could be made";

/// Which cause has which status, and what it is called.
fn status(refusal: &Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::TokenMissing => (StatusCode::UNAUTHORIZED, "An access token is required"),
        Refusal::Token(_) => (StatusCode::UNAUTHORIZED, "The access token is not accepted"),
        Refusal::StepUp(_) => (StatusCode::UNAUTHORIZED, "A stronger authentication is required"),
        Refusal::Scope(_) => (StatusCode::FORBIDDEN, "The access token lacks a scope"),
        Refusal::Policy => (StatusCode::FORBIDDEN, "A policy refuses the request"),
        Refusal::Fault(_) => (StatusCode::SERVICE_UNAVAILABLE, FAULT),
    }
}

/// A stable code of a cause, for the client.
pub(crate) fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TokenMissing => "token_missing",
        Refusal::Token(_) => "invalid_token",
        Refusal::StepUp(_) => "insufficient_user_authentication",
        Refusal::Scope(_) => "insufficient_scope",
        Refusal::Policy => "policy",
        Refusal::Fault(why) => why.code(),
    }
}

/// Whether a finding is a reason: it is enforced, and asks for something.
fn counts(finding: &ReportedFinding) -> bool {
    finding.enforcement == Enforcement::Enforce && finding.effect != Effect::Advise
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokenward::Signal;

    use super::*;
    use crate::gate::Judged;
    use crate::inquiry::Inquiry;
    use crate::testing::{gate, inquiry, token};

    async fn judged(claims: &Value, reasons: Reasons) -> Judged {
        let bearer = format!("Bearer {}", token(claims));
        gate().reasons(reasons).judge(&inquiry(&[("authorization", &bearer)])).await
    }

    fn header(reply: &Reply, name: &HeaderName) -> String {
        let found = reply.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[tokio::test]
    async fn a_permit_says_who_it_is() {
        let claims = json!({ "scope": "orders:read", "iss": "https://idp.example" });
        let reply = judged(&claims, Reasons::Rules).await.reply;
        assert_eq!((reply.status, reply.outcome), (StatusCode::OK, Outcome::Permit));
        assert!(reply.body.is_empty() && reply.reasons.is_empty() && reply.is_permit());
        let upstream = reply.upstream.as_ref().unwrap();
        let set: Vec<_> =
            upstream.set.iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect();
        assert_eq!(
            set,
            [
                ("x-tokenward-subject", "u-1"),
                ("x-tokenward-issuer", "https://idp.example"),
                ("x-tokenward-client", ""),
                ("x-tokenward-scope", "orders:read"),
            ]
        );
        assert_eq!(upstream.remove, [http::header::AUTHORIZATION]);
        let response = reply.into_response::<Vec<u8>>(&Method::GET);
        assert_eq!(response.headers()["x-tokenward-outcome"], "permit");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }

    #[tokio::test]
    async fn each_cause_has_its_status() {
        let mail = json!({ "scope": "orders:read", "email": "alice@example.com" });
        let reply = judged(&mail, Reasons::Rules).await.reply;
        assert_eq!((reply.status.as_u16(), reply.outcome), (403, Outcome::Deny));
        assert_eq!(reply.reasons, ["claim-minimization/personal-data"]);
        assert_eq!(header(&reply, &REASON), "claim-minimization/personal-data");
        assert_eq!(header(&reply, &WWW_AUTHENTICATE), "");
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(problem["status"], 403);
        assert_eq!(problem["reasons"][0]["claim"], "/email");
        assert!(!String::from_utf8(reply.body).unwrap().contains("alice"));

        let reply = judged(&mail, Reasons::None).await.reply;
        assert_eq!(header(&reply, &REASON), "policy");
        assert!(!String::from_utf8(reply.body).unwrap().contains("email"));

        let reply = judged(&json!({}), Reasons::Rules).await.reply;
        assert_eq!(reply.status.as_u16(), 403);
        assert!(header(&reply, &WWW_AUTHENTICATE).contains("error=\"insufficient_scope\""));

        // What is wrong with a token is for the record.
        let old = json!({ "scope": "orders:read", "iat": 1, "exp": 2 });
        let judged = judged(&old, Reasons::Rules).await;
        assert_eq!(judged.decision.token_error().unwrap().code(), "expired");
        assert_eq!(judged.reply.status.as_u16(), 401);
        assert_eq!(judged.reply.reasons, ["invalid_token"]);
        assert!(!String::from_utf8(judged.reply.body.clone()).unwrap().contains("expired"));
        assert!(header(&judged.reply, &WWW_AUTHENTICATE).contains("error=\"invalid_token\""));

        let reply = gate().judge(&inquiry(&[])).await.reply;
        assert_eq!(header(&reply, &WWW_AUTHENTICATE), "Bearer");
        assert_eq!(reply.reasons, ["token_missing"]);

        let bearer = format!("Bearer {}", token(&json!({ "scope": "orders:read" })));
        let builder = Inquiry::builder("GET", "https://api.example/orders/7").unwrap();
        let builder = builder.header("authorization", bearer.as_bytes()).unwrap();
        let risky = builder.with_signal("new-device", Signal::new(true.into())).build();
        let reply = gate().judge(&risky).await.reply;
        assert_eq!((reply.status.as_u16(), reply.outcome), (401, Outcome::StepUp));
        let challenge = header(&reply, &WWW_AUTHENTICATE);
        assert!(challenge.contains("insufficient_user_authentication"), "{challenge}");

        let reply = Reply::fault("not_recorded");
        assert_eq!((reply.status.as_u16(), reply.outcome), (503, Outcome::Fault));
        let reply = Reply::malformed(&InquiryError::SeveralCredentials);
        assert_eq!((reply.status.as_u16(), reply.is_permit()), (400, false));
        assert!(reply.into_response::<Vec<u8>>(&Method::HEAD).body().is_empty());
    }
}
