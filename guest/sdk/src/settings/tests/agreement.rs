//! Agreement with a general JSON library, and an answer to any text.

use proptest::prelude::*;

use super::Settings;
use crate::settings::number::Number;
use crate::settings::read;

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-999_999_i32..999_999).prop_map(|n| (f64::from(n) / 1000.0).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Members of [`Settings`], each right or nearly so.
fn members() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &[
        "name", "mode", "on", "tiny", "small", "count", "large", "signed", "ratio", "limit",
        "texts", "routes", "nested", "either", "other",
    ];
    const VALUES: &[&str] = &[
        "null",
        "true",
        "0",
        "-1",
        "255",
        "256",
        "65536",
        "-40000",
        "1.5",
        "1e2",
        r#""""#,
        r#""a""#,
        r#""step-up""#,
        r#""1.2""#,
        "[]",
        r#"["a"]"#,
        r#"["advise"]"#,
        r#"[["advise","step-up"]]"#,
        "[1,2,3]",
        "{}",
        r#"[{"path":"/"}]"#,
        r#"[{"path":"/","methods":["step-up"],"type":1}]"#,
        r#"{"advise":null}"#,
        r#"{"from":1,"to":2}"#,
    ];
    (prop::sample::select(NAMES), prop::sample::select(VALUES))
        .prop_map(|(name, value)| format!("\"{name}\":{value}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_that_a_library_writes_is_read_alike(
        members in prop::collection::btree_map(any::<String>(), json(), 0..6),
        pretty in any::<bool>(),
    ) {
        let value: serde_json::Value = members.into_iter().collect();
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let ours = read::<serde_json::Value>(&text.expect("JSON"));
        prop_assert_eq!(ours, Ok(value));
    }

    #[test]
    fn what_is_accepted_is_what_a_library_accepts(members in prop::collection::vec(members(), 0..3)) {
        let text = format!("{{{}}}", members.join(","));
        let theirs = serde_json::from_str::<Settings>(&text);
        match read::<Settings>(&text) {
            Ok(ours) => prop_assert_eq!(ours, theirs.expect("also theirs")),
            Err(error) => {
                // The library alone reads a word that is written as an object, and
                // does not require what may be null.
                let word = error.message.starts_with("is an object; accepted: `advise`")
                    || error.message == "setting `type` is missing";
                prop_assert!(theirs.is_err() || word || error.message == "is given twice");
                let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                let parent = error.path.rsplit_once('/').map_or("", |(parent, _)| parent);
                prop_assert!(value.pointer(parent).is_some(), "{} is nowhere", error.path);
            }
        }
    }

    #[test]
    fn any_text_is_answered(text in any::<String>(), noise in r#"[\[\]{}",:\\u0-9a-ftrulsn.eE+ -]{0,40}"#) {
        for text in [text, noise.clone(), format!(r#"{{"a":{noise}}}"#)] {
            if read::<serde_json::Value>(&text).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }

    #[test]
    fn a_cut_or_changed_text_is_answered(at in 0_usize..200, byte in any::<u8>()) {
        let text = r#"{"name":"a\u00e9\ud83d\ude00","routes":[{"path":"/","methods":["deny"]}],"form":{"outside":{"from":1,"to":2}},"ratio":-1.5e1,"either":[null,true]}"#;
        if let Some(cut) = text.get(..at.min(text.len() - 1)) {
            prop_assert!(read::<serde_json::Value>(cut).is_err());
        }
        let mut changed = text.as_bytes().to_vec();
        if let Some(old) = changed.get_mut(at) {
            *old = byte;
        }
        if let Ok(changed) = String::from_utf8(changed) {
            let ours = read::<serde_json::Value>(&changed);
            if let (Ok(ours), Ok(theirs)) = (&ours, serde_json::from_str::<serde_json::Value>(&changed)) {
                prop_assert_eq!(ours, &theirs);
            }
            prop_assert!(ours.is_err() || serde_json::from_str::<serde_json::Value>(&changed).is_ok());
        }
    }

    #[test]
    fn a_decimal_number_is_read_as_the_standard_library_does(
        digits in 0_u64..=999_999_999_999_999, point in 0_usize..=22, exponent in -22_i32..=22,
    ) {
        let power = exponent - i32::try_from(point).expect("small");
        let trimmed = digits.to_string().trim_end_matches('0').len();
        let zeros = i32::try_from(digits.to_string().len() - trimmed).expect("small");
        let exact = digits == 0 || (power + zeros).abs() <= 22;

        let digits = format!("{digits:0width$}", width = point + 1);
        let (whole, fraction) = digits.split_at(digits.len() - point);
        let text = format!("{whole}.{fraction}0e{exponent}");
        let expected = exact.then(|| text.parse::<f64>().expect("a number"));
        prop_assert_eq!(Number::exact(&text), expected, "{}", text);
    }
}
