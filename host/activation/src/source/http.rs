//! A packed bundle at an HTTPS address.

use std::fmt;
use std::io::Read;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::{StatusCode, Url, redirect};
use tokenward::packed::PACKED_LIMIT;

use super::{Fetched, Source, SourceError};

/// Redirects to the same host that are followed.
const REDIRECTS: usize = 5;
/// The longest time for connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest time until an answer begins, and between two pieces of it.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest time for all of a download.
const DOWNLOAD: Duration = Duration::from_mins(5);

/// A packed bundle at an HTTPS address. It is asked with the `ETag` that it gave last
/// (RFC 9110 section 13.1.2), follows no redirect to another host, and can be asked
/// to hold an answer back until there is news: `Prefer: wait=SECONDS` (RFC 7240
/// section 4.3).
pub struct HttpSource {
    url: Url,
    name: String,
    client: Client,
    etag: Option<HeaderValue>,
    wait: Option<Duration>,
    limit: u64,
}

/// Neither the query of the address nor the header: they may hold secrets.
impl fmt::Debug for HttpSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSource").field("name", &self.name).finish_non_exhaustive()
    }
}

impl HttpSource {
    /// This address: `https://`, or `http://` to this machine.
    ///
    /// # Errors
    ///
    /// [`SourceError::Address`], and [`SourceError::Unreachable`] if the
    /// certificates that the system trusts cannot be read.
    pub fn new(address: &str) -> Result<Self, SourceError> {
        Self::with_header(address, None)
    }

    /// This address, with an `Authorization` header.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`SourceError::Address`], if the header is none.
    pub fn with_authorization(address: &str, authorization: &str) -> Result<Self, SourceError> {
        let mut header = HeaderValue::from_str(authorization)
            .map_err(|_| wrong(address, "the Authorization header has characters that none has"))?;
        header.set_sensitive(true);
        Self::with_header(address, Some(header))
    }

    fn with_header(address: &str, authorization: Option<HeaderValue>) -> Result<Self, SourceError> {
        let url = checked(address)?;
        let name = shown(&url);
        let unreachable = |error: &dyn std::error::Error| SourceError::Unreachable {
            source_name: name.clone(),
            reason: error.to_string(),
        };
        let mut headers = HeaderMap::new();
        headers.extend(authorization.map(|value| (reqwest::header::AUTHORIZATION, value)));
        let mut builder = Client::builder();
        if is_this_machine(&url) {
            // Nothing in between is to see what is not encrypted.
            builder = builder.no_proxy();
        }
        let client = builder
            .default_headers(headers)
            .connect_timeout(CONNECT)
            .timeout(SILENCE)
            .redirect(same_host(url.clone()))
            .user_agent(concat!("tokenward/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unreachable(&error))?;
        Ok(Self { url, name, client, etag: None, wait: None, limit: PACKED_LIMIT })
    }

    /// Has the server hold its answer back until there is news, for so long at
    /// most. One that does not know how answers at once.
    #[must_use]
    pub fn long_poll(mut self, wait: Duration) -> Self {
        self.wait = Some(wait.min(LONGEST_WAIT));
        self
    }

    /// Accepts no more bytes than these.
    #[must_use]
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes.min(PACKED_LIMIT);
        self
    }

    fn body(&self, response: Response) -> Result<Vec<u8>, SourceError> {
        let (source_name, limit) = (self.name.clone(), self.limit);
        if let Some(bytes) = response.content_length().filter(|bytes| *bytes > limit) {
            return Err(SourceError::TooLarge { source_name, bytes, limit });
        }
        let mut body = Vec::new();
        let (mut response, mut piece) = (response.take(limit + 1), vec![0; 64 << 10]);
        let began = Instant::now();
        loop {
            let cut_short = |why: &str, body: &[u8]| SourceError::CutShort {
                source_name: self.name.clone(),
                reason: format!("after {} bytes: {why}", body.len()),
            };
            match response.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => body.extend_from_slice(piece.get(..count).unwrap_or_default()),
                Err(error) => return Err(cut_short(&causes(&error), &body)),
            }
            // A drop at a time is no download.
            if began.elapsed() > DOWNLOAD {
                return Err(cut_short("it takes too long", &body));
            }
        }
        if body.len() as u64 > limit {
            let bytes = body.len() as u64;
            return Err(SourceError::TooLarge { source_name, bytes, limit });
        }
        Ok(body)
    }
}

impl Source for HttpSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let source_name = self.name.clone();
        let mut request = self.client.get(self.url.clone());
        if let Some(etag) = &self.etag {
            request = request.header(IF_NONE_MATCH, etag);
            if let Some(wait) = self.wait {
                request = request
                    .header(&PREFER, format!("wait={}", wait.as_secs()))
                    .timeout(wait.saturating_add(SILENCE));
            }
        }
        let response = match request.send() {
            Ok(response) => response,
            Err(error) => {
                let reason = causes(&error.without_url());
                return Err(match reason.strip_prefix(ELSEWHERE) {
                    Some(to) => SourceError::Redirect { source_name, to: to.to_owned() },
                    None => SourceError::Unreachable { source_name, reason },
                });
            }
        };
        match response.status() {
            StatusCode::OK => {
                let etag = response.headers().get(ETAG).cloned();
                let body = self.body(response)?;
                self.etag = etag;
                Ok(Fetched::Bundle(body))
            }
            StatusCode::NOT_MODIFIED if self.etag.is_some() => Ok(Fetched::Unchanged),
            status => Err(SourceError::Answer { source_name, status: status.as_u16() }),
        }
    }

    fn forget(&mut self) {
        self.etag = None;
    }

    fn waits(&self) -> bool {
        self.wait.is_some() && self.etag.is_some()
    }
}

static PREFER: HeaderName = HeaderName::from_static("prefer");
/// The longest time that a server is asked to wait.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// How a redirect that is not followed is told from other errors.
const ELSEWHERE: &str = "another host: ";

/// Follows redirects to the same scheme, host and port alone.
fn same_host(origin: Url) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > REDIRECTS {
            return attempt.error("more redirects than are followed");
        }
        if attempt.url().origin() == origin.origin() {
            return attempt.follow();
        }
        let to = format!("{ELSEWHERE}{}", attempt.url().origin().ascii_serialization());
        attempt.error(to)
    })
}

fn checked(address: &str) -> Result<Url, SourceError> {
    let url: Url = address.parse().map_err(|_| wrong(address, "it is no address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(address, "it has a user name or a password in it"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        "http" => Err(wrong(address, "what goes over the network is encrypted")),
        _ => Err(wrong(address, "its scheme is another")),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address as records show it: its query may hold a secret.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

fn wrong(address: &str, reason: &str) -> SourceError {
    // Without what may hold a secret, also where it is no address at all.
    let plain = address.split(['?', '#']).next().unwrap_or_default();
    let plain = if plain.contains('@') { "the address" } else { plain };
    let address = plain.chars().take(200).flat_map(char::escape_debug).collect();
    SourceError::Address { address, reason: reason.to_owned() }
}

/// An error and its causes in one line; the innermost alone, if it is a redirect
/// that is not followed.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let chain: Vec<String> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    match chain.iter().find(|cause| cause.starts_with(ELSEWHERE)) {
        Some(redirect) => redirect.clone(),
        None => chain.join(": "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for (address, expected) in [
            ("https://bundles.example/acme.bundle", None),
            ("http://127.0.0.1:8080/a", None),
            ("http://[::1]/a", None),
            ("http://localhost/a", None),
            ("http://bundles.example/a", Some("encrypted")),
            ("http://127.0.0.1.example/a", Some("encrypted")),
            ("ftp://bundles.example/a", Some("scheme")),
            ("acme.bundle", Some("no address")),
            ("https://user:secret@bundles.example/a", Some("password")),
            ("https://user:secret@bundles.example:x/a", Some("no address")),
            ("http://bundles.example/a?sig=secret", Some("encrypted")),
        ] {
            match (checked(address), expected) {
                (Ok(_), None) => {}
                (Err(error), Some(part)) => {
                    let error = error.to_string();
                    assert!(
                        error.contains(part) && !error.contains("secret"),
                        "{address}: {error}"
                    );
                }
                (other, _) => panic!("{address}: {other:?}"),
            }
        }
        let url = checked("https://h.example/a?sig=SECRET#x").unwrap();
        assert_eq!(shown(&url), "https://h.example/a");
    }
}
