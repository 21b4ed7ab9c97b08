//! Where a request comes from, of which no more can be read.

use std::net::IpAddr;

use http::HeaderMap;

/// What records say of a request that cannot be judged: by which one can be found what made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// `X-Request-ID`.
    pub request_id: Option<String>,
    /// `traceparent` (W3C Trace Context).
    pub trace_parent: Option<String>,
    /// The client's address.
    pub client_address: Option<IpAddr>,
}

impl Origin {
    /// With a header of the request, if it is one that counts.
    #[must_use]
    pub fn header(mut self, name: &str, value: &[u8]) -> Self {
        let text = || printable(&String::from_utf8_lossy(value), LONGEST);
        if name.eq_ignore_ascii_case(REQUEST_ID) {
            self.request_id = text();
        } else if name.eq_ignore_ascii_case(TRACE_PARENT) {
            self.trace_parent = text();
        }
        self
    }

    /// With these headers.
    #[must_use]
    pub fn headers(self, headers: &HeaderMap) -> Self {
        headers.iter().fold(self, |of, (name, value)| of.header(name.as_str(), value.as_bytes()))
    }

    /// With the client's address.
    #[must_use]
    pub fn client_address(mut self, address: Option<IpAddr>) -> Self {
        self.client_address = address;
        self
    }
}

const REQUEST_ID: &str = "x-request-id";
const TRACE_PARENT: &str = "traceparent";
/// The longest identifier that is taken over.
const LONGEST: usize = 128;

fn printable(text: &str, most: usize) -> Option<String> {
    let good =
        !text.is_empty() && text.len() <= most && text.bytes().all(|b| (0x21..0x7f).contains(&b));
    good.then(|| text.to_owned())
}
