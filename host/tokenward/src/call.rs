//! What can be told about one request.

use std::fmt;

use tokenward_engine::{Binding, Encryption, KeyFacts, Phase, RequestFacts, Signals, TokenFacts};
use tokenward_token::{Object, UnixTime, VerifiedToken};

/// Everything that can be told about one request. `Debug` shows no token, and
/// nothing that a client sent.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The bearer token's bytes; empty if the request has none.
    pub bearer: &'a [u8],
    /// The moment in the token's life.
    pub phase: Phase,
    /// The request, if there is one.
    pub request: Option<&'a RequestFacts>,
    /// What is known of its context.
    pub signals: &'a Signals,
    /// Facts for which the contract has no field, by name.
    pub facts: &'a Object,
    /// A proof of possession that the caller verified.
    pub binding: Binding,
    /// How the token was encrypted, if the caller decrypted it: `bearer` is the
    /// signed token that was inside (RFC 7519 section 5.2).
    pub encryption: Option<&'a Encryption>,
    /// The moment of the decision.
    pub now: UnixTime,
}

impl<'a> Call<'a> {
    /// What policies are told of a token that was verified: of it, and of this call.
    #[must_use]
    pub fn token_facts(&self, token: &'a VerifiedToken) -> TokenFacts<'a> {
        let key = token.key();
        TokenFacts {
            kind: token.kind(),
            header: token.header(),
            key: Some(KeyFacts {
                id: key.id(),
                key_type: key.key_type().name(),
                curve: key.curve(),
                bits: key.bits(),
                age_seconds: key.age_seconds(self.now),
            }),
            encryption: self.encryption,
            binding: self.binding,
        }
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("phase", &self.phase)
            .field("binding", &self.binding)
            .field("encryption", &self.encryption)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
