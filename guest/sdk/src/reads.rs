//! Declaring what a policy reads.

use crate::{ClaimSelector, Reads, RequestParts, TokenParts};

impl Default for Reads {
    fn default() -> Self {
        Self::nothing()
    }
}

impl Reads {
    /// Nothing at all.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            claims: Vec::new(),
            header: Vec::new(),
            token: TokenParts::empty(),
            request: RequestParts::empty(),
            request_headers: Vec::new(),
            query: Vec::new(),
            signals: Vec::new(),
            facts: Vec::new(),
            time: false,
        }
    }

    /// The claims at these JSON Pointers.
    #[must_use]
    pub fn claims<S: AsRef<str>>(pointers: impl IntoIterator<Item = S>) -> Self {
        Self {
            claims: pointers
                .into_iter()
                .map(|p| ClaimSelector::At(p.as_ref().to_owned()))
                .collect(),
            ..Self::nothing()
        }
    }

    /// The whole claims set, taken apart into its leaves.
    #[must_use]
    pub fn all_claims() -> Self {
        Self { claims: vec![ClaimSelector::Below(String::new())], ..Self::nothing() }
    }

    /// And the time.
    #[must_use]
    pub fn and_time(mut self) -> Self {
        self.time = true;
        self
    }

    /// And these parts of the request.
    #[must_use]
    pub fn and_request(mut self, parts: RequestParts) -> Self {
        self.request |= parts;
        self
    }

    /// And these signals.
    #[must_use]
    pub fn and_signals<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.signals.extend(names.into_iter().map(|n| n.as_ref().to_owned()));
        self
    }

    /// And these facts.
    #[must_use]
    pub fn and_facts<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.facts.extend(names.into_iter().map(|n| n.as_ref().to_owned()));
        self
    }

    /// And these members of the JOSE header.
    #[must_use]
    pub fn and_header<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.header.extend(names.into_iter().map(|n| n.as_ref().to_owned()));
        self
    }

    /// And these parts of the token.
    #[must_use]
    pub fn and_token(mut self, parts: TokenParts) -> Self {
        self.token |= parts;
        self
    }
}
