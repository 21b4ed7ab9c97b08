//! Policy Decision Point metadata (section 9): where this PDP is, and what it serves.

use std::net::IpAddr;

use axum::extract::Request;
use axum::response::Response;
use http::header::{CACHE_CONTROL, HOST, HeaderValue};
use serde::Serialize;

use super::Settings;
use super::target::is_host;
use super::transport::{self, Refused};
use super::wire::shown;

/// Where it is published (section 9.2).
pub(super) const WELL_KNOWN: &str = "/.well-known/authzen-configuration";

/// Under which URL PEPs know this PDP: its identifier (section 9.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    text: String,
    path_at: usize,
}

/// Why a URL is no identifier of a PDP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not accepted as the PDP's public URL; accepted: `https://host` or `https://host/path`, \
     without query, fragment and final `/`; `http` for a loopback host only"
)]
pub(crate) struct PublicUrlError(String);

impl PublicUrl {
    /// Reads it.
    pub(crate) fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let refused = || PublicUrlError(shown(text));
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at_checked(end).ok_or_else(refused)?;
        let secure = scheme == "https" || (scheme == "http" && is_loopback(host));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
        let path_is_good = path.bytes().all(plain) && !path.ends_with('/') && !path.contains("//");
        if !secure || !is_host(host) || !path_is_good {
            return Err(refused());
        }
        Ok(Self { text: text.to_owned(), path_at: text.len() - path.len() })
    }

    /// Its path, if it has one.
    pub(super) fn path(&self) -> Option<&str> {
        self.text.get(self.path_at..).filter(|path| !path.is_empty())
    }
}

#[derive(Serialize)]
struct Metadata<'a> {
    policy_decision_point: &'a str,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
}

impl<'a> Metadata<'a> {
    fn of(base: &'a str) -> Self {
        Self {
            policy_decision_point: base,
            access_evaluation_endpoint: format!("{base}/access/v1/evaluation"),
            access_evaluations_endpoint: format!("{base}/access/v1/evaluations"),
        }
    }
}

/// The metadata: by the configured URL, or else by the host that was asked.
pub(super) fn answer(settings: &Settings, request: &Request) -> Result<Response, Refused> {
    if let Some(url) = &settings.public_url {
        let mut response = transport::json(&Metadata::of(&url.text));
        // Section 11.9.
        let hour = HeaderValue::from_static("max-age=3600");
        response.headers_mut().insert(CACHE_CONTROL, hour);
        return Ok(response);
    }
    let host = host(request)?;
    // PEPs know a PDP by `https`: TLS may end before this listener.
    let plain = !settings.tls && is_loopback(host);
    let base = format!("{}://{host}", if plain { "http" } else { "https" });
    // What names the host of one request is not to be kept for another.
    Ok(transport::json(&Metadata::of(&base)))
}

fn host(request: &Request) -> Result<&str, Refused> {
    let host = if let Some(authority) = request.uri().authority() {
        Some(authority.as_str())
    } else {
        let mut hosts = request.headers().get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok(),
            _ => None,
        }
    };
    host.filter(|host| is_host(host)).ok_or_else(|| {
        Refused::bad_request("the host is not accepted; accepted: one `Host` header with a host")
    })
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
