//! The trust file and the keys it names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tokenward_token::{KeySet, Trust};

fuzz_target!(|data: &[u8]| {
    // The text before the first NUL is the trust file, the rest the key file.
    let split = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    let (trust, keys) = data.split_at(split);
    let keys = keys.strip_prefix(b"\0").unwrap_or_default();
    if let Ok(text) = std::str::from_utf8(trust) {
        let _ = Trust::from_toml(text, |_| Ok::<_, std::io::Error>(keys.to_vec()));
    }
    let _ = KeySet::parse(keys);
});
