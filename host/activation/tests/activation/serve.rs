//! Requests go on while bundles are switched.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokenward::Outcome;

use crate::support::World;

#[test]
fn no_request_fails_while_bundles_are_switched() {
    let world = World::new();
    let activator = world.started();
    let (stop, served) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(world.outcome(&activator), Outcome::Permit);
                    served.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for version in 1..20 {
            let before = served.load(Ordering::Relaxed);
            activator.offer(&world.signed(&format!("1.{version}.0")), "source").unwrap();
            if version % 3 == 0 {
                activator.rollback(None, "alice", None).unwrap();
            }
            while served.load(Ordering::Relaxed) < before + 10 && !stop.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(activator.status().switches, 19 + 6);
}
