//! Metrics, in the text format of OpenMetrics. No label holds what a client sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tokenward::{BundleVersion, Decision, Outcome, PolicyStatus, Refusal, UnixTime};

use super::listen::Counts;
use crate::gate::{Judged, Observer};
use crate::inquiry::Inquiry;
use crate::reply::code;

type Count = Counter<u64, AtomicU64>;
type Level = Gauge<i64, AtomicI64>;

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DecisionLabels {
    bundle: String,
    outcome: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PolicyLabels {
    bundle: String,
    policy: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FaultLabels {
    bundle: String,
    policy: String,
    code: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BundleLabels {
    bundle: String,
    version: String,
    digest: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct IssuerLabels {
    issuer: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KeyLabels {
    issuer: String,
    kid: String,
    algorithm: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ListenerLabels {
    listener: &'static str,
}

/// The policies of a bundle in the order of the bundle, each with the counters of its outcomes: what
/// is counted for every request is not looked up by name.
struct OfBundle {
    digest: String,
    policies: Vec<[Count; 5]>,
}

/// Everything that is counted. A clone counts the same.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    decisions: Family<DecisionLabels, Count>,
    policies: Family<PolicyLabels, Count>,
    faults: Family<FaultLabels, Count>,
    verify: Histogram,
    evaluate: Histogram,
    judge: Histogram,
    of_bundle: Arc<ArcSwapOption<OfBundle>>,
    bundle: Family<BundleLabels, Level>,
    bundle_since: Level,
    bundle_expires: Level,
    switches: Count,
    refused: Family<CodeLabels, Count>,
    source_failures: Level,
    keys: Family<KeyLabels, Level>,
    key_fetched: Family<IssuerLabels, Level>,
    key_failures: Family<IssuerLabels, Level>,
    key_stale: Family<IssuerLabels, Level>,
    records: Family<CodeLabels, Count>,
    record_queue: Level,
    open: Family<ListenerLabels, Level>,
    accepted: Family<ListenerLabels, Count>,
    not_accepted: Family<ListenerLabels, Count>,
    ready: Level,
}

/// Seconds, from 5 µs to 1.3 s.
fn latency() -> Histogram {
    Histogram::new(exponential_buckets(0.000_005, 2.0, 19))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("tokenward");
        let mut metrics = Self {
            registry: Arc::default(),
            decisions: Family::default(),
            policies: Family::default(),
            faults: Family::default(),
            verify: latency(),
            evaluate: latency(),
            judge: latency(),
            of_bundle: Arc::default(),
            bundle: Family::default(),
            bundle_since: Level::default(),
            bundle_expires: Level::default(),
            switches: Count::default(),
            refused: Family::default(),
            source_failures: Level::default(),
            keys: Family::default(),
            key_fetched: Family::default(),
            key_failures: Family::default(),
            key_stale: Family::default(),
            records: Family::default(),
            record_queue: Level::default(),
            open: Family::default(),
            accepted: Family::default(),
            not_accepted: Family::default(),
            ready: Level::default(),
        };
        metrics.register_decisions(&mut registry);
        metrics.register_state(&mut registry);
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of the server", build);
        metrics.registry = Arc::new(registry);
        metrics
    }

    fn register_decisions(&self, registry: &mut Registry) {
        let name = "decisions";
        registry.register(name, "Decisions, by outcome and reason", self.decisions.clone());
        let help = "Verdicts of policies, by outcome";
        registry.register("policy_verdicts", help, self.policies.clone());
        registry.register("policy_faults", "Policies that gave no verdict", self.faults.clone());
        let help = "Parsing and verifying a token";
        registry.register_with_unit("verify", help, Unit::Seconds, self.verify.clone());
        let help = "All policies of a decision";
        registry.register_with_unit("evaluate", help, Unit::Seconds, self.evaluate.clone());
        let help = "A judgement as a whole, with waiting for keys and for the decision log";
        registry.register_with_unit("judge", help, Unit::Seconds, self.judge.clone());
    }

    fn register_state(&self, registry: &mut Registry) {
        registry.register("bundle", "1 for the active bundle", self.bundle.clone());
        let help = "When the active bundle became active, in seconds since 1970";
        registry.register("bundle_since_timestamp_seconds", help, self.bundle_since.clone());
        let help = "When the active bundle expires, in seconds since 1970; 0 if it does not";
        registry.register("bundle_expires_timestamp_seconds", help, self.bundle_expires.clone());
        registry.register("bundle_switches", "Bundles that became active", self.switches.clone());
        registry.register("bundles_refused", "Bundles that were refused", self.refused.clone());
        let help = "Times in a row that the source of bundles failed";
        registry.register("bundle_source_failures", help, self.source_failures.clone());
        let help = "Age of an issuer's key: seconds since it was first seen";
        registry.register("key_age_seconds", help, self.keys.clone());
        let help = "When an issuer's keys were last fetched, in seconds since 1970";
        registry.register("keys_fetched_timestamp_seconds", help, self.key_fetched.clone());
        let help = "Times in a row that fetching an issuer's keys failed";
        registry.register("keys_fetch_failures", help, self.key_failures.clone());
        let help = "1 where keys serve that could not be fetched again";
        registry.register("keys_stale", help, self.key_stale.clone());
        registry.register("decision_records", "Records of decisions", self.records.clone());
        let help = "Records that wait to be written";
        registry.register("decision_records_waiting", help, self.record_queue.clone());
        registry.register("connections", "Open connections", self.open.clone());
        registry.register("connections_accepted", "Connections", self.accepted.clone());
        let help = "Times that a connection could not be accepted";
        registry.register("connections_failed", help, self.not_accepted.clone());
        registry.register("ready", "1 if the server is ready", self.ready.clone());
    }

    /// The metrics as text, with what is asked for only now.
    pub(crate) fn text(&self, state: &State<'_>) -> String {
        self.take(state);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn take(&self, state: &State<'_>) {
        self.ready.set(i64::from(state.ready));
        self.bundle.clear();
        let active = state.bundle;
        let labels = BundleLabels {
            bundle: active.name.clone(),
            version: active.version.clone(),
            digest: active.digest.clone(),
        };
        self.bundle.get_or_create(&labels).set(1);
        if let Some(status) = state.activation {
            let since = status.active.as_ref().map_or(0, |kept| kept.since.seconds());
            self.bundle_since.set(since);
            self.bundle_expires.set(status.expires.map_or(0, UnixTime::seconds));
            set(&self.switches, status.switches);
            for (code, times) in &status.refused {
                let labels = CodeLabels { code: (*code).to_owned() };
                set(&self.refused.get_or_create(&labels), *times);
            }
            let failures = status.sources.values().map(|source| source.failures).sum::<u64>();
            self.source_failures.set(i64::try_from(failures).unwrap_or(i64::MAX));
        } else {
            self.bundle_since.set(state.started.seconds());
        }
        self.take_keys(state.keys);
        self.take_records(state.log);
        for (listener, counts) in state.listeners {
            let labels = ListenerLabels { listener };
            let level = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            let open = i64::try_from(level(&counts.open)).unwrap_or(i64::MAX);
            self.open.get_or_create(&labels).set(open);
            set(&self.accepted.get_or_create(&labels), level(&counts.accepted));
            set(&self.not_accepted.get_or_create(&labels), level(&counts.failed));
        }
    }

    /// Keys come and go: what is no longer there is no longer told.
    fn take_keys(&self, status: Option<&tokenward_keys::Status>) {
        self.keys.clear();
        for of in status.iter().flat_map(|status| &status.issuers) {
            let issuer = IssuerLabels { issuer: of.issuer.clone() };
            let fetched = of.last_success.map_or(0, UnixTime::seconds);
            self.key_fetched.get_or_create(&issuer).set(fetched);
            self.key_failures.get_or_create(&issuer).set(i64::from(of.failures_in_a_row));
            self.key_stale.get_or_create(&issuer).set(i64::from(of.stale));
            for key in &of.keys {
                let Some(age) = key.age_seconds else { continue };
                let labels = KeyLabels {
                    issuer: of.issuer.clone(),
                    kid: key.kid.clone().unwrap_or_default(),
                    algorithm: key.algorithm.to_owned(),
                };
                let age = i64::try_from(age).unwrap_or(i64::MAX);
                self.keys.get_or_create(&labels).set(age);
            }
        }
    }

    fn take_records(&self, stats: Option<&tokenward_audit::Stats>) {
        let Some(stats) = stats else { return };
        for (code, count) in
            [("written", stats.written), ("dropped", stats.dropped), ("refused", stats.refused)]
        {
            set(&self.records.get_or_create(&CodeLabels { code: code.to_owned() }), count);
        }
        self.record_queue.set(i64::try_from(stats.queued).unwrap_or(i64::MAX));
    }

    fn of_bundle(&self, decision: &Decision) -> Arc<OfBundle> {
        let digest = &decision.bundle().digest;
        if let Some(of) = &*self.of_bundle.load()
            && of.digest == *digest
            && of.policies.len() == decision.policies().len()
        {
            return Arc::clone(of);
        }
        let counters = |policy: &str| {
            OUTCOMES.map(|outcome| {
                let bundle = decision.bundle().name.clone();
                let labels = PolicyLabels { bundle, policy: policy.to_owned(), outcome };
                self.policies.get_or_create(&labels).clone()
            })
        };
        let policies = decision.policies().iter().map(|policy| counters(&policy.id)).collect();
        let of = Arc::new(OfBundle { digest: digest.clone(), policies });
        self.of_bundle.store(Some(Arc::clone(&of)));
        of
    }
}

/// What metrics are told when they are asked for.
pub(crate) struct State<'a> {
    pub(crate) ready: bool,
    pub(crate) started: UnixTime,
    pub(crate) bundle: &'a tokenward::BundleVersion,
    pub(crate) activation: Option<&'a tokenward_activation::Status>,
    pub(crate) keys: Option<&'a tokenward_keys::Status>,
    pub(crate) log: Option<&'a tokenward_audit::Stats>,
    pub(crate) listeners: &'a [(&'static str, Arc<Counts>)],
}

/// A counter that another part counts.
fn set(counter: &Count, value: u64) {
    counter.inner().store(value, Ordering::Relaxed);
}

const OUTCOMES: [&str; 5] = ["permit", "deny", "step-up", "fault", "not-asked"];

impl Observer for Metrics {
    fn refused(&self, bundle: &BundleVersion, code: &'static str) {
        let labels = DecisionLabels {
            bundle: bundle.name.clone(),
            outcome: Outcome::Deny.as_str(),
            reason: code,
        };
        self.decisions.get_or_create(&labels).inc();
    }

    fn judged(&self, _: &Inquiry, judged: &Judged) {
        let decision = &judged.decision;
        let labels = DecisionLabels {
            bundle: decision.bundle().name.clone(),
            outcome: judged.reply.outcome.as_str(),
            reason: reason(judged),
        };
        self.decisions.get_or_create(&labels).inc();
        self.verify.observe(decision.verify_time().as_secs_f64());
        self.judge.observe(judged.elapsed.as_secs_f64());
        if decision.policies().is_empty() {
            return;
        }
        self.evaluate.observe(decision.evaluate_time().as_secs_f64());
        let of = self.of_bundle(decision);
        for (report, counters) in decision.policies().iter().zip(&of.policies) {
            let outcome = report.status.as_str();
            let at = OUTCOMES.iter().position(|name| *name == outcome);
            if let Some(counter) = at.and_then(|at| counters.get(at)) {
                counter.inc();
            }
            if let PolicyStatus::Fault(fault) = &report.status {
                let labels = FaultLabels {
                    bundle: decision.bundle().name.clone(),
                    policy: report.id.to_string(),
                    code: fault.code(),
                };
                self.faults.get_or_create(&labels).inc();
            }
        }
    }
}

/// Why, in one word: of a token, the code of what is wrong with it.
pub(crate) fn reason(judged: &Judged) -> &'static str {
    match judged.decision.permit() {
        Ok(_) if judged.reply.is_permit() => "none",
        Ok(_) if judged.reply.outcome == Outcome::Deny => "subject_mismatch",
        Ok(_) => "not_recorded",
        Err(Refusal::Token(error)) => error.code(),
        Err(refusal) => code(refusal),
    }
}
