//! Deciding with a candidate beside, promoting it, and going back from faults.

use std::sync::Arc;
use std::time::Duration;

use tokenward::{Authorizer, BundleVersion, Call, Decision};

use super::candidate::Candidate;
use super::{Activator, Bringer, Switch};
use crate::error::ActivationError;
use crate::guard::{FaultLimit, Guard};
use crate::shadow::{Shadow, ShadowConfig, ShadowReport};
use crate::store::Action;

/// When a candidate that is tried may become the active bundle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promotion {
    /// Requests that it must have judged.
    pub at_least: u64,
    /// The largest share of them, 0 to 1, of which it may say something else.
    pub changed_at_most: f64,
}

impl Activator {
    /// Decides by the active bundle, as [`Authorizer::decide`]; and a candidate that
    /// is tried judges the request as well, later, and decides nothing. Faults
    /// count, where [`return_on_faults`](Self::return_on_faults) was asked for.
    #[must_use]
    pub fn decide(self: &Arc<Self>, call: &Call<'_>) -> Decision {
        let guard = self.guard.load();
        let decision = self.authorizer.decide(call);
        if let Some(shadow) = self.shadow.load().as_ref() {
            shadow.0.ask(call, self.authorizer.trust(), &decision);
        }
        if let Some(guard) = guard.as_ref()
            && guard.is_over(&decision)
        {
            self.return_by_itself(guard);
        }
        decision
    }

    /// Tries a packed bundle on live traffic: it goes through all that an
    /// activation does, and then judges what [`decide`](Self::decide) decides, and
    /// decides nothing. One that was tried before is not any more.
    ///
    /// # Errors
    ///
    /// [`ActivationError`].
    pub fn shadow(
        &self,
        bytes: &[u8],
        who: &str,
        config: ShadowConfig,
    ) -> Result<Arc<BundleVersion>, ActivationError> {
        self.noted(who, |store, now| {
            let accepted = &store.state().accepted;
            let candidate = Candidate::open(bytes, &self.verification, now, accepted)?;
            candidate.test(&self.tests)?;
            let builder = Authorizer::builder().engine(self.engine.clone());
            let trust = self.authorizer.trust().as_ref().clone();
            let authorizer = builder.parse_limits(self.parse).build(trust, candidate.bundle())?;
            let version = authorizer.active();
            let shadow = Shadow::begin(authorizer, config)
                .map_err(|error| ActivationError::NoThread { reason: error.to_string() })?;
            self.shadow.store(Some(Arc::new((shadow, bytes.to_vec()))));
            Ok(version)
        })
    }

    /// What the candidate would change, until now; nothing if none is tried.
    #[must_use]
    pub fn shadow_report(&self) -> Option<ShadowReport> {
        self.shadow.load().as_ref().map(|shadow| shadow.0.report())
    }

    /// Tries the candidate no more. Answers what it would have changed, of all
    /// requests that it was given.
    pub fn end_shadow(&self) -> Option<ShadowReport> {
        let mut shadow = self.shadow.swap(None)?;
        // Requests that are being decided may still hold it.
        loop {
            match Arc::try_unwrap(shadow) {
                Ok((shadow, _)) => return Some(shadow.finish()),
                Err(held) => {
                    shadow = held;
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }

    /// Makes the candidate that is tried the active bundle, because `who` says so,
    /// if it was tried enough and changes little enough.
    ///
    /// # Errors
    ///
    /// [`ActivationError`]: then the bundle before stays active, and the candidate is
    /// tried on.
    pub fn promote(&self, who: &str, condition: Promotion) -> Result<Switch, ActivationError> {
        let promotable = || {
            let shadow = self.shadow.load_full().ok_or(ActivationError::NothingToTry)?;
            let report = shadow.0.report();
            let is_of_active =
                report.active.as_ref().is_some_and(|of| *of == *self.authorizer.active());
            let judged = if is_of_active { report.judged } else { 0 };
            if judged < condition.at_least {
                let needed = condition.at_least;
                return Err(ActivationError::TriedTooLittle { judged, needed });
            }
            // What is no number is no permission.
            let little = report.share_changed() <= condition.changed_at_most;
            if !little {
                let (changed, most) = (report.changed, condition.changed_at_most);
                return Err(ActivationError::ChangesTooMuch { changed, judged, most });
            }
            Ok((shadow, format!("{} of {judged} decisions changed", report.changed)))
        };
        self.noted(who, |store, now| {
            let (shadow, reason) = promotable()?;
            let by = Bringer::Promotion(reason);
            let promoted = self.switch_to(store, &shadow.1, who, now, &by)?;
            // Unless another candidate took its place.
            self.shadow.compare_and_swap(&shadow, None);
            Ok(promoted)
        })
    }

    /// Goes back by itself to the bundle before when, since the last switch, so many
    /// decisions were faults. It counts from now, and anew after each switch.
    pub fn return_on_faults(&self, limit: FaultLimit) {
        let digest = self.authorizer.active().digest.clone();
        self.guard.store(Some(Arc::new(Guard::new(limit, digest))));
    }

    fn return_by_itself(self: &Arc<Self>, guard: &Arc<Guard>) {
        if !guard.fire() {
            return;
        }
        let (activator, of) = (Arc::clone(self), Arc::clone(guard));
        // The request that was one too many does not wait for it.
        let started =
            std::thread::Builder::new().name("tokenward-return".into()).spawn(move || {
                let (faults, decisions) = of.counted();
                let reason = format!("{faults} of {decisions} decisions were faults");
                let returned = activator.noted("faults", |store, now| {
                    // Somebody may have been faster.
                    if store.active().is_none_or(|active| active.digest != of.digest) {
                        return Ok(Switch::AlreadyActive);
                    }
                    let kept = store.usable().next().cloned();
                    let kept = kept.ok_or(ActivationError::NothingBefore { wanted: None })?;
                    let (action, reason) = (Action::Return, Some(reason.as_str()));
                    activator.return_to(store, &kept, now, "faults", action, reason)
                });
                if returned.is_err() {
                    of.rearm();
                }
            });
        if started.is_err() {
            guard.rearm();
        }
    }
}
