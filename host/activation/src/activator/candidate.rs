//! A bundle on its way: read, verified, tested, kept.

use tokenward::packed::{Accepted, CaseFile, PackedBundle};
use tokenward::{Bundle, EngineConfig, UnixTime};
use tokenward_cases::run_own_cases;

use super::Verification;
use crate::error::{ActivationError, StoreError};
use crate::status::Status;
use crate::store::{Kept, State, Store};

/// A bundle that is to be trusted, with what comes along.
pub(super) struct Candidate {
    pub(super) bundle: Bundle,
    cases: Vec<CaseFile>,
    signed_by: Vec<String>,
    pub(super) accepted: Accepted,
}

impl Candidate {
    pub(super) fn open(
        bytes: &[u8],
        verification: &Verification,
        now: UnixTime,
        accepted: &[Accepted],
    ) -> Result<Self, ActivationError> {
        let packed = PackedBundle::read(bytes)?;
        let verified = match verification {
            Verification::Signed(trust) => packed.verify(trust, now, accepted)?,
            Verification::Unsigned => packed.unsigned(now, accepted)?,
        };
        Ok(Self {
            bundle: verified.bundle().clone(),
            cases: verified.cases().to_vec(),
            signed_by: verified.signed_by().to_vec(),
            accepted: verified.accepted(),
        })
    }

    /// Runs the bundle's own cases.
    pub(super) fn test(&self, engine: &EngineConfig) -> Result<(), ActivationError> {
        let cases = run_own_cases(&self.bundle, &self.cases, engine)?;
        if cases.failed.is_empty() {
            return Ok(());
        }
        Err(ActivationError::CasesFail { all: cases.all, failed: cases.failed })
    }

    /// Whether an operator went back from it.
    pub(super) fn check_held(&self, store: &Store) -> Result<(), ActivationError> {
        let manifest = self.bundle.manifest();
        if !store.state().held.iter().any(|held| held == self.bundle.digest()) {
            return Ok(());
        }
        let (name, version) = (manifest.name.clone(), manifest.version.clone());
        Err(ActivationError::Held { name, version })
    }

    pub(super) fn keep(
        &self,
        store: &Store,
        bytes: &[u8],
        now: UnixTime,
    ) -> Result<Kept, StoreError> {
        let manifest = self.bundle.manifest();
        Ok(Kept {
            file: store.keep(bytes)?,
            digest: self.bundle.digest().to_owned(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            since: now,
        })
    }

    pub(super) fn describe(&self, status: &mut Status, store: &Store) {
        status.active = store.active().cloned();
        status.previous = store.previous().to_vec();
        status.expires = self.bundle.manifest().expires;
        status.signed_by.clone_from(&self.signed_by);
    }
}

/// A bundle of the store, verified again: as it is, whatever was accepted since.
pub(super) fn reopen(
    store: &Store,
    kept: &Kept,
    verification: &Verification,
    now: UnixTime,
) -> Result<Candidate, ActivationError> {
    Candidate::open(&store.read(&kept.file)?, verification, now, &[])
}

/// Remembers a version, unless a later one was accepted: going back makes no
/// older one acceptable.
pub(super) fn accept_newer(state: &mut State, accepted: Accepted) {
    let known = state.accepted.iter().find(|known| known.name == accepted.name);
    if known.is_none_or(|known| accepted.is_newer_than(known)) {
        state.accept(accepted);
    }
}
