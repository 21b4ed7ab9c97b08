//! What requests feel while bundles are activated, and what is left in memory
//! after many activations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokenward::mint::PrivateKey;
use tokenward::packed::PackedBundle;
use tokenward::{Algorithm, EngineConfig, Outcome, Trust, UnixTime};
use tokenward_activation::{Activator, Fetched, Source, SourceError, Verification};

use crate::subject::{self, Subject, Times};

/// How long requests are served before anything is activated.
const BEFORE: Duration = Duration::from_secs(5);
/// Activations in the table of latencies, and in that of memory.
const SWITCHES: u64 = 20;
const ACTIVATIONS: u64 = 400;

/// Serves with all cores, and activates the 16 policies meanwhile.
pub(crate) fn run() {
    let folder = std::env::temp_dir().join(format!("tokenward-bench-{}", std::process::id()));
    let key = PrivateKey::generate(Algorithm::ES256).expect("a key");
    let trust = Trust::key_only(key.key_set().expect("keys"));
    let mut first = Once(packed(0));
    let activator = Activator::builder(&folder, Verification::Unsigned)
        .engine(EngineConfig::default())
        .start(&trust, Some(&mut first))
        .expect("an activator");
    let activator = Arc::new(activator);
    let subject = Subject::new(30, Times::Given);
    let token = key.mint(None, &subject.claims).expect("a token");
    let decide = || {
        let now = UnixTime(subject::NOW);
        let authorizer = activator.authorizer();
        let decision =
            authorizer.authorize_at(token.as_bytes(), &subject.request, &subject.signals, now);
        decision.outcome() != Outcome::Fault && decision.token_error().is_none()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (stop, failed) = (AtomicBool::new(false), AtomicU64::new(0));
    let started = Instant::now();
    let (spans, served) = std::thread::scope(|scope| {
        let serving: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut served = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let began = Instant::now();
                        if !decide() {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                        served.push((began - started, began.elapsed()));
                    }
                    served
                })
            })
            .collect();
        std::thread::sleep(BEFORE);
        let mut spans = Vec::new();
        for version in 1..=SWITCHES {
            let began = started.elapsed();
            activator.offer(&packed(version), "bench").expect("it is activated");
            spans.push((began, started.elapsed()));
            std::thread::sleep(Duration::from_millis(200));
        }
        stop.store(true, Ordering::Relaxed);
        let served: Vec<_> =
            serving.into_iter().flat_map(|thread| thread.join().expect("it serves")).collect();
        (spans, served)
    });
    let in_span = |at: &Duration| spans.iter().any(|(from, to)| from <= at && at <= to);
    let mut before: Vec<_> =
        served.iter().filter(|(at, _)| *at < BEFORE).map(|(_, took)| *took).collect();
    let mut during: Vec<_> =
        served.iter().filter(|(at, _)| in_span(at)).map(|(_, took)| *took).collect();
    let activation: Duration = spans.iter().map(|(from, to)| *to - *from).sum();
    println!(
        "\ndecisions of 16 policies, 30 claims, on {cores} cores; {SWITCHES} activations meanwhile"
    );
    println!(
        "{:<24} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "µs", "p50", "p99", "p99.9", "max", "decisions"
    );
    let old = row("before", &mut before);
    let new = row("during activations", &mut during);
    println!(
        "p99.9 during / before: {:.2}; failed: {}; an activation took {} ms",
        new / old,
        failed.load(Ordering::Relaxed),
        activation.as_millis() / u128::from(SWITCHES)
    );
    let mut resident = vec![resident_mib()];
    for version in SWITCHES + 1..=SWITCHES + ACTIVATIONS {
        activator.offer(&packed(version), "bench").expect("it is activated");
        assert!(decide(), "it serves");
        if version % (ACTIVATIONS / 4) == SWITCHES {
            resident.push(resident_mib());
        }
    }
    println!(
        "resident MiB, after each {} of {ACTIVATIONS} activations: {resident:?}",
        ACTIVATIONS / 4
    );
    drop(activator);
    let _ = std::fs::remove_dir_all(folder);
}

/// The 16 policies, each time another bundle.
fn packed(version: u64) -> Vec<u8> {
    let bundle = subject::versioned(&subject::sixteen(), &format!("1.{version}.0"));
    let packed = PackedBundle::pack(&bundle, Vec::new()).expect("it is packed");
    packed.to_bytes().expect("it has bytes")
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn row(name: &str, times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    };
    let (p50, p99, p999, max) = (at(0.5), at(0.99), at(0.999), at(1.0));
    println!("{name:<24} {p50:>9.0} {p99:>9.0} {p999:>9.0} {max:>9.0} {:>9}", times.len());
    p999
}

/// Resident memory of this process, where the system tells.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map_or(0, |kib| kib >> 10)
}

/// A source that gives these bytes.
struct Once(Vec<u8>);

impl Source for Once {
    fn name(&self) -> &'static str {
        "bench"
    }
    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        Ok(Fetched::Bundle(self.0.clone()))
    }
    fn forget(&mut self) {}
}
