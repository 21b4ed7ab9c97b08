//! Text that is not JSON, and JSON that is refused.

use serde_json::Value as Any;

use super::error;
use crate::settings::number::Number;
use crate::settings::read;

#[test]
fn what_is_not_json_is_refused() {
    let cases = [
        ("", "", 0, "a value"),
        (" ", "", 1, "a value"),
        ("{", "", 1, "a name in quotes"),
        ("{,}", "", 1, "a name in quotes"),
        (r#"{"a"}"#, "", 4, "`:`"),
        (r#"{"a":}"#, "/a", 5, "a value"),
        (r#"{"a":1"#, "", 6, "`,` or `}`"),
        (r#"{"a":1,}"#, "", 7, "a name in quotes"),
        (r#"{"a":1 "b":2}"#, "", 7, "`,` or `}`"),
        (r#"{"a":[1,]}"#, "/a/1", 8, "a value"),
        (r#"{"a":[1 2]}"#, "/a", 8, "`,` or `]`"),
        (r#"{"a":[1}"#, "/a", 7, "`,` or `]`"),
        (r#"{"a":01}"#, "", 6, "`,` or `}`"),
        (r#"{"a":-}"#, "/a", 6, "a digit"),
        (r#"{"a":+1}"#, "/a", 5, "a value"),
        (r#"{"a":.5}"#, "/a", 5, "a value"),
        (r#"{"a":1.}"#, "/a", 7, "a digit"),
        (r#"{"a":1e}"#, "/a", 7, "a digit"),
        (r#"{"a":1e+}"#, "/a", 8, "a digit"),
        (r#"{"a":NaN}"#, "/a", 5, "a value"),
        (r#"{"a":nul}"#, "/a", 5, "null"),
        (r#"{"a":truth}"#, "/a", 5, "true"),
        (r#"{"a":False}"#, "/a", 5, "a value"),
        (r"{'a':1}", "", 1, "a name in quotes"),
        (r#"{"a":"b}"#, "/a", 8, "the end of the text, or an escape"),
        ("{\"a\":\"\n\"}", "/a", 6, "the end of the text, or an escape"),
        ("{\"a\":\"\0\"}", "/a", 6, "the end of the text, or an escape"),
        (r#"{"a":"\x"}"#, "/a", 8, "an escape of JSON"),
        (r#"{"a":"\é"}"#, "/a", 8, "an escape of JSON"),
        (r#"{"a":"\u12"}"#, "/a", 10, "four hexadecimal digits"),
        (r#"{"a":"\u+123"}"#, "/a", 8, "four hexadecimal digits"),
        (r#"{"a":"\ud800"}"#, "/a", 12, "surrogates in pairs"),
        (r#"{"a":"\udc00"}"#, "/a", 12, "surrogates in pairs"),
        (r#"{"a":"\ud800\n"}"#, "/a", 13, "surrogates in pairs"),
        (r#"{"a":"\ud800\ud800"}"#, "/a", 18, "surrogates in pairs"),
        ("{} {}", "", 3, "the end; the settings are one object"),
        ("{}x", "", 2, "the end; the settings are one object"),
        ("\u{feff}{}", "", 0, "a value"),
        ("// a\n{}", "", 0, "a value"),
    ];
    for (text, path, byte, accepted) in cases {
        let message = format!("is not JSON at byte {byte}; accepted: {accepted}");
        assert_eq!(error::<Any>(text), (path.into(), message), "{text}");
    }
}

#[test]
fn settings_are_an_object() {
    for (text, found) in
        [("[]", "a list"), ("1", "a number"), ("null", "null"), ("\"{}\"", "a string")]
    {
        let message = format!("is {found}; accepted: an object");
        assert_eq!(error::<Any>(text), (String::new(), message));
    }
}

#[test]
fn depth_is_limited() {
    let nested = |lists: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(lists), "]".repeat(lists));
    read::<Any>(&nested(31)).expect("32 levels");
    let (path, message) = error::<Any>(&nested(32));
    assert_eq!(path, format!("/a{}", "/0".repeat(31)));
    assert_eq!(message, "is nested too deep; accepted: 32 levels of lists and objects");
    let (_, message) = error::<Any>(&nested(100_000));
    assert!(message.starts_with("is nested too deep"));
    error::<Any>(&r#"{"a":"#.repeat(100_000));
}

#[test]
fn numbers_are_exact_or_refused() {
    let cases = [
        ("0.1", Some(0.1)),
        ("-0.0", Some(-0.0)),
        ("1e22", Some(1e22)),
        ("1E+2", Some(100.0)),
        ("123456789012345e-22", Some(123_456_789_012_345e-22)),
        ("9007199254740992.0", Some(9_007_199_254_740_992.0)),
        ("0.00100e2", Some(0.1)),
        ("100000000000000000000", Some(1e20)),
        ("0e99", Some(0.0)),
        ("9007199254740993.0", None),
        ("1e23", None),
        ("1e-23", None),
        ("0.30000000000000004", None),
        ("1e2147483648", None),
        ("1e-99999999999999999999", None),
    ];
    for (text, expected) in cases {
        assert_eq!(Number::exact(text).map(f64::to_bits), expected.map(f64::to_bits), "{text}");
    }
    // Linear in hostile text.
    assert_eq!(Number::exact(&format!("0.{}1", "0".repeat(100_000))), None);
    assert_eq!(Number::exact(&format!("1{}1.0", "0".repeat(100_000))), None);
    assert_eq!(Number::exact(&format!("1.{}", "0".repeat(100_000))), Some(1.0));
}
