//! Key files: what is read, what is skipped, what is refused.

use tokenward_token::mint::PrivateKey;
use tokenward_token::{Algorithm, Json, Key, KeyError, KeySet, KeyType, Object, UnixTime};

use crate::support::{ES, RS, base64url, key, key_set};

/// RFC 7517 appendix A.1, EC.
const RFC_EC: &str = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#;

/// RFC 8037 appendix A.2.
const RFC_ED: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// RFC 7638 section 3.1.
const RFC_RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

fn object(text: &str) -> Object {
    let limits = tokenward_token::json::JsonLimits::default();
    match tokenward_token::json::parse_strict(text.as_bytes(), &limits).unwrap() {
        Json::Object(object) => object,
        _ => panic!("{text}"),
    }
}

/// `accepted`, or the code, of one JWK with a member set, or taken out.
fn with(jwk: &str, member: &str, value: Option<Json>) -> &'static str {
    let mut jwk = object(jwk);
    match value {
        Some(value) => jwk.set(member, value),
        None => drop(jwk.remove(member)),
    }
    KeySet::parse(jwk.to_compact().as_bytes()).map_or_else(|e| e.code(), |_| "accepted")
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    for (jwk, expected) in [
        (RFC_RSA, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (RFC_ED, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ] {
        assert_eq!(Key::from_jwk(&object(jwk)).unwrap().thumbprint(), expected);
    }
}

#[test]
fn facts_tell_type_curve_and_size() {
    for (jwk, key_type, curve, bits, algorithm) in [
        (RFC_EC, KeyType::Ec, Some("P-256"), 256, Algorithm::ES256),
        (RFC_ED, KeyType::Okp, Some("Ed25519"), 256, Algorithm::EdDSA),
        (RFC_RSA, KeyType::Rsa, None, 2048, Algorithm::RS256),
        (&secret(33), KeyType::Oct, None, 264, Algorithm::HS256),
    ] {
        let key = Key::from_jwk(&object(jwk)).unwrap();
        let facts = key.facts();
        assert_eq!((facts.key_type(), facts.curve(), facts.bits()), (key_type, curve, bits));
        assert_eq!(key.algorithm(), algorithm);
        assert_eq!(facts.age_seconds(UnixTime(10)), None);
        let seen = key.with_created(UnixTime(4));
        assert_eq!(seen.facts().age_seconds(UnixTime(10)), Some(6));
        assert_eq!(seen.facts().age_seconds(UnixTime(3)), None);
    }
}

fn secret(bytes: usize) -> String {
    format!(r#"{{"kty":"oct","k":"{}"}}"#, base64url(vec![7; bytes]))
}

#[test]
fn members_of_a_jwk_are_judged() {
    let text = |text: &str| Some(Json::from(text));
    let long = "k".repeat(257);
    let cases: &[(&str, &str, Option<Json>, &str)] = &[
        (RFC_EC, "use", text("sig"), "accepted"),
        (RFC_EC, "use", text("enc"), "key_unsupported"),
        (RFC_EC, "use", Some(Json::Integer(1)), "key_malformed_jwk"),
        (RFC_EC, "key_ops", Some(vec![Json::from("verify")].into()), "accepted"),
        (RFC_EC, "key_ops", Some(vec![Json::from("encrypt")].into()), "key_unsupported"),
        (RFC_EC, "key_ops", Some(Json::Array(vec![])), "key_unsupported"),
        (RFC_EC, "key_ops", text("verify"), "key_malformed_jwk"),
        (RFC_EC, "alg", text("ES256"), "accepted"),
        (RFC_EC, "alg", text("ES384"), "key_alg_mismatch"),
        (RFC_EC, "alg", text("RS256"), "key_alg_mismatch"),
        (RFC_EC, "alg", text("HS256"), "key_alg_mismatch"),
        (RFC_EC, "alg", text("none"), "key_unsupported"),
        (RFC_EC, "alg", text("ECDH-ES"), "key_unsupported"),
        (RFC_EC, "alg", Some(Json::Null), "key_malformed_jwk"),
        (RFC_EC, "kid", text(""), "key_malformed_jwk"),
        (RFC_EC, "kid", text("a\0"), "key_malformed_jwk"),
        (RFC_EC, "kid", text(&long), "key_malformed_jwk"),
        (RFC_EC, "kid", Some(Json::Integer(7)), "key_malformed_jwk"),
        (RFC_EC, "kty", None, "key_malformed_jwk"),
        (RFC_EC, "kty", text("ec"), "key_unsupported"),
        (RFC_EC, "kty", text("RSA"), "key_malformed_jwk"),
        (RFC_EC, "crv", text("secp256k1"), "key_unsupported"),
        (RFC_EC, "crv", text("P-384"), "key_malformed_jwk"),
        (RFC_EC, "x", None, "key_malformed_jwk"),
        (RFC_EC, "y", text("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyN"), "key_malformed_jwk"),
        (RFC_EC, "y", text("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyQ"), "key_weak"),
        (RFC_EC, "y", text("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM="), "key_malformed_jwk"),
        (RFC_EC, "y", text(&base64url([0; 32])), "key_weak"),
        (RFC_EC, "d", text("AQ"), "key_private"),
        (RFC_RSA, "p", text("AQ"), "key_private"),
        (RFC_RSA, "e", text("AQ"), "key_weak"),
        (RFC_RSA, "e", text("Aw"), "key_weak"),
        (RFC_RSA, "e", text("AQAA"), "key_weak"),
        (RFC_RSA, "e", text("AAEAAQ"), "key_malformed_jwk"),
        (RFC_RSA, "e", text(""), "key_malformed_jwk"),
        (RFC_RSA, "e", text(&base64url([0xff; 8])), "key_unsupported"),
        (RFC_RSA, "n", text(&base64url([0xff; 255])), "key_weak"),
        (RFC_RSA, "n", text(&base64url([0xfe; 256])), "key_weak"),
        (RFC_RSA, "n", text(&base64url([0xff; 1025])), "key_unsupported"),
        (RFC_RSA, "n", text(&base64url([&[0][..], &[0xff; 256]].concat())), "key_malformed_jwk"),
        (RFC_RSA, "alg", text("PS512"), "accepted"),
        (RFC_RSA, "alg", text("RSA-OAEP"), "key_unsupported"),
        (RFC_RSA, "alg", text("ES256"), "key_alg_mismatch"),
        (RFC_ED, "alg", text("EdDSA"), "accepted"),
        (RFC_ED, "alg", text("Ed25519"), "accepted"),
        (RFC_ED, "alg", text("ES256"), "key_alg_mismatch"),
        (RFC_ED, "crv", text("X25519"), "key_unsupported"),
        (RFC_ED, "crv", text("Ed448"), "key_unsupported"),
        (RFC_ED, "x", text(&base64url([7; 31])), "key_malformed_jwk"),
        (RFC_ED, "x", text(&base64url([0; 32])), "key_weak"),
    ];
    for (jwk, member, value, expected) in cases {
        let shown = value.as_ref().map(Json::to_compact);
        assert_eq!(with(jwk, member, value.clone()), *expected, "{member} {shown:?}");
    }
}

#[test]
fn files_of_no_key_are_refused_with_what_is_accepted() {
    for (file, expected) in [
        ("", "key_not_a_key_file"),
        ("ssh-ed25519 AAAA", "key_not_a_key_file"),
        ("[]", "key_not_a_key_file"),
        ("{", "key_not_json"),
        (r#"{"kty":"EC","kty":"RSA"}"#, "key_not_json"),
        (r#"{"keys":{}}"#, "key_malformed_jwk"),
        (r#"{"keys":[1]}"#, "key_malformed_jwk"),
        (r#"{"keys":[]}"#, "key_none_usable"),
        ("{}", "key_malformed_jwk"),
        ("-----BEGIN PUBLIC KEY-----", "key_malformed_pem"),
        ("-----BEGIN PUBLIC KEY-----\n!!\n-----END PUBLIC KEY-----", "key_malformed_pem"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "key_malformed_pem"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "key_certificate"),
        ("-----BEGIN PRIVATE KEY-----\n", "key_private"),
        ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "key_private"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "key_private"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "key_private"),
        ("-----BEGIN X-----\nAAAA\n-----END X-----", "key_malformed_pem"),
    ] {
        assert_eq!(KeySet::parse(file.as_bytes()).unwrap_err().code(), expected, "{file}");
    }
    assert_eq!(KeySet::parse(&[0xff, 0xfe]).unwrap_err().code(), "key_not_a_key_file");
    let huge = vec![b'{'; (1 << 20) + 1];
    assert_eq!(KeySet::parse(&huge).unwrap_err().code(), "key_file_too_large");
}

#[test]
fn a_set_skips_what_is_for_something_else() {
    let other = |crv: &str| RFC_EC.replace("P-256", crv).replace('}', r#","kid":"o"}"#);
    let encryption = RFC_EC.replace('}', r#","use":"enc","kid":"e"}"#);
    let jwks =
        format!(r#"{{"keys":[{},{},{RFC_RSA},{{"kty":"LWE"}}]}}"#, other("secp256k1"), encryption);
    let set = KeySet::parse(jwks.as_bytes()).unwrap();
    assert_eq!(set.keys().map(Key::id).collect::<Vec<_>>(), [Some("2011-04-29")]);
    assert_eq!(set.algorithms(), [Algorithm::RS256]);
    let skipped: Vec<_> = set.skipped().iter().map(|s| (s.number, s.id.as_deref())).collect();
    assert_eq!(skipped, [(1, Some("o")), (2, Some("e")), (4, None)]);
    assert!(set.skipped()[1].reason.contains("`use`"), "{}", set.skipped()[1].reason);
    let none = format!(r#"{{"keys":[{}]}}"#, other("secp256k1"));
    let error = KeySet::parse(none.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("`crv`"), "{error}");
}

#[test]
fn a_set_with_a_dangerous_key_is_refused_whole() {
    let weak = r#"{"kty":"RSA","e":"AQAB","n":"AQAB","kid":"w"}"#;
    let private = RFC_EC.replace('}', r#","d":"AQ","use":"enc"}"#);
    let twice = format!("{RFC_RSA},{RFC_RSA}");
    let twins = RFC_EC.replace('}', r#","kid":"2011-04-29"}"#);
    for (keys, expected) in [
        (format!("{RFC_RSA},{weak}"), "key_weak"),
        (format!("{RFC_RSA},{private}"), "key_private"),
        (twice, "key_duplicate_kid"),
        (format!("{RFC_RSA},{twins}"), "key_duplicate_kid"),
        (format!("{RFC_RSA},{}", secret(32)), "key_mixed_set"),
        (format!(r#"{RFC_RSA},{{"kty":"EC"}}"#), "key_malformed_jwk"),
    ] {
        let error = KeySet::parse(format!(r#"{{"keys":[{keys}]}}"#).as_bytes()).unwrap_err();
        assert_eq!(error.code(), expected, "{keys}");
    }
    // Of what a provider publishes, such a key is skipped (RFC 7517 section 5).
    let fetched = |keys: &str| KeySet::parse_jwks(format!(r#"{{"keys":[{keys}]}}"#).as_bytes());
    let of_weak = fetched(&format!("{weak},{private},{{\"kty\":\"EC\"}},{RFC_RSA}")).unwrap();
    assert_eq!((of_weak.keys().len(), of_weak.skipped().len()), (1, 3));
    assert!(of_weak.skipped()[0].reason.contains("weak"), "{}", of_weak.skipped()[0].reason);
    assert_eq!(fetched(weak).unwrap_err().code(), "key_none_usable");
    let of_others = fetched(&format!("null,{},{RFC_RSA}", secret(32))).unwrap();
    assert_eq!((of_others.keys().len(), of_others.skipped().len()), (1, 2));
    assert!(of_others.skipped().iter().all(|skipped| skipped.unsound));
    // Whoever reads a private key signs with it, under whatever name it stands there again.
    let leaked = RFC_EC.replace('}', r#","d":"AQ"}"#);
    let twin = RFC_EC.replace('}', r#","kid":"twin"}"#);
    let of_leaked = fetched(&format!("{twin},{leaked},{RFC_RSA}")).unwrap();
    assert_eq!(of_leaked.keys().map(|key| key.id()).collect::<Vec<_>>(), [Some("2011-04-29")]);
    assert_eq!(of_leaked.skipped()[1].reason, "its private half stands in the set as well");
    let error = KeySet::parse(format!(r#"{{"keys":[{RFC_RSA},{weak}]}}"#).as_bytes()).unwrap_err();
    assert!(error.to_string().starts_with("has, as key 2 (`w`), one that is a weak"), "{error}");
}

#[test]
fn a_key_without_alg_is_bound_to_one() {
    let bare = object(RFC_RSA);
    let mut bare = bare.clone();
    bare.remove("alg");
    let set = || KeySet::parse(bare.to_compact().as_bytes()).unwrap();
    let bound = |accepted: &[Algorithm]| {
        set().with_algorithms(accepted).map(|set| set.algorithms().to_vec()).map_err(|e| e.code())
    };
    assert_eq!(set().algorithms(), [Algorithm::RS256]);
    assert_eq!(bound(&[Algorithm::PS384, Algorithm::ES256]), Ok(vec![Algorithm::PS384]));
    let both = [Algorithm::RS256, Algorithm::PS256];
    assert_eq!(bound(&both), Err("key_several_algorithms"));
    assert_eq!(bound(&[Algorithm::ES256]), Err("key_none_usable"));
    // A key that names its algorithm keeps it.
    let named = KeySet::parse(RFC_RSA.as_bytes()).unwrap();
    let named = named.with_algorithms(&both).unwrap();
    assert_eq!(named.algorithms(), [Algorithm::RS256]);
}

#[test]
fn pem_of_every_type_is_the_key_of_its_jwk() {
    for name in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA] {
        let key = PrivateKey::generate(name).unwrap();
        same_by_pem(&key);
    }
    same_by_pem(&PrivateKey::generate(Algorithm::RS256).unwrap());
}

/// Writes the public key as PEM by hand, and reads it back.
fn same_by_pem(key: &PrivateKey) {
    let jwk = object(&key.public_jwk().unwrap());
    let bytes = |member: &str| {
        use base64::Engine as _;
        let text = jwk.get(member).unwrap().as_str().unwrap();
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    let oid = |digits: &[u8]| tlv(6, digits);
    let ec_oid = oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]);
    let point = || [vec![4], bytes("x"), bytes("y")].concat();
    let (algorithm, raw) = match jwk.get("crv").and_then(Json::as_str) {
        Some("Ed25519") => (oid(&[0x2b, 0x65, 0x70]), bytes("x")),
        Some("P-256") => {
            ([ec_oid, oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7])].concat(), point())
        }
        Some("P-384") => ([ec_oid, oid(&[0x2b, 0x81, 4, 0, 0x22])].concat(), point()),
        Some("P-521") => ([ec_oid, oid(&[0x2b, 0x81, 4, 0, 0x23])].concat(), point()),
        _ => {
            let number = |member| tlv(2, &[vec![0], bytes(member)].concat());
            let exponent = tlv(2, &bytes("e"));
            let pair = tlv(0x30, &[number("n"), exponent].concat());
            same(key, "RSA PUBLIC KEY", &pair);
            let rsa = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
            ([rsa, tlv(5, &[])].concat(), pair)
        }
    };
    let bits = tlv(3, &[vec![0], raw].concat());
    let info = tlv(0x30, &[tlv(0x30, &algorithm), bits].concat());
    same(key, "PUBLIC KEY", &info);
    for cut in 0..info.len() {
        assert!(Key::from_pem(&pem("PUBLIC KEY", &info[..cut])).is_err(), "cut at {cut}");
    }
    let longer = [info, vec![0]].concat();
    assert!(Key::from_pem(&pem("PUBLIC KEY", &longer)).is_err());
}

fn same(key: &PrivateKey, label: &str, der: &[u8]) {
    let text = format!("a comment\n{}\nanother\n", pem(label, der));
    let read = KeySet::parse(text.as_bytes()).unwrap();
    let thumbprints: Vec<_> = read.keys().map(Key::thumbprint).collect();
    assert_eq!(thumbprints, [key.kid()]);
    assert_eq!(read.algorithms(), [key.algorithm()]);
    let twice = KeySet::parse(format!("{text}{text}").as_bytes()).unwrap_err();
    assert_eq!(twice.code(), "key_malformed_pem");
}

fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = match contents.len() {
        short @ 0..=0x7f => vec![u8::try_from(short).unwrap()],
        long @ 0x80..=0xff => vec![0x81, u8::try_from(long).unwrap()],
        longer => {
            let [high, low] = u16::try_from(longer).unwrap().to_be_bytes();
            vec![0x82, high, low]
        }
    };
    [vec![tag], length, contents.to_vec()].concat()
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}

#[test]
fn no_key_material_shows() {
    let set = key_set(&[&ES, &RS]);
    let hs = key(Algorithm::HS256, "hs");
    let shown = format!("{set:?} {hs:?} {:?} {:?}", &*ES, hs.key_set().unwrap());
    let jwks = [ES.private_jwk(), RS.private_jwk(), hs.private_jwk()];
    for jwk in jwks {
        for member in ["x", "y", "n", "d", "p", "k"] {
            if let Some(value) = object(&jwk).get(member).and_then(Json::as_str) {
                assert!(!shown.contains(value), "{member} shows");
            }
        }
    }
    assert!(shown.contains("es") && shown.contains("P-256"), "{shown}");
    let error = KeyError::DuplicateKid { kid: "a".to_owned() };
    assert_eq!(error.to_string(), "has two keys with `kid` `a`");
}
