//! Going over to another trust while traffic flows.

use std::sync::Arc;

use tokenward_keys::{Keeper, Outcome, Source};
use tokenward_token::{Algorithm, Issuer, KeySet, Trust};
use tokio::sync::Semaphore;

use crate::server::{Reply, Server, ok};
use crate::support::{
    A, AUDIENCE, B, Handed, ISSUER, OTHER, builder, jwks, keeper, outcome, sources, status, trust,
    verdict,
};

#[tokio::test]
async fn issuers_that_stay_keep_their_keys() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    server.json("/other", &jwks(&[&B]));
    let (at, other) = (server.at("/jwks"), server.at("/other"));
    let handed = Handed::default();
    let keeper = builder(&[(ISSUER, &at)]).on_change(handed.take()).start().await.unwrap();
    assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::Unchanged);
    assert_eq!(server.paths(), ["/jwks", "/jwks"]);

    // Another issuer comes: its keys alone are fetched.
    let both = sources(&[(ISSUER, &at), (OTHER, &other)]);
    keeper.reload(trust(&[ISSUER, OTHER]), both).await.unwrap();
    assert_eq!(server.paths(), ["/jwks", "/jwks", "/other"]);
    assert_eq!(verdict(&keeper, &A), "accepted");
    assert_eq!(outcome(&keeper.trust(), OTHER, &B), "accepted");
    assert_eq!(outcome(&handed.last(), OTHER, &B), "accepted");
    assert_eq!(handed.count(), 2, "never a trust without keys in between");
    // The cooldown stays, too.
    assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::CoolingDown);
    assert_eq!(status(&keeper, ISSUER).attempts, 2);

    // It goes again: nothing of it is fetched or known.
    keeper.reload(trust(&[ISSUER]), sources(&[(ISSUER, &at)])).await.unwrap();
    assert_eq!(outcome(&keeper.trust(), OTHER, &B), "issuer_unknown");
    assert_eq!(keeper.refresh(OTHER).await, Outcome::NotKept);
    assert_eq!(verdict(&keeper, &A), "accepted");
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Unchanged);
}

#[tokio::test]
async fn keys_from_elsewhere_are_fetched_before_they_are_needed() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let gate = Arc::new(Semaphore::new(0));
    server.set("/new", Reply::Held(Arc::clone(&gate), Box::new(ok(&jwks(&[&B])))));
    let keeper = Arc::new(keeper(&[(ISSUER, &server.at("/jwks"))]).await);
    let reload = tokio::spawn({
        let (keeper, new) = (Arc::clone(&keeper), server.at("/new"));
        async move { keeper.reload(trust(&[ISSUER]), sources(&[(ISSUER, &new)])).await }
    });
    while server.paths().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(verdict(&keeper, &A), "accepted", "the keys before serve meanwhile");
    gate.add_permits(1);
    reload.await.unwrap().unwrap();
    assert_eq!((verdict(&keeper, &A), verdict(&keeper, &B)), ("key_not_found", "accepted"));
    // From an address that does not answer there are none: the old ones are not its keys.
    let gone = sources(&[(ISSUER, &server.at("/gone"))]);
    keeper.reload(trust(&[ISSUER]), gone).await.unwrap();
    assert_eq!(verdict(&keeper, &B), "keys_unavailable");
    assert_eq!(status(&keeper, ISSUER).error.unwrap().code, "status");
}

#[tokio::test]
async fn whoever_waits_for_an_issuer_that_goes_is_told() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    server.json("/other", &jwks(&[&B]));
    let keeper = Arc::new(keeper(&[(ISSUER, &server.at("/jwks"))]).await);
    let never = Arc::new(Semaphore::new(0));
    server.set("/jwks", Reply::Held(never, Box::new(ok(&jwks(&[&B])))));
    let waits = tokio::spawn({
        let keeper = Arc::clone(&keeper);
        async move { keeper.unknown_key(ISSUER).await }
    });
    while server.paths().len() < 2 {
        tokio::task::yield_now().await;
    }
    let others = sources(&[(OTHER, &server.at("/other"))]);
    keeper.reload(trust(&[OTHER]), others).await.unwrap();
    assert_eq!(waits.await.unwrap(), Outcome::NotKept);
    assert_eq!(outcome(&keeper.trust(), ISSUER, &B), "issuer_unknown");
}

#[tokio::test]
async fn rules_that_change_are_those_that_count() {
    let server = Server::start().await;
    server.set("/jwks", Reply::Tagged("\"a\"", jwks(&[&A])));
    let at = server.at("/jwks");
    let keeper = keeper(&[(ISSUER, &at)]).await;
    let with = |algorithm| {
        let issuer = Issuer::new(ISSUER, KeySet::unavailable(), [AUDIENCE]);
        Trust::builder().issuer(issuer.algorithms([algorithm])).build().unwrap()
    };
    keeper.reload(with(Algorithm::ES256), sources(&[(ISSUER, &at)])).await.unwrap();
    assert_eq!(verdict(&keeper, &A), "accepted");
    // Keys that the rules exclude are not there any more, however fresh they are.
    keeper.reload(with(Algorithm::RS256), sources(&[(ISSUER, &at)])).await.unwrap();
    assert_eq!(verdict(&keeper, &A), "alg_not_allowed");
    assert!(!status(&keeper, ISSUER).available);
    assert_eq!(status(&keeper, ISSUER).error.unwrap().code, "rules");
    let Outcome::Failed(error) = keeper.refresh(ISSUER).await else { panic!() };
    assert_eq!(error.code(), "rules", "also of keys that have not changed");
    // And back.
    keeper.reload(with(Algorithm::ES256), sources(&[(ISSUER, &at)])).await.unwrap();
    assert_eq!(verdict(&keeper, &A), "accepted");
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_and_changes_nothing() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let at = server.at("/jwks");
    let keeper = keeper(&[(ISSUER, &at)]).await;
    let plain = Source::Jwks("http://idp.example/jwks".parse().unwrap());
    let secret = tokenward_token::mint::PrivateKey::generate(Algorithm::HS256).unwrap();
    let secret = Issuer::new(ISSUER, secret.key_set().unwrap(), [AUDIENCE]).symmetric();
    let symmetric = Trust::builder().issuer(secret).build().unwrap();
    for (new, sources, code) in [
        (trust(&[ISSUER]), sources(&[(ISSUER, &at), (OTHER, &at)]), "issuer_unknown"),
        (trust(&[ISSUER, OTHER]), sources(&[(ISSUER, &at)]), "source_missing"),
        (trust(&[ISSUER]), [(ISSUER.to_owned(), plain)].into(), "address_plain"),
        (trust(&["urn:idp"]), sources(&[("urn:idp", "discovery")]), "discovery_issuer"),
        (symmetric, sources(&[(ISSUER, &at)]), "symmetric"),
    ] {
        let error = keeper.reload(new.clone(), sources.clone()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(verdict(&keeper, &A), "accepted");
        // The same at a start.
        let error = Keeper::builder(new, sources).start().await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    assert_eq!(server.paths(), ["/jwks"]);
}

#[tokio::test]
async fn keys_that_the_trust_has_serve_until_others_are_fetched() {
    let server = Server::start().await;
    let at = server.at("/jwks");
    let issuer = Issuer::new(ISSUER, A.key_set().unwrap(), [AUDIENCE]);
    let seeded = Trust::builder().issuer(issuer).build().unwrap();
    let keeper = Keeper::builder(seeded, sources(&[(ISSUER, &at)]))
        .clock(Arc::new(|| crate::support::NOW))
        .start()
        .await
        .unwrap();
    assert_eq!(verdict(&keeper, &A), "accepted");
    assert!(status(&keeper, ISSUER).stale);
    server.json("/jwks", &jwks(&[&B]));
    assert!(matches!(keeper.refresh(ISSUER).await, Outcome::Changed));
    assert_eq!((verdict(&keeper, &A), verdict(&keeper, &B)), ("key_not_found", "accepted"));
}
