//! What the tasks of a keeper share: the trust, and how it becomes another.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokenward_token::{Algorithm, KeySet, Trust, UnixTime};
use tokio::task::AbortHandle;

use crate::error::FetchError;
use crate::fetch::{Fetch, Fetched};
use crate::http::Transport;
use crate::inventory::Inventory;
use crate::keeper::Clock;
use crate::schedule::{after_failure, after_success};
use crate::settings::Settings;
use crate::slot::{Outcome, Slot};
use crate::source::shown;
use crate::status::{self, Status};

pub(crate) type OnChange = Box<dyn FnMut(Trust) + Send>;
pub(crate) type OnFetch = Box<dyn Fn(&str, &Outcome) + Send + Sync>;

/// What is done with what comes about: a caller's own.
pub(crate) struct Hooks {
    pub(crate) change: OnChange,
    pub(crate) fetch: OnFetch,
}

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) transport: Arc<dyn Transport>,
    clock: Clock,
    /// Held while the trust becomes another: whoever holds it changes `view`.
    publish: Mutex<OnChange>,
    on_fetch: OnFetch,
    view: RwLock<Arc<View>>,
    /// One reload after the other.
    pub(crate) reloading: tokio::sync::Mutex<()>,
}

/// The trust, and the issuers of it whose keys are fetched.
pub(crate) struct View {
    pub(crate) trust: Arc<Trust>,
    pub(crate) kept: BTreeMap<String, Arc<Kept>>,
}

/// A slot and the task that keeps it.
pub(crate) struct Kept {
    pub(crate) slot: Arc<Slot>,
    pub(crate) task: AbortHandle,
}

impl Kept {
    fn stop(&self) {
        self.task.abort();
        self.slot.close();
    }
}

impl Shared {
    pub(crate) fn new(
        trust: Trust,
        settings: Settings,
        clock: Clock,
        transport: Arc<dyn Transport>,
        inventory: Arc<Inventory>,
        hooks: Hooks,
    ) -> Self {
        let view = View { trust: Arc::new(trust), kept: BTreeMap::new() };
        Self {
            settings,
            inventory,
            transport,
            clock,
            publish: Mutex::new(hooks.change),
            on_fetch: hooks.fetch,
            view: RwLock::new(Arc::new(view)),
            reloading: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn slot(&self, issuer: &str) -> Option<Arc<Slot>> {
        self.view().kept.get(issuer).map(|kept| Arc::clone(&kept.slot))
    }

    pub(crate) fn now(&self) -> UnixTime {
        (self.clock)()
    }

    pub(crate) fn status(&self) -> Status {
        status::of(&self.view(), &self.inventory, &self.settings, self.now())
    }

    /// The right to change what is in `view`.
    pub(crate) fn publishing(&self) -> MutexGuard<'_, OnChange> {
        self.publish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this what is there, and tells of it.
    pub(crate) fn show(
        &self,
        on_change: &mut OnChange,
        trust: Trust,
        kept: BTreeMap<String, Arc<Kept>>,
    ) {
        let view = View { trust: Arc::new(trust.clone()), kept };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        // A panic there has been shown by its hook; keys are to be kept all the same.
        let _ = catch_unwind(AssertUnwindSafe(|| on_change(trust)));
    }

    /// Tells that a fetch has ended so.
    pub(crate) fn tell(&self, issuer: &str, outcome: &Outcome) {
        let _ = catch_unwind(AssertUnwindSafe(|| (self.on_fetch)(issuer, outcome)));
    }

    /// A fetch of a slot's keys has ended: what it brought is in use from here on,
    /// and whoever waits for it is told.
    pub(crate) fn finish(
        &self,
        slot: &Arc<Slot>,
        fetch: &mut Fetch,
        result: Result<Fetched, FetchError>,
    ) {
        let outcome = {
            let mut on_change = self.publishing();
            let view = self.view();
            if !view.has(slot) {
                // Another trust has come meanwhile.
                return slot.close();
            }
            let mut trust = view.trust.as_ref().clone();
            let outcome = self.take_up(slot, fetch, result, &mut trust);
            if outcome == Outcome::Changed {
                self.show(&mut on_change, trust, view.kept.clone());
            }
            outcome
        };
        self.tell(&slot.issuer, &outcome);
        slot.end(outcome);
    }

    /// The keys of a slot were not confirmed for too long: its issuer has none now.
    pub(crate) fn expire(&self, slot: &Arc<Slot>, fetch: &mut Fetch) {
        let mut on_change = self.publishing();
        let view = self.view();
        {
            let mut state = slot.state();
            (state.keys, state.confirmed) = (None, None);
        }
        if !view.has(slot) {
            return;
        }
        fetch.forget();
        let trust = without_keys(&view.trust, &slot.issuer);
        self.show(&mut on_change, trust, view.kept.clone());
    }

    /// Ends all tasks.
    pub(crate) fn stop(&self) {
        let _publishing = self.publishing();
        let view = self.view();
        let last = View { trust: Arc::clone(&view.trust), kept: BTreeMap::new() };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(last);
        view.kept.values().for_each(|kept| kept.stop());
    }

    /// Puts what a fetch brought into the trust, and into the slot what is known
    /// of it. Keys that are refused change nothing but that.
    pub(crate) fn take_up(
        &self,
        slot: &Slot,
        fetch: &mut Fetch,
        result: Result<Fetched, FetchError>,
        trust: &mut Trust,
    ) -> Outcome {
        let (now, chance) = (self.now(), fastrand::f64());
        match result.and_then(|fetched| self.accept(slot, fetch, fetched, trust, now)) {
            Ok((changed, fresh)) => {
                let pause = after_success(&self.settings, fresh, chance);
                slot.state().succeed(now, pause);
                if changed { Outcome::Changed } else { Outcome::Unchanged }
            }
            Err(error) => {
                fetch.rediscover();
                let mut state = slot.state();
                let failures = state.failures.saturating_add(1);
                let pause = after_failure(&self.settings, failures, error.retry_after(), chance);
                state.fail(now, error.clone(), pause);
                Outcome::Failed(error)
            }
        }
    }

    /// Whether the keys are others than before, and how long they hold.
    fn accept(
        &self,
        slot: &Slot,
        fetch: &mut Fetch,
        fetched: Fetched,
        trust: &mut Trust,
        now: UnixTime,
    ) -> Result<(bool, Option<Duration>), FetchError> {
        let issuer = &slot.issuer;
        let keys = match &fetched.set {
            Some(set) => set.keys.clone(),
            None => slot.state().keys.clone().ok_or(FetchError::Internal)?,
        };
        let keys = self.inventory.dated(issuer, keys, now);
        let next = trust
            .with_keys(issuer, &keys)
            .map_err(|error| FetchError::Rules { address: shown(&fetched.jwks), error })?;
        self.inventory.record(issuer, &keys, now);
        let changed = keys_in(trust, issuer) != keys_in(&next, issuer);
        if changed {
            *trust = next;
        }
        {
            let mut state = slot.state();
            state.keys = Some(keys);
            state.jwks = Some(fetched.jwks.clone());
            state.form = fetched.form;
            state.bytes = fetched.set.as_ref().map(|set| set.bytes).or(state.bytes);
        }
        if let Some(set) = fetched.set {
            fetch.accept(fetched.jwks, set);
        }
        Ok((changed, fetched.fresh))
    }
}

impl View {
    /// Whether this very slot is there, not another of its issuer.
    fn has(&self, slot: &Arc<Slot>) -> bool {
        self.kept.get(&slot.issuer).is_some_and(|kept| Arc::ptr_eq(&kept.slot, slot))
    }

    /// Ends what this has and another has not.
    pub(crate) fn stop_all_but(&self, other: &BTreeMap<String, Arc<Kept>>) {
        for (issuer, kept) in &self.kept {
            if !other.get(issuer).is_some_and(|new| Arc::ptr_eq(new, kept)) {
                kept.stop();
            }
        }
    }
}

/// The trust, with an issuer that has no keys.
pub(crate) fn without_keys(trust: &Trust, issuer: &str) -> Trust {
    // An issuer with a source is asymmetric, and such may always be without keys.
    trust.with_keys(issuer, &KeySet::unavailable()).unwrap_or_else(|_| trust.clone())
}

/// What tells the keys of an issuer from others, in an order of its own.
fn keys_in<'t>(
    trust: &'t Trust,
    issuer: &str,
) -> BTreeSet<(Option<&'t str>, &'t str, Algorithm, Option<UnixTime>)> {
    let keys = trust.issuers().filter(|i| i.name() == issuer).flat_map(|i| i.keys().keys());
    keys.map(|key| (key.id(), key.thumbprint(), key.algorithm(), key.facts().created())).collect()
}
