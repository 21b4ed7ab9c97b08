//! From one trust to another, and from none to the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokenward_token::{Issuer, Trust};
use tokio::task::JoinSet;

use crate::error::{ConfigError, FetchError};
use crate::fetch::{Fetch, Fetched};
use crate::shared::{Kept, Shared, View, without_keys};
use crate::slot::{Outcome, Slot};
use crate::source::{Source, Sources, shown};
use crate::task::{attempt, keep};

/// A slot whose keys were fetched for the first time.
struct First {
    slot: Arc<Slot>,
    fetch: Fetch,
    result: Result<Fetched, FetchError>,
}

impl Shared {
    pub(crate) async fn reload(
        self: &Arc<Self>,
        trust: Trust,
        sources: Sources,
    ) -> Result<(), ConfigError> {
        check(&trust, &sources)?;
        let _one = self.reloading.lock().await;
        let first = self.fetch_first(&trust, &sources).await;
        for (issuer, outcome) in self.switch(trust, &sources, first) {
            self.tell(&issuer, &outcome);
        }
        self.inventory.save().await;
        Ok(())
    }

    /// Fetches the keys of issuers that are not kept yet, or from elsewhere. Cut
    /// off, it leaves nothing behind.
    async fn fetch_first(&self, trust: &Trust, sources: &Sources) -> Vec<First> {
        let view = self.view();
        let new = sources.iter().filter(|(issuer, source)| view.kept(issuer, source).is_none());
        let slots: Vec<Arc<Slot>> = new
            .map(|(issuer, source)| {
                let keys = issuer_of(trust, issuer).map(Issuer::keys);
                let keys = keys.filter(|keys| keys.is_available()).cloned();
                Arc::new(Slot::new(issuer, source, keys))
            })
            .collect();
        let mut running = JoinSet::new();
        for slot in &slots {
            slot.state().begin(self.now());
            let fetch = Fetch::new(&slot.issuer, &slot.source);
            let (issuer, transport) = (slot.issuer.clone(), Arc::clone(&self.transport));
            let settings = self.settings;
            running.spawn(async move { (issuer, attempt(fetch, transport, settings).await) });
        }
        let mut attempts = BTreeMap::new();
        while let Some(joined) = running.join_next().await {
            attempts.extend(joined);
        }
        slots
            .into_iter()
            .map(|slot| {
                let (fetch, result) = attempts.remove(&slot.issuer).unwrap_or_else(|| {
                    (Fetch::new(&slot.issuer, &slot.source), Err(FetchError::Internal))
                });
                First { slot, fetch, result }
            })
            .collect()
    }

    /// Makes the trust the one that serves: with the keys that are kept, and
    /// those that were fetched for it. Answers what came of those fetches.
    fn switch(
        self: &Arc<Self>,
        trust: Trust,
        sources: &Sources,
        first: Vec<First>,
    ) -> Vec<(String, Outcome)> {
        let mut on_change = self.publishing();
        let (old, now) = (self.view(), self.now());
        let mut trust = self.dated(trust);
        let (mut kept, mut outcomes) = (BTreeMap::new(), Vec::new());
        for (issuer, source) in sources {
            if let Some(same) = old.kept(issuer, source) {
                trust = self.carry_over(&same.slot, &trust);
                kept.insert(issuer.clone(), Arc::clone(same));
            }
        }
        for First { slot, mut fetch, result } in first {
            let outcome = self.take_up(&slot, &mut fetch, result, &mut trust);
            outcomes.push((slot.issuer.clone(), outcome));
            let task = tokio::spawn(keep(Arc::clone(self), Arc::clone(&slot), fetch));
            let task = task.abort_handle();
            kept.insert(slot.issuer.clone(), Arc::new(Kept { slot, task }));
        }
        let issuers: BTreeSet<&str> = trust.issuers().map(Issuer::name).collect();
        self.inventory.keep_issuers(&issuers, now);
        old.stop_all_but(&kept);
        self.show(&mut on_change, trust, kept);
        outcomes
    }

    /// The trust, in which each key is as old as it was first seen.
    fn dated(&self, trust: Trust) -> Trust {
        let now = self.now();
        let with_keys: Vec<Issuer> =
            trust.issuers().filter(|issuer| issuer.keys().is_available()).cloned().collect();
        with_keys.iter().fold(trust, |trust, issuer| {
            let (name, keys) = (issuer.name(), issuer.keys());
            self.inventory.record(name, keys, now);
            let dated = self.inventory.dated(name, keys.clone(), now);
            // Its keys fit its rules, of whatever age they are.
            trust.with_keys(name, &dated).unwrap_or(trust)
        })
    }

    /// The trust, with the keys that a slot has. If they do not fit the rules
    /// that its issuer has now, it has none, and others are fetched.
    fn carry_over(&self, slot: &Slot, trust: &Trust) -> Trust {
        let (keys, jwks) = {
            let state = slot.state();
            (state.keys.clone(), state.jwks.clone())
        };
        let Some(keys) = keys else { return without_keys(trust, &slot.issuer) };
        match trust.with_keys(&slot.issuer, &keys) {
            Ok(trust) => trust,
            Err(error) => {
                let address = jwks.as_ref().map(shown).unwrap_or_default();
                slot.state().refuse(self.now(), FetchError::Rules { address, error });
                slot.hurry();
                without_keys(trust, &slot.issuer)
            }
        }
    }
}

impl View {
    fn kept(&self, issuer: &str, source: &Source) -> Option<&Arc<Kept>> {
        self.kept.get(issuer).filter(|kept| kept.slot.source == *source)
    }
}

fn check(trust: &Trust, sources: &Sources) -> Result<(), ConfigError> {
    for (issuer, source) in sources {
        let named = || issuer.clone();
        let Some(of) = issuer_of(trust, issuer) else {
            return Err(ConfigError::UnknownIssuer { issuer: named() });
        };
        source.check(issuer).map_err(|error| ConfigError::Source { issuer: named(), error })?;
        if of.keys().is_symmetric() {
            return Err(ConfigError::Symmetric { issuer: named() });
        }
    }
    let without =
        |issuer: &&Issuer| !issuer.keys().is_available() && !sources.contains_key(issuer.name());
    match trust.issuers().find(without) {
        Some(issuer) => Err(ConfigError::NoSource { issuer: issuer.name().to_owned() }),
        None => Ok(()),
    }
}

fn issuer_of<'t>(trust: &'t Trust, name: &str) -> Option<&'t Issuer> {
    trust.issuers().find(|issuer| issuer.name() == name)
}
