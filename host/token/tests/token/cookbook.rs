//! The examples of RFC 7520, 8037 and 7797.

use serde_json::Value;
use tokenward_token::jws::UnverifiedJws;
use tokenward_token::{Algorithm, KeyError, KeySet, ParseLimits};

use crate::support::vector_file;

#[test]
fn signatures_verify_and_private_keys_are_refused() {
    for (file, algorithm) in [
        ("cookbook/jws-4_1.rsa_v15_signature.json", Algorithm::RS256),
        ("cookbook/jws-4_2.rsa-pss_signature.json", Algorithm::PS384),
        ("cookbook/jws-4_3.ecdsa_signature.json", Algorithm::ES512),
        ("cookbook/jws-4_4.hmac-sha2_integrity_protection.json", Algorithm::HS256),
        ("cookbook/curve25519-jws.json", Algorithm::EdDSA),
    ] {
        let Some(example) = vector_file(file) else { return };
        let key = &example["input"]["key"];
        if !algorithm.is_symmetric() {
            let refused = KeySet::parse(key.to_string().as_bytes()).unwrap_err();
            assert!(matches!(refused, KeyError::PrivateKey { .. }), "{file}: {refused}");
        }
        let keys = KeySet::parse(public(key).to_string().as_bytes()).unwrap();
        let keys = keys.with_algorithms(&[algorithm]).unwrap();
        let token = example["output"]["compact"].as_str().unwrap();
        let jws = UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default()).unwrap();
        let verified = jws.verify(&keys).unwrap_or_else(|error| panic!("{file}: {error}"));
        let payload = example["input"]["payload"].as_str().unwrap();
        assert_eq!(verified.payload(), payload.as_bytes(), "{file}");
    }
}

#[test]
fn unencoded_payload_is_refused() {
    let Some(example) = vector_file("cookbook/rfc7797-hmac-sha2_b64_false.json") else { return };
    let token = example["output"]["compact"].as_str().unwrap();
    let error = UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default()).unwrap_err();
    assert_eq!(error.code(), "b64_unsupported");
}

#[test]
fn encrypted_examples_are_refused_as_such() {
    for file in [
        "cookbook/jwe-5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json",
        "cookbook/jwe-5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json",
        "cookbook/jwe-5_9.compressed_content.json",
        "cookbook/curve25519-ecdh-es.json",
    ] {
        let Some(example) = vector_file(file) else { return };
        let Some(token) = example["output"]["compact"].as_str() else { panic!("{file}") };
        let error = UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default()).unwrap_err();
        assert_eq!(error.code(), "unexpected_jwe", "{file}");
    }
}

fn public(key: &Value) -> Value {
    let mut key = key.clone();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        key.as_object_mut().unwrap().remove(member);
    }
    key
}
