//! Wrong settings, with where the error points and what it says.

use serde::Deserialize;

use super::{Settings, error};
use crate::settings::read;

/// Settings, the pointer, and the message.
const WRONG: &[(&str, &str, &str)] = &[
    // The kind of value.
    (r#"{"name":7}"#, "/name", "is a number; accepted: a string"),
    (r#"{"name":null}"#, "/name", "is null; accepted: a string"),
    (r#"{"on":"true"}"#, "/on", "is a string; accepted: `true` or `false`"),
    (r#"{"count":"7"}"#, "/count", "is a string; accepted: an integer from 0 to 4294967295"),
    (r#"{"signed":true}"#, "/signed", "is a boolean; accepted: an integer"),
    (r#"{"ratio":"1"}"#, "/ratio", "is a string; accepted: a number"),
    (r#"{"texts":"a"}"#, "/texts", "is a string; accepted: a list"),
    (r#"{"texts":{}}"#, "/texts", "is an object; accepted: a list"),
    (r#"{"by-name":[]}"#, "/by-name", "is a list; accepted: an object"),
    (r#"{"routes":[[]]}"#, "/routes/0", "is a list; accepted: an object"),
    (r#"{"nothing":0}"#, "/nothing", "is a number; accepted: null"),
    (r#"{"marker":{}}"#, "/marker", "is an object; accepted: null"),
    (r#"{"letter":"ab"}"#, "/letter", "is `ab`; accepted: a single character"),
    (r#"{"limit":[]}"#, "/limit", "is a list; accepted: an integer from 0 to 4294967295"),
    // The range of an integer.
    (r#"{"tiny":256}"#, "/tiny", "is 256; accepted: an integer from 0 to 255"),
    (r#"{"tiny":-1}"#, "/tiny", "is -1; accepted: an integer from 0 to 255"),
    (r#"{"small":-40000}"#, "/small", "is -40000; accepted: an integer from -32768 to 32767"),
    (r#"{"wrapped":70000}"#, "/wrapped", "is 70000; accepted: an integer from 0 to 65535"),
    (r#"{"nonzero":0}"#, "/nonzero", "is 0; accepted: an integer of 1 or more"),
    (
        r#"{"large":18446744073709551616}"#,
        "/large",
        "is out of range; accepted: an integer from 0 to 18446744073709551615",
    ),
    (r#"{"signed":-9223372036854775809}"#, "/signed", "is out of range; accepted: an integer"),
    (
        r#"{"signed":9223372036854775808}"#,
        "/signed",
        "is 9223372036854775808; accepted: an integer",
    ),
    (r#"{"signed":1.0}"#, "/signed", "is a decimal number; accepted: an integer"),
    (r#"{"signed":1e3}"#, "/signed", "is a decimal number; accepted: an integer"),
    // Numbers that would have to be rounded more than once.
    (r#"{"ratio":0.12345678901234567}"#, "/ratio", INEXACT),
    (r#"{"ratio":1e300}"#, "/ratio", INEXACT),
    (r#"{"ratio":1e99999999999}"#, "/ratio", INEXACT),
    (r#"{"either":1e400}"#, "/either", INEXACT),
    // Names of settings.
    (
        r#"{"routes":[{"path":"/","pth":""}]}"#,
        "/routes/0/pth",
        "unknown setting `pth`; accepted: `path`, `pattern`, `methods`",
    ),
    (r#"{"routes":[{"path":"/"},{}]}"#, "/routes/1", "setting `path` is missing"),
    (r#"{"routes":[{"path":"/","pattern":"/"}]}"#, "/routes/0", "setting `path` is given twice"),
    (
        r#"{"by-number":{"x":true}}"#,
        "/by-number/x",
        "is a string; accepted: an integer from 0 to 65535",
    ),
    (
        r#"{"by-number":{"70000":true}}"#,
        "/by-number/70000",
        "is 70000; accepted: an integer from 0 to 65535",
    ),
    (
        r#"{"by-number":{"1 ":true}}"#,
        "/by-number/1 ",
        "is a string; accepted: an integer from 0 to 65535",
    ),
    (
        r#"{"by-number":{"":true}}"#,
        "/by-number/",
        "is a string; accepted: an integer from 0 to 65535",
    ),
    (r#"{"by-mode":{"x":1}}"#, "/by-mode/x", "unknown value `x`; accepted: `advise`, `deny`"),
    // Paths through everything that nests.
    (
        r#"{"by-name":{"a/b~c":[1,-2]}}"#,
        "/by-name/a~1b~0c/1",
        "is -2; accepted: an integer from 0 to 4294967295",
    ),
    (
        r#"{"routes":[{"path":"/","methods":["deny",3]}]}"#,
        "/routes/0/methods/1",
        "is a number; accepted: `advise`, `deny`",
    ),
    (r#"{"pair":[1,2]}"#, "/pair/1", "is a number; accepted: a string"),
    (
        r#"{"form":{"outside":{"from":1,"to":"2"}}}"#,
        "/form/outside/to",
        "is a string; accepted: an integer from 0 to 255",
    ),
    (
        r#"{"form":{"between":[1,false]}}"#,
        "/form/between/1",
        "is a boolean; accepted: an integer from 0 to 4294967295",
    ),
    (
        r#"{"form":{"at-least":-1}}"#,
        "/form/at-least",
        "is -1; accepted: an integer from 0 to 4294967295",
    ),
    // Lengths.
    (r#"{"pair":[1]}"#, "/pair", "is of length 1; accepted: a list of length 2"),
    (r#"{"pair":[1,"a",2]}"#, "/pair", TOO_MANY),
    (r#"{"three":[1,2]}"#, "/three", "is of length 2; accepted: a list of length 3"),
    (r#"{"three":[1,2,3,4]}"#, "/three", TOO_MANY),
    (r#"{"point":[1]}"#, "/point", "is of length 1; accepted: a list of length 2"),
    (
        r#"{"form":{"between":[1]}}"#,
        "/form/between",
        "is of length 1; accepted: a list of length 2",
    ),
    // Variants.
    (r#"{"mode":"bad"}"#, "/mode", "unknown value `bad`; accepted: `advise`, `deny`"),
    (r#"{"mode":true}"#, "/mode", "is a boolean; accepted: `advise`, `deny`"),
    (r#"{"mode":{}}"#, "/mode", "is an empty object; accepted: `advise`, `deny`"),
    (r#"{"mode":{"deny":1}}"#, "/mode/deny", "is a number; accepted: null"),
    (r#"{"mode":{"deny":null,"advise":null}}"#, "/mode", TOO_MANY),
    (r#"{"mode":"two\nlines"}"#, "/mode", "unknown value `…`; accepted: `advise`, `deny`"),
    (
        r#"{"form":"at-least"}"#,
        "/form",
        "is a name alone; accepted: an object whose one member has that name",
    ),
    (
        r#"{"form":"outside"}"#,
        "/form",
        "is a name alone; accepted: an object whose one member has that name",
    ),
    (
        r#"{"form":{"beyond":1}}"#,
        "/form",
        "unknown value `beyond`; accepted: `none`, `at-least`, `between`, `outside`",
    ),
    (r#"{"tagged":{"most":1}}"#, "/tagged", "setting `type` is missing"),
    (r#"{"tagged":{"type":"x"}}"#, "/tagged/type", "unknown value `x`; accepted: `limit`, `any`"),
    (
        r#"{"tagged":{"type":"limit","most":300}}"#,
        "/tagged",
        "is 300; accepted: an integer from 0 to 255",
    ),
    (
        r#"{"tagged":{"type":"limit","least":3}}"#,
        "/tagged",
        "unknown setting `least`; accepted: `most`",
    ),
    (r#"{"tagged":7}"#, "/tagged", "is an integer; accepted: an object"),
    (r#"{"either":"x"}"#, "/either", "has none of the accepted forms"),
    (r#"{"open":{"more":1}}"#, "/open", "is an integer; accepted: a string"),
    // What JSON allows, and settings do not.
    (r#"{"on":true,"on":true}"#, "/on", "is given twice"),
    (r#"{"on":true,"\u006fn":true}"#, "/on", "is given twice"),
    (r#"{"open":{"a":"1","b":"2","a":"1"}}"#, "/open/a", "is given twice"),
];

#[test]
fn wrong_settings_say_where_and_what_is_accepted() {
    for &(text, path, message) in WRONG {
        assert_eq!(error::<Settings>(text), (path.to_owned(), message.to_owned()), "{text}");
    }
}

const INEXACT: &str = "is a number that cannot be read exactly; accepted: a number of at most 15 \
     digits, times a power of ten from -22 to 22";

const TOO_MANY: &str = "has more members or items than are accepted";

#[test]
fn what_is_no_setting_is_listed_against_every_name() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Empty {}

    let (path, message) = error::<Settings>(r#"{"x":1}"#);
    assert_eq!(path, "/x");
    assert!(message.starts_with("unknown setting `x`; accepted: `name`, `mode`, `on`, "));
    assert!(message.ends_with(", `nonzero`, `open`"), "{message}");

    assert_eq!(
        error::<Empty>(r#"{"x":1}"#),
        ("/x".into(), "unknown setting `x`; accepted: none".into())
    );
}

#[test]
fn authors_speak_for_themselves() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "u32")]
    struct Percent;
    impl TryFrom<u32> for Percent {
        type Error = &'static str;
        fn try_from(percent: u32) -> Result<Self, Self::Error> {
            if percent > 100 { Err("is above 100") } else { Ok(Self) }
        }
    }
    #[derive(Debug, Deserialize)]
    #[serde(untagged, expecting = "is neither `true` nor a list")]
    enum Choice {
        #[allow(dead_code, reason = "only whether it is read matters")]
        Flag(bool),
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only whether it is read matters")]
    struct Spoken {
        #[serde(default)]
        percent: Option<Percent>,
        #[serde(default)]
        choice: Option<Choice>,
    }
    let cases = [
        (r#"{"percent":101}"#, "/percent", "is above 100"),
        (r#"{"choice":1}"#, "/choice", "is neither `true` nor a list"),
    ];
    for (text, path, message) in cases {
        assert_eq!(error::<Spoken>(text), (path.into(), message.into()), "{text}");
    }
    read::<Spoken>(r#"{"percent":100,"choice":true}"#).expect("right settings");
}
