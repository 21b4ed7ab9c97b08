//! How old keys are, over restarts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokenward_keys::{Clock, Keeper, Outcome, Status};
use tokenward_token::{Algorithm, Issuer, ParseLimits, Trust, UnixTime, UnverifiedToken};

use crate::server::Server;
use crate::support::{A, AUDIENCE, B, ISSUER, NOW, OTHER, builder, jwks, sources, status, token};

/// A clock that is set by hand.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW.0)))
    }

    fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || UnixTime(hands.0.load(Ordering::SeqCst)))
    }
}

fn ages(keeper: &Keeper) -> Vec<(Option<String>, Option<u64>)> {
    status(keeper, ISSUER).keys.into_iter().map(|key| (key.kid, key.age_seconds)).collect()
}

fn aged(kid: &str, seconds: u64) -> (Option<String>, Option<u64>) {
    (Some(kid.to_owned()), Some(seconds))
}

#[tokio::test]
async fn keys_are_first_seen_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let at = server.at("/jwks");
    let hands = Hands::new();
    let start = || builder(&[(ISSUER, &at)]).inventory(path.clone()).clock(hands.clock()).start();

    let keeper = start().await.unwrap();
    assert_eq!(ages(&keeper), [aged("a", 0)]);
    hands.turn(100);
    server.json("/jwks", &jwks(&[&A, &B]));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    assert_eq!(ages(&keeper), [aged("a", 100), aged("b", 0)]);
    keeper.stop().await;

    // After a restart.
    hands.turn(50);
    let keeper = start().await.unwrap();
    assert_eq!(ages(&keeper), [aged("a", 150), aged("b", 50)]);
    let keys = status(&keeper, ISSUER).keys;
    assert_eq!(keys[0].first_seen, Some(NOW));
    assert_eq!(keys[1].first_seen, Some(NOW.plus(100)));
    assert_eq!(
        keys[0].thumbprint.as_deref(),
        Some(A.key_set().unwrap().keys().next().unwrap().thumbprint())
    );
    // Policies see the same age.
    let verified = UnverifiedToken::parse(token(ISSUER, &A).as_bytes(), &ParseLimits::default())
        .and_then(|token| token.verify(&keeper.trust(), NOW.plus(150)))
        .unwrap();
    assert_eq!(verified.key().age_seconds(NOW.plus(150)), Some(150));
    drop(keeper);

    // Without the file, everything is new.
    std::fs::remove_file(&path).unwrap();
    assert_eq!(ages(&start().await.unwrap()), [aged("a", 0), aged("b", 0)]);
}

#[tokio::test]
async fn an_inventory_that_cannot_be_read_is_no_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    std::fs::write(&path, "{\"format\":").unwrap();
    let server = Server::start().await;
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let error = builder(&of).inventory(path).start().await.unwrap_err();
    assert_eq!(error.code(), "inventory");
    assert!(error.to_string().contains("it is no key inventory"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_inventory_that_cannot_be_written_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let path = folder.path().join("none").join("keys.json");
    let keeper = builder(&of).inventory(path).start().await.unwrap();
    assert_eq!(ages(&keeper), [aged("a", 0)]);
    assert!(keeper.status().inventory_error.is_some());
}

#[tokio::test]
async fn what_a_provider_says_of_a_key_s_creation_counts() {
    let server = Server::start().await;
    let dated = |seconds: i64| {
        let iat = format!("{{\"iat\":{},", NOW.0 + seconds);
        jwks(&[&A]).replacen("[{", &format!("[{iat}"), 1)
    };
    server.json("/jwks", &dated(-1000));
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let keeper = builder(&of).start().await.unwrap();
    assert_eq!(ages(&keeper), [aged("a", 1000)]);
    // It cannot be younger than it is known to be.
    server.json("/jwks", &dated(1000));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    assert_eq!(ages(&keeper), [aged("a", 0)]);
}

#[tokio::test]
async fn keys_of_files_are_listed_too_and_secrets_are_not_named() {
    let server = Server::start().await;
    let good = jwks(&[&A]);
    let encryption = jwks(&[&B]).replace("\"sig\"", "\"enc\"");
    let skipped = good.replacen('[', &format!("[{},", &encryption[9..encryption.len() - 2]), 1);
    server.json("/jwks", &skipped);
    let secret = tokenward_token::mint::PrivateKey::generate(Algorithm::HS256).unwrap();
    let none = tokenward_token::KeySet::unavailable();
    let trust = Trust::builder()
        .issuer(Issuer::new(ISSUER, none, [AUDIENCE]))
        .issuer(Issuer::new(OTHER, B.key_set().unwrap(), [AUDIENCE]))
        .issuer(Issuer::new("https://z.example", secret.key_set().unwrap(), [AUDIENCE]).symmetric())
        .build()
        .unwrap();
    let at = server.at("/jwks");
    let keeper = Keeper::builder(trust, sources(&[(ISSUER, &at)]))
        .clock(Arc::new(|| NOW))
        .start()
        .await
        .unwrap();
    let status: Status = keeper.status();
    let json = serde_json::to_value(&status).unwrap();
    let (fetched, file, symmetric) =
        (&json["issuers"][0], &json["issuers"][1], &json["issuers"][2]);
    assert_eq!(fetched["source"]["kind"], "jwks");
    assert_eq!(fetched["source"]["address"], at);
    assert_eq!(fetched["last-success"], "2023-11-14T22:13:20Z");
    assert_eq!(fetched["failures-in-a-row"], 0);
    assert_eq!(fetched["skipped"][0]["number"], 1);
    assert_eq!(fetched["skipped"][0]["kid"], "b");
    let reason = fetched["skipped"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("its `use` is not `sig`"), "{reason}");
    assert_eq!(fetched["keys"][0]["type"], "EC");
    assert_eq!(fetched["keys"][0]["curve"], "P-256");
    assert_eq!(fetched["keys"][0]["algorithm"], "ES256");
    assert_eq!(fetched["keys"][0]["bits"], 256);
    assert_eq!(fetched["keys"][0]["accepted"], true);
    assert_eq!(fetched["keys"][0]["first-seen"], "2023-11-14T22:13:20Z");
    assert_eq!(fetched["keys"][0]["age-seconds"], 0);
    assert_eq!((&file["source"]["kind"], &file["available"]), (&"file".into(), &true.into()));
    assert_eq!(file["keys"][0]["first-seen"], "2023-11-14T22:13:20Z");
    assert!(file["next-refresh"].is_null());
    assert_eq!(symmetric["keys"][0]["type"], "oct");
    assert!(symmetric["keys"][0]["thumbprint"].is_null());
    // What is not fetched cannot be asked for.
    assert_eq!(keeper.refresh(OTHER).await, Outcome::NotKept);
}
