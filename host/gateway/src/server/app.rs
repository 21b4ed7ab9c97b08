//! What the parts of a running server share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokenward::UnixTime;
use tokenward_activation::Activator;
use tokenward_audit::DecisionLog;
use tokenward_keys::Keeper;
use tokio::sync::watch;

use super::listen::{Counts, Stage};
use super::metrics::{Metrics, State};
use crate::gate::Gate;
use crate::playground::Playground;

/// A running server, for those who look after it.
pub(crate) struct App {
    pub(crate) gate: Arc<Gate>,
    pub(crate) activator: Option<Arc<Activator>>,
    pub(crate) keys: Option<Arc<Keeper>>,
    pub(crate) log: Option<Arc<DecisionLog>>,
    pub(crate) records: Records,
    pub(crate) playground: Option<Playground>,
    pub(crate) metrics: Metrics,
    pub(crate) config: Value,
    pub(crate) stage: watch::Receiver<Stage>,
    pub(crate) listeners: Vec<(&'static str, Arc<Counts>)>,
    pub(crate) started: UnixTime,
    /// Whether a bundle is being activated: one at a time, others are told to come again.
    pub(crate) busy: AtomicBool,
}

/// Whether there is a decision without a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Records {
    /// There may be.
    Wanted,
    /// There must not be.
    Required,
}

impl App {
    /// Why the server is not to be asked; nothing, if it is.
    pub(crate) fn not_ready(&self) -> Option<&'static str> {
        if *self.stage.borrow() != Stage::Serving {
            return Some("it is shutting down");
        }
        // One issuer without keys is that issuer's matter; without any, no token is accepted.
        if let Some(keys) = &self.keys {
            let trust = keys.trust();
            let named = trust.issuers().next().is_some();
            if named && !trust.issuers().any(|i| i.keys().is_available()) {
                return Some("no issuer has keys");
            }
        }
        // Without a record there is no decision.
        let refuses = self.records == Records::Required;
        if refuses && self.log.as_ref().is_some_and(|log| log.stats().failing) {
            return Some("decisions cannot be recorded");
        }
        None
    }

    /// What can be said of the server now.
    pub(crate) fn status(&self) -> Value {
        let not_ready = self.not_ready();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "started": self.started,
            "ready": not_ready.is_none(),
            "not-ready": not_ready,
            "stage": match *self.stage.borrow() {
                Stage::Serving => "serving",
                Stage::Settling => "settling",
                Stage::Draining => "draining",
            },
            "bundle": *self.gate.authorizer().active(),
            "keys": self.keys.as_ref().map(|keys| keys.status()),
            "decision-log": self.log.as_ref().map(|log| log.stats()),
            "connections": self.listeners.iter().map(|(name, counts)| json!({
                "listener": name,
                "open": counts.open.load(Ordering::Relaxed),
                "accepted": counts.accepted.load(Ordering::Relaxed),
                "failed": counts.failed.load(Ordering::Relaxed),
            })).collect::<Vec<_>>(),
        })
    }

    /// Metrics as text.
    pub(crate) fn metrics(&self) -> String {
        let activation = self.activator.as_ref().map(|activator| activator.status());
        self.metrics.text(&State {
            ready: self.not_ready().is_none(),
            started: self.started,
            bundle: &self.gate.authorizer().active(),
            activation: activation.as_ref(),
            keys: self.keys.as_ref().map(|keys| keys.status()).as_ref(),
            log: self.log.as_ref().map(|log| log.stats()).as_ref(),
            listeners: &self.listeners,
        })
    }
}
