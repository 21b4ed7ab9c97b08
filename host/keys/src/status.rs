//! What is known of each issuer's keys: for operators, health checks and metrics.

use std::collections::BTreeMap;

use serde::Serialize;
use tokenward_token::{Issuer, Key, Trust, UnixTime};
use tokio::time::Instant;

use crate::error::FetchError;
use crate::inventory::Inventory;
use crate::settings::Settings;
use crate::shared::View;
use crate::slot::Slot;
use crate::source::{Source, shown};
use crate::well_known::WellKnown;

/// What is known. It holds no key material, and nothing of an answer but the
/// facts of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Status {
    /// The issuers, by name.
    pub issuers: Vec<IssuerStatus>,
    /// Why the file of first-seen times could not be written the last time.
    pub inventory_error: Option<String>,
}

/// One issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct IssuerStatus {
    /// The exact `iss`.
    pub issuer: String,
    /// Where its keys come from.
    pub source: SourceStatus,
    /// Whether it has keys. If not, its tokens get
    /// [`TokenError::KeysUnavailable`](tokenward_token::TokenError::KeysUnavailable).
    pub available: bool,
    /// Whether the keys serve although the last fetch failed.
    pub stale: bool,
    /// The first failure since fetches fail; none if the last one succeeded.
    pub failing_since: Option<UnixTime>,
    /// When stale keys will no longer serve.
    pub expires: Option<UnixTime>,
    /// When a fetch began the last time.
    pub last_attempt: Option<UnixTime>,
    /// When one last succeeded.
    pub last_success: Option<UnixTime>,
    /// When the next one begins, if nobody asks for one.
    pub next_refresh: Option<UnixTime>,
    /// Fetches that were begun.
    pub attempts: u64,
    /// Fetches that failed.
    pub failed: u64,
    /// Fetches that failed in a row.
    pub failures_in_a_row: u32,
    /// Why the last one failed.
    pub error: Option<ErrorStatus>,
    /// The size of the JWKS that is in use.
    pub bytes: Option<usize>,
    /// The keys.
    pub keys: Vec<KeyStatus>,
    /// Keys of the JWKS that are not used, and why.
    pub skipped: Vec<SkippedStatus>,
}

/// Where an issuer's keys come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum SourceStatus {
    /// The configuration: a file that is not fetched.
    File,
    /// A JWKS at an address.
    Jwks {
        /// The address, without its query.
        address: String,
    },
    /// The issuer's metadata.
    Discovery {
        /// Which of its two places answered.
        form: Option<WellKnown>,
        /// The address of the JWKS that it names, without its query.
        jwks: Option<String>,
    },
}

/// Why a fetch failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ErrorStatus {
    /// The stable code; see [`FetchError::code`].
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeyStatus {
    /// The `kid`, if it has one.
    pub kid: Option<String>,
    /// The JWK thumbprint (RFC 7638) with SHA-256; none for a shared secret.
    pub thumbprint: Option<String>,
    /// The JWK type, for instance `EC`.
    #[serde(rename = "type")]
    pub key_type: &'static str,
    /// The curve, if it has one.
    pub curve: Option<&'static str>,
    /// The one algorithm that it is used for.
    pub algorithm: &'static str,
    /// Whether the issuer's rules accept that algorithm.
    pub accepted: bool,
    /// The size: modulus, field or secret.
    pub bits: u32,
    /// When it was first seen; none for a shared secret.
    pub first_seen: Option<UnixTime>,
    /// Seconds since it was first seen, or since it was created (`iat` of the
    /// JWK), if that was before.
    pub age_seconds: Option<u64>,
    /// Other issuers that have the same key: whoever holds it can sign for all.
    pub shared_with: Vec<String>,
}

/// A key of a JWKS that is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct SkippedStatus {
    /// Its place in the set, from 1.
    pub number: usize,
    /// Its `kid`, if it has a valid one.
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: String,
    /// Whether nobody should publish such a key: it is malformed, weak, or no public one.
    pub unsound: bool,
}

pub(crate) fn of(view: &View, inventory: &Inventory, settings: &Settings, now: UnixTime) -> Status {
    let owners = owners(&view.trust);
    let issuers = view.trust.issuers().map(|issuer| {
        let mut status = of_issuer(issuer, &owners, inventory, now);
        if let Some(kept) = view.kept.get(issuer.name()) {
            add_fetches(&mut status, &kept.slot, settings, now);
        }
        status
    });
    Status { issuers: issuers.collect(), inventory_error: inventory.error() }
}

/// The issuers of each key, by its thumbprint.
fn owners(trust: &Trust) -> BTreeMap<&str, Vec<&str>> {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for issuer in trust.issuers() {
        for key in issuer.keys().keys() {
            let of = owners.entry(key.thumbprint()).or_default();
            if !of.contains(&issuer.name()) {
                of.push(issuer.name());
            }
        }
    }
    owners
}

fn of_issuer(
    issuer: &Issuer,
    owners: &BTreeMap<&str, Vec<&str>>,
    inventory: &Inventory,
    now: UnixTime,
) -> IssuerStatus {
    let set = issuer.keys();
    let key = |key: &Key| {
        let facts = key.facts();
        let listed = !key.algorithm().is_symmetric();
        let all = owners.get(key.thumbprint()).into_iter().flatten();
        KeyStatus {
            kid: key.id().map(str::to_owned),
            thumbprint: listed.then(|| key.thumbprint().to_owned()),
            key_type: facts.key_type().name(),
            curve: facts.curve(),
            algorithm: key.algorithm().name(),
            accepted: set.algorithms().contains(&key.algorithm()),
            bits: facts.bits(),
            first_seen: listed.then(|| inventory.first_seen(issuer.name(), key, now)),
            age_seconds: facts.age_seconds(now),
            shared_with: all.filter(|o| **o != issuer.name()).map(|o| (*o).to_owned()).collect(),
        }
    };
    IssuerStatus {
        issuer: issuer.name().to_owned(),
        source: SourceStatus::File,
        available: set.is_available(),
        stale: false,
        failing_since: None,
        expires: None,
        last_attempt: None,
        last_success: None,
        next_refresh: None,
        attempts: 0,
        failed: 0,
        failures_in_a_row: 0,
        error: None,
        bytes: None,
        keys: set.keys().map(key).collect(),
        skipped: set
            .skipped()
            .iter()
            .map(|skipped| SkippedStatus {
                number: skipped.number,
                kid: skipped.id.clone(),
                reason: skipped.reason.clone(),
                unsound: skipped.unsound,
            })
            .collect(),
    }
}

fn add_fetches(status: &mut IssuerStatus, slot: &Slot, settings: &Settings, now: UnixTime) {
    let state = slot.state();
    let moment = |at: Instant| {
        let seconds = at.saturating_duration_since(Instant::now()).as_secs();
        now.plus(i64::try_from(seconds).unwrap_or(i64::MAX))
    };
    status.source = match &slot.source {
        Source::Jwks(url) => SourceStatus::Jwks { address: shown(url) },
        Source::Discovery => {
            SourceStatus::Discovery { form: state.form, jwks: state.jwks.as_ref().map(shown) }
        }
    };
    status.stale = status.available && state.error.is_some();
    status.failing_since = state.failing_since;
    status.expires = state
        .confirmed
        .filter(|_| status.stale)
        .map(|confirmed| moment(confirmed + settings.max_stale));
    status.last_attempt = state.last_attempt;
    status.last_success = state.last_success;
    status.next_refresh = Some(moment(state.due));
    status.attempts = state.attempts;
    status.failed = state.failed;
    status.failures_in_a_row = state.failures;
    status.error = state.error.as_ref().map(of_error);
    status.bytes = state.bytes.filter(|_| status.available);
}

fn of_error(error: &FetchError) -> ErrorStatus {
    ErrorStatus { code: error.code(), message: error.to_string() }
}
