//! What changes is told in the server's log: bundles, keys, the decision log. Not requests.

use std::sync::Arc;
use std::time::Duration;

use tokenward_activation::Status;
use tokenward_keys::Outcome;

use super::app::App;

/// How often what has a status is looked at.
const OFTEN: Duration = Duration::from_secs(1);

/// A fetch of an issuer's keys has ended.
pub(crate) fn fetched(issuer: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Changed => tracing::info!(issuer, "keys were fetched, and are others than before"),
        Outcome::Failed(error) => {
            tracing::warn!(issuer, code = error.code(), %error, "keys could not be fetched");
        }
        _ => {
            tracing::debug!(issuer, outcome = outcome.name(), "keys were looked after");
        }
    }
}

/// Tells what changes, for as long as it runs.
pub(crate) async fn follow(app: Arc<App>) {
    let mut known = Known { unsound: Vec::new(), ..Known::of(&app) };
    loop {
        tokio::time::sleep(OFTEN).await;
        let now = Known::of(&app);
        now.tell(&known);
        known = now;
    }
}

/// What was seen the last time.
struct Known {
    activation: Option<Status>,
    /// Whether the decision log fails, and why.
    failing: Option<&'static str>,
    /// Keys that providers should not publish: the issuer, and what is said of the key.
    unsound: Vec<(String, String)>,
}

impl Known {
    fn of(app: &App) -> Self {
        let stats = app.log.as_ref().map(|log| log.stats()).filter(|stats| stats.failing);
        let code = stats.map(|stats| stats.last_error.map_or("unknown", |error| error.code));
        let issuers = app.keys.as_ref().map(|keys| keys.status().issuers).unwrap_or_default();
        let unsound = issuers.into_iter().flat_map(|issuer| {
            let name = issuer.issuer;
            let keys = issuer.skipped.into_iter().filter(|key| key.unsound);
            keys.map(move |key| {
                let kid = key.kid.map(|kid| format!(" (`{kid}`)")).unwrap_or_default();
                (name.clone(), format!("key {}{kid} {}", key.number, key.reason))
            })
        });
        let activation = app.activator.as_ref().map(|activator| activator.status());
        Self { activation, failing: code, unsound: unsound.collect() }
    }

    fn tell(&self, before: &Self) {
        match (before.failing, self.failing) {
            (None, Some(code)) => tracing::error!(code, "decisions cannot be recorded"),
            (Some(_), None) => tracing::info!("decisions are recorded again"),
            _ => {}
        }
        for (issuer, key) in self.unsound.iter().filter(|key| !before.unsound.contains(key)) {
            tracing::warn!(issuer, key, "a published key is skipped that nobody should publish");
        }
        let (Some(now), Some(then)) = (&self.activation, &before.activation) else { return };
        if let Some(active) = now.active.as_ref().filter(|_| now.switches > then.switches) {
            tracing::info!(
                bundle = active.name,
                version = active.version,
                digest = active.digest,
                "another bundle is active"
            );
        }
        if let Some(refused) = now.last_refused.as_ref().filter(|_| now.refused != then.refused) {
            tracing::warn!(
                who = refused.who,
                code = refused.code,
                reason = refused.message,
                "a bundle was refused; the one before serves"
            );
        }
        for (name, source) in &now.sources {
            let failed = then.sources.get(name).map_or(0, |source| source.failures);
            if let (Some(error), 0) = (&source.error, failed) {
                tracing::warn!(source = name, error, "the source of bundles does not answer");
            } else if source.failures == 0 && failed > 0 {
                tracing::info!(source = name, "the source of bundles answers again");
            }
        }
    }
}
