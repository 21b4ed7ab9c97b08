//! A fetch of one issuer's keys: its metadata, where that is how they are found, and its JWKS.

use std::time::Duration;

use reqwest::header::HeaderValue;
use tokenward_token::json::{JsonLimits, parse_strict};
use tokenward_token::{Json, KeyError, KeySet, Object};
use tokio::time::Instant;
use url::Url;

use crate::error::FetchError;
use crate::http::{Answer, Ask, Redirects, Transport};
use crate::settings::Settings;
use crate::source::{Source, accepted, is_this_machine, issuer_address, shown};
use crate::well_known::WellKnown;

/// How long an issuer's metadata is believed before it is asked for again; at
/// least as long as keys are.
const METADATA_FRESH: Duration = Duration::from_hours(1);

/// Bounds of metadata.
const LIMITS: JsonLimits = JsonLimits { max_depth: 16, max_values: 8192 };

/// What fetches the keys of one issuer, and remembers how it did.
pub(crate) struct Fetch {
    issuer: String,
    source: Source,
    found: Option<Found>,
    /// The `ETag` of the keys that are in use, and where they came from.
    etag: Option<(Url, HeaderValue)>,
    /// Whether the metadata is to be asked for, however fresh it is.
    rediscover: bool,
}

/// What an issuer's metadata said, and where it was.
struct Found {
    form: WellKnown,
    jwks: Url,
    etag: Option<HeaderValue>,
    at: Instant,
}

/// What a fetch brought.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// None if the keys are as they were.
    pub(crate) set: Option<FetchedSet>,
    /// How long the answer says that it holds.
    pub(crate) fresh: Option<Duration>,
    /// Where the keys are.
    pub(crate) jwks: Url,
    pub(crate) form: Option<WellKnown>,
}

#[derive(Debug)]
pub(crate) struct FetchedSet {
    pub(crate) keys: KeySet,
    pub(crate) bytes: usize,
    etag: Option<HeaderValue>,
}

impl Fetch {
    pub(crate) fn new(issuer: &str, source: &Source) -> Self {
        let (issuer, source) = (issuer.to_owned(), source.clone());
        Self { issuer, source, found: None, etag: None, rediscover: false }
    }

    /// Fetches all that is needed. Cut off where it takes too long: what it
    /// remembers is whole at any time.
    pub(crate) async fn run(
        &mut self,
        transport: &dyn Transport,
        settings: &Settings,
    ) -> Result<Fetched, FetchError> {
        let limit = settings.timeout;
        match tokio::time::timeout(limit, self.fetch(transport, settings)).await {
            Ok(Ok(fetched)) => Ok(fetched),
            Ok(Err(error)) => {
                // The keys may have moved.
                self.rediscover = true;
                Err(error)
            }
            Err(_) => {
                self.rediscover = true;
                let address = match &self.source {
                    Source::Jwks(url) => shown(url),
                    Source::Discovery => self.issuer.clone(),
                };
                Err(FetchError::Timeout { address, milliseconds: limit.as_millis() })
            }
        }
    }

    /// The same, and nothing remembered.
    pub(crate) fn anew(&self) -> Self {
        Self::new(&self.issuer, &self.source)
    }

    /// Asks for the metadata with the next fetch.
    pub(crate) fn rediscover(&mut self) {
        self.rediscover = true;
    }

    /// The keys of this fetch are in use: the next one asks for others alone.
    pub(crate) fn accept(&mut self, jwks: Url, set: FetchedSet) {
        self.etag = set.etag.map(|etag| (jwks, etag));
    }

    /// No keys are in use: the next fetch asks for all.
    pub(crate) fn forget(&mut self) {
        self.etag = None;
    }

    async fn fetch(
        &mut self,
        transport: &dyn Transport,
        settings: &Settings,
    ) -> Result<Fetched, FetchError> {
        let jwks = match &self.source {
            Source::Jwks(url) => url.clone(),
            Source::Discovery => self.discover(transport, settings).await?,
        };
        let etag = self.etag.as_ref().filter(|(of, _)| *of == jwks).map(|(_, etag)| etag);
        let redirects = Redirects::SameOrigin;
        let ask = Ask { url: &jwks, etag, redirects, max_bytes: settings.max_bytes };
        let Answer { body, etag, fresh } = transport.get(ask).await?;
        let set = match body {
            None => None,
            Some(body) => Some(FetchedSet { keys: keys(&jwks, &body)?, bytes: body.len(), etag }),
        };
        Ok(Fetched { set, fresh, jwks, form: self.found.as_ref().map(|found| found.form) })
    }

    /// Where the issuer's JWKS is, from its metadata, at whichever of the two
    /// places it is; the one that answered last is asked first.
    async fn discover(
        &mut self,
        transport: &dyn Transport,
        settings: &Settings,
    ) -> Result<Url, FetchError> {
        let fresh = METADATA_FRESH.max(settings.refresh);
        if let Some(found) = &self.found
            && !self.rediscover
            && found.at.elapsed() < fresh
        {
            return Ok(found.jwks.clone());
        }
        let form = self.found.as_ref().map_or(WellKnown::OpenId, |found| found.form);
        let found = match self.metadata(form, transport, settings).await {
            Err(error) if !error.is_silence() => {
                let other = self.metadata(form.other(), transport, settings).await;
                other.map_err(|second| more_telling(error, second))?
            }
            found => found?,
        };
        self.rediscover = false;
        Ok(self.found.insert(found).jwks.clone())
    }

    async fn metadata(
        &self,
        form: WellKnown,
        transport: &dyn Transport,
        settings: &Settings,
    ) -> Result<Found, FetchError> {
        let issuer = issuer_address(&self.issuer).map_err(|_| FetchError::Internal)?;
        let url = form.address(&issuer);
        let known = self.found.as_ref().filter(|found| found.form == form);
        let etag = known.and_then(|found| found.etag.as_ref());
        let redirects = Redirects::None;
        let ask = Ask { url: &url, etag, redirects, max_bytes: settings.max_bytes };
        let Answer { body, etag, .. } = transport.get(ask).await?;
        let jwks = match (body, known) {
            (Some(body), _) => jwks_of(&self.issuer, &issuer, &url, &body)?,
            (None, Some(known)) => known.jwks.clone(),
            (None, None) => return Err(FetchError::Internal),
        };
        Ok(Found { form, jwks, etag, at: Instant::now() })
    }
}

/// That a place has no metadata says less than what is wrong with those at the other.
fn more_telling(first: FetchError, second: FetchError) -> FetchError {
    match (&first, &second) {
        (FetchError::Status { .. }, FetchError::Status { .. }) => first,
        (FetchError::Status { .. }, _) => second,
        _ => first,
    }
}

fn keys(url: &Url, body: &[u8]) -> Result<KeySet, FetchError> {
    KeySet::parse_jwks(body).map_err(|error| match error {
        KeyError::NotJson(error) => FetchError::NotJson { address: shown(url), error },
        error => FetchError::Keys { address: shown(url), error },
    })
}

/// The `jwks_uri` of an issuer's metadata (RFC 8414 section 2), which must name
/// exactly this issuer (section 3.3).
fn jwks_of(issuer: &str, origin: &Url, url: &Url, body: &[u8]) -> Result<Url, FetchError> {
    let wrong = |problem| FetchError::Metadata { address: shown(url), problem };
    let json = parse_strict(body, &LIMITS)
        .map_err(|error| FetchError::NotJson { address: shown(url), error })?;
    let object = json.as_object().ok_or_else(|| wrong("is not a JSON object"))?;
    let text =
        |object: &Object, member| object.get(member).and_then(Json::as_str).map(str::to_owned);
    let named =
        text(object, "issuer").ok_or_else(|| wrong("has no `issuer`, or not as a string"))?;
    if named != issuer {
        let slash = named.strip_suffix('/') == Some(issuer)
            || issuer.strip_suffix('/') == Some(named.as_str());
        return Err(FetchError::IssuerMismatch { address: shown(url), slash });
    }
    let jwks = text(object, "jwks_uri");
    let jwks = jwks.ok_or_else(|| wrong("has no `jwks_uri`, or not as a string"))?;
    let jwks = accepted(&jwks).map_err(|_| {
        wrong("has a `jwks_uri` that is no address that keys are fetched from, as `https://…` is")
    })?;
    // A provider elsewhere does not have this machine ask itself.
    if jwks.scheme() == "http" && !is_this_machine(origin) {
        return Err(wrong("has a `jwks_uri` of `http://` to this machine, and is not from it"));
    }
    Ok(jwks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_keys_are_is_for_the_issuer_to_say_within_bounds() {
        let (remote, local) = ("https://idp.example", "http://127.0.0.1:3000");
        for (issuer, uri, expected) in [
            (remote, "https://idp.example/jwks", Ok(())),
            // Large providers have them on another host.
            (remote, "https://keys.example/jwks?v=3", Ok(())),
            (remote, "http://idp.example/jwks", Err("metadata")),
            (remote, "http://127.0.0.1:8200/secret", Err("metadata")),
            (remote, "http://[::1]/secret", Err("metadata")),
            (remote, "http://localhost/secret", Err("metadata")),
            (remote, "file:///etc/passwd", Err("metadata")),
            (remote, "https://idp.example/jwks#a", Err("metadata")),
            (local, "http://127.0.0.1:3000/jwks", Ok(())),
            (local, "http://localhost:4000/jwks", Ok(())),
            (local, "https://keys.example/jwks", Ok(())),
            (local, "http://keys.example/jwks", Err("metadata")),
        ] {
            let origin: Url = issuer.parse().unwrap();
            let body = Object::from_pairs([("issuer", issuer), ("jwks_uri", uri)]).to_compact();
            let found = jwks_of(issuer, &origin, &origin, body.as_bytes());
            let found = found.map(|url| assert_eq!(url.as_str(), uri));
            assert_eq!(found.map_err(|error| error.code()), expected, "{issuer} {uri}");
        }
    }
}
