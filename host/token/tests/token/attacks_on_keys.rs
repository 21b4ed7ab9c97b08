//! Attacks that aim at the choice of the key.

use tokenward_token::mint::PrivateKey;
use tokenward_token::{Algorithm, Issuer, KeySet, Trust};

use crate::support::{
    AUDIENCE, ES, ISSUER, OTHER_ES, OTHER_ISSUER, RS, TRUST, base64url, claims, key, key_set,
    outcome, outcome_by, token,
};

/// Tokens whose HMAC secret is something public about the RSA or EC key.
#[test]
fn hmac_with_the_public_key_as_its_secret() {
    let jwk = RS.public_jwk().unwrap();
    let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n";
    for secret in [jwk.as_bytes(), jwk.trim().as_bytes(), pem.as_bytes()] {
        let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, base64url(secret));
        let forger = PrivateKey::from_jwk(&jwk).unwrap();
        for kid in ["rs", "es"] {
            let token = forger_token(&forger, kid);
            assert_eq!(outcome(&token), "alg_not_allowed");
            // Even where another issuer is symmetric, the key is for another algorithm.
            let secret = key(Algorithm::HS256, "hs");
            let trust = Trust::builder()
                .issuer(Issuer::new(ISSUER, key_set(&[&ES, &RS]), [AUDIENCE]))
                .issuer(
                    Issuer::new(OTHER_ISSUER, secret.key_set().unwrap(), [AUDIENCE]).symmetric(),
                )
                .build()
                .unwrap();
            assert_eq!(outcome_by(&trust, &token), "alg_not_allowed");
        }
    }
}

fn forger_token(forger: &PrivateKey, kid: &str) -> String {
    let header = tokenward_token::Object::from_pairs([("alg", "HS256"), ("kid", kid)]);
    forger.sign(&header, &claims()).unwrap()
}

#[test]
fn the_key_of_one_issuer_for_a_token_of_another_with_the_same_kid() {
    // Signed by the other issuer's key `es`, claiming to be of this one, and the reverse.
    let forged = OTHER_ES.mint(Some("at+jwt"), &claims()).unwrap();
    assert_eq!(outcome(forged), "signature_invalid");
    let mut others = claims();
    others.set("iss", OTHER_ISSUER);
    assert_eq!(outcome(ES.mint(Some("at+jwt"), &others).unwrap()), "signature_invalid");
    assert_eq!(outcome(OTHER_ES.mint(Some("at+jwt"), &others).unwrap()), "accepted");
}

#[test]
fn the_algorithm_of_another_key() {
    for (signer, kid, expected) in [
        (&ES, "rs", "alg_key_mismatch"),
        (&RS, "es", "alg_key_mismatch"),
        (&ES, "es", "accepted"),
        (&RS, "rs", "accepted"),
    ] {
        let mut header = crate::support::header();
        header.set("alg", signer.algorithm().name());
        header.set("kid", kid);
        assert_eq!(outcome(signer.sign(&header, &claims()).unwrap()), expected, "{kid}");
    }
    // The same RSA key, another padding: one key, one algorithm.
    let pss = PrivateKey::from_jwk(&RS.private_jwk()).unwrap();
    let pss = pss.with_algorithm(Algorithm::PS256).unwrap();
    let forged = pss.mint(Some("at+jwt"), &claims()).unwrap();
    assert_eq!(outcome(&forged), "alg_not_allowed");
    let trust = TRUST.with_keys(ISSUER, &key_set(&[&RS, &key(Algorithm::PS256, "ps")])).unwrap();
    assert_eq!(outcome_by(&trust, &forged), "alg_key_mismatch");
}

#[test]
fn without_kid_exactly_one_key_must_fit() {
    let mut header = crate::support::header();
    header.remove("kid");
    let bare = ES.sign(&header, &claims()).unwrap();
    assert_eq!(outcome(&bare), "accepted");
    let second = key(Algorithm::ES256, "es-2");
    let two = TRUST.with_keys(ISSUER, &key_set(&[&ES, &second])).unwrap();
    assert_eq!(outcome_by(&two, &bare), "key_ambiguous");
    assert_eq!(outcome_by(&two, token()), "accepted");
    let none = TRUST.with_keys(ISSUER, &key_set(&[&RS])).unwrap();
    assert_eq!(outcome_by(&none, &bare), "alg_not_allowed");
    let another = TRUST.with_keys(ISSUER, &key_set(&[&RS, &second])).unwrap();
    assert_eq!(outcome_by(&another, token()), "key_not_found");
}

#[test]
fn algorithms_that_the_issuer_may_not_use() {
    let keys = key_set(&[&ES, &RS]);
    let trust = Trust::builder()
        .issuer(Issuer::new(ISSUER, keys, [AUDIENCE]).algorithms([Algorithm::RS256]))
        .build()
        .unwrap();
    assert_eq!(outcome_by(&trust, token()), "alg_not_allowed");
    assert_eq!(outcome_by(&trust, RS.mint(None, &claims()).unwrap()), "accepted");
}

#[test]
fn empty_and_short_hmac_keys() {
    for (bytes, alg) in [(0, "HS256"), (1, "HS256"), (31, "HS256"), (47, "HS384"), (63, "HS512")] {
        let k = base64url(vec![7; bytes]);
        let jwk = format!(r#"{{"kty":"oct","alg":"{alg}","k":"{k}"}}"#);
        let error = KeySet::parse(jwk.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "key_short_secret", "{bytes} {alg}");
    }
}

#[test]
fn shared_secrets_only_where_they_are_asked_for() {
    let secret = key(Algorithm::HS256, "hs");
    let issuer = || Issuer::new(ISSUER, secret.key_set().unwrap(), [AUDIENCE]);
    let error = Trust::builder().issuer(issuer()).build().unwrap_err();
    assert!(error.to_string().contains("symmetric = true"), "{error}");
    let trust = Trust::builder().issuer(issuer().symmetric()).build().unwrap();
    let good = secret.mint(Some("at+jwt"), &claims()).unwrap();
    assert_eq!(outcome_by(&trust, &good), "accepted");
    assert_eq!(outcome_by(&trust, token()), "alg_not_allowed");
    let public = Issuer::new(ISSUER, key_set(&[&ES]), [AUDIENCE]);
    assert!(Trust::builder().issuer(public.clone().symmetric()).build().is_err());
    let wrong = public.algorithms([Algorithm::ES256, Algorithm::HS256]);
    let error = Trust::builder().issuer(wrong).build().unwrap_err();
    assert!(error.to_string().contains("HS256"), "{error}");
}
