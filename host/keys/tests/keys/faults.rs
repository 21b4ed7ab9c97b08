//! Providers that are down, slow, huge, wrong or elsewhere: the keys before serve on.

use std::time::Duration;

use tokenward_keys::{Keeper, Outcome, Settings};
use tokenward_token::mint::PrivateKey;
use tokenward_token::{Algorithm, Issuer, KeySet, Trust};

use crate::server::{Reply, Server, ok, redirect, status, with_header};
use crate::support::{
    A, AUDIENCE, B, ISSUER, builder, error, jwks, keeper, settings, sources, verdict,
};

/// A provider with the key `a`, and a keeper that has fetched it.
async fn kept() -> (Server, Keeper) {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let keeper = keeper(&[(ISSUER, &server.at("/jwks"))]).await;
    assert_eq!(verdict(&keeper, &A), "accepted");
    (server, keeper)
}

/// Fetches what is refused: the keys before serve on, and the status says why.
async fn refused(keeper: &Keeper, code: &str, part: &str) {
    let fetched = keeper.refresh(ISSUER).await;
    let Outcome::Failed(why) = &fetched else { panic!("{code} {part}: {fetched:?}") };
    assert_eq!(why.code(), code, "{why}");
    let (shown, message) = error(keeper);
    assert_eq!((shown, &message), (why.code(), &why.to_string()));
    assert!(message.contains(part), "{message}");
    assert_eq!((verdict(keeper, &A), verdict(keeper, &B)), ("accepted", "key_not_found"));
    let status = crate::support::status(keeper, ISSUER);
    assert!(status.available && status.stale && status.failures_in_a_row > 0);
    assert!(status.failing_since.is_some() && status.expires > status.last_success);
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_start_is_asked_again() {
    let server = Server::start().await;
    let at = server.at("/jwks");
    let origin = server.down().await;
    let keeper = keeper(&[(ISSUER, &at)]).await;
    assert_eq!(verdict(&keeper, &A), "keys_unavailable");
    let (code, message) = error(&keeper);
    assert_eq!(code, "unreachable");
    assert!(message.starts_with(&format!("`{origin}/jwks` cannot be reached: ")), "{message}");
    let status = crate::support::status(&keeper, ISSUER);
    assert!(!status.available && !status.stale && status.keys.is_empty());
    assert_eq!((status.last_success, status.failures_in_a_row), (None, 1));
    assert!(status.last_attempt.is_some() && status.next_refresh.is_some());
}

#[tokio::test]
async fn a_provider_that_comes_late_is_found_without_anyone_asking() {
    let server = Server::start().await;
    server.set("/jwks", status("503 Service Unavailable", ""));
    let keeper = keeper(&[(ISSUER, &server.at("/jwks"))]).await;
    assert_eq!(verdict(&keeper, &A), "keys_unavailable");
    server.json("/jwks", &jwks(&[&A]));
    while verdict(&keeper, &A) != "accepted" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(crate::support::status(&keeper, ISSUER).error, None);
}

#[tokio::test]
async fn answers_that_are_no_keys_are_refused() {
    let (server, keeper) = kept().await;
    let good = jwks(&[&B]);
    let private = format!("{{\"keys\":[{}]}}", B.private_jwk());
    let duplicates = format!("{{\"keys\":[],{}", good.strip_prefix('{').unwrap());
    let two = PrivateKey::generate(Algorithm::ES256).unwrap().with_kid("b").unwrap();
    let weak = r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#;
    let encryption = good.replace("\"sig\"", "\"enc\"");
    let secret = r#"{"keys":[{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]}"#;
    for (reply, code, part) in [
        (status("500 Internal Server Error", &good), "status", "status 500; expected is 200"),
        (status("404 Not Found", &good), "status", "status 404"),
        (status("204 No Content", ""), "status", "status 204"),
        (status("206 Partial Content", &good), "status", "status 206"),
        (status("304 Not Modified", ""), "status", "status 304"),
        (ok(""), "not_json", "is not valid JSON"),
        (ok("<html>SECRET</html>"), "not_json", "is not valid JSON (line 1, column 1)"),
        (ok(&good[..good.len() - 1]), "not_json", "is not valid JSON"),
        (ok(&format!("{good}{good}")), "not_json", "is not valid JSON"),
        (ok(&duplicates), "not_json", "two members of one name"),
        (ok("[\"SECRET\"]"), "keys", "`keys` that is missing, since it is not an object"),
        (ok("{\"SECRET\":1}"), "keys", "`keys` that is missing, as no JWKS has it"),
        (ok(&B.public_jwk().unwrap()), "keys", "`keys` that is missing, as no JWKS has it"),
        (ok("{\"keys\":\"SECRET\"}"), "keys", "`keys` that is not an array"),
        (ok("{\"keys\":[\"SECRET\"]}"), "keys", "an item that is not an object"),
        (ok("{\"keys\":[]}"), "keys", "has no key that can verify signatures"),
        (ok(&encryption), "keys", "key 1 is no key for verifying signatures here: its `use`"),
        (ok(&jwks(&[&B, &two])), "keys", "has two keys with `kid` `b`"),
        (ok(&private), "keys", "is a private key"),
        (ok(weak), "keys", "is a weak key"),
        (ok(secret), "keys", "is a shared secret"),
        (with_header("location: /other", ""), "not_json", "is not valid JSON"),
    ] {
        server.set("/jwks", reply);
        refused(&keeper, code, part).await;
    }
    // And then all is well again.
    server.json("/jwks", &good);
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    assert_eq!((verdict(&keeper, &A), verdict(&keeper, &B)), ("key_not_found", "accepted"));
    let status = crate::support::status(&keeper, ISSUER);
    assert!(!status.stale && status.error.is_none() && status.failures_in_a_row == 0);
    assert_eq!((status.failed, status.attempts), (22, 24));
}

#[tokio::test]
async fn keys_that_the_rules_exclude_are_refused() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let rules =
        Issuer::new(ISSUER, KeySet::unavailable(), [AUDIENCE]).algorithms([Algorithm::RS256]);
    let trust = Trust::builder().issuer(rules).build().unwrap();
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let keeper = Keeper::builder(trust, sources(&of)).settings(settings()).start().await.unwrap();
    let (code, message) = error(&keeper);
    assert_eq!(code, "rules");
    assert!(message.contains("its keys are for none of RS256"), "{message}");
    assert_eq!(verdict(&keeper, &A), "alg_not_allowed");
}

#[tokio::test]
async fn huge_answers_are_not_read() {
    let (server, keeper) = kept().await;
    let head = "HTTP/1.1 200 OK\r\n";
    let good = jwks(&[&B]);
    let padding = " ".repeat(1 << 20);
    // With its length: refused by that alone.
    server.set("/jwks", ok(&format!("{good}{padding}")));
    refused(&keeper, "too_large", "more than 1048576 bytes").await;
    let declared = format!("{head}content-length: 1099511627776\r\n\r\n");
    server.set("/jwks", Reply::Bytes(declared.into_bytes()));
    refused(&keeper, "too_large", "more than 1048576 bytes").await;
    // Without, until the connection ends: it never does.
    let piece = vec![b' '; 64 << 10];
    server.set("/jwks", Reply::Flood(format!("{head}\r\n").into_bytes(), piece.clone()));
    refused(&keeper, "too_large", "more than 1048576 bytes").await;
    // In chunks, without end.
    let chunk = [format!("{:x}\r\n", piece.len()).into_bytes(), piece, b"\r\n".to_vec()].concat();
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    server.set("/jwks", Reply::Flood(chunked.into_bytes(), chunk));
    refused(&keeper, "too_large", "more than 1048576 bytes").await;
    // What was sent beyond the limit is what the system's buffers took.
    assert!(server.written() < 64 << 20, "{}", server.written());
    // A megabyte is what may be.
    server.json("/jwks", &format!("{good}{}", &padding[good.len()..]));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
}

#[tokio::test]
async fn the_limit_of_bytes_can_be_lower() {
    let server = Server::start().await;
    let good = jwks(&[&A]);
    server.json("/jwks", &format!("{good}{}", " ".repeat(2048)));
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let low = Settings { max_bytes: 2048, ..settings() };
    let keeper = builder(&of).settings(low).start().await.unwrap();
    assert_eq!(error(&keeper).0, "too_large");
    server.json("/jwks", &good);
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
}

#[tokio::test]
async fn answers_that_break_off_are_refused() {
    let (server, keeper) = kept().await;
    let good = jwks(&[&B]);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", good.len() + 1);
    server.set("/jwks", Reply::Bytes(format!("{head}{good}").into_bytes()));
    refused(&keeper, "cut_short", &format!("broke off after {} bytes", good.len())).await;
    server.set("/jwks", Reply::Bytes(Vec::new()));
    refused(&keeper, "unreachable", "cannot be reached").await;
    server.set("/jwks", Reply::Bytes(b"SECRET nonsense\r\n\r\n".to_vec()));
    refused(&keeper, "unreachable", "cannot be reached").await;
}

#[tokio::test]
async fn slow_answers_are_cut_off() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let short = Settings { timeout: Duration::from_millis(400), ..settings() };
    let keeper = builder(&of).settings(short).start().await.unwrap();
    assert_eq!(verdict(&keeper, &A), "accepted");
    let good = jwks(&[&B]);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", good.len());
    // A drop at a time, in the head and in the body; each comes soon after the one before.
    server.set("/jwks", Reply::Drip(format!("{head}{good}").into_bytes()));
    refused(&keeper, "timeout", "took longer than 400 ms").await;
    // Nothing at all.
    let never = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    server.set("/jwks", Reply::Held(never, Box::new(ok(&good))));
    refused(&keeper, "timeout", "took longer than 400 ms").await;
}

#[tokio::test]
async fn redirects_lead_nowhere_else() {
    let (server, keeper) = kept().await;
    let elsewhere = Server::start().await;
    elsewhere.json("/jwks", &jwks(&[&B]));
    let port = elsewhere.at("");
    for (to, part) in [
        (elsewhere.at("/jwks?key=SECRET"), format!("redirects to `{port}/jwks`, which is not")),
        ("https://127.0.0.1/jwks".to_owned(), "it has another scheme, host or port".to_owned()),
        ("//idp.example/jwks".to_owned(), "redirects to `http://idp.example/jwks`".to_owned()),
        ("file:///jwks".to_owned(), "it has another scheme, host or port".to_owned()),
        ("/jwks".to_owned(), "there were too many before it".to_owned()),
    ] {
        server.set("/jwks", redirect(&to));
        refused(&keeper, "redirect", &part).await;
    }
    assert!(elsewhere.requests().is_empty());
    // Within the origin it is followed.
    server.set("/jwks", redirect("/keys/"));
    server.json("/keys/", &jwks(&[&B]));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    assert_eq!(verdict(&keeper, &B), "accepted");
}

#[tokio::test]
async fn what_is_to_be_encrypted_is_not_sent_otherwise() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let at = server.at("/jwks").replacen("http:", "https:", 1);
    let keeper = keeper(&[(ISSUER, &at)]).await;
    assert_eq!(error(&keeper).0, "unreachable");
    assert_eq!(verdict(&keeper, &A), "keys_unavailable");
    assert!(server.requests().is_empty());
}

/// The variables that name proxies are the whole process's: this test runs itself
/// in another one.
#[tokio::test]
async fn keys_of_this_machine_come_by_no_proxy() {
    const PROXIED: &str = "TOKENWARD_TEST_PROXIED";
    if std::env::var_os(PROXIED).is_none() {
        let mut itself = std::process::Command::new(std::env::current_exe().unwrap());
        itself.args(["--exact", "faults::keys_of_this_machine_come_by_no_proxy"]);
        // Nothing listens there.
        let proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"];
        itself.envs(proxies.map(|name| (name, "http://127.0.0.1:1"))).env(PROXIED, "1");
        itself.env_remove("NO_PROXY").env_remove("no_proxy");
        let output = itself.output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
        return;
    }
    let (server, _) = kept().await;
    let head = &server.requests()[0].head;
    assert!(head.starts_with("get /jwks http/1.1\r\n"), "{head}");
    assert!(head.contains("accept: application/json, application/jwk-set+json"), "{head}");
    assert!(head.contains("user-agent: tokenward/"), "{head}");
}
