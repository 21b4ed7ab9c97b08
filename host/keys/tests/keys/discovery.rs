//! Keys by the issuer's own metadata.

use tokenward_keys::{Keeper, Outcome, SourceStatus, WellKnown};

use crate::server::{Reply, Server, redirect, status};
use crate::support::{A, AUDIENCE, B, builder, jwks, metadata, outcome};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

async fn keeper(issuer: &str) -> Keeper {
    builder(&[(issuer, "discovery")]).start().await.unwrap()
}

fn code(keeper: &Keeper) -> Option<&'static str> {
    keeper.status().issuers[0].error.as_ref().map(|error| error.code)
}

fn message(keeper: &Keeper) -> String {
    let message = keeper.status().issuers[0].error.as_ref().unwrap().message.clone();
    assert!(!message.contains("SECRET"), "{message}");
    message
}

fn source(keeper: &Keeper) -> SourceStatus {
    keeper.status().issuers[0].source.clone()
}

#[tokio::test]
async fn metadata_is_found_at_both_places() {
    for (path, openid, oauth) in [
        ("", OPENID.to_owned(), OAUTH.to_owned()),
        ("/", OPENID.to_owned(), OAUTH.to_owned()),
        ("/tenant", format!("/tenant{OPENID}"), format!("{OAUTH}/tenant")),
        ("/tenant/", format!("/tenant{OPENID}"), format!("{OAUTH}/tenant")),
        ("/a/b", format!("/a/b{OPENID}"), format!("{OAUTH}/a/b")),
        ("/schlüssel", format!("/schl%C3%BCssel{OPENID}"), format!("{OAUTH}/schl%C3%BCssel")),
    ] {
        for (form, at) in [(WellKnown::OpenId, &openid), (WellKnown::OAuth, &oauth)] {
            let server = Server::start().await;
            let issuer = server.at(path);
            server.json("/jwks", &jwks(&[&A]));
            server.json(at, &metadata(&issuer, &server.at("/jwks")));
            let keeper = keeper(&issuer).await;
            assert_eq!(code(&keeper), None, "{path} {form:?}");
            assert_eq!(outcome(&keeper.trust(), &issuer, &A), "accepted");
            let jwks = Some(server.at("/jwks"));
            assert_eq!(source(&keeper), SourceStatus::Discovery { form: Some(form), jwks });
            // The place that answered is asked first the next time.
            let before = server.paths().len();
            assert_eq!(keeper.refresh(&issuer).await, Outcome::Unchanged);
            assert_eq!(server.paths()[before..], [at.clone(), "/jwks".to_owned()], "{path}");
        }
    }
}

#[tokio::test]
async fn metadata_must_be_of_the_issuer_to_the_last_byte() {
    let server = Server::start().await;
    server.json("/jwks", &jwks(&[&A]));
    let at = server.at("");
    for (issuer, named, hint) in [
        (at.clone(), format!("{at}/"), true),
        (format!("{at}/"), at.clone(), true),
        (at.clone(), "https://SECRET.example".to_owned(), false),
        (at.clone(), at.to_uppercase(), false),
        (at.clone(), format!("{at} "), false),
        (format!("{at}/ü"), format!("{at}/%C3%BC"), false),
        (format!("{at}/ü"), format!("{at}/u\u{308}"), false),
    ] {
        let path = issuer.strip_prefix(&at).unwrap().trim_end_matches('/').replace('ü', "%C3%BC");
        for place in [format!("{path}{OPENID}"), format!("{OAUTH}{path}")] {
            server.json(&place, &metadata(&named, &server.at("/jwks")));
        }
        let keeper = keeper(&issuer).await;
        assert_eq!(code(&keeper), Some("issuer_mismatch"), "{issuer} {named}");
        assert_eq!(message(&keeper).contains("has a `/` at its end"), hint);
        assert_eq!(outcome(&keeper.trust(), &issuer, &A), "keys_unavailable");
    }
    assert!(!server.paths().contains(&"/jwks".to_owned()), "its keys are not even asked for");
}

#[tokio::test]
async fn metadata_that_is_refused_leaves_the_keys_as_they_were() {
    let server = Server::start().await;
    let issuer = server.at("/tenant");
    let (place, good) = (format!("/tenant{OPENID}"), metadata(&issuer, &server.at("/jwks")));
    server.json("/jwks", &jwks(&[&A]));
    server.json("/b", &jwks(&[&B]));
    server.json(&place, &good);
    let keeper = keeper(&issuer).await;
    let with_uri = |uri: &str| metadata(&issuer, uri);
    let uri = "has a `jwks_uri` that is no address that keys are fetched from";
    for (body, expected, part) in [
        ("<html>SECRET".to_owned(), "not_json", "is not valid JSON"),
        ("[]".to_owned(), "metadata", "is not a JSON object"),
        ("{}".to_owned(), "metadata", "has no `issuer`"),
        ("{\"issuer\":[\"SECRET\"]}".to_owned(), "metadata", "has no `issuer`, or not as a str"),
        (format!("{{\"issuer\":\"{issuer}\"}}"), "metadata", "has no `jwks_uri`"),
        (with_uri("http://SECRET.example/b"), "metadata", uri),
        (with_uri("ftp://SECRET.example/b"), "metadata", uri),
        (with_uri("/b"), "metadata", uri),
        (with_uri("https://user:SECRET@idp.example/b"), "metadata", uri),
        (with_uri(&server.at("/none")), "status", "/none` answers with status 404"),
        // Two issuers, of which readers could take either.
        (
            with_uri(&server.at("/b")).replacen('{', "{\"issuer\":\"https://SECRET\",", 1),
            "not_json",
            "has an object with two members of one name",
        ),
    ] {
        server.json(&place, &body);
        let Outcome::Failed(error) = keeper.refresh(&issuer).await else { panic!("{body}") };
        assert_eq!((error.code(), code(&keeper)), (expected, Some(expected)), "{body}");
        assert!(message(&keeper).contains(part), "{}", message(&keeper));
        assert_eq!(outcome(&keeper.trust(), &issuer, &A), "accepted");
        assert_eq!(outcome(&keeper.trust(), &issuer, &B), "key_not_found");
    }
    // Redirects of metadata are not followed, not even within the origin.
    server.set(&place, redirect("/elsewhere"));
    server.json("/elsewhere", &with_uri(&server.at("/b")));
    let Outcome::Failed(error) = keeper.refresh(&issuer).await else { panic!() };
    assert_eq!(error.code(), "redirect");
    assert!(!server.paths().contains(&"/elsewhere".to_owned()));
    // That one place has nothing is not what is told, if the other is wrong.
    server.set(&place, status("404 Not Found", ""));
    server.json(&format!("{OAUTH}/tenant"), "{}");
    keeper.refresh(&issuer).await;
    assert_eq!(code(&keeper), Some("metadata"));
    // And then the keys have moved.
    server.json(&place, &with_uri(&server.at("/b")));
    assert_eq!(keeper.refresh(&issuer).await, Outcome::Changed);
    assert_eq!(outcome(&keeper.trust(), &issuer, &B), "accepted");
}

#[tokio::test]
async fn keys_that_have_moved_are_found_after_a_failure() {
    let server = Server::start().await;
    let issuer = server.at("");
    server.json(OPENID, &metadata(&issuer, &server.at("/old")));
    server.json("/old", &jwks(&[&A]));
    let keeper = keeper(&issuer).await;
    server.json(OPENID, &metadata(&issuer, &server.at("/new")));
    server.json("/new", &jwks(&[&B]));
    server.set("/old", status("410 Gone", ""));
    // Metadata that is fresh is not asked for again while all is well.
    let Outcome::Failed(error) = keeper.unknown_key(&issuer).await else { panic!() };
    assert_eq!(error.code(), "status");
    assert_eq!(server.paths(), [OPENID, "/old", "/old"]);
    // It is after a failure, without anyone asking.
    while outcome(&keeper.trust(), &issuer, &B) != "accepted" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(server.paths()[3..], [OPENID, "/new"]);
    assert_eq!(outcome(&keeper.trust(), &issuer, &A), "key_not_found");
}

#[tokio::test]
async fn only_metadata_that_has_changed_is_sent() {
    let server = Server::start().await;
    let issuer = server.at("");
    server.set(OPENID, Reply::Tagged("\"m\"", metadata(&issuer, &server.at("/jwks"))));
    server.set("/jwks", Reply::Tagged("\"k\"", jwks(&[&A])));
    let keeper = keeper(&issuer).await;
    assert_eq!(keeper.refresh(&issuer).await, Outcome::Unchanged);
    let heads: Vec<String> = server.requests().into_iter().map(|request| request.head).collect();
    assert!(heads[2].contains("if-none-match: \"m\""), "{}", heads[2]);
    assert!(heads[3].contains("if-none-match: \"k\""), "{}", heads[3]);
    // The tag of one address says nothing of another.
    server.json(OPENID, &metadata(&issuer, &server.at("/b")));
    server.set("/b", Reply::Tagged("\"k\"", jwks(&[&B])));
    assert_eq!(keeper.refresh(&issuer).await, Outcome::Changed);
    assert_eq!(outcome(&keeper.trust(), &issuer, &B), "accepted");
}

#[tokio::test]
async fn tenants_of_one_host_are_kept_apart() {
    let server = Server::start().await;
    let (one, two) = (server.at("/one"), server.at("/two"));
    for (path, issuer, key) in [("/one", &one, &A), ("/two", &two, &B)] {
        server.json(&format!("{path}/jwks"), &jwks(&[key]));
        let uri = server.at(&format!("{path}/jwks"));
        server.json(&format!("{path}{OPENID}"), &metadata(issuer, &uri));
    }
    let keeper = builder(&[(&one, "discovery"), (&two, "discovery")]).start().await.unwrap();
    let verdicts = || {
        let trust = keeper.trust();
        [(&one, &*A), (&one, &*B), (&two, &*A), (&two, &*B)]
            .map(|(issuer, key)| outcome(&trust, issuer, key))
    };
    assert_eq!(verdicts(), ["accepted", "key_not_found", "key_not_found", "accepted"]);
    // One tenant's metadata at the other's place.
    server.json(&format!("/two{OPENID}"), &metadata(&one, &server.at("/one/jwks")));
    let Outcome::Failed(error) = keeper.refresh(&two).await else { panic!() };
    assert_eq!(error.code(), "issuer_mismatch");
    assert_eq!(verdicts(), ["accepted", "key_not_found", "key_not_found", "accepted"]);
    assert_eq!(AUDIENCE, "https://api.example");
}
