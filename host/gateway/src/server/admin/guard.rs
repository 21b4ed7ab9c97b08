//! Who may use the admin listener.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, Method, Uri};
use tokenward_token::base64url;

use super::super::secret::Secret;
use super::answer::Refused;

/// Who may use it: whoever has the secret, whoever has a certificate, or whoever is on this machine.
pub(crate) struct Guard {
    pub(crate) secret: Option<Arc<Secret>>,
    /// Clients without a certificate do not get this far.
    pub(crate) certificates: bool,
}

impl Guard {
    /// Whether the request may be answered.
    pub(crate) fn check(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Refused> {
        let host = host(uri, headers)?;
        // A page of another site has no business here, whatever the browser knows of secrets.
        if let Some(origin) = headers.get(ORIGIN) {
            let same = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            if same.is_none_or(|(_, of)| !of.eq_ignore_ascii_case(host)) {
                return Err(Refused::forbidden("other_origin", "the page is another site's"));
            }
        }
        if let Some(secret) = &self.secret {
            return if given(headers).is_some_and(|given| secret.is(&given)) {
                Ok(())
            } else {
                Err(Refused::unauthorized())
            };
        }
        if self.certificates {
            return Ok(());
        }
        // A name that another site had resolve to this machine is none of its own.
        if !is_loopback(host) {
            return Err(Refused::forbidden(
                "other_host",
                "the request is for another host; accepted without `admin.token-file`: loopback \
                 addresses and `localhost`",
            ));
        }
        let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if changes {
            return Err(Refused::forbidden(
                "not_allowed",
                "without `admin.token-file` or `admin.tls.client-ca` nothing can be changed here",
            ));
        }
        Ok(())
    }

    /// Whether the request may be answered, though it changes nothing but the page.
    pub(crate) fn check_playground(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
        self.check(&Method::GET, uri, headers)
    }
}

/// The host that the request is for: HTTP/2 says it in the URI. Where both say one, both say the same.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, Refused> {
    let refused = || Refused::wrong("host", "the request has not one host");
    let mut hosts = headers.get_all(HOST).iter();
    let (header, more) = (hosts.next(), hosts.next());
    let header = header.map(|host| host.to_str()).transpose().map_err(|_| refused())?;
    let authority = uri.authority().map(http::uri::Authority::as_str);
    match (authority, header, more) {
        (Some(one), Some(other), None) if one.eq_ignore_ascii_case(other) => Ok(one),
        (Some(host), None, None) | (None, Some(host), None) => Ok(host),
        (None, None, None) => Ok(""),
        _ => Err(refused()),
    }
}

fn is_loopback(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The secret of `Authorization: Bearer SECRET`, or the password of `Basic`, which browsers ask for.
fn given(headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("Bearer") {
        return Some(rest.as_bytes().to_vec());
    }
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text: String = rest.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let pair = base64url::decode(text.as_bytes()).ok()?;
    let at = pair.iter().position(|byte| *byte == b':')?;
    pair.get(at + 1..).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn here() -> Uri {
        Uri::from_static("/v1/status")
    }

    /// HTTP/2 has the host in the URI.
    #[test]
    fn the_host_is_said_once() {
        let there = Uri::from_static("http://localhost:1/v1/status");
        let guard = open();
        let same = headers(&[("origin", "http://localhost:1")]);
        assert!(guard.check(&Method::GET, &there, &same).is_ok());
        let both = headers(&[("host", "localhost:1")]);
        assert!(guard.check(&Method::GET, &there, &both).is_ok());
        let evil = Uri::from_static("http://evil.example/v1/status");
        for (uri, given) in [
            (&evil, headers(&[])),
            (&evil, headers(&[("host", "localhost")])),
            (&here(), headers(&[("host", "localhost"), ("host", "localhost")])),
        ] {
            assert!(guard.check(&Method::GET, uri, &given).is_err(), "{uri}");
        }
    }

    fn open() -> Guard {
        Guard { secret: None, certificates: false }
    }

    #[test]
    fn on_this_machine_one_may_look() {
        let guard = open();
        for host in ["127.0.0.1:9192", "localhost:9192", "LOCALHOST", "[::1]:9192", "127.0.0.1"] {
            assert!(
                guard.check(&Method::GET, &here(), &headers(&[("host", host)])).is_ok(),
                "{host}"
            );
            let changing = guard.check(&Method::POST, &here(), &headers(&[("host", host)]));
            assert_eq!(changing.unwrap_err().code, "not_allowed");
        }
        for host in ["evil.example:9192", "", "localhost.evil.example", "10.0.0.1"] {
            let refused = guard.check(&Method::GET, &here(), &headers(&[("host", host)]));
            assert_eq!(refused.unwrap_err().code, "other_host", "{host}");
        }
        let cross = headers(&[("host", "localhost:1"), ("origin", "https://evil.example")]);
        assert_eq!(guard.check(&Method::GET, &here(), &cross).unwrap_err().code, "other_origin");
        let same = headers(&[("host", "localhost:1"), ("origin", "http://localhost:1")]);
        assert!(guard.check(&Method::GET, &here(), &same).is_ok());
    }

    #[test]
    fn with_a_secret_one_must_know_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "a-long-enough-secret\n").unwrap();
        let guard = Guard { secret: Some(Arc::new(Secret::load(path.clone()).unwrap())), ..open() };
        let ask = |value: &str| {
            let headers = headers(&[("host", "any"), ("authorization", value)]);
            guard.check(&Method::POST, &here(), &headers).map_err(|refused| refused.code)
        };
        assert_eq!(ask("Bearer a-long-enough-secret"), Ok(()));
        // `operator:a-long-enough-secret`
        assert_eq!(ask("Basic b3BlcmF0b3I6YS1sb25nLWVub3VnaC1zZWNyZXQ="), Ok(()));
        for wrong in ["Bearer a-long-enough-secre", "Bearer ", "a-long-enough-secret", "Basic eA=="]
        {
            assert_eq!(ask(wrong), Err("unauthorized"), "{wrong}");
        }
        let twice = headers(&[
            ("authorization", "Bearer a-long-enough-secret"),
            ("authorization", "Bearer a-long-enough-secret"),
        ]);
        assert!(guard.check(&Method::GET, &here(), &twice).is_err());
        std::fs::write(&path, "another-long-secret").unwrap();
        guard.secret.as_ref().unwrap().reload().unwrap();
        assert_eq!(ask("Bearer another-long-secret"), Ok(()));
        std::fs::write(&path, "short").unwrap();
        let error = guard.secret.as_ref().unwrap().reload().unwrap_err().to_string();
        assert!(error.contains("holds 5 bytes; accepted"), "{error}");
        assert_eq!(ask("Bearer another-long-secret"), Ok(()));
    }
}
