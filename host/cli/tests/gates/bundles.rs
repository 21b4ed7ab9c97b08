//! Bundles that are shipped to a running server: followed, activated by hand, tried, promoted, undone.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Json, Object};

use super::http::get;
use super::server::{Server, eventually};

/// A folder of a release: its key, its bundles.
fn tokenward(folder: &Path, arguments: &[&str]) -> Output {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenward"));
    command.args(arguments).current_dir(folder).env("TOKENWARD_CACHE", cache).output().unwrap()
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let ran = tokenward(folder, arguments);
    let error = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{arguments:?}: {error}");
    String::from_utf8(ran.stdout).unwrap()
}

/// A signed bundle of this version. The later one finds fault with tokens that live long.
fn release(folder: &Path, version: &str, longest: u64) -> String {
    let manifest = format!(
        "name = \"acme\"\nversion = \"{version}\"\ntitle = \"Acme\"\n\
         [[policy]]\nmodule = \"lifetime-limits\"\nsettings.max-lifetime = {{ access = {longest} }}\n"
    );
    std::fs::create_dir_all(folder.join("acme")).unwrap();
    std::fs::write(folder.join("acme/bundle.toml"), manifest).unwrap();
    let file = format!("acme-{version}.bundle");
    run(folder, &["bundle", "build", "acme", "--expires", "2099-01-01T00:00:00Z", "--out", &file]);
    run(folder, &["bundle", "sign", &file, "--key", "release.private.jwk"]);
    file
}

#[test]
fn bundles_are_shipped_to_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run(folder, &["token", "mint", "--new-key", "release", "--alg", "EdDSA"]);
    std::fs::write(
        folder.join("bundles.toml"),
        "bundles = [\"acme\"]\nthreshold = 1\n[[key]]\nname = \"release\"\nfile = \"release.public.jwk\"\n",
    )
    .unwrap();
    let first = release(folder, "1.0.0", 3600);
    std::fs::copy(folder.join(&first), folder.join("current.bundle")).unwrap();
    let key = PrivateKey::generate(Algorithm::ES256).unwrap().with_kid("k-1").unwrap();
    std::fs::write(folder.join("idp.jwk"), key.public_jwk().unwrap()).unwrap();
    std::fs::write(
        folder.join("trust.toml"),
        "[[issuer]]\nissuer = \"https://idp.example\"\nkeys = \"idp.jwk\"\naudiences = [\"api\"]\n",
    )
    .unwrap();
    let mut server = Server::start(
        folder,
        "[trust]\nfile = \"trust.toml\"\n[bundle]\nfile = \"current.bundle\"\n\
         trust = \"bundles.toml\"\nstore = \"store\"\npoll = 1\n",
    );
    let token = {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        let mut claims =
            Object::from_pairs([("iss", "https://idp.example"), ("aud", "api"), ("sub", "u")]);
        claims.set("iat", Json::Integer(now));
        claims.set("exp", Json::Integer(now + 900));
        key.mint(None, &claims).unwrap()
    };
    let status = || server.forward_auth("GET", "/orders", &token).status;
    let version = || {
        let bundle = server.operator("GET", "/v1/bundle", b"").json();
        bundle["active"]["version"].as_str().unwrap().to_owned()
    };
    assert_eq!((status(), version()), (200, "1.0.0".to_owned()));

    // A candidate is tried: it would refuse, and does not.
    let second = release(folder, "1.1.0", 600);
    let at = ["--server", &format!("http://{}", server.admin), "--token-file", "secret"];
    let shadow = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["bundle", "shadow"].iter().chain(arguments).chain(&at).copied().collect();
        tokenward(folder, &all)
    };
    let report = shadow(&["report"]);
    assert_eq!(String::from_utf8_lossy(&report.stdout), "no candidate is tried\n");
    assert!(shadow(&["start", &second]).status.success());
    for _ in 0..20 {
        assert_eq!(status(), 200);
    }
    eventually("it judged them", || {
        let report = String::from_utf8(shadow(&["report"]).stdout).unwrap();
        report.contains("judged        20 requests")
    });
    let report = String::from_utf8(shadow(&["report"]).stdout).unwrap();
    for expected in
        ["acme 1.1.0", "20 decisions, 100.00 %", "permit -> deny", "lifetime-limits", "sha256:"]
    {
        assert!(report.contains(expected), "{report}");
    }
    assert!(!report.contains(&token[..20]), "{report}");
    // It changes too much; then so much is allowed.
    let refused = shadow(&["promote", "--at-least", "10", "--changed-at-most", "0.5"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("changes 20 of 20"), "{refused:?}");
    assert!(shadow(&["promote", "--at-least", "10", "--changed-at-most", "1"]).status.success());
    assert_eq!((status(), version()), (403, "1.1.0".to_owned()));

    // Undone by hand, and the source does not bring it back.
    let body = json!({ "to": null, "reason": "too strict" }).to_string();
    let undone = server.operator("POST", "/v1/bundle/rollback", body.as_bytes());
    assert_eq!(undone.json()["switched"], true, "{undone:?}");
    assert_eq!((status(), version()), (200, "1.0.0".to_owned()));

    // What nobody signed is refused, and the one before serves.
    let unsigned = release(folder, "1.2.0", 1200);
    let mut bytes = std::fs::read(folder.join(&unsigned)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let refused = server.operator("POST", "/v1/bundle/activate", &bytes);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(version(), "1.0.0");

    // The source has a later one.
    std::fs::copy(folder.join(&unsigned), folder.join("next")).unwrap();
    std::fs::rename(folder.join("next"), folder.join("current.bundle")).unwrap();
    eventually("it is followed", || version() == "1.2.0");
    let history = server.operator("GET", "/v1/bundle/history", b"").json();
    let actions: Vec<_> =
        history["events"].as_array().unwrap().iter().map(|e| e["action"].clone()).collect();
    assert_eq!(actions, ["activate", "promote", "rollback", "activate"], "{history}");
    let metrics = server.operator("GET", "/metrics", b"").body;
    assert!(metrics.contains("tokenward_bundle_switches_total 3"), "{metrics}");
    assert!(metrics.contains("tokenward_bundle{bundle=\"acme\",version=\"1.2.0\""), "{metrics}");
    assert!(server.end().success());

    // A restart needs no source.
    std::fs::remove_file(folder.join("current.bundle")).unwrap();
    let config = std::fs::read_to_string(folder.join("tokenward.toml")).unwrap();
    let again = Server::start_as(folder, &config);
    assert_eq!(again.operator("GET", "/v1/bundle", b"").json()["active"]["version"], "1.2.0");
    assert_eq!(get(again.admin, "/ready").status, 200);
}
