//! One table: what judging a request costs, beside signature checks, the same
//! policies compiled natively, regorus and Cedar, measured in turns in one run.
//!
//! `cargo run --release -p tokenward-bench [ROUNDS [NAME]]`, where NAME is the
//! beginning of a row's name, such as `16 policies, 2`, or `cores`, or `activation`

mod measure;
mod peers;
mod sixteen;
mod subject;
mod switching;

use std::cell::LazyCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use measure::{Measured, ThreadTime, in_turns};
use subject::{Policies, Subject, Times};
use tokenward::mint::PrivateKey;
use tokenward::{
    Algorithm, Authorizer, Engine, EngineConfig, MemoryOfVerdicts, ParseLimits, Refill, Trust,
    UnixTime,
};
use tokenward_engine::{Calls, Evaluation, Instances, Outcome, PolicySet};
use tokenward_token::jws::UnverifiedJws;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(21);
    // The unit is always measured; a second argument picks among the rest.
    let wanted = arguments.next().unwrap_or_default();
    let two = Subject::new(2, Times::Missing);
    let thirty = Subject::new(30, Times::Given);
    // No policy misses anything here: two claims, and beside them the times.
    let harmless = Subject::new(2, Times::Given);
    let sets: Vec<Sets> = [
        (subject::repeated(1), Some(1)),
        (subject::repeated(3), Some(3)),
        (subject::sixteen(), None),
    ]
    .into_iter()
    .filter(|(policies, _)| wanted.is_empty() || wanted.starts_with(&policies.len().to_string()))
    .map(|(policies, peers)| Sets::new(policies, peers))
    .collect();
    let mut bundles = Vec::new();
    for sets in &sets {
        let smallest = if sets.peers.is_some() { &two } else { &harmless };
        for (subject, count) in [(smallest, 2), (&thirty, 30)] {
            if sets.peers.is_none() {
                sets.assert_permits(subject);
            }
            bundles.push((sets, subject, count));
        }
    }
    let mut subjects = signatures(&thirty);
    for (sets, subject, count) in &bundles {
        subjects.extend(measured(sets, subject, *count));
    }
    let mut first = true;
    subjects.retain(|s| std::mem::take(&mut first) || s.name.starts_with(&wanted));
    in_turns(&mut subjects, rounds);
    print_table(&subjects, rounds);
    drop(subjects);
    for (sets, subject, count) in &bundles {
        print_policies(sets, subject, *count);
    }
    // Engines reserve address space, of which there is not enough for all.
    drop(bundles);
    drop(sets);
    if wanted.is_empty() || wanted == "activation" {
        switching::run();
    }
    if wanted.is_empty() || wanted == "cores" {
        scaling(&thirty);
    }
}

/// Signature checks alone: the token is parsed before.
fn signatures(subject: &Subject) -> Vec<Measured<'static>> {
    let algorithms = [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA];
    algorithms
        .into_iter()
        .map(|algorithm| {
            let key = PrivateKey::generate(algorithm).expect("a key");
            let keys = key.key_set().expect("keys");
            let token = key.mint(None, &subject.claims).expect("a token");
            let name = format!("{algorithm} signature check, {} bytes", token.len());
            Measured::parts(name, move |count| {
                let parse = || UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default());
                let parsed: Vec<_> = (0..count).map(|_| parse().expect("a token")).collect();
                let started = ThreadTime::now();
                for jws in parsed {
                    assert!(jws.verify(&keys).is_ok());
                }
                started.elapsed()
            })
        })
        .collect()
}

/// Loaded when it is first used: what is not measured costs nothing.
type Lazy = LazyCell<PolicySet, Box<dyn FnOnce() -> PolicySet>>;

/// The policies of a bundle in the three ways that they can run.
struct Sets {
    policies: Policies,
    /// How often the rules of the peers are repeated; none without peers.
    peers: Option<usize>,
    /// Called as components, each request with new instances.
    component: Lazy,
    /// Called directly, each request with new instances.
    fresh: Lazy,
    /// Called directly, with restored instances.
    inline: Lazy,
    ahead: Lazy,
    remembering: Lazy,
}

impl Sets {
    fn new(policies: Policies, peers: Option<usize>) -> Self {
        let bundle = Rc::new(subject::bundle(&policies));
        let make = |refill, memory, calls, instances| -> Lazy {
            let bundle = Rc::clone(&bundle);
            LazyCell::new(Box::new(move || {
                let config =
                    EngineConfig { refill, memory, calls, instances, ..EngineConfig::default() };
                let engine = Engine::new(config).expect("an engine");
                let load = |policy: &tokenward_bundle::BundledPolicy| {
                    engine.load(&policy.component, &policy.settings_json()).expect("it loads")
                };
                engine.assemble(bundle.policies().iter().map(load).collect())
            }))
        };
        let (off, kept) = (MemoryOfVerdicts::Off, MemoryOfVerdicts::Bytes(8 << 20));
        Self {
            policies,
            peers,
            component: make(Refill::Inline, off, Calls::Component, Instances::Fresh),
            fresh: make(Refill::Inline, off, Calls::Direct, Instances::Fresh),
            inline: make(Refill::Inline, off, Calls::Direct, Instances::Restored),
            ahead: make(Refill::Background { ready: 8 }, off, Calls::Direct, Instances::Restored),
            remembering: make(Refill::Inline, kept, Calls::Direct, Instances::Restored),
        }
    }

    /// Stops unless every policy that is asked permits, and has nothing to say.
    fn assert_permits(&self, subject: &Subject) {
        let evaluations = self.inline.evaluate(&subject.input());
        for (evaluation, (name, _)) in evaluations.iter().zip(&self.policies) {
            match &evaluation.outcome {
                Outcome::Judged(verdict) => {
                    let silent = verdict.findings.is_empty() && verdict.requirements.is_empty();
                    assert!(silent, "{name}: {verdict:?}");
                }
                Outcome::NotAsked => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

fn measured<'a>(sets: &'a Sets, subject: &'a Subject, count: usize) -> Vec<Measured<'a>> {
    let what = format!("{} policies, {count} claims", sets.policies.len());
    let judge = |set: &PolicySet| {
        let evaluations = set.evaluate(&subject.input());
        let judged = |e: &Evaluation| !matches!(e.outcome, Outcome::Fault(_));
        assert!(evaluations.iter().all(judged), "{evaluations:?}");
        evaluations.len()
    };
    let native = peers::native(&sets.policies, subject);
    let mut measured = vec![
        Measured::whole(format!("{what}: components, fresh"), move || judge(&sets.component)),
        Measured::whole(format!("{what}: direct, fresh"), move || judge(&sets.fresh)),
        Measured::whole(format!("{what}: direct, restored"), move || judge(&sets.inline)),
        Measured::parts(format!("{what}: direct, restored, added latency"), move |count| {
            let mut elapsed = Vec::with_capacity(count as usize);
            for _ in 0..count {
                // Instances are made ahead: the request comes when some are ready.
                while sets.ahead.ready() < 5 {
                    std::thread::yield_now();
                }
                let started = Instant::now();
                std::hint::black_box(judge(&sets.ahead));
                elapsed.push(started.elapsed());
            }
            // By the clock: what else ran on the machine meanwhile is in the mean.
            median(&mut elapsed) * count
        }),
        Measured::whole(format!("{what}: remembered verdicts"), move || judge(&sets.remembering)),
        Measured::whole(format!("{what}: natively compiled"), move || {
            native.iter().map(|policy| policy.judge()).sum()
        }),
    ];
    if let Some(rounds) = sets.peers {
        let rego = peers::Rego::new(rounds, subject);
        let cedar = peers::Cedar::new(rounds, subject);
        measured.push(Measured::whole(format!("{what}: regorus"), move || rego.judge()));
        measured.push(Measured::whole(format!("{what}: cedar-policy"), move || cedar.judge()));
    }
    measured
}

fn print_table(subjects: &[Measured<'_>], rounds: u32) {
    let unit = subjects.first().map_or(f64::NAN, Measured::median);
    println!(
        "median of {rounds} rounds, all in turns, one thread; unit: one ES256 signature check\n"
    );
    println!("{:<52} {:>10} {:>9}", "", "µs", "× ES256");
    for subject in subjects {
        let median = subject.median();
        println!("{:<52} {:>10.2} {:>9.3}", subject.name, median / 1e3, median / unit);
    }
}

/// Where the time of the calls goes, policy by policy. The first one's holds
/// the making of all instances.
fn print_policies(sets: &Sets, subject: &Subject, count: usize) {
    const TIMES: u32 = 2_000;
    let names = sets.inline.policies();
    let mut each = vec![(Vec::new(), 0, 0); names.len()];
    for _ in 0..TIMES {
        for ((times, memory, fuel), of) in
            each.iter_mut().zip(sets.inline.evaluate(&subject.input()))
        {
            times.push(of.elapsed);
            *memory = of.memory.peak;
            *fuel = of.fuel;
        }
    }
    println!(
        "\n{:<52} {:>10} {:>9} {:>9}",
        format!("{} policies, {count} claims: each, with narrowing", names.len()),
        "µs",
        "KiB",
        "fuel"
    );
    for (policy, (mut times, memory, fuel)) in names.iter().zip(each) {
        let median = median(&mut times).as_secs_f64() * 1e6;
        let name = &policy.descriptor().name;
        println!("{name:<52} {median:>10.2} {:>9} {fuel:>9}", memory >> 10);
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Whole decisions, verification and 12 policies, on one thread and on all
/// cores; and signature checks alone, to see what the cores themselves give.
fn scaling(subject: &Subject) {
    let key = PrivateKey::generate(Algorithm::ES256).expect("a key");
    let keys = key.key_set().expect("keys");
    let token = key.mint(None, &subject.claims).expect("a token");
    let engine = EngineConfig {
        memory: MemoryOfVerdicts::Off,
        refill: Refill::Inline,
        ..EngineConfig::default()
    };
    let authorizer = Authorizer::builder()
        .engine(engine)
        .build(
            Trust::key_only(key.key_set().expect("keys")),
            &subject::bundle(&subject::repeated(3)),
        )
        .expect("an authorizer");
    let decide = || {
        let signals = std::hint::black_box(&subject.signals);
        let now = UnixTime(subject::NOW);
        let decision = authorizer.authorize_at(token.as_bytes(), &subject.request, signals, now);
        assert!(decision.token_error().is_none(), "{:?}", decision.token_error());
    };
    let verify = || {
        let jws = UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default());
        assert!(jws.and_then(|jws| jws.verify(&keys)).is_ok());
    };
    println!("\na second, best of 5, one thread and all cores");
    print_scaling("ES256 signature checks alone", &verify);
    print_scaling("decisions: ES256, 12 policies, 30 claims", &decide);
}

fn print_scaling(name: &str, work: &(impl Fn() + Sync)) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut best = [0.0_f64; 2];
    for _ in 0..5 {
        for (slot, threads) in best.iter_mut().zip([1, cores]) {
            *slot = slot.max(rate(work, threads));
        }
    }
    let [one, all] = best;
    println!("{name:<52} {one:>10.0} {all:>9.0} {:>6.2}×", all / one);
}

/// How often a second so many threads do the work.
fn rate(work: &(impl Fn() + Sync), threads: usize) -> f64 {
    let (stop, count) = (AtomicBool::new(false), AtomicU64::new(0));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut mine = 0;
                while !stop.load(Ordering::Relaxed) {
                    work();
                    mine += 1;
                }
                count.fetch_add(mine, Ordering::Relaxed);
            });
        }
        std::thread::sleep(Duration::from_secs(1));
        stop.store(true, Ordering::Relaxed);
    });
    #[allow(clippy::cast_precision_loss)]
    let count = count.into_inner() as f64;
    count / started.elapsed().as_secs_f64()
}
