//! Keys come and go, and each issuer has its own.

use std::sync::{Arc, Mutex};

use tokenward_keys::{Outcome, SourceStatus};
use tokio::sync::Semaphore;

use crate::server::{Reply, Server, ok};
use crate::support::{
    A, B, Handed, ISSUER, OTHER, builder, jwks, keeper, outcome, status, verdict,
};

#[tokio::test]
async fn keys_are_added_and_removed() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let handed = Handed::default();
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let keeper = builder(&of).on_change(handed.take()).start().await.unwrap();
    assert_eq!((verdict(&keeper, &A), verdict(&keeper, &B)), ("accepted", "key_not_found"));
    assert_eq!(handed.count(), 1, "the trust of the start");
    assert_eq!(outcome(&handed.last(), ISSUER, &A), "accepted");

    server.json("/jwks", &jwks(&[&A, &B]));
    assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::Changed);
    assert_eq!((verdict(&keeper, &A), verdict(&keeper, &B)), ("accepted", "accepted"));
    assert_eq!(handed.count(), 2);
    assert_eq!(outcome(&handed.last(), ISSUER, &B), "accepted");

    // A key that was removed no longer verifies.
    server.json("/jwks", &jwks(&[&B]));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    assert_eq!((verdict(&keeper, &A), verdict(&keeper, &B)), ("key_not_found", "accepted"));
    assert_eq!(handed.count(), 3);

    // The same keys in another order, or fetched again, are no change.
    server.json("/jwks", &jwks(&[&B, &A]));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    server.json("/jwks", &jwks(&[&A, &B]));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Unchanged);
    assert_eq!(handed.count(), 4);

    let status = status(&keeper, ISSUER);
    assert_eq!((status.attempts, status.failed, status.error), (5, 0, None));
    assert!(status.available && !status.stale && status.next_refresh > status.last_success);
    assert_eq!(status.bytes, Some(jwks(&[&A, &B]).len()));
    assert_eq!(status.source, SourceStatus::Jwks { address: server.at("/jwks") });
    let kids: Vec<_> = status.keys.iter().filter_map(|key| key.kid.as_deref()).collect();
    assert_eq!(kids, ["b", "a"], "the order of the set in use");
}

#[tokio::test]
async fn a_thousand_unknown_kids_cause_one_fetch() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let keeper = Arc::new(keeper(&[(ISSUER, &server.at("/jwks"))]).await);
    let gate = Arc::new(Semaphore::new(0));
    server.set("/jwks", Reply::Held(Arc::clone(&gate), Box::new(ok(&jwks(&[&A, &B])))));

    let all: Vec<_> = (0..1000)
        .map(|_| {
            let keeper = Arc::clone(&keeper);
            tokio::spawn(async move {
                let outcome = keeper.unknown_key(ISSUER).await;
                // Whoever is told of a change finds it.
                (outcome, verdict(&keeper, &B))
            })
        })
        .collect();
    // All of them ask before the one fetch is answered.
    while server.paths().len() < 2 {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    gate.add_permits(1);
    for one in all {
        assert_eq!(one.await.unwrap(), (Outcome::Changed, "accepted"));
    }
    assert_eq!(server.paths(), ["/jwks", "/jwks"], "the start, and one for all");

    // Within the cooldown there is none, and nobody waits for one.
    for _ in 0..1000 {
        assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::CoolingDown);
    }
    assert_eq!(server.paths().len(), 2);
    // An operator may.
    server.json("/jwks", &jwks(&[&A]));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    assert_eq!(keeper.unknown_key("https://nobody.example").await, Outcome::NotKept);
}

#[tokio::test]
async fn an_operator_is_not_answered_by_a_fetch_that_began_before() {
    let server = Server::start().await;
    let gate = Arc::new(Semaphore::new(1));
    let held = |keys: String| Reply::Held(Arc::clone(&gate), Box::new(ok(&keys)));
    server.set("/jwks", held(jwks(&[&A])));
    let keeper = Arc::new(keeper(&[(ISSUER, &server.at("/jwks"))]).await);
    let first = tokio::spawn({
        let keeper = Arc::clone(&keeper);
        async move { keeper.unknown_key(ISSUER).await }
    });
    while server.paths().len() < 2 {
        tokio::task::yield_now().await;
    }
    // The provider has answered already, as it were, when its keys change.
    server.set("/jwks", held(jwks(&[&B])));
    let second = tokio::spawn({
        let keeper = Arc::clone(&keeper);
        async move { keeper.refresh(ISSUER).await }
    });
    tokio::task::yield_now().await;
    gate.add_permits(2);
    assert_eq!(first.await.unwrap(), Outcome::Unchanged);
    assert_eq!(second.await.unwrap(), Outcome::Changed);
    assert_eq!(verdict(&keeper, &B), "accepted");
}

#[tokio::test]
async fn every_fetch_is_told() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let told = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&told);
    let on_fetch = move |issuer: &str, outcome: &Outcome| {
        let code = if let Outcome::Failed(error) = outcome { error.code() } else { "" };
        all.lock().unwrap().push(format!("{issuer} {} {code}", outcome.name()));
        panic!("a caller's fault");
    };
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let keeper = builder(&of).on_fetch(on_fetch).start().await.unwrap();
    keeper.unknown_key(ISSUER).await;
    keeper.unknown_key(ISSUER).await;
    server.json("/jwks", "{}");
    keeper.refresh(ISSUER).await;
    let told = told.lock().unwrap().clone();
    let expected = ["changed ", "unchanged ", "failed keys"];
    assert_eq!(told, expected.map(|outcome| format!("{ISSUER} {outcome}")));
}

#[tokio::test]
async fn issuers_are_kept_apart() {
    let (server, other) = (Server::start().await, Server::start().await);
    server.json("/jwks", &jwks(&[&A]));
    // Another key of the same `kid`.
    let same_kid = crate::support::key("a");
    other.json("/jwks", &jwks(&[&same_kid]));
    let keeper = keeper(&[(ISSUER, &server.at("/jwks")), (OTHER, &other.at("/jwks"))]).await;
    let verdicts = |keeper: &tokenward_keys::Keeper| {
        let trust = keeper.trust();
        [(ISSUER, &*A), (ISSUER, &same_kid), (OTHER, &*A), (OTHER, &same_kid)]
            .map(|(issuer, key)| outcome(&trust, issuer, key))
    };
    let apart = ["accepted", "signature_invalid", "signature_invalid", "accepted"];
    assert_eq!(verdicts(&keeper), apart);

    // One provider goes down: the other's issuer does not notice.
    let origin = other.down().await;
    let outcomes = keeper.refresh_all().await;
    assert_eq!(outcomes.len(), 2);
    assert_eq!(outcomes[0], (ISSUER.to_owned(), Outcome::Unchanged));
    assert_eq!(outcomes[1].0, OTHER);
    assert!(matches!(&outcomes[1].1, Outcome::Failed(error) if error.code() == "unreachable"));
    assert_eq!(verdicts(&keeper), apart);
    assert!(status(&keeper, OTHER).stale && !status(&keeper, ISSUER).stale);
    assert_eq!(
        status(&keeper, OTHER).source,
        SourceStatus::Jwks { address: format!("{origin}/jwks") }
    );
    // An unknown `kid` of one is a fetch of that one alone, with its own cooldown.
    let before = server.paths().len();
    assert!(matches!(keeper.unknown_key(OTHER).await, Outcome::Failed(_)));
    assert_eq!(server.paths().len(), before);
    assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::Unchanged);
    assert_eq!(keeper.unknown_key(OTHER).await, Outcome::CoolingDown);
}

#[tokio::test]
async fn a_key_that_two_issuers_have_is_told() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    server.json("/other", &jwks(&[&A, &B]));
    let keeper = keeper(&[(ISSUER, &server.at("/jwks")), (OTHER, &server.at("/other"))]).await;
    let shared = |issuer| -> Vec<Vec<String>> {
        status(&keeper, issuer).keys.into_iter().map(|key| key.shared_with).collect()
    };
    assert_eq!(shared(ISSUER), [[OTHER]]);
    assert_eq!(shared(OTHER), [vec![ISSUER.to_owned()], vec![]]);
}

#[tokio::test]
async fn only_what_has_changed_is_sent() {
    let server = Server::start().await;
    server.set("/jwks", Reply::Tagged("\"one\"", jwks(&[&A])));
    let keeper = keeper(&[(ISSUER, &server.at("/jwks"))]).await;
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Unchanged);
    assert_eq!(verdict(&keeper, &A), "accepted");
    let requests = server.requests();
    assert!(!requests[0].head.contains("if-none-match"), "{requests:?}");
    assert!(requests[1].head.contains("if-none-match: \"one\""), "{requests:?}");

    // A set that is refused is not one that the next answer may leave as it is.
    server.set("/jwks", Reply::Tagged("\"two\"", jwks(&[&B, &B])));
    assert!(matches!(keeper.refresh(ISSUER).await, Outcome::Failed(_)));
    assert!(matches!(keeper.refresh(ISSUER).await, Outcome::Failed(_)));
    assert_eq!(verdict(&keeper, &A), "accepted");
    server.set("/jwks", Reply::Tagged("\"three\"", jwks(&[&B])));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Unchanged);
    assert!(server.requests().last().unwrap().head.contains("if-none-match: \"three\""));
    assert_eq!(status(&keeper, ISSUER).bytes, Some(jwks(&[&B]).len()));
}

#[tokio::test]
async fn nothing_is_done_after_the_end() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let handed = Handed::default();
    let of = [(ISSUER, server.at("/jwks"))];
    let of = of.each_ref().map(|(issuer, at)| (*issuer, at.as_str()));
    let keeper = builder(&of).on_change(handed.take()).start().await.unwrap();
    let tasks = tokio::runtime::Handle::current().metrics();
    let server_alone = {
        let with_keeper = tasks.num_alive_tasks();
        drop(keeper);
        while tasks.num_alive_tasks() >= with_keeper {
            tokio::task::yield_now().await;
        }
        tasks.num_alive_tasks()
    };
    // The listener, and what it may still have to say to a connection.
    assert!(server_alone <= 2, "{server_alone}");
    assert_eq!((server.paths().len(), handed.count()), (1, 1));
}
