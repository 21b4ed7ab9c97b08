//! What is told of a request, put together in any order.

use std::net::IpAddr;

use tokenward::{Cookie, RequestFacts, Tls, TokenLocation};

use crate::failure::Failure;
use crate::filling::twice;

/// Headers that a call may have.
const HEADERS: usize = 1000;

/// Cookies that a call may have.
const COOKIES: usize = 64;

/// What is known of a request so far.
#[derive(Default)]
pub(crate) struct Request {
    facts: Option<RequestFacts>,
    headers: usize,
}

impl Request {
    /// What is known, if anything is.
    pub(crate) fn facts(&self) -> Option<&RequestFacts> {
        self.facts.as_ref()
    }

    /// Sets method and URL; what was told before is kept. The normalized path is the answer.
    pub(crate) fn set(&mut self, method: &str, url: &str) -> Result<String, Failure> {
        let mut facts = RequestFacts::new(method, url)?;
        if let Some(before) = &self.facts {
            if before.method().is_some() {
                return Err(twice("the request"));
            }
            for (name, value) in before.headers() {
                facts = facts.with_header(name, value)?;
            }
            if let Some(address) = before.client_address().and_then(|text| text.parse().ok()) {
                facts = facts.with_client_address(address);
            }
            if let Some(location) = before.token_location() {
                facts = facts.with_token_location(location);
            }
            if let Some(tls) = before.tls() {
                facts = facts.with_tls(tls.clone());
            }
            for cookie in before.cookies() {
                facts = facts.with_cookie(cookie.clone());
            }
        }
        let path = facts.path().unwrap_or_default().to_owned();
        self.facts = Some(facts);
        Ok(path)
    }

    pub(crate) fn add_header(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        if self.headers == HEADERS {
            let message = format!("there are more than {HEADERS} headers, the accepted maximum");
            return Err(Failure::request("too-many", message));
        }
        self.headers += 1;
        self.change(|facts| Ok(facts.with_header(name, value)?))
    }

    pub(crate) fn set_client_address(&mut self, address: IpAddr) -> Result<(), Failure> {
        self.refuse_twice("the client's address", |facts| facts.client_address().is_some())?;
        self.change(|facts| Ok(facts.with_client_address(address)))
    }

    pub(crate) fn set_tls(&mut self, tls: Tls) -> Result<(), Failure> {
        self.refuse_twice("the TLS connection", |facts| facts.tls().is_some())?;
        self.change(|facts| Ok(facts.with_tls(tls)))
    }

    pub(crate) fn set_location(&mut self, location: TokenLocation) -> Result<(), Failure> {
        self.refuse_twice("the token's location", |facts| facts.token_location().is_some())?;
        self.change(|facts| Ok(facts.with_token_location(location)))
    }

    pub(crate) fn add_cookie(&mut self, cookie: Cookie) -> Result<(), Failure> {
        if self.facts().is_some_and(|facts| facts.cookies().len() == COOKIES) {
            let message = format!("there are more than {COOKIES} cookies, the accepted maximum");
            return Err(Failure::argument("too-many", message));
        }
        self.change(|facts| Ok(facts.with_cookie(cookie)))
    }

    fn refuse_twice(
        &self,
        what: &str,
        is_there: impl Fn(&RequestFacts) -> bool,
    ) -> Result<(), Failure> {
        if self.facts().is_some_and(is_there) { Err(twice(what)) } else { Ok(()) }
    }

    fn change(
        &mut self,
        change: impl FnOnce(RequestFacts) -> Result<RequestFacts, Failure>,
    ) -> Result<(), Failure> {
        self.facts = Some(change(self.facts.take().unwrap_or_default())?);
        Ok(())
    }
}

/// The token of an `Authorization` header (RFC 6750 section 2.1): empty, if the header is of another
/// scheme. The scheme's case does not matter (RFC 9110 section 11.1). What is no token is left to
/// whoever verifies it.
pub(crate) fn bearer_of(value: &[u8]) -> &[u8] {
    const SCHEME: &[u8] = b"bearer";
    let value = value.trim_ascii();
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => match rest.first() {
            Some(b' ') => rest.trim_ascii_start(),
            _ => &[],
        },
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use tokenward::SameSite;

    use super::*;

    #[test]
    fn the_order_does_not_matter() {
        let steps: [fn(&mut Request); 6] = [
            |r| drop(r.set("GET", "https://h/a/../b").unwrap()),
            |r| r.add_header("X-A", "1").unwrap(),
            |r| r.set_client_address([192, 0, 2, 1].into()).unwrap(),
            |r| r.set_tls(Tls { version: Some("1.3".into()), ..Tls::default() }).unwrap(),
            |r| r.set_location(TokenLocation::Body).unwrap(),
            |r| {
                let cookie = Cookie {
                    name: "at".into(),
                    http_only: true,
                    secure: true,
                    same_site: SameSite::Lax,
                    max_age: None,
                };
                r.add_cookie(cookie).unwrap();
            },
        ];
        let in_order = |order: &mut dyn Iterator<Item = usize>| {
            let mut request = Request::default();
            order.for_each(|step| steps[step](&mut request));
            request.facts.unwrap()
        };
        let expected = in_order(&mut (0..6));
        assert_eq!((expected.method(), expected.path()), (Some("GET"), Some("/b")));
        for first in 1..6 {
            assert_eq!(in_order(&mut (0..6).map(|step| (first + step) % 6)), expected);
        }
        assert_eq!(in_order(&mut (0..6).rev()), expected);
    }

    #[test]
    fn bearer_tokens_are_found() {
        for (value, token) in [
            ("Bearer abc", "abc"),
            ("bearer abc", "abc"),
            ("BEARER   abc ", "abc"),
            ("\tBearer abc", "abc"),
            ("Bearer", ""),
            ("Bearer ", ""),
            ("Bearerabc", ""),
            ("Bearer\tabc", ""),
            ("Basic abc", ""),
            ("DPoP abc", ""),
            ("", ""),
            ("abc", ""),
            // Two headers that were joined: no token has a comma.
            ("Bearer abc, Bearer def", "abc, Bearer def"),
            ("Bearer abc\0", "abc\0"),
        ] {
            assert_eq!(bearer_of(value.as_bytes()), token.as_bytes(), "{value:?}");
        }
    }
}
