//! One GET: bounded in bytes, encrypted unless it stays on this machine, led nowhere else.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, AGE, CACHE_CONTROL, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION,
    RETRY_AFTER,
};
use reqwest::{Certificate, Client, Response, StatusCode, redirect};
use url::Url;

use crate::error::FetchError;
use crate::source::{is_this_machine, shown};

/// Redirects of one origin that are followed.
const REDIRECTS: usize = 3;

/// The longest `ETag` that is remembered.
const MAX_ETAG: usize = 1024;

/// How long an unused connection is kept: for the second GET of a fetch.
const IDLE: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) url: &'a Url,
    /// Of the answer that is known (RFC 9110 section 13.1.2).
    pub(crate) etag: Option<&'a HeaderValue>,
    pub(crate) redirects: Redirects,
    pub(crate) max_bytes: usize,
}

/// Which redirects are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redirects {
    None,
    SameOrigin,
}

/// An answer of status 200 or 304.
#[derive(Debug)]
pub(crate) struct Answer {
    /// None if what is known is still so.
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) etag: Option<HeaderValue>,
    /// How long the answer says that it holds (RFC 9111 section 4.2).
    pub(crate) fresh: Option<Duration>,
}

/// An answer that is to come.
pub(crate) type Answering<'a> =
    Pin<Box<dyn Future<Output = Result<Answer, FetchError>> + Send + 'a>>;

/// What asks. Tests have another one than [`Http`].
pub(crate) trait Transport: Send + Sync + 'static {
    fn get<'a>(&'a self, ask: Ask<'a>) -> Answering<'a>;
}

/// HTTP by `reqwest`. Redirects are followed here, not there.
#[derive(Default)]
pub(crate) struct Http {
    /// Each made when it is first needed: where all is on this machine, it does
    /// not matter whether the system has certificates.
    plain: OnceLock<Client>,
    local: OnceLock<Client>,
    remote: OnceLock<Client>,
}

impl Transport for Http {
    fn get<'a>(&'a self, ask: Ask<'a>) -> Answering<'a> {
        Box::pin(self.answer(ask))
    }
}

impl Http {
    async fn answer(&self, ask: Ask<'_>) -> Result<Answer, FetchError> {
        let mut url = ask.url.clone();
        for followed in 0.. {
            let response = self.send(&url, ask.etag).await?;
            let status = response.status();
            match status {
                StatusCode::OK => {
                    let (etag, fresh) = (etag(response.headers()), fresh(response.headers()));
                    let body = Some(read(&url, response, ask.max_bytes).await?);
                    return Ok(Answer { body, etag, fresh });
                }
                StatusCode::NOT_MODIFIED if ask.etag.is_some() => {
                    let fresh = fresh(response.headers());
                    return Ok(Answer { body: None, etag: ask.etag.cloned(), fresh });
                }
                _ => {}
            }
            let Some(to) = target(&url, &response) else {
                return Err(FetchError::Status {
                    address: shown(&url),
                    status: status.as_u16(),
                    retry_after: number(response.headers(), &RETRY_AFTER),
                });
            };
            let reason = if ask.redirects == Redirects::None {
                "metadata is taken from the issuer's own address alone"
            } else if to.origin() != url.origin() {
                "it has another scheme, host or port"
            } else if followed >= REDIRECTS {
                "there were too many before it"
            } else {
                url = to;
                continue;
            };
            return Err(FetchError::Redirect { address: shown(&url), to: shown(&to), reason });
        }
        Err(FetchError::Internal)
    }

    async fn send(&self, url: &Url, etag: Option<&HeaderValue>) -> Result<Response, FetchError> {
        let unreachable = |error: reqwest::Error| FetchError::Unreachable {
            address: shown(url),
            reason: causes(&error.without_url()),
        };
        let mut request = self.client(url).map_err(unreachable)?.get(url.clone());
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        request.send().await.map_err(unreachable)
    }

    fn client(&self, url: &Url) -> Result<&Client, reqwest::Error> {
        let builder = Client::builder();
        // What is on this machine needs no proxy, and nothing in between is to see
        // what is not encrypted.
        let (client, builder) = match (is_this_machine(url), url.scheme()) {
            (true, "http") => {
                (&self.plain, builder.no_proxy().tls_certs_only(std::iter::empty::<Certificate>()))
            }
            (true, _) => (&self.local, builder.no_proxy()),
            (false, _) => (&self.remote, builder.https_only(true)),
        };
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let accept = HeaderValue::from_static("application/json, application/jwk-set+json");
        let built = builder
            .redirect(redirect::Policy::none())
            .referer(false)
            .pool_idle_timeout(IDLE)
            .default_headers(HeaderMap::from_iter([(ACCEPT, accept)]))
            .user_agent(concat!("tokenward/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(client.get_or_init(|| built))
    }
}

/// The whole body, of which no more is read than it may have.
async fn read(url: &Url, mut response: Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let too_large = || FetchError::TooLarge { address: shown(url), limit };
    if response.content_length().is_some_and(|bytes| bytes > limit as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if piece.len() > limit - body.len() => return Err(too_large()),
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(body),
            Err(error) => {
                let reason = causes(&error.without_url());
                return Err(FetchError::CutShort {
                    address: shown(url),
                    bytes: body.len(),
                    reason,
                });
            }
        }
    }
}

/// Where a redirect leads, if it is one and leads to an address.
fn target(from: &Url, response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

fn etag(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ETAG).filter(|etag| etag.len() <= MAX_ETAG).cloned()
}

/// What is left of `max-age`. An answer that is not to be kept at all says
/// nothing of how long its keys hold.
fn fresh(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    let mut fresh: Option<u64> = None;
    for directive in lines.flat_map(|line| line.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return None,
            "max-age" => {
                let seconds = value.trim().trim_matches('"').parse().ok()?;
                fresh = Some(fresh.map_or(seconds, |other| other.min(seconds)));
            }
            _ => {}
        }
    }
    let age = number(headers, &AGE).unwrap_or_default();
    fresh.map(|seconds| Duration::from_secs(seconds.saturating_sub(age)))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// An error and its causes in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let chain: Vec<String> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    chain.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_is_what_the_headers_say() {
        for (lines, age, expected) in [
            (&["max-age=60"][..], None, Some(60)),
            (&["public, Max-Age=60"], None, Some(60)),
            (&["max-age=\"60\""], None, Some(60)),
            (&["max-age=60", "max-age=30"], None, Some(30)),
            (&["max-age=60"], Some("20"), Some(40)),
            (&["max-age=60"], Some("90"), Some(0)),
            (&["max-age=60"], Some("old"), Some(60)),
            (&["no-cache, max-age=60"], None, None),
            (&["max-age=60, no-store"], None, None),
            (&["max-age=soon"], None, None),
            (&["max-age=-1"], None, None),
            (&["s-maxage=60"], None, None),
            (&[], None, None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CACHE_CONTROL, HeaderValue::from_static(line));
            }
            headers.extend(age.map(|age| (AGE, HeaderValue::from_static(age))));
            assert_eq!(fresh(&headers), expected.map(Duration::from_secs), "{lines:?} {age:?}");
        }
    }
}
