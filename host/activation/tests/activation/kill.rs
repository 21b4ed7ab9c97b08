//! A process that is killed at any moment starts again with one whole bundle.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokenward::mint::PrivateKey;
use tokenward::packed::PackedBundle;
use tokenward::{Outcome, Trust};
use tokenward_activation::Activator;

use crate::support::{Bytes, World, engine, verification};

/// Names the folder of the process that is to be killed.
const CHILD: &str = "TOKENWARD_TEST_KILLED";
/// In each of two worlds.
const TIMES: usize = 50;
/// What it prints when it has done something.
const STEP: &str = "a step is done";

#[test]
fn a_process_that_is_killed_starts_with_one_whole_bundle() {
    std::thread::scope(|scope| {
        scope.spawn(|| killed_and_started(7));
        scope.spawn(|| killed_and_started(8));
    });
}

fn killed_and_started(seed: u64) {
    let world = World::new();
    let folder = world.folder.path();
    std::fs::write(folder.join("signer.jwk"), world.signer.private_jwk()).unwrap();
    std::fs::write(folder.join("tokens.jwk"), world.tokens.private_jwk()).unwrap();
    drop(world.started());
    let mut random = fastrand::Rng::with_seed(seed);
    let mut versions = Vec::new();
    for round in 0..TIMES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kill::the_process_that_is_killed", "--exact", "--nocapture", "--ignored"])
            .env(CHILD, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Some are killed while they start; the others in the middle of any step.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        if round % 10 != 0 {
            let steps = random.usize(1..6);
            let is_step = |line: &std::io::Result<String>| line.as_ref().unwrap().contains(STEP);
            let done = lines.by_ref().filter(is_step).take(steps);
            assert_eq!(done.count(), steps, "it ended by itself");
        }
        std::thread::sleep(Duration::from_micros(random.u64(0..60_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        drop(lines);

        let activator = world.start(None).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_eq!(world.outcome(&activator), Outcome::Permit);
        let active = activator.authorizer().active();
        let file = activator.status().active.unwrap().file.replace("sha256:", "");
        let kept = std::fs::read(world.store().join(format!("bundles/{file}.bundle"))).unwrap();
        let packed = PackedBundle::read(&kept).unwrap();
        assert_eq!(packed.unverified().digest(), active.digest);
        assert_eq!(packed.manifest().version, active.version);
        // The last event is that of the bundle that serves.
        assert_eq!(activator.history().0.last().unwrap().to, active.digest);
        versions.push(active.version.clone());
    }
    versions.dedup();
    assert!(versions.len() > TIMES / 4, "they were killed before they did anything: {versions:?}");
}

/// Activates and goes back until it is killed. It is run by the test above.
#[test]
#[ignore = "it never ends"]
fn the_process_that_is_killed() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let key = |name: &str| {
        PrivateKey::parse(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    let (signer, tokens) = (key("signer.jwk"), key("tokens.jwk"));
    let activator = Activator::builder(folder.join("store"), verification(&signer))
        .engine(engine())
        .start(&Trust::key_only(tokens.key_set().unwrap()), None::<&mut Bytes>.map(|s| s as _))
        .unwrap();
    let newest = activator.history().0.iter().map(|event| number(&event.bundle)).max().unwrap();
    println!("\n{STEP}");
    for next in newest + 1.. {
        let bundle = crate::support::bundle(&format!("{next}.0.0"), "2099-01-01T00:00:00Z");
        let bytes = crate::support::signed(&signer, &bundle, crate::support::CASE);
        activator.offer(&bytes, "source").unwrap();
        println!("{STEP}");
        activator.rollback(None, "alice", None).unwrap();
        println!("{STEP}");
        activator.activate(&bytes, "alice").unwrap();
        println!("{STEP}");
    }
}

/// The major version of `acme 12.0.0`.
fn number(bundle: &str) -> u64 {
    bundle.trim_start_matches("acme ").split('.').next().unwrap().parse().unwrap()
}
