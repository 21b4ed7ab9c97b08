//! The keeper of keys: what gateways hold, and ask.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokenward_token::{Trust, UnixTime};
use tokio::task::JoinSet;

use crate::error::ConfigError;
use crate::http::{Http, Transport};
use crate::inventory::Inventory;
use crate::settings::Settings;
use crate::shared::{Hooks, Shared};
use crate::slot::Outcome;
use crate::source::Sources;
use crate::status::Status;

/// A clock, for times that people read and for the ages of keys.
pub type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

/// Keeps the keys of issuers as their providers publish them.
///
/// One task for each issuer whose keys are fetched; they end when the keeper is
/// dropped. What it knows is a [`Trust`], handed to `on_change` whenever it
/// becomes another.
pub struct Keeper {
    shared: Arc<Shared>,
}

/// What a [`Keeper`] is started with.
#[must_use]
pub struct Builder {
    trust: Trust,
    sources: Sources,
    settings: Settings,
    inventory: Option<PathBuf>,
    clock: Clock,
    transport: Arc<dyn Transport>,
    hooks: Hooks,
}

impl Builder {
    /// How often keys are fetched, and how long they are believed.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Keeps over restarts when each key was first seen, in this file, which is
    /// made when it is not there. Its folder is.
    pub fn inventory(mut self, file: PathBuf) -> Self {
        self.inventory = Some(file);
        self
    }

    /// Another clock than the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What is done with the trust when it becomes another, and once at the
    /// start: it serves from then on. It is called by one thread at a time, in
    /// order, and before anybody learns that keys have changed. It must be quick,
    /// and must neither call [`Keeper::reload`] nor drop the keeper; should it
    /// panic, the keeper goes on.
    pub fn on_change(mut self, on_change: impl FnMut(Trust) + Send + 'static) -> Self {
        self.hooks.change = Box::new(on_change);
        self
    }

    /// What is done when a fetch of an issuer's keys has ended, for logs and
    /// counts. It must be quick; should it panic, the keeper goes on.
    pub fn on_fetch(mut self, on_fetch: impl Fn(&str, &Outcome) + Send + Sync + 'static) -> Self {
        self.hooks.fetch = Box::new(on_fetch);
        self
    }

    #[cfg(test)]
    pub(crate) fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = transport;
        self
    }

    /// Fetches the keys of all issuers at once, and keeps them from then on. It
    /// takes as long as the slowest of them, at most [`Settings::timeout`]. That
    /// some cannot be fetched is no error: it is in the status, and tried again.
    ///
    /// It is to be called within a tokio runtime with time and I/O.
    ///
    /// # Errors
    ///
    /// [`ConfigError`]: then nothing was fetched.
    pub async fn start(self) -> Result<Keeper, ConfigError> {
        self.settings.check()?;
        let inventory = Arc::new(Inventory::open(self.inventory)?);
        let shared = Shared::new(
            self.trust.clone(),
            self.settings,
            self.clock,
            self.transport,
            inventory,
            self.hooks,
        );
        // Dropped where this is cut off, it ends what was begun.
        let keeper = Keeper { shared: Arc::new(shared) };
        keeper.reload(self.trust, self.sources).await?;
        Ok(keeper)
    }
}

impl Keeper {
    /// A keeper of this trust, with the sources of the issuers whose keys are
    /// fetched, as a [`TrustFile`](crate::TrustFile) has them. Keys that the
    /// trust has of such an issuer serve until others are fetched.
    pub fn builder(trust: Trust, sources: Sources) -> Builder {
        Builder {
            trust,
            sources,
            settings: Settings::default(),
            inventory: None,
            clock: Arc::new(UnixTime::now),
            transport: Arc::new(Http::default()),
            hooks: Hooks { change: Box::new(drop), fetch: Box::new(|_, _| {}) },
        }
    }

    /// The trust as it is now.
    #[must_use]
    pub fn trust(&self) -> Arc<Trust> {
        Arc::clone(&self.shared.view().trust)
    }

    /// For a token of this issuer whose `kid` is unknown
    /// ([`TokenError::KeyNotFound`](tokenward_token::TokenError::KeyNotFound)):
    /// fetches the keys, at most once per [`Settings::cooldown`], and answers
    /// when they are there. Whoever asks meanwhile shares that fetch. After
    /// [`Outcome::Changed`] the token may be verified again; after any other
    /// outcome, what was said of it stands.
    ///
    /// Anyone can send such tokens: more than that cannot be caused by it.
    pub async fn unknown_key(&self, issuer: &str) -> Outcome {
        match self.shared.slot(issuer) {
            Some(slot) => slot.unknown_key(self.shared.settings.cooldown).await,
            None => Outcome::NotKept,
        }
    }

    /// For an operator: fetches the keys of this issuer, and its metadata, now.
    pub async fn refresh(&self, issuer: &str) -> Outcome {
        match self.shared.slot(issuer) {
            Some(slot) => slot.refresh().await,
            None => Outcome::NotKept,
        }
    }

    /// For an operator: fetches the keys of all issuers at once, now. The
    /// outcomes are by issuer, in the order of their names.
    pub async fn refresh_all(&self) -> Vec<(String, Outcome)> {
        let mut all = JoinSet::new();
        for kept in self.shared.view().kept.values() {
            let slot = Arc::clone(&kept.slot);
            all.spawn(async move { (slot.issuer.clone(), slot.refresh().await) });
        }
        let mut outcomes = Vec::new();
        while let Some(joined) = all.join_next().await {
            outcomes.extend(joined);
        }
        outcomes.sort_by(|(a, _), (b, _)| a.cmp(b));
        outcomes
    }

    /// Goes over to another trust, as when its file was read again. Issuers whose
    /// source is the same keep their keys, their cooldown and their schedule; the
    /// keys of the others are fetched first, as at the start, while the trust
    /// before still serves.
    ///
    /// # Errors
    ///
    /// [`ConfigError`]: then everything is as it was.
    pub async fn reload(&self, trust: Trust, sources: Sources) -> Result<(), ConfigError> {
        self.shared.reload(trust, sources).await
    }

    /// What is known of each issuer's keys and of their fetches.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Ends as when dropped, and writes down what is not yet.
    pub async fn stop(self) {
        self.shared.stop();
        self.shared.inventory.save().await;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("trust", &self.trust()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("sources", &self.sources)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
