use super::{Json, JsonErrorKind as Kind, JsonLimits, MAX_SAFE_INTEGER, Object, parse_strict};

fn parse(text: &str) -> Result<Json, Kind> {
    parse_strict(text.as_bytes(), &JsonLimits::default()).map_err(|error| error.kind())
}

#[test]
fn values_keep_their_types_and_order() {
    let text = r#"{"b":null,"a":[true,1,-5,1.5,1e3,"x\u00e9\n"],"o":{}}"#;
    let json = parse(text).unwrap();
    assert_eq!(json.pointer("/a/1"), Some(&Json::Integer(1)));
    assert_eq!(json.pointer("/a/4"), Some(&Json::Number(1000.0)));
    assert_eq!(
        json.to_compact(),
        "{\"b\":null,\"a\":[true,1,-5,1.5,1000.0,\"x\u{e9}\\n\"],\"o\":{}}"
    );
}

#[test]
fn what_readers_could_differ_on_is_refused() {
    let many = format!("[{}0]", "0,".repeat(1023));
    let enough = format!("[{}0]", "0,".repeat(1022));
    let wide = (0..40).map(|i| format!("\"n{i}\":0,")).collect::<Vec<_>>().concat();
    let cases: &[(&str, Result<(), Kind>)] = &[
        (r#"{"a":1,"a":2}"#, Err(Kind::DuplicateMember)),
        (r#"{"a":1,"\u0061":2}"#, Err(Kind::DuplicateMember)),
        (r#"{"x":[{"a":1,"b":{},"a":null}]}"#, Err(Kind::DuplicateMember)),
        (&format!("{{{wide}\"n3\":1}}"), Err(Kind::DuplicateMember)),
        (&format!("{{{wide}\"m\":1}}"), Ok(())),
        (r#"{"a":{"a":1},"b":{"a":1}}"#, Ok(())),
        (&"[".repeat(17), Err(Kind::TooDeep)),
        (&format!("{}{}", "[".repeat(16), "]".repeat(16)), Ok(())),
        (&"{\"a\":".repeat(100_000), Err(Kind::TooDeep)),
        (&many, Err(Kind::TooManyValues)),
        (&enough, Ok(())),
        ("9007199254740991", Ok(())),
        ("-9007199254740991", Ok(())),
        ("9007199254740992", Err(Kind::NumberOutOfRange)),
        ("-9007199254740992", Err(Kind::NumberOutOfRange)),
        ("18446744073709551615", Err(Kind::NumberOutOfRange)),
        ("100000000000000000000000", Err(Kind::NumberOutOfRange)),
        ("1e18", Err(Kind::NumberOutOfRange)),
        ("1e999", Err(Kind::NumberOutOfRange)),
        ("-1e999", Err(Kind::NumberOutOfRange)),
        ("NaN", Err(Kind::Syntax)),
        (r#""\ud800""#, Err(Kind::LoneSurrogate)),
        (r#"{"\udc00":1}"#, Err(Kind::LoneSurrogate)),
        (r#""\ud83d\ude00""#, Ok(())),
        ("{\"a\\u0000\":1}", Err(Kind::ControlInName)),
        ("{} {}", Err(Kind::Syntax)),
        ("{}\u{0}", Err(Kind::Syntax)),
        ("\u{feff}{}", Err(Kind::Syntax)),
        ("", Err(Kind::Syntax)),
        ("{\"a\":1,}", Err(Kind::Syntax)),
        ("01", Err(Kind::Syntax)),
        ("'a'", Err(Kind::Syntax)),
        ("\"a\u{1}\"", Err(Kind::Syntax)),
        (" \t\r\n[ ] \n", Ok(())),
    ];
    for (text, expected) in cases {
        let shown: String = text.chars().take(60).collect();
        assert_eq!(parse(text).map(|_| ()), *expected, "{shown}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_place() {
    let error = parse_strict(b"[\n\"\xff\"]", &JsonLimits::default()).unwrap_err();
    assert_eq!((error.kind(), error.position()), (Kind::NotUtf8, (2, 2)));
    let surrogate_in_utf8 = parse_strict(b"\"\xed\xa0\x80\"", &JsonLimits::default());
    assert_eq!(surrogate_in_utf8.unwrap_err().kind(), Kind::NotUtf8);
}

#[test]
fn pointers_follow_rfc_6901() {
    let json = parse(r#"{"a/b":1,"m~n":2,"":3,"l":[4,[5]],"o":{"x":{"y":6}}}"#).unwrap();
    let object = json.as_object().unwrap();
    for (pointer, expected) in [
        ("/a~1b", Some(1)),
        ("/m~0n", Some(2)),
        ("/", Some(3)),
        ("/l/0", Some(4)),
        ("/l/1/0", Some(5)),
        ("/o/x/y", Some(6)),
        ("/l/00", None),
        ("/l/-", None),
        ("/l/+1", None),
        ("/l/2", None),
        ("/l/", None),
        ("/m~2n", None),
        ("/m~", None),
        ("o", None),
        ("/o/x/y/z", None),
    ] {
        assert_eq!(json.pointer(pointer).and_then(Json::as_i64), expected, "{pointer}");
        assert_eq!(object.pointer(pointer).and_then(Json::as_i64), expected, "{pointer}");
    }
    assert_eq!(json.pointer(""), Some(&json));
    assert_eq!(object.pointer(""), None);
}

#[test]
fn debug_shows_no_value() {
    let json = parse(r#"{"sub":"alice-secret","n":[4711,true,null]}"#).unwrap();
    let debug = format!("{json:?}");
    assert_eq!(debug, r#"{"sub": string, "n": [integer, boolean, null]}"#);
}

#[test]
fn objects_are_built_in_order_without_duplicates() {
    let mut object = Object::from_pairs([("a", 1), ("b", 2), ("a", 3)]);
    assert_eq!(object.to_compact(), r#"{"a":3,"b":2}"#);
    object.set("c", "\u{7}\"\\");
    assert_eq!(object.remove("a"), Some(Json::Integer(3)));
    assert_eq!(object.to_compact(), r#"{"b":2,"c":"\u0007\"\\"}"#);
    assert_eq!(parse(&object.to_compact()).unwrap().as_object(), Some(&object));
    assert_eq!(Json::Integer(MAX_SAFE_INTEGER).as_f64(), Some(9_007_199_254_740_991.0));
}
