//! What tests of this crate stand on: a key, and gates over the baseline bundle.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use tokenward::json::parse_strict;
use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Authorizer, Bundle, Trust, UnixTime};

use crate::gate::Gate;
use crate::inquiry::Inquiry;

pub(crate) static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(Algorithm::ES256).unwrap().with_kid("k-1").unwrap());

/// The baseline bundle, with a route, a step-up for a new device, and an e-mail address withheld.
pub(crate) static AUTHORIZER: LazyLock<Arc<Authorizer>> = LazyLock::new(|| {
    let route = json!({ "methods": ["GET"], "path": "/orders/**", "all-of": ["orders:read"] });
    let risky = json!({ "signal": "new-device", "outcome": "step-up" });
    let bundle = Bundle::built_in("baseline")
        .unwrap()
        .with_settings("scope-check", json!({ "routes": [route] }).as_object().unwrap())
        .with_settings("risk-score", json!({ "overrides": [risky] }).as_object().unwrap());
    let trust = Trust::key_only(KEY.key_set().unwrap());
    Arc::new(Authorizer::new(trust, &bundle).unwrap())
});

pub(crate) fn gate() -> Gate {
    Gate::new(Arc::clone(&AUTHORIZER))
}

/// A token with these claims that was issued now.
pub(crate) fn token(claims: &Value) -> String {
    let now = UnixTime::now().seconds();
    let mut all = json!({ "iat": now, "exp": now + 600, "sub": "u-1" });
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    let claims = parse_strict(all.to_string().as_bytes(), &Default::default()).unwrap();
    KEY.mint(None, claims.as_object().unwrap()).unwrap()
}

/// A request for an order, with these headers.
pub(crate) fn inquiry(headers: &[(&str, &str)]) -> Inquiry {
    let builder = Inquiry::builder("GET", "https://api.example/orders/7").unwrap();
    let with = |builder: crate::Builder<'static>, (name, value): &(&str, &str)| {
        builder.header(name, value.as_bytes()).unwrap()
    };
    headers.iter().fold(builder, with).build()
}
