//! Random cases, of what a policy reads and of what it does not.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use tokenward_policy::testing::{Case, CookieGiven, EncryptionGiven, KeyGiven, TlsGiven};
use tokenward_policy::{ClaimSelector, Reads};

/// Claims that many policies know, and some that none does.
const CLAIMS: [&str; 17] = [
    "sub",
    "scope",
    "scp",
    "aud",
    "exp",
    "iat",
    "nbf",
    "auth_time",
    "email",
    "name",
    "patient",
    "card_number",
    "ssn",
    "order_id",
    "a/b",
    "m~n",
    "é",
];

/// Cases for a policy that reads this.
pub(super) fn random_case(reads: &Reads) -> impl Strategy<Value = Case> + use<> {
    let mut claims: Vec<String> = CLAIMS.map(str::to_owned).into();
    claims.extend(reads.claims.iter().filter_map(|selector| {
        let (ClaimSelector::At(path) | ClaimSelector::Below(path)) = selector;
        let name = path.split('/').nth(1)?;
        Some(name.replace("~1", "/").replace("~0", "~"))
    }));
    let signal = (random_scalar(), 0u8..=100, prop::option::of(0u64..10_000)).prop_map(
        |(value, confidence, age)| match age {
            Some(age) => json!({"value": value, "confidence": confidence, "age": age}),
            None => json!({"value": value, "confidence": confidence}),
        },
    );
    let objects = (
        members(claims, random_value(), 12),
        members(with(&reads.header, "alg"), random_header().boxed(), 3),
        members(with(&reads.signals, "new-device"), signal.boxed(), 6),
        members(with(&reads.facts, "other.fact"), random_value().boxed(), 12),
    );
    let plain = (
        select(vec!["access", "refresh", "id", "logout+jwt"]),
        select(vec!["issue", "use", "refresh", "login"]),
        prop::option::of(select(vec![
            "GET https://api.example/records/7",
            "POST https://api.example/records",
            "DELETE https://other.example/admin/users",
            "GET http://api.example/",
            "GET /records?access_token=x",
        ])),
        1_699_999_000i64..1_700_100_000,
        prop::bool::weighted(0.1),
    );
    (objects, plain, random_key(), random_transport()).prop_map(
        |(
            (claims, header, signals, facts),
            (kind, phase, request, now, no_token),
            (key, encryption, binding),
            (token_location, tls, cookies),
        )| Case {
            name: "random".into(),
            no_token,
            kind: kind.into(),
            phase: phase.into(),
            now,
            claims,
            header,
            key,
            encryption,
            binding: Some(binding.into()),
            request: request.map(str::to_owned),
            token_location: token_location.map(str::to_owned),
            tls,
            cookies,
            signals,
            facts,
            ..Case::default()
        },
    )
}

fn with(names: &[String], other: &str) -> Vec<String> {
    names.iter().cloned().chain([other.to_owned()]).collect()
}

/// An object as JSON text, with some of these members.
fn members(
    names: Vec<String>,
    value: impl Strategy<Value = Json>,
    most: usize,
) -> impl Strategy<Value = String> {
    prop::collection::btree_map(select(names), value, 0..most).prop_map(|m| json!(m).to_string())
}

fn random_header() -> impl Strategy<Value = Json> {
    let algorithm = select(vec!["ES256", "RS256", "PS512", "HS256", "EdDSA", "none"]);
    prop_oneof![4 => algorithm.prop_map(Json::from), 1 => random_scalar()]
}

type RandomKey = (Option<KeyGiven>, Option<EncryptionGiven>, &'static str);

fn random_key() -> impl Strategy<Value = RandomKey> {
    let key = (
        select(vec![("EC", Some("P-256")), ("RSA", None), ("OKP", Some("Ed25519")), ("oct", None)]),
        select(vec![128u32, 255, 256, 1024, 2048, 4096]),
        prop::option::of(0u64..100_000_000),
    );
    let key = key.prop_map(|((key_type, curve), bits, age)| KeyGiven {
        id: None,
        key_type: key_type.into(),
        curve: curve.map(Into::into),
        bits,
        age,
    });
    let encryption = (
        select(vec!["RSA-OAEP-256", "RSA1_5", "dir", "ECDH-ES"]),
        select(vec!["A256GCM", "A128CBC-HS256", "?"]),
    );
    let encryption = encryption.prop_map(|(algorithm, content)| EncryptionGiven {
        algorithm: algorithm.into(),
        content: content.into(),
    });
    (
        prop::option::of(key),
        prop::option::of(encryption),
        select(vec!["none", "dpop", "mutual-tls"]),
    )
}

type RandomTransport = (Option<&'static str>, Option<TlsGiven>, Vec<CookieGiven>);

fn random_transport() -> impl Strategy<Value = RandomTransport> {
    let location = select(vec!["authorization-header", "body", "query", "cookie", "other-header"]);
    let tls = (
        prop::option::of(select(vec!["1.0", "1.2", "1.3", "x"])),
        prop::option::of(select(vec!["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_RC4_128_SHA"])),
        any::<bool>(),
    );
    let tls = tls.prop_map(|(version, cipher, client_certificate)| TlsGiven {
        version: version.map(Into::into),
        cipher: cipher.map(Into::into),
        client_certificate,
    });
    let cookie = (
        select(vec!["rt", "__Host-rt"]),
        any::<bool>(),
        any::<bool>(),
        prop::option::of(select(vec!["none", "lax", "strict"])),
        prop::option::of(0u64..10_000_000),
    );
    let cookie = cookie.prop_map(|(name, http_only, secure, same_site, max_age)| CookieGiven {
        name: name.into(),
        http_only,
        secure,
        same_site: same_site.map(Into::into),
        max_age,
    });
    (prop::option::of(location), prop::option::of(tls), prop::collection::vec(cookie, 0..3))
}

fn random_scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-5i64..20).prop_map(Json::from),
        (1_699_990_000i64..1_700_200_000).prop_map(Json::from),
        (-1e6f64..1e6).prop_map(Json::from),
        "[ -~]{0,24}".prop_map(Json::from),
        prop_oneof![
            Just("records:read records:write"),
            Just("*"),
            Just("alice@example.com"),
            Just("4111 1111 1111 1111"),
            Just("123-45-6789"),
            Just("+1 202 555 0143"),
            Just("GB82 WEST 1234 5698 7654 32"),
            Just("550e8400-e29b-41d4-a716-446655440000"),
            Just("YWxpY2VAZXhhbXBsZS5jb20"),
            Just("alice%40example.com"),
            Just("\u{202e}x"),
        ]
        .prop_map(Json::from),
    ]
}

fn random_value() -> impl Strategy<Value = Json> {
    random_scalar().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec("[a-z:@.]{0,12}", 1..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z/~]{1,8}", inner, 0..4).prop_map(|m| json!(m)),
        ]
    })
}
