//! A settings type of every form that is derived or written by hand, and what
//! is read into it.

mod agreement;
mod text;
mod wrong;

use serde::Deserialize;

use super::read;
use crate::{FromSettings, Setting, SettingReader, WrongSetting};

/// The same type for a general library, to compare with.
#[derive(Debug, Default, PartialEq, FromSettings, Deserialize)]
#[settings(default)]
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
    limit: Option<u32>,
    texts: Vec<String>,
    routes: Vec<Route>,
    nested: Option<Vec<Vec<Mode>>>,
    either: Option<Either>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, FromSettings, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Advise,
    StepUp,
    #[settings(name = "1.2")]
    #[serde(rename = "1.2")]
    V1_2,
}

#[derive(Debug, PartialEq, FromSettings, Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    path: String,
    #[settings(default)]
    #[serde(default)]
    methods: Vec<Mode>,
    #[settings(name = "type")]
    #[serde(rename = "type")]
    form: Option<u8>,
}

/// Forms of which the first that fits is read.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Flag(bool),
    Number(f64),
    Texts(Vec<String>),
    Bounds(Bounds),
}

#[derive(Debug, PartialEq, FromSettings, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    from: i64,
    to: i64,
}

impl FromSettings for Either {
    #[allow(clippy::cast_precision_loss, reason = "as the library does")]
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        match reader.take()? {
            Setting::Boolean(flag) => Ok(Self::Flag(flag)),
            Setting::Unsigned(integer) => Ok(Self::Number(integer as f64)),
            Setting::Negative(integer) => Ok(Self::Number(integer as f64)),
            Setting::Decimal(decimal) => decimal.exact().map(Self::Number),
            Setting::List => Vec::read(reader).map(Self::Texts),
            Setting::Object => Bounds::read(reader).map(Self::Bounds),
            other => Err(other.refused("a flag, a number, a list of texts, or bounds")),
        }
    }
}

/// What is read by hand, and in no form that a general library knows.
#[derive(Debug, Default, PartialEq, FromSettings)]
#[settings(default)]
struct ByHand {
    by_name: Vec<(String, Vec<u32>)>,
    age: Age,
    percent: Percent,
}

#[derive(Debug, Default, PartialEq)]
enum Age {
    Seconds(u64),
    #[default]
    Unlimited,
}

impl FromSettings for Age {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let seconds = reader.integer_or("unlimited", 1..=600, "1 to 600, or `unlimited`")?;
        Ok(seconds.map_or(Self::Unlimited, Self::Seconds))
    }
}

#[derive(Debug, Default, PartialEq)]
struct Percent(u64);

impl FromSettings for Percent {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        let percent = reader.integer(0..=100, "a number from 0 to 100")?;
        if percent == 13 { Err(WrongSetting::new("is unlucky")) } else { Ok(Self(percent)) }
    }
}

/// Any value.
impl FromSettings for serde_json::Value {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        Ok(match reader.take()? {
            Setting::Null => Self::Null,
            Setting::Boolean(boolean) => boolean.into(),
            Setting::Unsigned(integer) => integer.into(),
            Setting::Negative(integer) => integer.into(),
            Setting::Decimal(decimal) => decimal.exact()?.into(),
            Setting::Text(text) => text.into(),
            Setting::List => Vec::<Self>::read(reader)?.into(),
            Setting::Object => Vec::<(String, Self)>::read(reader)?
                .into_iter()
                .collect::<serde_json::Map<_, _>>()
                .into(),
        })
    }
}

fn error<T: FromSettings + std::fmt::Debug>(text: &str) -> (String, String) {
    let error = read::<T>(text).expect_err(text);
    (error.path, error.message)
}

#[test]
fn every_form_that_is_derived_is_read() {
    let text = r#" {
        "name": "a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00ü", "mode": "step-up", "on": true,
        "tiny": 255, "small": -32768, "count": 4294967295, "large": 18446744073709551615,
        "signed": -9223372036854775808, "ratio": -0.25,
        "limit": 0, "texts": ["", "b"],
        "routes": [{"path": "/", "methods": ["1.2", "advise"], "type": 7}],
        "nested": [[], ["advise", "step-up"]], "either": {"from": -1, "to": 1}
    } "#;
    let methods = vec![Mode::V1_2, Mode::Advise];
    let expected = Settings {
        name: "a\"\\/\u{8}\u{c}\n\r\tAé😀ü".into(),
        mode: Mode::StepUp,
        on: true,
        tiny: 255,
        small: -32768,
        count: u32::MAX,
        large: u64::MAX,
        signed: i64::MIN,
        ratio: -0.25,
        limit: Some(0),
        texts: vec![String::new(), "b".into()],
        routes: vec![Route { path: "/".into(), methods, form: Some(7) }],
        nested: Some(vec![vec![], vec![Mode::Advise, Mode::StepUp]]),
        either: Some(Either::Bounds(Bounds { from: -1, to: 1 })),
    };
    assert_eq!(read::<Settings>(text).as_ref(), Ok(&expected));
    assert_eq!(serde_json::from_str::<Settings>(text).expect("JSON"), expected);

    let ratio = |ratio| Settings { ratio, ..Settings::default() };
    let either = |either| Settings { either: Some(either), ..Settings::default() };
    let cases = [
        (r#"{"limit":null}"#, Settings::default()),
        (r#"{"ratio":-0}"#, ratio(0.0)),
        (r#"{"ratio":-7}"#, ratio(-7.0)),
        (r#"{"ratio":7}"#, ratio(7.0)),
        (r#"{"either":false}"#, either(Either::Flag(false))),
        (r#"{"either":0.5}"#, either(Either::Number(0.5))),
        (r#"{"either":[]}"#, either(Either::Texts(vec![]))),
        ("{}", Settings::default()),
    ];
    for (text, expected) in cases {
        assert_eq!(read::<Settings>(text).as_ref(), Ok(&expected), "{text}");
        assert_eq!(serde_json::from_str::<Settings>(text).expect(text), expected);
    }
    // The library takes this for a decimal number.
    assert_eq!(read::<Settings>(r#"{"small":-0,"tiny":-0}"#), Ok(Settings::default()));
}

#[test]
fn what_is_written_by_hand_is_read() {
    let by_name = |by_name| ByHand { by_name, ..ByHand::default() };
    let cases = [
        (r#"{"by-name":{}}"#, by_name(vec![])),
        (
            r#"{"by-name":{"b":[],"a/b":[1,2],"":[3]}}"#,
            by_name(vec![
                ("b".into(), vec![]),
                ("a/b".into(), vec![1, 2]),
                (String::new(), vec![3]),
            ]),
        ),
        (r#"{"age":600}"#, ByHand { age: Age::Seconds(600), ..ByHand::default() }),
        (r#"{"age":"unlimited"}"#, ByHand::default()),
        (r#"{"percent":100}"#, ByHand { percent: Percent(100), ..ByHand::default() }),
    ];
    for (text, expected) in cases {
        assert_eq!(read::<ByHand>(text).as_ref(), Ok(&expected), "{text}");
    }
}
