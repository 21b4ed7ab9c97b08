//! A real OCI registry on this machine: bundles are pushed, pulled and followed.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokenward::packed::PackedBundle;
use tokenward_activation::{Fetched, OciSource, RegistryLogin, Source, Switch, push};

use crate::support::World;

/// The registry of the Debian package `docker-registry`, until it is dropped.
struct Registry {
    process: Child,
    port: u16,
}

impl Registry {
    /// Starts it; nothing where it is not installed. In CI it must be.
    fn start(world: &World) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = world.folder.path().join("registry.yml");
        let storage = world.folder.path().join("registry");
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: \
             true\nhttp:\n  addr: 127.0.0.1:{port}\n",
            storage.display()
        );
        std::fs::write(&config, text).unwrap();
        let process = Command::new("docker-registry")
            .args(["serve", config.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = match process {
            Ok(process) => process,
            Err(error) => {
                let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
                assert!(!in_ci, "docker-registry is missing: {error}");
                eprintln!("not run: docker-registry is missing (Debian: docker-registry)");
                return None;
            }
        };
        let registry = Self { process, port };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the registry does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(registry)
    }

    fn reference(&self, rest: &str) -> String {
        format!("127.0.0.1:{}/acme/{rest}", self.port)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn bundles_go_through_a_registry() {
    let world = World::new();
    let Some(registry) = Registry::start(&world) else { return };
    let login = RegistryLogin::Anonymous;
    let packed = |version: &str| PackedBundle::read(&world.signed(version)).unwrap();
    let tag = registry.reference("bundle:stable");
    let first = push(&packed("1.0.0"), &tag, &login).unwrap();
    assert!(first.pinned.starts_with(&registry.reference("bundle@sha256:")), "{first:?}");
    let mut source = OciSource::new(&tag, &login).unwrap();
    let activator = world.start(Some(&mut source)).unwrap();
    assert_eq!(source.pinned(), Some(first.pinned.clone()));
    assert_eq!(source.fetch().unwrap(), Fetched::Unchanged);

    // The tag moves, and the gateway with it; what is pinned stays.
    let second = push(&packed("1.1.0"), &tag, &login).unwrap();
    assert!(matches!(activator.poll(&mut source), Ok(Switch::Active(_))));
    assert_eq!(activator.authorizer().active().version, "1.1.0");
    assert_ne!(first, second);
    let mut pinned = OciSource::new(&first.pinned, &login).unwrap();
    let Fetched::Bundle(bytes) = pinned.fetch().unwrap() else { panic!("it was not fetched") };
    assert_eq!(PackedBundle::read(&bytes).unwrap().manifest().version, "1.0.0");
    assert_eq!(activator.poll(&mut pinned).unwrap(), Switch::AlreadyActive, "nothing new there");

    // A tag that moves back is a replay.
    push(&packed("1.0.0"), &tag, &login).unwrap();
    assert_eq!(activator.poll(&mut source).unwrap_err().code(), "older-version");
    let mut none = OciSource::new(&registry.reference("bundle:none"), &login).unwrap();
    let error = activator.poll(&mut none).unwrap_err();
    assert_eq!(error.code(), "source-answer", "{error}");
    let error = push(&packed("1.0.0"), &first.pinned, &login).unwrap_err();
    assert!(error.to_string().contains("give a tag"), "{error}");

    // The registry goes away, and what is active stays.
    drop(registry);
    assert_eq!(activator.poll(&mut source).unwrap_err().code(), "source-unreachable");
    assert_eq!(activator.authorizer().active().version, "1.1.0");
}

#[test]
fn references_are_checked() {
    let new = |text: &str| OciSource::new(text, &RegistryLogin::Anonymous);
    for (text, part) in [
        ("acme/bundle:1", "it names no registry"),
        ("bundle", "it names no registry"),
        ("u:SECRET@registry.example/acme:1", "`registry.example/acme:1`"),
        ("u:SECRET@127.0.0.1:5000/acme@sha256:12", "it names a user"),
        ("u:p@SECRET@registry.example/acme:1", "`registry.example/acme:1`"),
        ("u:p/SECRET@registry.example/acme:1", "it names a user"),
        ("registry.example/acme/bundle", "neither a tag nor a digest"),
        ("registry.example/Acme:1", "accepted: `REGISTRY/NAME:TAG`"),
        ("registry.example/acme@sha256:12", "accepted: `REGISTRY/NAME:TAG`"),
    ] {
        let error = new(text).unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
        assert_eq!(error.code(), "source-address");
    }
    assert_eq!(new("oci://registry.example/a/b:1").unwrap().name(), "oci registry.example/a/b:1");
    let login = RegistryLogin::User { name: "u".into(), password: "SECRET".into() };
    assert!(!format!("{login:?}").contains("SECRET"));
}
