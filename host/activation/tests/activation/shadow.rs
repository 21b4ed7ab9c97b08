//! A candidate is tried on live traffic, promoted, and returned from.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokenward::{
    Authorizer, Binding, Bundle, BundleManifest, Call, Object, Outcome, Phase, RequestFacts,
    Signals, UnixTime,
};
use tokenward_activation::{
    Action, Activator, FaultLimit, Promotion, Seen, ShadowConfig, Totals, Verification, WhenFull,
};

use crate::support::{Bytes, NOW, World, engine, signed};

/// The bundle `acme` with these policies.
fn bundle(version: &str, policies: &str) -> Bundle {
    let text = format!(
        "name='acme'\nversion='{version}'\ntitle='A'\nexpires='2099-01-01T00:00:00Z'\n{policies}"
    );
    Bundle::from_manifest(BundleManifest::parse(&text, "bundle.toml").unwrap(), None).unwrap()
}

const BEFORE: &str = "[[policy]]\nmodule='claim-minimization'\n\
    [[policy]]\nmodule='lifetime-limits'\nsettings.max-lifetime.access=900\n";
const AFTER: &str = "[[policy]]\nmodule='claim-minimization'\nsettings.allow=['@standard','email','plan']\n\
    [[policy]]\nmodule='lifetime-limits'\nsettings.max-lifetime.access=300\n";
const CASE: &str =
    "[[case]]\nname='nothing'\nclaims={sub='u-1'}\nexpect='permit'\nfindings-include=[]\n";

fn signed_bundle(world: &World, version: &str, policies: &str) -> Vec<u8> {
    // Not every bundle here permits the same: they come without cases.
    signed(
        &world.signer,
        &bundle(version, policies),
        "# none\n[[case]]\nname='a'\nno-token=true\nphase='login'\nexpect='fault'\n",
    )
}

/// Requests as a gateway would record them: tokens of many kinds, some of them not accepted.
fn recorded(world: &World, count: usize) -> Vec<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(11);
    let some = [
        ("email", "\"alice@example.com\""),
        ("plan", "\"basic\""),
        ("phone_number", "\"+49 151 23456789\""),
        ("tenant", "\"acme-1\""),
        ("jti", "\"01HF7Y7S5T3Q9V2Z8X4W6K1M0N\""),
    ];
    (0..count)
        .map(|at| {
            let lifetime = *random.choice([200, 300, 301, 900, 901, -10].iter()).unwrap();
            let mut claims =
                format!("{{\"sub\":\"u-{at}\",\"iat\":{},\"exp\":{}", NOW - 5, NOW - 5 + lifetime);
            for (name, value) in some {
                if random.bool() {
                    claims.extend([",\"", name, "\":", value]);
                }
            }
            claims.push('}');
            let limits = tokenward::json::JsonLimits::default();
            let claims = tokenward::json::parse_strict(claims.as_bytes(), &limits).unwrap();
            let mut token =
                world.tokens.mint(None, claims.as_object().unwrap()).unwrap().into_bytes();
            if random.u8(0..20) == 0 {
                token.pop();
            }
            token
        })
        .collect()
}

struct Told {
    request: RequestFacts,
    signals: Signals,
    facts: Object,
}

impl Told {
    fn new() -> Self {
        let request = RequestFacts::new("GET", "https://api.example/orders").unwrap();
        Self { request, signals: Signals::none(), facts: Object::default() }
    }

    fn call<'a>(&'a self, token: &'a [u8]) -> Call<'a> {
        Call {
            bearer: token,
            phase: Phase::Use,
            request: Some(&self.request),
            signals: &self.signals,
            facts: &self.facts,
            binding: Binding::None,
            encryption: None,
            now: UnixTime(NOW),
        }
    }
}

fn started(world: &World, policies: &str) -> Arc<Activator> {
    let mut source = Bytes(signed_bundle(world, "1.0.0", policies));
    world.start(Some(&mut source)).unwrap()
}

#[test]
fn a_shadow_run_finds_what_an_offline_evaluation_finds() {
    let world = World::new();
    let activator = started(&world, BEFORE);
    let requests = recorded(&world, 10_000);
    let told = Told::new();
    let config = ShadowConfig { when_full: WhenFull::Wait, ..ShadowConfig::default() };
    activator.shadow(&signed_bundle(&world, "1.1.0", AFTER), "alice", config).unwrap();
    // From two threads, as a gateway does.
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(token) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let decision = activator.decide(&told.call(token));
                    assert_eq!(decision.bundle().version, "1.0.0");
                }
            });
        }
    });
    let report = activator.end_shadow().unwrap();

    let offline = |policies: &str, version: &str| {
        let builder = Authorizer::builder().engine(engine());
        let authorizer = builder.build(world.trust(), &bundle(version, policies)).unwrap();
        let seen = |token: &Vec<u8>| Seen::of(&authorizer.decide(&told.call(token)));
        requests.iter().map(seen).collect::<Vec<_>>()
    };
    let (before, after) = (offline(BEFORE, "1.0.0"), offline(AFTER, "1.1.0"));
    let mut outcomes = BTreeMap::new();
    let mut policies: BTreeMap<String, Totals> = BTreeMap::new();
    let mut claims: BTreeMap<String, Totals> = BTreeMap::new();
    for (before, after) in before.iter().zip(&after).filter(|(before, after)| before != after) {
        let turn = format!("{} -> {}", before.outcome.as_str(), after.outcome.as_str());
        *outcomes.entry(turn).or_insert(0) += 1;
        for finding in after.findings.iter().filter(|f| !before.findings.contains(f)) {
            policies.entry(finding.policy.clone()).or_default().added += 1;
            if let Some(claim) = &finding.claim {
                claims.entry(claim.clone()).or_default().added += 1;
            }
        }
        for finding in before.findings.iter().filter(|f| !after.findings.contains(f)) {
            policies.entry(finding.policy.clone()).or_default().removed += 1;
            if let Some(claim) = &finding.claim {
                claims.entry(claim.clone()).or_default().removed += 1;
            }
        }
    }
    let changed: u64 = outcomes.values().sum();
    assert_eq!((report.judged, report.not_judged, report.changed), (10_000, 0, changed));
    assert_eq!((report.outcomes, report.policies, report.claims), (outcomes, policies, claims));
    assert!(changed > 1000, "the bundles hardly differ: {changed}");
    assert!(report.controls.contains_key("GDPR 5(1)(c)"), "{:?}", report.controls);
    assert_eq!(report.samples.len(), 20);
    for sample in &report.samples {
        assert_ne!(sample.active, sample.candidate);
        assert!(sample.token.as_ref().unwrap().starts_with("sha256:"));
        let text = format!("{sample:?}");
        assert!(!text.contains("alice@") && !text.contains("basic"), "{text}");
    }
    assert!(activator.shadow_report().is_none());
}

#[test]
fn what_waits_too_long_is_counted_and_live_traffic_goes_on() {
    let world = World::new();
    let activator = started(&world, BEFORE);
    let told = Told::new();
    let candidate = signed_bundle(&world, "1.1.0", AFTER);
    let config = ShadowConfig { queue: 1, ..ShadowConfig::default() };
    activator.shadow(&candidate, "alice", config).unwrap();
    let requests = recorded(&world, 300);
    for token in &requests {
        drop(activator.decide(&told.call(token)));
    }
    let report = activator.end_shadow().unwrap();
    assert_eq!(report.judged + report.not_judged, 300);
    // None at all, where none is to be judged.
    activator.shadow(&candidate, "alice", ShadowConfig { share: 0.0, ..config }).unwrap();
    for token in &requests {
        drop(activator.decide(&told.call(token)));
    }
    let report = activator.end_shadow().unwrap();
    assert_eq!((report.judged, report.not_judged), (0, 0));
}

#[test]
fn a_candidate_is_promoted_when_it_was_tried_enough() {
    let world = World::new();
    let activator = started(&world, BEFORE);
    let told = Told::new();
    let promote = |at_least, changed_at_most| {
        activator.promote("alice", Promotion { at_least, changed_at_most })
    };
    assert_eq!(promote(0, 1.0).unwrap_err().code(), "nothing-to-try");
    let config = ShadowConfig { when_full: WhenFull::Wait, ..ShadowConfig::default() };
    // It goes through what any bundle goes through.
    let older = signed_bundle(&world, "0.9.0", AFTER);
    assert_eq!(activator.shadow(&older, "alice", config).unwrap_err().code(), "older-version");
    activator.shadow(&signed_bundle(&world, "1.1.0", AFTER), "alice", config).unwrap();
    let requests = recorded(&world, 200);
    for token in &requests {
        drop(activator.decide(&told.call(token)));
    }
    let started = Instant::now();
    while activator.shadow_report().unwrap().judged < 200 {
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(promote(201, 1.0).unwrap_err().code(), "tried-too-little");
    assert_eq!(promote(200, f64::NAN).unwrap_err().code(), "changes-too-much");
    let error = promote(200, 0.01).unwrap_err();
    assert_eq!(error.code(), "changes-too-much");
    assert_eq!(activator.authorizer().active().version, "1.0.0");
    promote(200, 1.0).unwrap();
    assert_eq!(activator.authorizer().active().version, "1.1.0");
    assert!(activator.shadow_report().is_none());
    let last = activator.history().0.last().unwrap().clone();
    assert_eq!((last.action, last.who.as_str()), (Action::Promote, "alice"));
    assert!(last.reason.unwrap().ends_with(" of 200 decisions changed"));
}

#[test]
fn faults_lead_back_by_themselves() {
    let world = World::new();
    let folder = world.folder.path().join("faulty");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("hostile.wasm"), tokenward_tests::HOSTILE).unwrap();
    let faulty = "name='acme'\nversion='2.0.0'\ntitle='A'\n\
        [[policy]]\nmodule='./hostile.wasm'\nsettings.evaluate='trap'\n";
    std::fs::write(folder.join("bundle.toml"), faulty).unwrap();
    let faulty =
        tokenward::packed::PackedBundle::pack(&Bundle::from_folder(&folder).unwrap(), Vec::new());
    let faulty = faulty.unwrap().to_bytes().unwrap();
    let mut source =
        Bytes(signed(&world.signer, &bundle("1.0.0", "[[policy]]\nmodule='transport'\n"), CASE));
    let builder = Activator::builder(world.store(), Verification::Unsigned).engine(engine());
    let activator = Arc::new(builder.start(&world.trust(), Some(&mut source)).unwrap());
    let told = Told::new();
    let requests = recorded(&world, 50);
    let accepted = |token: &&Vec<u8>| activator.decide(&told.call(token)).token_error().is_none();
    let token = requests.iter().find(accepted).unwrap();
    let outcome = || activator.decide(&told.call(token)).outcome();
    activator.return_on_faults(FaultLimit { at_least: 5, share: 0.5 });
    let good = outcome();
    assert_ne!(good, Outcome::Fault);
    activator.activate(&faulty, "alice").unwrap();
    for _ in 0..4 {
        assert_eq!(outcome(), Outcome::Fault);
    }
    assert_eq!(activator.authorizer().active().version, "2.0.0");
    assert_eq!(outcome(), Outcome::Fault);
    let started = Instant::now();
    while activator.authorizer().active().version != "1.0.0" {
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", activator.status());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(outcome(), good);
    let last = activator.history().0.last().unwrap().clone();
    assert_eq!((last.action, last.who.as_str()), (Action::Return, "faults"));
    assert_eq!(last.reason.as_deref(), Some("5 of 5 decisions were faults"));
    assert_eq!(activator.offer(&faulty, "source").unwrap_err().code(), "held-back");
}
