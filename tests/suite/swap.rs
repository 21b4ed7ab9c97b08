//! Bundles swapped while requests run.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokenward::{
    Authorizer, Bundle, BundleManifest, Outcome, RequestFacts, Signals, Trust, UnixTime,
};
use tokenward_tests::HOSTILE;

use crate::support::object;

/// A bundle of three policies that all answer what the bundle's name says: a
/// request that mixed two bundles would show it.
fn bundle(folder: &std::path::Path, name: &str, behaviour: &str) -> Bundle {
    let mut manifest = format!("name='{name}'\nversion='1.0.0'\ntitle='{name}'\n");
    for id in ["a", "b", "c"] {
        let _ = write!(
            manifest,
            "[[policy]]\nid='{name}-{id}'\nmodule='./hostile.wasm'\n\
             settings={{evaluate='{behaviour}'}}\n"
        );
    }
    std::fs::write(folder.join("hostile.wasm"), HOSTILE).expect("written");
    let manifest = BundleManifest::parse(&manifest, "test").expect("a manifest");
    Bundle::from_manifest(manifest, Some(folder)).expect("a bundle")
}

/// Ten swaps a second under load on all cores. `TOKENWARD_SWAP_SECONDS` says
/// for how long; the acceptance run is 30.
#[test]
fn no_request_fails_and_none_mixes_two_bundles() {
    let seconds = std::env::var("TOKENWARD_SWAP_SECONDS").ok().and_then(|s| s.parse().ok());
    let length = Duration::from_secs(seconds.unwrap_or(3));
    let folder = tempfile::tempdir().expect("a folder");
    let cache = tokenward::CompilationCache::in_folder(folder.path().join("cache")).expect("cache");
    let permitting = bundle(folder.path(), "permitting", "nothing");
    let denying = bundle(folder.path(), "denying", "deny");
    let key = tokenward::mint::PrivateKey::generate(tokenward::Algorithm::ES256).expect("a key");
    let now = UnixTime(1_800_000_000);
    let token = key.mint(None, &object(r#"{"sub":"u","exp":1800000600}"#)).expect("a token");
    let engine = tokenward::EngineConfig { cache: Some(cache), ..Default::default() };
    let authorizer = Authorizer::builder()
        .engine(engine)
        .build(Trust::key_only(key.key_set().expect("keys")), &permitting)
        .expect("an authorizer");
    let request = RequestFacts::new("GET", "https://api.example/").expect("a request");

    let (stop, decisions, swaps) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let seen = [AtomicU64::new(0), AtomicU64::new(0)];
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let decision =
                        authorizer.authorize_at(token.as_bytes(), &request, &Signals::none(), now);
                    let name = decision.bundle().name.clone();
                    let (expected, index) = match name.as_str() {
                        "permitting" => (Outcome::Permit, 0),
                        _ => (Outcome::Deny, 1),
                    };
                    assert_eq!(decision.outcome(), expected, "{:?}", decision.permit());
                    assert_eq!(decision.policies().len(), 3);
                    assert!(decision.policies().iter().all(|p| p.id.starts_with(&name)));
                    let findings = decision.findings().len();
                    assert_eq!(findings, index * 3, "all policies of one bundle");
                    seen[index].fetch_add(1, Ordering::Relaxed);
                    decisions.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let started = Instant::now();
        for (turn, next) in [&denying, &permitting].into_iter().cycle().enumerate() {
            if started.elapsed() >= length {
                break;
            }
            let version = authorizer.activate(next).expect("it activates");
            assert_eq!(version.digest, next.digest());
            swaps.fetch_add(1, Ordering::Relaxed);
            let due = Duration::from_millis(100) * u32::try_from(turn + 1).unwrap_or(u32::MAX);
            std::thread::sleep(due.saturating_sub(started.elapsed()));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let (decisions, swaps) = (decisions.into_inner(), swaps.into_inner());
    println!("{swaps} swaps, {decisions} decisions, {seen:?} of each bundle");
    assert!(seen.iter().all(|n| n.load(Ordering::Relaxed) > 0), "both bundles decided");
    assert!(swaps >= 2 * length.as_secs(), "{swaps} swaps in {length:?}");
}

#[test]
fn a_bundle_that_does_not_load_leaves_the_old_one_active() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = bundle(folder.path(), "good", "nothing");
    let bad = bundle(folder.path(), "bad", "no-such-behaviour");
    let keys = tokenward::mint::PrivateKey::generate(tokenward::Algorithm::ES256).expect("a key");
    let authorizer = Authorizer::new(Trust::key_only(keys.key_set().expect("keys")), &good)
        .expect("an authorizer");
    let error = authorizer.activate(&bad).expect_err("its settings are wrong").to_string();
    assert!(error.contains("bundle `bad`, policy `bad-a`: setting `/evaluate`"), "{error}");
    assert_eq!(authorizer.active().name, "good");
}
