//! Tokens and requests to begin with.

use serde_json::{Value, json};

pub(super) fn all() -> Value {
    let request = json!({
        "method": "GET", "url": "https://api.example/orders/7", "headers": {},
    });
    let example = |name: &str, title: &str, bundle: &str, claims: Value, signals: Value| {
        json!({
            "name": name, "title": title, "bundle": bundle, "phase": "use", "typ": "at+jwt",
            "claims": claims, "request": request, "signals": signals,
        })
    };
    let base = |more: Value| {
        let mut claims = json!({
            "iss": "https://idp.example", "aud": "https://api.example", "sub": "u-1",
            "client_id": "shop", "jti": "t-1", "scope": "orders:read",
        });
        if let (Some(claims), Value::Object(more)) = (claims.as_object_mut(), more) {
            claims.extend(more);
        }
        claims
    };
    let none = json!({});
    json!([
        example("minimal", "A minimal access token", "baseline", base(json!({})), none.clone()),
        example(
            "email",
            "An e-mail address in the token (GDPR)",
            "gdpr",
            base(json!({ "email": "alice@example.com" })),
            none.clone(),
        ),
        example(
            "card",
            "A card number in the token (PCI DSS)",
            "pci-dss",
            base(json!({ "payment": { "number": "4111 1111 1111 1111", "exp": "12/29" } })),
            none.clone(),
        ),
        example(
            "health",
            "A diagnosis in the token (HIPAA)",
            "hipaa",
            base(json!({ "diagnosis": "E11.9", "mrn": "MRN 00123456" })),
            none.clone(),
        ),
        example(
            "risk",
            "A new device in an unusual place: authenticate again",
            "baseline",
            base(json!({})),
            json!({ "new-device": true, "unusual-location": true, "failed-attempts": 5 }),
        ),
        example(
            "long",
            "A token that lives for ten years (ISO 27001)",
            "iso27001",
            base(json!({ "iat": 1_700_000_000, "exp": 2_015_360_000 })),
            none,
        ),
    ])
}
