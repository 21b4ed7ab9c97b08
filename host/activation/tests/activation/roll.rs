//! Going back, starting again, and what is remembered of it.

use std::sync::atomic::Ordering;

use tokenward::Outcome;
use tokenward_activation::{Action, Activator, Store, Switch};

use crate::support::{Bytes, NOW, World};

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
    // And forward to the one that it left.
    activator.rollback(None, "alice", None).unwrap();
    assert_eq!(version(&activator), "3.0.0");
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
    let file = activator.status().active.unwrap().file.replace("sha256:", "");
    drop(activator);
    // Somebody changed what was kept: the one before it serves, and it is said.
    let path = world.store().join(format!("bundles/{file}.bundle"));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
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
