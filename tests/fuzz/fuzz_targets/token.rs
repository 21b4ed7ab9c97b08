//! The token parser: whatever the bytes, an answer and no panic; and what is
//! accepted has a canonical form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tokenward_token::json::{JsonLimits, parse_strict};
use tokenward_token::{KeySet, ParseLimits, Trust, UnixTime, UnverifiedToken};

const KEY: &str =
    r#"{"kty":"oct","alg":"HS256","k":"-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE"}"#;

fuzz_target!(|data: &[u8]| {
    if let Ok(token) = UnverifiedToken::parse(data, &ParseLimits::default()) {
        let _ = token.algorithm_name();
        let keys = KeySet::from_json(KEY).expect("a key");
        let _ = token.verify(&Trust::key_only(keys), UnixTime(1_700_000_000));
    }
    // JSON as it stands in a token: what is accepted reads the same when written again.
    if let Ok(json) = parse_strict(data, &JsonLimits::default()) {
        let mut written = String::new();
        json.write_compact(&mut written);
        let again = parse_strict(written.as_bytes(), &JsonLimits::default()).expect("its own text");
        assert!(again == json);
    }
});
