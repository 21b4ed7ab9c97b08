//! The Wycheproof vectors for JWS and JWK, each case through the public verifier.

use std::collections::BTreeMap;

use serde_json::Value;
use tokenward_token::jws::UnverifiedJws;
use tokenward_token::{KeySet, ParseLimits};

use crate::deviations::DEVIATIONS;
use crate::support::vector_file;

#[test]
fn json_web_signature() {
    run("wycheproof/json_web_signature_test.json", 401);
}

#[test]
fn json_web_key() {
    run("wycheproof/json_web_key_test.json", 26);
}

#[test]
fn the_two_accepted_cases_marked_invalid_are_a_case_marked_valid() {
    let Some(vectors) = vector_file("wycheproof/json_web_signature_test.json") else { return };
    let groups = vectors["testGroups"].as_array().unwrap();
    let cases = groups.iter().flat_map(|group| group["tests"].as_array().unwrap());
    let token_of = |number| cases.clone().find(|c| c["tcId"] == number).unwrap()["jws"].clone();
    assert_eq!([token_of(367), token_of(370)], [token_of(357), token_of(357)]);
}

fn run(file: &'static str, expected_cases: usize) {
    let Some(vectors) = vector_file(file) else { return };
    let listed: BTreeMap<u64, &str> =
        DEVIATIONS.iter().filter(|d| d.file == file).map(|d| (d.case, d.ours)).collect();
    let (mut cases, mut found, mut by_code) = (0, BTreeMap::new(), BTreeMap::new());
    for group in vectors["testGroups"].as_array().unwrap() {
        // Groups with shared secrets have no public part.
        let key = group.get("public").unwrap_or(&group["private"]).to_string();
        for case in group["tests"].as_array().unwrap() {
            cases += 1;
            let token = match &case["jws"] {
                Value::String(text) => text.clone(),
                json => json.to_string(),
            };
            let ours = outcome(&key, &token);
            *by_code.entry(ours).or_insert(0) += 1;
            let accepted = ours == "accepted";
            if accepted != (case["result"] == "valid") {
                found.insert(case["tcId"].as_u64().unwrap(), ours);
            }
        }
    }
    println!("{file}: {cases} cases, by outcome: {by_code:?}");
    assert_eq!(found, listed, "deviations found (left) and listed (right) differ");
    assert_eq!(cases, expected_cases, "every case must run");
}

fn outcome(key: &str, token: &str) -> &'static str {
    let keys = match KeySet::parse(key.as_bytes()) {
        Ok(keys) => keys,
        Err(error) => return error.code(),
    };
    UnverifiedJws::parse(token.as_bytes(), &ParseLimits::default())
        .and_then(|jws| jws.verify(&keys))
        .map_or_else(|error| error.code(), |_| "accepted")
}
