//! A call that outlives its request.

use std::fmt;

use tokenward_engine::{Binding, Encryption, Phase, RequestFacts, Signals};
use tokenward_token::{Object, UnixTime};

use crate::call::Call;

/// A copy of a [`Call`], to be judged again elsewhere. It holds the token: keep it no longer
/// than that takes. `Debug` shows none of it.
#[derive(Clone)]
pub struct OwnedCall {
    bearer: Vec<u8>,
    phase: Phase,
    request: Option<RequestFacts>,
    signals: Signals,
    facts: Object,
    binding: Binding,
    encryption: Option<Encryption>,
    now: UnixTime,
}

impl OwnedCall {
    /// The same call.
    #[must_use]
    pub fn as_call(&self) -> Call<'_> {
        Call {
            bearer: &self.bearer,
            phase: self.phase,
            request: self.request.as_ref(),
            signals: &self.signals,
            facts: &self.facts,
            binding: self.binding,
            encryption: self.encryption.as_ref(),
            now: self.now,
        }
    }
}

impl From<&Call<'_>> for OwnedCall {
    fn from(call: &Call<'_>) -> Self {
        Self {
            bearer: call.bearer.to_vec(),
            phase: call.phase,
            request: call.request.cloned(),
            signals: call.signals.clone(),
            facts: call.facts.clone(),
            binding: call.binding,
            encryption: call.encryption.cloned(),
            now: call.now,
        }
    }
}

impl fmt::Debug for OwnedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_call().fmt(f)
    }
}
