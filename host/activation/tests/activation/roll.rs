//! Going back, starting again, and what is remembered of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokenward::mint::PrivateKey;
use tokenward::packed::{KeySigner, PackedBundle};
use tokenward::{Algorithm, Bundle, BundleManifest, Outcome};
use tokenward_activation::{Action, Activator, Store, Switch};

use crate::support::{Bytes, CASE, NOW, World, engine, signed, verification};

fn version(activator: &Activator) -> String {
    activator.authorizer().active().version.clone()
}

#[test]
fn an_operator_goes_back_and_no_source_forward_again() {
    let world = World::new();
    let activator = world.started();
    let second = world.signed("2.0.0");
    assert!(matches!(activator.offer(&second, "source"), Ok(Switch::Active(_))));
    assert!(matches!(activator.offer(&second, "source"), Ok(Switch::AlreadyActive)));
    world.now.store(NOW + 60, Ordering::SeqCst);
    activator.rollback(None, "alice", Some("it denies the whole shop")).unwrap();
    assert_eq!(version(&activator), "1.0.0");
    let held = activator.offer(&second, "source").unwrap_err();
    assert_eq!(held.code(), "held-back");
    // Nor is the one before older than what was accepted any less.
    assert_eq!(
        activator.offer(&world.signed("1.5.0"), "source").unwrap_err().code(),
        "older-version"
    );
    assert_eq!(version(&activator), "1.0.0");

    let (events, left_out) = activator.history();
    let told: Vec<_> =
        events.iter().map(|e| (e.who.as_str(), e.action, e.bundle.as_str())).collect();
    assert_eq!(
        told,
        [
            ("start", Action::Activate, "acme 1.0.0"),
            ("source", Action::Activate, "acme 2.0.0"),
            ("alice", Action::Rollback, "acme 1.0.0")
        ]
    );
    assert_eq!(left_out, 0);
    let last = events.last().unwrap();
    assert_eq!(last.at.seconds(), NOW + 60);
    assert_eq!(last.from.as_ref(), Some(&events[1].to));
    assert_eq!(last.reason.as_deref(), Some("it denies the whole shop"));

    // An operator does, and a later version too.
    activator.activate(&second, "alice").unwrap();
    assert_eq!(version(&activator), "2.0.0");
    activator.rollback(None, "bob", None).unwrap();
    activator.offer(&world.signed("2.0.1"), "source").unwrap();
    assert_eq!(version(&activator), "2.0.1");
}

#[test]
fn one_goes_back_to_any_that_is_kept() {
    let world = World::new();
    let activator = world.started();
    for version in ["2.0.0", "3.0.0"] {
        activator.offer(&world.signed(version), "source").unwrap();
    }
    let first = activator.history().0[0].to.clone();
    activator.rollback(Some(&first), "alice", None).unwrap();
    assert_eq!(version(&activator), "1.0.0");
    let error = activator.rollback(Some("sha256:none"), "alice", None).unwrap_err();
    assert_eq!(error.code(), "nothing-before");
    assert!(error.to_string().contains("sha256:none"));
    // The last one before that nobody went back from; the one that was left, by its digest.
    activator.rollback(None, "alice", None).unwrap();
    assert_eq!(version(&activator), "2.0.0");
    let third = activator.history().0[2].to.clone();
    activator.rollback(Some(&third), "alice", None).unwrap();
    assert_eq!(version(&activator), "3.0.0");
    assert_eq!(activator.rollback(None, "bob", None).unwrap_err().code(), "nothing-before");
}

#[test]
fn there_may_be_nothing_to_go_back_to() {
    let world = World::new();
    let activator = world.started();
    let error = activator.rollback(None, "alice", None).unwrap_err();
    assert_eq!(error.to_string(), "there is no bundle to go back to");
    assert_eq!(version(&activator), "1.0.0");
}

#[test]
fn a_restart_needs_no_source() {
    let world = World::new();
    let activator = world.started();
    activator.offer(&world.signed("2.0.0"), "source").unwrap();
    let before = (activator.history(), activator.status().active);
    drop(activator);
    let activator = world.start(None).unwrap();
    assert_eq!(version(&activator), "2.0.0");
    assert_eq!(world.outcome(&activator), Outcome::Permit);
    assert_eq!((activator.history(), activator.status().active), before);
    // It is still no older one that is accepted.
    assert_eq!(activator.offer(&world.signed("1.9.0"), "s").unwrap_err().code(), "older-version");
    assert!(matches!(
        Store::open(&world.store()),
        Err(tokenward_activation::StoreError::InUse { .. })
    ));
}

#[test]
fn a_start_verifies_again() {
    let world = World::new();
    let activator = world.started();
    activator.offer(&world.signed("2.0.0"), "source").unwrap();
    // Somebody changed what was kept: the one before it serves, and it is said.
    spoil(&world, activator);
    let activator = world.start(None).unwrap();
    assert_eq!(version(&activator), "1.0.0");
    let (events, _) = activator.history();
    assert_eq!(events.last().unwrap().action, Action::Recover);
    assert_eq!(activator.status().last_refused.unwrap().code, "not-kept");
    drop(activator);
    // Long after all of them expired, none serves.
    world.now.store(4_100_000_000, Ordering::SeqCst);
    let error = world.start(None).unwrap_err();
    assert_eq!(error.code(), "nothing-to-start");
    assert!(error.to_string().contains("it expired at 2099"), "{error}");
    let other = World::new();
    let error = other.start(None).unwrap_err();
    assert!(error.to_string().contains("the store is empty"), "{error}");
}

#[test]
fn the_first_bundle_is_tested_too() {
    let world = World::new();
    let mut source = Bytes(world.signed("1.0.0"));
    source.0.truncate(1000);
    assert_eq!(world.start(Some(&mut source)).unwrap_err().code(), "truncated");
}

/// Changes a byte of the file that is kept for the active bundle.
fn spoil(world: &World, activator: Arc<Activator>) {
    let file = activator.status().active.unwrap().file.replace("sha256:", "");
    drop(activator);
    let path = world.store().join(format!("bundles/{file}.bundle"));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn no_start_brings_back_what_was_rolled_back_from() {
    let world = World::new();
    let activator = world.started();
    let second = world.signed("2.0.0");
    activator.offer(&second, "source").unwrap();
    activator.rollback(None, "alice", None).unwrap();
    spoil(&world, activator);
    assert_eq!(world.start(None).unwrap_err().code(), "not-kept");
    let error = world.start(Some(&mut Bytes(second))).unwrap_err();
    assert_eq!(error.code(), "nothing-to-start");
    assert!(error.to_string().contains("acme 2.0.0 is held back"), "{error}");
    let activator = world.start(Some(&mut Bytes(world.signed("2.0.1")))).unwrap();
    assert_eq!(version(&activator), "2.0.1");
}

#[test]
fn a_source_comes_before_an_older_bundle() {
    let world = World::new();
    let activator = world.started();
    let second = world.signed("2.0.0");
    activator.offer(&second, "source").unwrap();
    spoil(&world, activator);
    let activator = world.start(Some(&mut Bytes(second))).unwrap();
    assert_eq!(version(&activator), "2.0.0");
    // It was written again.
    drop(activator);
    assert_eq!(version(&world.start(None).unwrap()), "2.0.0");
}

#[test]
fn a_source_brings_no_bundle_of_another_name() {
    let world = World::new();
    let activator = world.started();
    let text = "name='other'\nversion='9.0.0'\ntitle='O'\nexpires='2099-01-01T00:00:00Z'\n\
        [[policy]]\nmodule='transport'\n";
    let manifest = BundleManifest::parse(text, "bundle.toml").unwrap();
    let other = signed(&world.signer, &Bundle::from_manifest(manifest, None).unwrap(), CASE);
    assert_eq!(activator.offer(&other, "source").unwrap_err().code(), "other-name");
    assert_eq!(version(&activator), "1.0.0");
    activator.activate(&other, "alice").unwrap();
    assert_eq!(activator.authorizer().active().name, "other");
}

#[test]
fn new_signatures_are_kept() {
    let world = World::new();
    let activator = world.started();
    let second = PrivateKey::generate(Algorithm::EdDSA).unwrap();
    let mut packed = PackedBundle::read(&world.signed("1.0.0")).unwrap();
    let key = PrivateKey::parse(&second.private_jwk()).unwrap();
    packed.sign(&KeySigner::new(key).unwrap()).unwrap();
    let again = activator.offer(&packed.to_bytes().unwrap(), "source").unwrap();
    assert_eq!(again, Switch::AlreadyActive);
    assert_eq!(activator.history().0.len(), 1);
    drop(activator);
    // The first key is not trusted any more.
    let builder = Activator::builder(world.store(), verification(&second)).engine(engine());
    let activator = builder.start(&world.trust(), None).unwrap();
    assert_eq!(version(&activator), "1.0.0");
}
