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
        let mut reads = Self::nothing();
        for pointer in pointers {
            reads.claims.push(ClaimSelector::At(pointer.as_ref().to_owned()));
        }
        reads
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
        push_all(&mut self.signals, names);
        self
    }

    /// And these facts.
    #[must_use]
    pub fn and_facts<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        push_all(&mut self.facts, names);
        self
    }

    /// And these members of the JOSE header.
    #[must_use]
    pub fn and_header<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        push_all(&mut self.header, names);
        self
    }

    /// And these parts of the token.
    #[must_use]
    pub fn and_token(mut self, parts: TokenParts) -> Self {
        self.token |= parts;
        self
    }
}

/// A plain loop: the adapters of `Vec` cost more code for each type of list.
fn push_all<S: AsRef<str>>(into: &mut Vec<String>, names: impl IntoIterator<Item = S>) {
    for name in names {
        into.push(name.as_ref().to_owned());
    }
}
