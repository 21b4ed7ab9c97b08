//! What a gateway vouches for: signals and facts in headers that it sets, and the connection.

use std::net::IpAddr;

use http::header::HeaderName;
use tokenward::Tls;

/// The headers by which a gateway vouches for signals, and for facts such as `session.active`: the
/// gateway sets or strips each, so that no client's word is taken for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignalHeaders {
    entries: Vec<(HeaderName, Meaning)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Signal(String),
    Fact(String),
}

impl SignalHeaders {
    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self { entries: Vec::new() }
    }

    /// With the signal of this name in this header: JSON, or else text.
    #[must_use]
    pub fn with(mut self, header: HeaderName, signal: impl Into<String>) -> Self {
        self.entries.push((header, Meaning::Signal(signal.into())));
        self
    }

    /// With the fact of this name in this header: JSON, or else text.
    #[must_use]
    pub fn with_fact(mut self, header: HeaderName, fact: impl Into<String>) -> Self {
        self.entries.push((header, Meaning::Fact(fact.into())));
        self
    }

    /// Whether one is named by this header.
    #[must_use]
    pub fn is_one(&self, header: &HeaderName) -> bool {
        self.entries.iter().any(|(name, _)| name == header)
    }

    pub(super) fn meaning(&self, header: &str) -> Option<&Meaning> {
        let mut entries = self.entries.iter();
        entries.find(|(name, _)| name.as_str() == header).map(|(_, meaning)| meaning)
    }
}

/// What the gateway knows of the client's connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vouched {
    /// The client's address.
    pub client_address: Option<IpAddr>,
    /// The transport security, if the client's connection is encrypted and its facts are known.
    pub tls: Option<Tls>,
}
