//! Minting: every algorithm signs what verification accepts, through every form of the key.

use tokenward_token::jws::UnverifiedJws;
use tokenward_token::mint::{MintError, PrivateKey};
use tokenward_token::{Algorithm, KeySet, ParseLimits};

use crate::support::{ES, RS, claims};

#[test]
fn every_algorithm_signs_what_is_verified() {
    for algorithm in Algorithm::ALL {
        let key = PrivateKey::generate(algorithm).unwrap();
        let again = PrivateKey::parse(&key.private_jwk()).unwrap();
        assert_eq!((again.kid(), again.algorithm()), (key.kid(), algorithm));
        let public = match key.public_jwk() {
            Ok(jwk) => KeySet::parse(jwk.as_bytes()).unwrap(),
            Err(error) => {
                assert_eq!(error, MintError::NoPublicKey);
                assert!(algorithm.is_symmetric());
                key.key_set().unwrap()
            }
        };
        let token = again.mint(Some("at+jwt"), &claims()).unwrap();
        for keys in [public, key.key_set().unwrap()] {
            let jws = UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default()).unwrap();
            let verified = jws.verify(&keys).unwrap();
            assert_eq!(verified.payload(), claims().to_compact().as_bytes(), "{algorithm}");
            assert_eq!(verified.key().id(), Some(key.kid()));
        }
        let other = PrivateKey::generate(algorithm).unwrap().with_kid(key.kid()).unwrap();
        let forged = other.mint(Some("at+jwt"), &claims()).unwrap();
        let jws = UnverifiedJws::parse(forged.as_bytes(), &ParseLimits::default()).unwrap();
        let error = jws.verify(&key.key_set().unwrap()).unwrap_err();
        assert_eq!(error.code(), "signature_invalid", "{algorithm}");
    }
}

#[test]
fn kids_are_thumbprints_unless_given() {
    let key = PrivateKey::generate(Algorithm::EdDSA).unwrap();
    let set = key.key_set().unwrap();
    assert_eq!(set.keys().next().unwrap().thumbprint(), key.kid());
    assert_eq!(key.with_kid("mine").unwrap().kid(), "mine");
    let key = PrivateKey::generate(Algorithm::EdDSA).unwrap();
    assert_eq!(key.with_kid("a\0").unwrap_err(), MintError::Kid);
}

#[test]
fn pkcs8_is_read() {
    // Written by OpenSSL for this test.
    let ec = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgX05ydWhJKyhmApUe\n\
        gMz8I4ta7tpfhLltZkmoKzuDqYahRANCAAT8NPITCsT3mc+FevgGHnUV/4pa+8vO\n\
        KzHIRVoNFTQHdVMMxJV/4ldRqCPi8+FR3Kh6b5ZpTb1MRX7FYOZu0NmO\n\
        -----END PRIVATE KEY-----\n";
    let public = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/DTyEwrE95nPhXr4Bh51Ff+KWvvL\n\
        zisxyEVaDRU0B3VTDMSVf+JXUagj4vPhUdyoem+WaU29TEV+xWDmbtDZjg==\n\
        -----END PUBLIC KEY-----\n";
    let key = PrivateKey::parse(ec).unwrap();
    let public = KeySet::parse(public.as_bytes()).unwrap();
    assert_eq!(public.keys().next().unwrap().thumbprint(), key.kid());
    let token = key.mint(None, &claims()).unwrap();
    let jws = UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default()).unwrap();
    assert!(jws.verify(&public).is_ok());
    let swapped = ec.replace("X05ydWhJ", "X05ydWhK");
    assert_eq!(PrivateKey::parse(&swapped).unwrap_err(), MintError::Inconsistent);
    // RFC 8410 section 10.3.
    let ed = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    let key = PrivateKey::parse(ed).unwrap();
    assert_eq!(key.algorithm(), Algorithm::EdDSA);
    assert!(key.public_jwk().unwrap().contains("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"));
}

#[test]
fn what_is_no_private_key_is_refused() {
    let public = ES.public_jwk().unwrap();
    for text in ["", "{}", "-----BEGIN PUBLIC KEY-----", public.as_str(), r#"{"kty":"oct"}"#] {
        assert!(PrivateKey::parse(text).is_err(), "{text}");
    }
    // The private part of one key with the public part of another.
    let other = PrivateKey::generate(Algorithm::ES256).unwrap().private_jwk();
    let x_of = |jwk: &str| jwk.split("\"x\":\"").nth(1).unwrap()[..43].to_owned();
    let y_of = |jwk: &str| jwk.split("\"y\":\"").nth(1).unwrap()[..43].to_owned();
    let mine = ES.private_jwk();
    let swapped = mine.replace(&x_of(&mine), &x_of(&other)).replace(&y_of(&mine), &y_of(&other));
    assert_eq!(PrivateKey::parse(&swapped).unwrap_err(), MintError::Inconsistent);
    let error = PrivateKey::generate_rsa(Algorithm::RS256, 1024).unwrap_err();
    assert_eq!(error, MintError::RsaSize { bits: 1024 });
    assert!(
        PrivateKey::parse(&RS.private_jwk()).unwrap().with_algorithm(Algorithm::ES256).is_err()
    );
}
