//! The README shows what happens: its console blocks are run, its manifest and
//! trust file are read, and its example is the one that compiles.

use std::path::Path;

use crate::console::{blocks, run_console};
use crate::support::World;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap()
}

#[test]
fn what_the_console_shows_is_what_happens() {
    let commands = run_console(&World::new(), &readme());
    assert!(commands >= 4, "{commands} commands");
}

#[test]
fn the_bundle_and_the_trust_file_are_read() {
    let world = World::new();
    let toml = blocks(&readme(), "toml");
    let [trust, bundle] = toml.as_slice() else { panic!("{} blocks of TOML", toml.len()) };
    world.write("trust.toml", trust);
    let keys = std::fs::read_to_string(world.path("idp.public.jwk")).unwrap();
    world.write("idp.jwks.json", keys);
    world.write("acme/bundle.toml", bundle);
    let token = world.token(
        r#"{"iss":"https://idp.example","aud":"https://api.example","sub":"u","client_id":"c",
            "jti":"1","scope":"orders:read"}"#,
    );
    let arguments = ["check", "--trust", "trust.toml", "--bundle", "acme", "--now", "1800000000"];
    let request = ["--request", "GET https://api.example/orders/7"];
    let ran = world.run_with(&[&arguments[..], &request[..]].concat(), &token, &[]);
    // It is signed and trusted, and not of the profile: `typ` is not `at+jwt`.
    assert!(ran.out.contains("typ_not_allowed"), "{ran:?}");
    world.write("trust.toml", trust.replace("\"rfc9068\" ", "\"jwt\" "));
    let ran = world.run_with(&[&arguments[..], &request[..]].concat(), &token, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn the_example_is_the_one_that_compiles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/examples/axum.rs");
    let example = std::fs::read_to_string(folder).unwrap();
    assert!(blocks(&readme(), "rust").iter().any(|block| block.trim() == example.trim()));
}

#[test]
fn the_lines_for_gateways_are_those_of_the_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/examples");
    for (kind, file) in [
        ("nginx", "nginx.conf"),
        ("haproxy", "haproxy.cfg"),
        ("caddyfile", "Caddyfile"),
        ("yaml", "envoy.yaml"),
    ] {
        let example = std::fs::read_to_string(examples.join(file)).unwrap();
        let lines: Vec<&str> = example.lines().map(str::trim).collect();
        let blocks = blocks(&readme(), kind);
        let [block] = blocks.as_slice() else { panic!("{} blocks of {kind}", blocks.len()) };
        let shown: Vec<&str> =
            block.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!((4..=6).contains(&shown.len()), "{kind}: {shown:?}");
        for line in shown {
            assert!(lines.contains(&line), "{file} has no line `{line}`");
        }
    }
}
