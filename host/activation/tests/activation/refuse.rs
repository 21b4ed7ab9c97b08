//! Whatever is wrong with a bundle: it is refused with a code of its own, the
//! bundle before stays active, and goes on serving.

use tokenward::mint::PrivateKey;
use tokenward::packed::{KeySigner, PackedBundle};
use tokenward::{Algorithm, Bundle, BundleManifest, Outcome};
use tokenward_activation::{ActivationError, Activator, HttpSource, Verification};

use crate::support::{Bytes, CASE, Server, World, answer, bundle, signed};

/// What is offered, and the code that it is refused with; nothing if it is not.
fn offered(activator: &Activator, bytes: &[u8]) -> Option<&'static str> {
    activator.offer(bytes, "test").err().map(|error| error.code())
}

/// Fails unless version 1.0.0 is still active, and serves.
fn still_serves(world: &World, activator: &Activator) {
    assert_eq!(activator.authorizer().active().version, "1.0.0");
    assert_eq!(world.outcome(activator), Outcome::Permit);
}

#[test]
fn no_byte_of_the_manifest_and_signatures_can_be_changed_and_no_sampled_byte_of_the_rest() {
    let world = World::new();
    let activator = world.started();
    let bytes = world.signed("2.0.0");
    // The manifest and the signatures come first, before the first component.
    let component = find(&bytes, b"modules/");
    assert!((3 * 512..64 << 10).contains(&component), "{component}");
    let sampled = (component..bytes.len()).step_by(61);
    for at in (0..component).chain(sampled) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let code = offered(&activator, &changed);
        assert!(code.is_some(), "byte {at}");
        assert_ne!(code, Some("not-loaded"), "byte {at}: it was trusted");
    }
    still_serves(&world, &activator);
    // What was changed was the only thing wrong.
    assert_eq!(offered(&activator, &bytes), None);
    assert_eq!(activator.authorizer().active().version, "2.0.0");
}

#[test]
fn each_wrong_bundle_has_its_own_error() {
    let world = World::new();
    let activator = world.started();
    let later = "2099-01-01T00:00:00Z";
    let other = PrivateKey::generate(Algorithm::EdDSA).unwrap();
    let unsigned = PackedBundle::pack(&bundle("2.0.0", later), Vec::new()).unwrap();
    let good = world.signed("2.0.0");
    let manifest = |text: &str| {
        let head = "name='acme'\nversion='2.0.0'\ntitle='Acme'\nexpires='2099-01-01T00:00:00Z'\n";
        let manifest = BundleManifest::parse(&format!("{head}{text}"), "bundle.toml").unwrap();
        Bundle::from_manifest(manifest, None).unwrap()
    };
    let transport = "[[policy]]\nmodule='transport'\n";
    let failing = CASE.replace("\"deny\"", "\"permit\"").replace("findings-include", "findings");
    for (what, bytes, code) in [
        ("signed by nobody", unsigned.to_bytes().unwrap(), "unsigned"),
        ("another key", signed(&other, &bundle("2.0.0", later), CASE), "too-few-signatures"),
        ("older", world.signed("0.9.0"), "older-version"),
        (
            "expired",
            signed(&world.signer, &bundle("2.0.0", "2020-01-01T00:00:00Z"), CASE),
            "expired",
        ),
        (
            "not yet valid",
            signed(
                &world.signer,
                &manifest(&format!("not-before='2098-01-01T00:00:00Z'\n{transport}")),
                CASE,
            ),
            "not-yet-valid",
        ),
        ("its cases fail", signed(&world.signer, &bundle("2.0.0", later), &failing), "cases-fail"),
        (
            "its cases are none",
            signed(&world.signer, &bundle("2.0.0", later), "[[cases]]"),
            "cases-malformed",
        ),
        (
            "settings that its policy refuses",
            signed(&world.signer, &manifest(&format!("{transport}settings={{no-such=1}}\n")), CASE),
            "cases-malformed",
        ),
        ("cut off", good[..good.len() / 2].to_vec(), "truncated"),
        ("nothing", Vec::new(), "truncated"),
        ("another component", swapped(&good), "entry-differs"),
        (
            "an entry outside",
            with_entry(&good, "../evil.wasm", tar::EntryType::Regular, 3),
            "foreign-entry",
        ),
        ("a link", with_entry(&good, "cases/a.toml", tar::EntryType::Symlink, 0), "foreign-entry"),
        (
            "10 GB",
            with_entry(&good, "cases/a.toml", tar::EntryType::Regular, 10 << 30),
            "entry-too-large",
        ),
    ] {
        assert_eq!(offered(&activator, &bytes), Some(code), "{what}");
        still_serves(&world, &activator);
        assert_eq!(activator.status().last_refused.unwrap().code, code);
    }
    let status = activator.status();
    assert_eq!((status.refused["cases-malformed"], status.switches), (2, 0));
    assert_eq!(activator.history().0.len(), 1);
}

#[test]
fn a_version_is_not_used_twice() {
    let world = World::new();
    let activator = world.started();
    let other = bundle("1.0.0", "2098-01-01T00:00:00Z");
    let bytes = signed(&world.signer, &other, CASE);
    assert_eq!(offered(&activator, &bytes), Some("version-reused"));
    still_serves(&world, &activator);
}

#[test]
fn a_threshold_is_kept() {
    let world = World::new();
    let second = PrivateKey::generate(Algorithm::EdDSA).unwrap();
    let folder = world.folder.path();
    std::fs::write(folder.join("a.jwk"), world.signer.public_jwk().unwrap()).unwrap();
    std::fs::write(folder.join("b.jwk"), second.public_jwk().unwrap()).unwrap();
    let text = "threshold=2\n[[key]]\nname='a'\nfile='a.jwk'\n[[key]]\nname='b'\nfile='b.jwk'\n";
    std::fs::write(folder.join("trust.toml"), text).unwrap();
    let trust = tokenward::packed::BundleTrust::from_file(&folder.join("trust.toml")).unwrap();
    // A list of no names is not one of any.
    std::fs::write(folder.join("none.toml"), format!("bundles=[]\n{text}")).unwrap();
    let none = tokenward::packed::BundleTrust::from_file(&folder.join("none.toml"));
    assert!(none.unwrap_err().to_string().contains("`bundles` is empty; name at least one"));
    let builder = || Activator::builder(world.store(), Verification::Signed(trust.clone()));
    let mut one = Bytes(world.signed("1.0.0"));
    let error = builder().start(&world.trust(), Some(&mut one)).unwrap_err();
    assert_eq!(error.code(), "too-few-signatures");
    let mut packed = PackedBundle::read(&one.0).unwrap();
    packed.sign(&KeySigner::new(second).unwrap()).unwrap();
    let mut two = Bytes(packed.to_bytes().unwrap());
    let activator = builder().start(&world.trust(), Some(&mut two)).unwrap();
    assert_eq!(activator.status().signed_by, ["a", "b"]);
    assert_eq!(offered(&activator, &world.signed("2.0.0")), Some("too-few-signatures"));
    still_serves(&world, &activator);
}

#[test]
fn what_goes_wrong_on_the_way_is_told_apart() {
    let world = World::new();
    let activator = world.started();
    let good = world.signed("2.0.0");
    let elsewhere = Server::new(|_| panic!("nobody asks"));
    let server = Server::new(|_| answer("404 Not Found", "", b""));
    let mut source = HttpSource::new(&server.url("/acme.bundle?token=SECRET")).unwrap();
    let mut polled = |code: &str| {
        let error = activator.poll(&mut source).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
        still_serves(&world, &activator);
    };
    polled("source-answer");
    let half = good.clone();
    server.answers(move |_| {
        let whole = answer("200 OK", "", &half);
        whole[..whole.len() / 2].to_vec()
    });
    polled("source-cut-short");
    let to = format!("location: {}\r\n", elsewhere.url("/acme.bundle"));
    server.answers(move |_| answer("302 Found", &to, b""));
    polled("source-redirect");
    server.answers(|_| answer("302 Found", "location: /acme.bundle\r\n", b""));
    polled("source-unreachable");
    server.answers(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\nx".to_vec());
    polled("source-too-large");
    server.answers(|_| b"no HTTP at all".to_vec());
    polled("source-unreachable");
    server.answers(|_| answer("200 OK", "", b"no bundle"));
    polled("not-a-bundle");
    let name = source_name(&activator);
    let status = activator.status();
    assert_eq!(status.refused["source-unreachable"], 2);
    assert!(!name.contains("SECRET"), "{name}");
    // The last answer was one, so that the source itself works.
    assert_eq!(status.sources[&name].error, None);
    server.answers(move |_| answer("200 OK", "", &good));
    activator.poll(&mut source).unwrap();
    assert_eq!(activator.authorizer().active().version, "2.0.0");
    assert!(elsewhere.requests.lock().unwrap().is_empty());
}

#[test]
fn a_download_larger_than_it_says_is_refused_at_the_limit() {
    let world = World::new();
    let activator = world.started();
    let server = Server::new(|_| {
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        [head, vec![0; 3 << 20]].concat()
    });
    let mut source = HttpSource::new(&server.url("/a")).unwrap().limit(1 << 20);
    let error = activator.poll(&mut source).unwrap_err();
    assert!(matches!(error, ActivationError::Source(_)) && error.code() == "source-too-large");
    still_serves(&world, &activator);
}

#[test]
fn what_cannot_be_kept_does_not_become_active() {
    let world = World::new();
    let activator = world.started();
    // Where the bundle would be written there is a folder.
    let bytes = world.signed("2.0.0");
    let hex = tokenward::component_digest(&bytes).replace("sha256:", "");
    std::fs::create_dir_all(world.store().join(format!("bundles/{hex}.bundle"))).unwrap();
    assert_eq!(offered(&activator, &bytes), Some("not-kept"));
    still_serves(&world, &activator);
    std::fs::remove_dir(world.store().join(format!("bundles/{hex}.bundle"))).unwrap();
    assert_eq!(offered(&activator, &bytes), None);
}

fn source_name(activator: &Activator) -> String {
    activator.status().sources.keys().next().unwrap().clone()
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

/// The component exchanged for another one of the same size.
fn swapped(bytes: &[u8]) -> Vec<u8> {
    let mut swapped = bytes.to_vec();
    let at = find(bytes, b"modules/") + 512;
    // The name of a function or the like: still a component.
    swapped[at + 40_000] ^= 1;
    swapped
}

/// With one more entry, whose header says this size.
fn with_entry(bytes: &[u8], name: &str, kind: tar::EntryType, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_mode(0o644);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mtime(0);
    header.set_cksum();
    // Before the two blocks of zeros at the end.
    let end = bytes.len() - 1024;
    let body = if size < 512 && size > 0 { vec![0; 512] } else { Vec::new() };
    [&bytes[..end], header.as_bytes(), &body, &bytes[end..]].concat()
}
