//! Metadata (section 9).

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::super::PublicUrl;
use super::{Got, METADATA, Settings, baseline, is_valid, send};
use crate::server::secret::Secret;

const PATH: &str = "/.well-known/authzen-configuration";

async fn get(settings: &Settings, path: &str, hosts: &[&str]) -> Got {
    let mut request = Request::get(path);
    for host in hosts {
        request = request.header("host", *host);
    }
    send(baseline(), settings.clone(), request.body(Body::empty()).unwrap()).await
}

fn check(got: &Got, base: &str) {
    let body = got.json();
    assert!(is_valid(METADATA, "", &body), "{body}");
    let expected = json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": format!("{base}/access/v1/evaluation"),
        "access_evaluations_endpoint": format!("{base}/access/v1/evaluations"),
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn by_the_configured_url() {
    let settings = Settings {
        public_url: Some(PublicUrl::parse("https://pdp.example/tenant1").unwrap()),
        token: Some(Arc::new(Secret::of(b"another-secret"))),
        tls: false,
    };
    // Whatever host is asked, and whoever asks.
    for path in [format!("{PATH}/tenant1"), PATH.to_owned()] {
        let got = get(&settings, &path, &["evil.example"]).await;
        check(&got, "https://pdp.example/tenant1");
        assert_eq!(got.header("cache-control"), Some("max-age=3600"));
    }
    assert_eq!(get(&Settings::default(), &format!("{PATH}/tenant1"), &["a"]).await.status, 404);
}

#[tokio::test]
async fn by_the_host_that_is_asked() {
    for (host, tls, base) in [
        ("pdp.example", false, "https://pdp.example"),
        ("pdp.example:8443", true, "https://pdp.example:8443"),
        ("127.0.0.1:9191", false, "http://127.0.0.1:9191"),
        ("localhost", false, "http://localhost"),
        ("[::1]:9191", false, "http://[::1]:9191"),
        ("127.0.0.1:9191", true, "https://127.0.0.1:9191"),
    ] {
        let settings = Settings { tls, ..Settings::default() };
        let got = get(&settings, PATH, &[host]).await;
        check(&got, base);
        assert_eq!(got.header("cache-control"), Some("no-store"));
    }
    // HTTP/2 has it in the URL.
    check(
        &get(&Settings::default(), &format!("http://pdp.example{PATH}"), &[]).await,
        "https://pdp.example",
    );
    for hosts in [&[][..], &["a", "a"], &[""], &["a/b"], &["u@a"], &["a?b"], &["\"a\""]] {
        let got = get(&Settings::default(), PATH, hosts).await;
        assert_eq!(got.status, 400, "{hosts:?}");
    }
}

#[test]
fn public_urls() {
    for (url, path) in [
        ("https://pdp.example", None),
        ("https://pdp.example:8443", None),
        ("https://pdp.example/a/b-c", Some("/a/b-c")),
        ("http://127.0.0.1:9191", None),
        ("http://[::1]", None),
        ("http://localhost:1/a", Some("/a")),
    ] {
        assert_eq!(PublicUrl::parse(url).unwrap().path(), path, "{url}");
    }
    for url in [
        "",
        "pdp.example",
        "https://",
        "https:///a",
        "http://pdp.example",
        "http://127.0.0.1.example",
        "ftp://pdp.example",
        "https://pdp.example/",
        "https://pdp.example/a/",
        "https://pdp.example//a",
        "https://pdp.example?a",
        "https://pdp.example/a#b",
        "https://u@pdp.example",
        "https://pdp.example/{a}",
        "https://pdp.example/%7B",
    ] {
        let error = PublicUrl::parse(url).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{url}` is not accepted")), "{error}");
    }
}
