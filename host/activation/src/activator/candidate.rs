//! A bundle on its way: read, verified, tested, kept.

use tokenward::packed::{Accepted, PackedBundle, VerifiedBundle};
use tokenward::{Bundle, EngineConfig, UnixTime};
use tokenward_cases::run_own_cases;

use super::Verification;
use crate::error::{ActivationError, StoreError};
use crate::status::Status;
use crate::store::{Kept, State, Store};

/// A bundle that is to be trusted, and may become the active one.
pub(super) struct Candidate(VerifiedBundle);

impl Candidate {
    pub(super) fn open(
        bytes: &[u8],
        verification: &Verification,
        now: UnixTime,
        accepted: &[Accepted],
    ) -> Result<Self, ActivationError> {
        let packed = PackedBundle::read(bytes)?;
        Ok(Self(match verification {
            Verification::Signed(trust) => packed.verify(trust, now, accepted)?,
            Verification::Unsigned => packed.unsigned(now, accepted)?,
        }))
    }

    /// A bundle of the store, verified again: as it is, whatever was accepted since.
    pub(super) fn reopen(
        store: &Store,
        kept: &Kept,
        verification: &Verification,
        now: UnixTime,
    ) -> Result<Self, ActivationError> {
        Self::open(&store.read(&kept.file)?, verification, now, &[])
    }

    pub(super) fn bundle(&self) -> &Bundle {
        self.0.bundle()
    }

    /// Runs the bundle's own cases.
    pub(super) fn test(&self, engine: &EngineConfig) -> Result<(), ActivationError> {
        let cases = run_own_cases(self.bundle(), self.0.cases(), engine)?;
        if cases.failed.is_empty() {
            return Ok(());
        }
        Err(ActivationError::CasesFail { all: cases.all, failed: cases.failed })
    }

    /// Refuses what an operator went back from.
    pub(super) fn check_held(&self, store: &Store) -> Result<(), ActivationError> {
        if !store.is_held(self.bundle().digest()) {
            return Ok(());
        }
        let Accepted { name, version, .. } = self.0.accepted();
        Err(ActivationError::Held { name, version })
    }

    pub(super) fn keep(
        &self,
        store: &Store,
        bytes: &[u8],
        now: UnixTime,
    ) -> Result<Kept, StoreError> {
        let Accepted { name, version, digest } = self.0.accepted();
        Ok(Kept { file: store.keep(bytes)?, digest, name, version, since: now })
    }

    /// Remembers the version, unless a later one was accepted: going back makes no
    /// older one acceptable.
    pub(super) fn accept_into(&self, state: &mut State) {
        let accepted = self.0.accepted();
        let known = state.accepted.iter().find(|known| known.name == accepted.name);
        if known.is_none_or(|known| accepted.is_newer_than(known)) {
            state.accept(accepted);
        }
    }

    pub(super) fn describe(&self, status: &mut Status, store: &Store) {
        status.active = store.active().cloned();
        status.previous = store.previous().to_vec();
        status.expires = self.bundle().manifest().expires;
        status.signed_by = self.0.signed_by().to_vec();
    }
}
