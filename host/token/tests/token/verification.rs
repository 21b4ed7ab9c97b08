//! What verification answers about a good token.

use tokenward_token::{KeyType, TokenDigest, TokenKind};

use crate::support::{ES, ISSUER, NOW, RS, TRUST, claims, token, verify_by};

#[test]
fn a_good_token_is_described() {
    let text = token();
    let verified = verify_by(&TRUST, text.as_bytes()).unwrap();
    assert_eq!(verified.claims(), &claims());
    assert_eq!(verified.issuer(), Some(ISSUER));
    assert_eq!(verified.kind(), &TokenKind::Access);
    assert_eq!(verified.expires_at(), NOW.plus(300));
    assert_eq!(verified.digest(), TokenDigest::of(text.as_bytes()));
    assert_eq!(verified.header().get("kid").and_then(|kid| kid.as_str()), Some("es"));
    let key = verified.key();
    assert_eq!((key.id(), key.key_type(), key.bits()), (Some("es"), KeyType::Ec, 256));
    assert_eq!((key.curve(), key.age_seconds(NOW)), (Some("P-256"), None));
}

#[test]
fn each_key_of_an_issuer_verifies() {
    for key in [&ES, &RS] {
        let text = key.mint(Some("at+jwt"), &claims()).unwrap();
        let verified = verify_by(&TRUST, text.as_bytes()).unwrap();
        assert_eq!(verified.key().id(), Some(key.kid()));
    }
}

/// Why a digest must not be what a token is revoked by.
#[test]
fn an_ecdsa_token_has_a_twin_with_another_digest() {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let order = [
        0xff_u8, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
        0x51,
    ];
    let original = token();
    let [header, payload, signature] = crate::support::parts(&original);
    let mut raw = engine.decode(signature).unwrap();
    // s becomes the order minus s.
    let mut borrow = 0;
    for (at, digit) in order.iter().enumerate().rev() {
        let difference = i16::from(*digit) - i16::from(raw[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        raw[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let twin = format!("{header}.{payload}.{}", engine.encode(&raw));
    let twin = verify_by(&TRUST, twin.as_bytes()).unwrap();
    assert_eq!(twin.claims(), &claims());
    assert_ne!(twin.digest(), TokenDigest::of(original.as_bytes()));
}

/// Nothing of a token may show in what is written about its refusal.
#[test]
fn refusals_show_no_value_of_the_token() {
    for claim in ["iss", "sub", "aud", "jti", "client_id"] {
        for value in ["s3cret-value", "s3cret-value\u{0}", "s3cret-value\u{202e}"] {
            let text = crate::support::token_with_claim(claim, value);
            if let Err(error) = verify_by(&TRUST, text.as_bytes()) {
                assert!(!error.to_string().contains("s3cret"), "{error}");
                assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
            }
        }
    }
    for member in ["alg", "kid", "typ", "jku", "zip"] {
        let text = crate::support::token_with_header(member, "s3cret-value\u{1}");
        let error = verify_by(&TRUST, text.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}
