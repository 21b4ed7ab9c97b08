//! Attacks on the claims of a token whose signature is good.

use tokenward_token::{Issuer, Json, Profile, TokenKind, Trust};

use crate::support::{
    AUDIENCE, ES, ISSUER, NOW, claims, header, key_set, outcome, outcome_by, token,
    token_with_claim, token_with_claims_text, token_with_header,
};

fn outcome_without(claim: &str) -> &'static str {
    let mut claims = claims();
    claims.remove(claim);
    outcome(ES.sign(&header(), &claims).unwrap())
}

#[test]
fn issuer_as_array_missing_or_unknown() {
    let array = vec![Json::from(ISSUER)];
    assert_eq!(outcome(token_with_claim("iss", array)), "issuer_type");
    assert_eq!(outcome(token_with_claim("iss", Json::Null)), "issuer_type");
    assert_eq!(outcome_without("iss"), "issuer_missing");
    for name in ["https://idp.example/", "https://IDP.example", " https://idp.example", ""] {
        assert_eq!(outcome(token_with_claim("iss", name)), "issuer_unknown", "{name}");
    }
}

#[test]
fn audience_missing_mixed_or_other() {
    assert_eq!(outcome_without("aud"), "audience_missing");
    assert_eq!(outcome(token_with_claim("aud", Json::Array(vec![]))), "audience_missing");
    let mixed = vec![Json::from(AUDIENCE), Json::Integer(1)];
    assert_eq!(outcome(token_with_claim("aud", mixed)), "audience_type");
    let nested = vec![Json::Array(vec![Json::from(AUDIENCE)])];
    assert_eq!(outcome(token_with_claim("aud", nested)), "audience_type");
    for value in [Json::Null, Json::Bool(true), Json::Integer(1)] {
        assert_eq!(outcome(token_with_claim("aud", value)), "audience_type");
    }
    for name in ["https://api.example/", "https://API.example", "https://api.example.evil", ""] {
        assert_eq!(outcome(token_with_claim("aud", name)), "audience_mismatch", "{name}");
    }
    let several = vec![Json::from("https://x.example"), Json::from(AUDIENCE)];
    assert_eq!(outcome(token_with_claim("aud", several)), "accepted");
    assert_eq!(outcome(token_with_claim("aud", "a\u{0}")), "control_character");
}

#[test]
fn expiry_of_every_wrong_type() {
    let base = claims().to_compact();
    let exp = format!("\"exp\":{}", NOW.0 + 300);
    for (value, expected) in [
        ("\"1700000300\"", "exp_type"),
        ("1700000300.0", "exp_type"),
        ("1700000300.5", "exp_type"),
        ("17000003e2", "exp_type"),
        ("-1", "exp_type"),
        ("-0", "exp_type"),
        ("null", "exp_type"),
        ("[1700000300]", "exp_type"),
        ("true", "exp_type"),
        ("1e18", "number_out_of_range"),
        ("9007199254740992", "number_out_of_range"),
        ("18446744073709551616", "number_out_of_range"),
        ("1e999", "number_out_of_range"),
        ("0", "expired"),
        ("1700000300", "accepted"),
        ("9007199254740991", "accepted"),
    ] {
        let text = base.replace(&exp, &format!("\"exp\":{value}"));
        assert_eq!(outcome(token_with_claims_text(&text)), expected, "{value}");
    }
    assert_eq!(outcome_without("exp"), "exp_missing");
}

#[test]
fn other_times_of_a_wrong_type() {
    for (claim, expected) in
        [("nbf", "nbf_type"), ("iat", "iat_type"), ("auth_time", "auth_time_type")]
    {
        for value in [Json::from("1"), Json::Number(1.5), Json::Integer(-1), Json::Null] {
            assert_eq!(outcome(token_with_claim(claim, value)), expected, "{claim}");
        }
    }
}

#[test]
fn times_are_exact_to_the_second_with_skew() {
    // 60 seconds of skew.
    for (claim, offset, expected) in [
        ("exp", -60, "expired"),
        ("exp", -59, "lifetime_negative"),
        ("nbf", 60, "accepted"),
        ("nbf", 61, "not_yet_valid"),
        ("iat", 60, "accepted"),
        ("iat", 61, "issued_in_future"),
        ("iat", 300, "issued_in_future"),
    ] {
        let token = token_with_claim(claim, Json::Integer(NOW.0 + offset));
        assert_eq!(outcome(token), expected, "{claim} {offset}");
    }
    let mut old = claims();
    old.set("iat", Json::Integer(NOW.0 - 600));
    for (offset, expected) in [(-59, "accepted"), (-60, "expired"), (-61, "expired")] {
        old.set("exp", Json::Integer(NOW.0 + offset));
        assert_eq!(outcome(ES.sign(&header(), &old).unwrap()), expected, "{offset}");
    }
    let strict = Issuer::new(ISSUER, key_set(&[&ES]), [AUDIENCE]).skew(0);
    let strict = Trust::builder().issuer(strict).build().unwrap();
    for (offset, expected) in [(1, "accepted"), (0, "expired"), (-1, "expired")] {
        old.set("exp", Json::Integer(NOW.0 + offset));
        let token = ES.sign(&header(), &old).unwrap();
        assert_eq!(outcome_by(&strict, token), expected, "{offset}");
    }
}

#[test]
fn nbf_in_the_future() {
    assert_eq!(outcome(token_with_claim("nbf", Json::Integer(NOW.0 + 3600))), "not_yet_valid");
}

#[test]
fn lifetimes_beyond_the_maximum() {
    let issuer = Issuer::new(ISSUER, key_set(&[&ES]), [AUDIENCE]).max_lifetime(300);
    let trust = Trust::builder().issuer(issuer).build().unwrap();
    assert_eq!(outcome_by(&trust, token()), "accepted");
    let long = token_with_claim("exp", Json::Integer(NOW.0 + 301));
    assert_eq!(outcome_by(&trust, long), "lifetime_too_long");
    let mut without = claims();
    without.remove("iat");
    let token = ES.sign(&header(), &without).unwrap();
    assert_eq!(outcome_by(&trust, &token), "iat_missing");
    assert_eq!(outcome(&token), "accepted");
}

#[test]
fn id_token_as_access_token() {
    let mut id = claims();
    id.set("nonce", "n-0S6_WzA2Mj");
    let plain = ES.mint(Some("JWT"), &id).unwrap();
    let untyped = ES.mint(None, &id).unwrap();
    assert_eq!(outcome(&plain), "wrong_kind");
    assert_eq!(outcome(&untyped), "wrong_kind");
    let mut marked = claims();
    marked.set("token_use", "id");
    assert_eq!(outcome(ES.mint(None, &marked).unwrap()), "wrong_kind");
    assert_eq!(outcome(ES.mint(Some("at+jwt"), &marked).unwrap()), "kind_contradictory");
    for typ in ["rt+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "statuslist+jwt"] {
        assert_eq!(outcome(ES.mint(Some(typ), &claims()).unwrap()), "wrong_kind", "{typ}");
    }
    // And the reverse: an access token where ID tokens are expected.
    let issuer = Issuer::new(ISSUER, key_set(&[&ES]), [AUDIENCE]).kinds([TokenKind::Id]);
    let trust = Trust::builder().issuer(issuer).build().unwrap();
    assert_eq!(outcome_by(&trust, plain), "accepted");
    assert_eq!(outcome_by(&trust, token()), "wrong_kind");
}

#[test]
fn typ_of_no_token() {
    for typ in ["JOSE", "", "at", "jwt+at", "text/at+jwt", "at+jwt; a=b"] {
        assert_eq!(outcome(token_with_header("typ", typ)), "typ_not_allowed", "{typ}");
    }
    assert_eq!(outcome(token_with_header("typ", Json::Integer(1))), "header_type");
    assert_eq!(outcome(token_with_header("typ", "APPLICATION/at+JWT")), "accepted");
}

#[test]
fn the_profile_requires_its_typ_and_claims() {
    let issuer = Issuer::new(ISSUER, key_set(&[&ES]), [AUDIENCE]).profile(Profile::Rfc9068);
    let trust = Trust::builder().issuer(issuer).build().unwrap();
    assert_eq!(outcome_by(&trust, token()), "accepted");
    for typ in [None, Some("JWT")] {
        let token = ES.mint(typ, &claims()).unwrap();
        assert_eq!(outcome_by(&trust, token), "typ_not_allowed", "{typ:?}");
    }
    for claim in ["exp", "aud", "sub", "client_id", "iat", "jti"] {
        let mut claims = claims();
        claims.remove(claim);
        let token = ES.sign(&header(), &claims).unwrap();
        assert_eq!(outcome_by(&trust, token), "profile_claim_missing", "{claim}");
    }
}

#[test]
fn registered_claims_of_a_wrong_type() {
    for claim in ["sub", "jti", "client_id", "azp", "sid", "acr"] {
        for value in [Json::Integer(1), Json::Null, vec![Json::from("a")].into()] {
            assert_eq!(outcome(token_with_claim(claim, value)), "claim_type", "{claim}");
        }
    }
}

#[test]
fn control_characters_in_registered_claims() {
    for claim in ["sub", "jti", "client_id", "azp", "sid", "acr", "scope"] {
        for text in ["a\0", "\n", "a\u{7f}", "a\u{9f}", "a\u{1b}[31m", "a\u{2028}"] {
            assert_eq!(outcome(token_with_claim(claim, text)), "control_character", "{claim}");
        }
    }
}

#[test]
fn bidi_and_confusable_characters_in_sub() {
    for text in ["admin\u{202e}nimda", "\u{2067}x", "ad\u{200b}min", "x\u{feff}", "x\u{e0061}"] {
        assert_eq!(outcome(token_with_claim("sub", text)), "format_character");
        assert_eq!(outcome(token_with_claim("client_id", text)), "format_character");
    }
    for text in ["аdmin", "pаypal", "Αlice", "ａｄｍｉｎ", "𝓪dmin"] {
        assert_eq!(outcome(token_with_claim("sub", text)), "confusable_character", "{text}");
    }
    for text in ["José Müller", "Иван Петров", "山田", "user@example.com", "auth0|5f7c8ec7"]
    {
        assert_eq!(outcome(token_with_claim("sub", text)), "accepted", "{text}");
    }
}
