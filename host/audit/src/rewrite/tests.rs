use serde_json::Value;

use super::{DEEPEST, members};
use crate::error::RecordError;
use crate::mask::Mask;

fn line(json: &str, masks: &[&str]) -> Result<String, RecordError> {
    let masks: Vec<Mask> = masks.iter().map(|mask| mask.parse().unwrap()).collect();
    let line = members(b"\"at\":0".to_vec(), json.as_bytes(), &masks, 10_000)?;
    let line = String::from_utf8(line).unwrap();
    serde_json::from_str::<Value>(&format!("{{{line}")).unwrap();
    assert!(line.ends_with('\n') && !line.trim_end().contains('\n'), "{line}");
    Ok(line.trim_start_matches("\"at\":0").trim_end().to_owned())
}

#[test]
fn masked_values_are_null_and_told() {
    let record = r#"{"a":{"b":[1,{"c":"x","d":[]}],"e~/":{}},"f":null,"":"y","*":2}"#;
    for (masks, expected) in [
        (&[] as &[&str], r#","a":{"b":[1,{"c":"x","d":[]}],"e~/":{}},"f":null,"":"y","*":2}"#),
        (
            &["/x", "/a/x", "/a/b/7", "/a/b/00", "/f/x", "/a/b/-"],
            r#","a":{"b":[1,{"c":"x","d":[]}],"e~/":{}},"f":null,"":"y","*":2}"#,
        ),
        (&["/a"], r#","a":null,"f":null,"":"y","*":2,"masked":["/a"]}"#),
        // What is null is masked as well: nobody can tell what it was.
        (
            &["/f"],
            r#","a":{"b":[1,{"c":"x","d":[]}],"e~/":{}},"f":null,"":"y","*":2,"masked":["/f"]}"#,
        ),
        (
            &["/"],
            r#","a":{"b":[1,{"c":"x","d":[]}],"e~/":{}},"f":null,"":null,"*":2,"masked":["/"]}"#,
        ),
        (
            &["/a/b/0"],
            r#","a":{"b":[null,{"c":"x","d":[]}],"e~/":{}},"f":null,"":"y","*":2,"masked":["/a/b/0"]}"#,
        ),
        (
            &["/a/b/*"],
            r#","a":{"b":[null,null],"e~/":{}},"f":null,"":"y","*":2,"masked":["/a/b/0","/a/b/1"]}"#,
        ),
        (
            &["/a/b/*/c"],
            r#","a":{"b":[1,{"c":null,"d":[]}],"e~/":{}},"f":null,"":"y","*":2,"masked":["/a/b/1/c"]}"#,
        ),
        (
            &["/*/*"],
            r#","a":{"b":null,"e~/":null},"f":null,"":"y","*":2,"masked":["/a/b","/a/e~0~1"]}"#,
        ),
        (
            &["/a/e~0~1"],
            r#","a":{"b":[1,{"c":"x","d":[]}],"e~/":null},"f":null,"":"y","*":2,"masked":["/a/e~0~1"]}"#,
        ),
        // Of two masks, one within the other, the outer one covers both.
        (
            &["/a/b/1/c", "/a/b", "/a/b"],
            r#","a":{"b":null,"e~/":{}},"f":null,"":"y","*":2,"masked":["/a/b"]}"#,
        ),
        (
            &["/a/b/1/c", "/a/*/1/d"],
            r#","a":{"b":[1,{"c":null,"d":null}],"e~/":{}},"f":null,"":"y","*":2,"masked":["/a/b/1/c","/a/b/1/d"]}"#,
        ),
    ] {
        assert_eq!(line(record, masks).unwrap(), expected, "{masks:?}");
    }
}

#[test]
fn masks_match_names_however_they_are_written() {
    for name in [r#""email""#, r#""\u0065mail""#, r#""em\u0061\u0069l""#] {
        let record = format!(r#"{{"x":{{{name}:"alice"}}}}"#);
        assert!(!line(&record, &["/x/email"]).unwrap().contains("alice"), "{name}");
    }
    for (name, mask) in [("a\"b", "/a\"b"), ("a\\", "/a\\"), ("ä\n", "/ä\n"), ("😀", "/😀")] {
        let record = serde_json::json!({ name: "alice" }).to_string();
        let line = line(&record, &[mask]).unwrap();
        assert!(!line.contains("alice"), "{line}");
        let line: Value =
            serde_json::from_str(&format!("{{{}", line.trim_start_matches(','))).unwrap();
        assert_eq!(line, serde_json::json!({ name: null, "masked": [mask] }));
    }
}

#[test]
fn texts_are_not_taken_for_structure() {
    let record = r#"{"a":"},{\"b\":[\\","b":"]\\\"","c":"\"email\":1"}"#;
    assert_eq!(line(record, &[]).unwrap(), format!(",{}", &record[1..]));
    let expected = r#","a":"},{\"b\":[\\","b":null,"c":"\"email\":1","masked":["/b"]}"#;
    assert_eq!(line(record, &["/b", "/email"]).unwrap(), expected);
}

#[test]
fn numbers_and_order_stay_as_they_are() {
    let record = r#"{"z":18446744073709551615,"a":-1.5e-300,"m":[1E+2,true,false,null]}"#;
    assert_eq!(line(record, &["/q"]).unwrap(), format!(",{}", &record[1..]));
}

#[test]
fn white_space_of_foreign_json_cannot_end_the_line() {
    let record = " {\n\"a\" :\t[ 1 ,\r\n 2 ] , \"b\":\n{ \"c\" : \"d e\" }\n}\n";
    assert_eq!(line(record, &[]).unwrap(), r#","a":[1,2],"b":{"c":"d e"}}"#);
    assert_eq!(
        line(record, &["/a/*", "/b"]).unwrap(),
        r#","a":[null,null],"b":null,"masked":["/a/0","/a/1","/b"]}"#
    );
}

#[test]
fn the_logs_own_names_are_its_own() {
    for name in ["seq", "run", "at", "masked", "dropped"] {
        let error = Err(RecordError::Reserved { name });
        assert_eq!(line(&format!(r#"{{"a":1,"{name}":2}}"#), &[]), error);
        let written = format!("\\u00{:02x}{}", name.as_bytes()[0], &name[1..]);
        assert_eq!(line(&format!(r#"{{"{written}":2}}"#), &[]), error);
        // Deeper, they are nobody's.
        assert!(line(&format!(r#"{{"a":{{"{name}":2}}}}"#), &[]).is_ok());
    }
}

#[test]
fn only_objects_are_records() {
    for json in ["[]", "null", "1", "\"{}\"", "true", "", " "] {
        assert_eq!(line(json, &[]), Err(RecordError::NotAnObject), "{json}");
    }
    assert_eq!(line("{}", &[]).unwrap(), "}");
}

#[test]
fn depth_is_bounded_with_masks_and_without() {
    for masks in [&[] as &[&str], &["/a/x"], &["/a"], &["/a/0/0/0/0/0"]] {
        let nested =
            |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(line(&nested(DEEPEST), masks).is_ok(), "{masks:?}");
        let error = Err(RecordError::TooDeep { limit: DEEPEST });
        assert_eq!(line(&nested(DEEPEST + 1), masks), error, "{masks:?}");
    }
}

#[test]
fn what_is_masked_is_bounded_as_the_record_is() {
    let items = "0,".repeat(100) + "0";
    let record = format!(r#"{{"{}":[{items}]}}"#, "n".repeat(200));
    assert_eq!(line(&record, &["/*/*"]), Err(RecordError::TooLarge { limit: 10_000 }));
}

#[test]
fn what_is_no_json_is_refused() {
    for json in
        ["{", r#"{"a"#, r#"{"a""#, r#"{"a":"#, r#"{"a":["#, r#"{"a":"b"#, "{1:2}", r#"{"a":x}"#]
    {
        for masks in [&[] as &[&str], &["/a/*"], &["/a"]] {
            assert_eq!(line(json, masks), Err(RecordError::NotSerializable), "{json} {masks:?}");
        }
    }
}
