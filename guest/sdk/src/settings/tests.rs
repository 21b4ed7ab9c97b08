//! A settings type of everything that `serde` derives, and what is read into it.

mod agreement;
mod text;
mod wrong;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::read;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Settings {
    name: String,
    mode: Mode,
    on: bool,
    tiny: u8,
    small: i16,
    count: u32,
    large: u64,
    signed: i64,
    ratio: f64,
    coarse: f32,
    letter: char,
    limit: Option<u32>,
    nothing: (),
    pair: (u8, String),
    three: [u8; 3],
    point: Point,
    wrapped: Wrapped,
    marker: Marker,
    texts: Vec<String>,
    routes: Vec<Route>,
    by_name: BTreeMap<String, Vec<u32>>,
    by_number: BTreeMap<u16, bool>,
    by_mode: BTreeMap<Mode, i8>,
    form: Form,
    tagged: Option<Tagged>,
    either: Option<Either>,
    nonzero: Option<std::num::NonZeroU8>,
    open: Open,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Advise,
    Deny,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Point(i32, i32);

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Wrapped(u16);

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    #[serde(alias = "pattern")]
    path: String,
    #[serde(default)]
    methods: Vec<Mode>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    #[default]
    None,
    AtLeast(u32),
    Between(u32, u32),
    Outside {
        from: u8,
        to: u8,
    },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum Tagged {
    Limit { most: u8 },
    Any,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Flag(bool),
    Number(f64),
    Texts(Vec<String>),
    Bounds { from: i64, to: i64 },
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Open {
    #[serde(default)]
    known: u8,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

fn error<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> (String, String) {
    let error = read::<T>(text).expect_err(text);
    (error.path, error.message)
}

type Skip = serde::de::IgnoredAny;

#[test]
fn every_form_that_serde_derives_is_read() {
    let text = r#" {
        "name": "a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00ü", "mode": "deny", "on": true,
        "tiny": 255, "small": -32768, "count": 4294967295, "large": 18446744073709551615,
        "signed": -9223372036854775808, "ratio": -0.25, "coarse": 1, "letter": "\u20ac",
        "limit": 0, "nothing": null, "pair": [1, "x"], "three": [1, 2, 3], "point": [-1, 1],
        "wrapped": 9, "marker": null, "texts": ["", "b"],
        "routes": [{"pattern": "/", "methods": ["deny", "advise"]}],
        "by-name": {"": [], "a/b": [1, 2]}, "by-number": {"0": true, "65535": false},
        "by-mode": {"deny": -1}, "form": {"outside": {"to": 2, "from": 1}},
        "tagged": {"most": 3, "type": "limit"}, "either": {"from": -1, "to": 1},
        "nonzero": 1, "open": {"known": 1, "b": "2"}
    } "#;
    let expected = Settings {
        name: "a\"\\/\u{8}\u{c}\n\r\tAé😀ü".into(),
        mode: Mode::Deny,
        on: true,
        tiny: 255,
        small: -32768,
        count: u32::MAX,
        large: u64::MAX,
        signed: i64::MIN,
        ratio: -0.25,
        coarse: 1.0,
        letter: '€',
        limit: Some(0),
        nothing: (),
        pair: (1, "x".into()),
        three: [1, 2, 3],
        point: Point(-1, 1),
        wrapped: Wrapped(9),
        marker: Marker,
        texts: vec![String::new(), "b".into()],
        routes: vec![Route { path: "/".into(), methods: vec![Mode::Deny, Mode::Advise] }],
        by_name: BTreeMap::from([(String::new(), vec![]), ("a/b".into(), vec![1, 2])]),
        by_number: BTreeMap::from([(0, true), (65535, false)]),
        by_mode: BTreeMap::from([(Mode::Deny, -1)]),
        form: Form::Outside { from: 1, to: 2 },
        tagged: Some(Tagged::Limit { most: 3 }),
        either: Some(Either::Bounds { from: -1, to: 1 }),
        nonzero: std::num::NonZeroU8::new(1),
        open: Open { known: 1, others: BTreeMap::from([("b".into(), "2".into())]) },
    };
    assert_eq!(read::<Settings>(text).as_ref(), Ok(&expected));
    assert_eq!(serde_json::from_str::<Settings>(text).expect("JSON"), expected);

    let cases = [
        (r#"{"form":"none"}"#, Settings { form: Form::None, ..Settings::default() }),
        (r#"{"form":{"none":null}}"#, Settings { form: Form::None, ..Settings::default() }),
        (r#"{"form":{"at-least":3}}"#, Settings { form: Form::AtLeast(3), ..Settings::default() }),
        (
            r#"{"form":{"between":[1,2]}}"#,
            Settings { form: Form::Between(1, 2), ..Settings::default() },
        ),
        (r#"{"limit":null}"#, Settings::default()),
        (
            r#"{"tagged":{"type":"any"}}"#,
            Settings { tagged: Some(Tagged::Any), ..Settings::default() },
        ),
        (
            r#"{"either":false}"#,
            Settings { either: Some(Either::Flag(false)), ..Settings::default() },
        ),
        (
            r#"{"either":0.5}"#,
            Settings { either: Some(Either::Number(0.5)), ..Settings::default() },
        ),
        (
            r#"{"either":[]}"#,
            Settings { either: Some(Either::Texts(vec![])), ..Settings::default() },
        ),
        ("{}", Settings::default()),
    ];
    for (text, expected) in cases {
        assert_eq!(read::<Settings>(text).as_ref(), Ok(&expected), "{text}");
        assert_eq!(serde_json::from_str::<Settings>(text).expect(text), expected);
    }
}
