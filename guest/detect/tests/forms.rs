//! What a detector finds by itself it finds in every form: within text, JSON, base64, base64url and
//! percent encoding.

use std::fs;
use std::path::Path;

use tokenward_detect::{Confidence, Detector, scan};

/// What each table must find, of the detectors that values alone tell.
fn values() -> Vec<(Detector, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let mut values = Vec::new();
    for detector in Detector::ALL {
        let Ok(table) = fs::read_to_string(folder.join(format!("{}.txt", detector.id()))) else {
            continue;
        };
        let join = table.lines().find_map(|line| line.strip_prefix("@join "));
        for line in table.lines().filter_map(|line| line.strip_prefix("+ ")) {
            values.push((*detector, line.replace(join.unwrap_or("\0"), "")));
        }
    }
    assert!(values.len() > 350, "{}", values.len());
    values
}

fn misses(form: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut misses = Vec::new();
    let mut tried = 0;
    for (detector, value) in values() {
        let Some(text) = form(&value) else { continue };
        tried += 1;
        let found = scan(&text, None)
            .iter()
            .any(|hit| hit.detector == detector && hit.confidence >= Confidence::Medium);
        if !found {
            misses.push(format!("{}: {value}: {text}", detector.id()));
        }
    }
    assert!(tried > 200, "{tried}");
    misses
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let mut bits = 0u32;
        for place in 0..3 {
            bits = bits << 8 | u32::from(part.get(place).copied().unwrap_or(0));
        }
        for place in 0..=part.len() {
            let index = (bits >> (18 - 6 * place)) as usize & 63;
            text.push(char::from(*alphabet.get(index).expect("six bits")));
        }
    }
    text
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Whether a value is not already encoded once or twice: two levels are read, no more.
fn is_plain(value: &str) -> bool {
    let encoded = value.len() >= 11
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b));
    !encoded && !value.contains('%')
}

fn percent(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for nibble in [byte >> 4, byte & 15] {
                text.push(
                    char::from_digit(u32::from(nibble), 16).expect("a nibble").to_ascii_uppercase(),
                );
            }
        }
    }
    text
}

macro_rules! forms {
    ($($name:ident: $form:expr;)*) => {$(
        #[test]
        fn $name() {
            let misses = misses($form);
            assert!(misses.is_empty(), "{misses:#?}");
        }
    )*};
}

forms! {
    within_text: |value| Some(format!("see {value} for more"));
    after_a_line_break: |value| Some(format!("first line\n{value}\nlast line"));
    as_a_member_of_json_text: |value| Some(format!("{{\"n\":1,\"x\":\"{}\"}}", escaped(value)));
    as_an_item_of_json_text: |value| Some(format!("[\"a\",\"{}\",\"b\"]", escaped(value)));
    deep_in_json_text: |value| {
        Some(format!("{{\"a\":{{\"b\":[{{\"c\": \"{}\"}}]}}}}", escaped(value)))
    };
    in_base64: |value| {
        let text = base64(value.as_bytes(), STANDARD);
        let padding = "=".repeat((4 - text.len() % 4) % 4);
        (is_plain(value) && value.len() >= 8).then(|| text + &padding)
    };
    in_base64url: |value| {
        (is_plain(value) && value.len() >= 8).then(|| base64(value.as_bytes(), URL))
    };
    in_base64_after_another_run_of_it: |value| {
        let text = base64(value.as_bytes(), URL);
        (is_plain(value) && value.len() >= 8).then(|| format!("value-0001-00000000.{text}"))
    };
    in_json_in_base64url: |value| {
        let json = format!("{{\"sub\":\"u-1\",\"x\":\"{}\"}}", escaped(value));
        is_plain(value).then(|| base64(json.as_bytes(), URL))
    };
    twice_in_base64: |value| {
        let once = base64(format!("<<{value}>>").as_bytes(), STANDARD);
        is_plain(value).then(|| base64(once.as_bytes(), STANDARD))
    };
    in_a_query: |value| {
        (!value.contains('%')).then(|| format!("https://x.example/p?n=1&q={}&z=2", percent(value)))
    };
    in_unicode_escapes: |value| {
        let escaped = value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>();
        is_plain(value).then(|| format!("{{\"x\":\"{}\"}}", escaped.concat()))
    };
    in_percent_encoded_json: |value| {
        let json = format!("{{\"x\":\"{}\"}}", escaped(value));
        is_plain(value).then(|| percent(&json))
    };
}
