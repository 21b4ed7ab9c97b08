//! Wrong settings, with where the error points and what it says.

use super::{ByHand, Settings, error};
use crate::FromSettings;

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
    (r#"{"routes":[[]]}"#, "/routes/0", "is a list; accepted: an object"),
    (r#"{"limit":[]}"#, "/limit", "is a list; accepted: an integer from 0 to 4294967295"),
    // The range of an integer.
    (r#"{"tiny":256}"#, "/tiny", "is 256; accepted: an integer from 0 to 255"),
    (r#"{"tiny":-1}"#, "/tiny", "is -1; accepted: an integer from 0 to 255"),
    (r#"{"small":-40000}"#, "/small", "is -40000; accepted: an integer from -32768 to 32767"),
    (r#"{"small":32768}"#, "/small", "is 32768; accepted: an integer from -32768 to 32767"),
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
        "unknown setting `pth`; accepted: `path`, `methods`, `type`",
    ),
    (r#"{"routes":[{"path":"/","type":1},{"type":1}]}"#, "/routes/1", "setting `path` is missing"),
    // A required setting that may be null is required all the same.
    (r#"{"routes":[{"path":"/"}]}"#, "/routes/0", "setting `type` is missing"),
    (r#"{"routes":[{"path":null}]}"#, "/routes/0/path", "is null; accepted: a string"),
    // Paths through everything that nests.
    (
        r#"{"routes":[{"path":"/","methods":["advise",3]}]}"#,
        "/routes/0/methods/1",
        "is a number; accepted: `advise`, `step-up`, `1.2`",
    ),
    (
        r#"{"nested":[[],["advise","x"]]}"#,
        "/nested/1/1",
        "unknown value `x`; accepted: `advise`, `step-up`, `1.2`",
    ),
    (r#"{"either":{"from":1,"to":"2"}}"#, "/either/to", "is a string; accepted: an integer"),
    (r#"{"either":{"from":1}}"#, "/either", "setting `to` is missing"),
    // Words.
    (r#"{"mode":"bad"}"#, "/mode", "unknown value `bad`; accepted: `advise`, `step-up`, `1.2`"),
    (
        r#"{"mode":"Advise"}"#,
        "/mode",
        "unknown value `Advise`; accepted: `advise`, `step-up`, `1.2`",
    ),
    (r#"{"mode":true}"#, "/mode", "is a boolean; accepted: `advise`, `step-up`, `1.2`"),
    (r#"{"mode":{"advise":null}}"#, "/mode", "is an object; accepted: `advise`, `step-up`, `1.2`"),
    (
        r#"{"mode":"two\nlines"}"#,
        "/mode",
        "unknown value `…`; accepted: `advise`, `step-up`, `1.2`",
    ),
    // What JSON allows, and settings do not.
    (r#"{"on":true,"on":true}"#, "/on", "is given twice"),
    (r#"{"on":true,"\u006fn":true}"#, "/on", "is given twice"),
    (r#"{"routes":[{"path":"a","type":1,"path":"b"}]}"#, "/routes/0/path", "is given twice"),
];

/// The same for [`ByHand`].
const WRONG_BY_HAND: &[(&str, &str, &str)] = &[
    (r#"{"by-name":[]}"#, "/by-name", "is a list; accepted: an object"),
    (
        r#"{"by-name":{"a/b~c":[1,-2]}}"#,
        "/by-name/a~1b~0c/1",
        "is -2; accepted: an integer from 0 to 4294967295",
    ),
    (r#"{"by-name":{"a":[],"b":[],"a":[]}}"#, "/by-name/a", "is given twice"),
    (r#"{"age":0}"#, "/age", "is 0; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":601}"#, "/age", "is 601; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":-1}"#, "/age", "is -1; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":1.5}"#, "/age", "is a decimal number; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":"no"}"#, "/age", "is `no`; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":true}"#, "/age", "is `true`; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":false}"#, "/age", "is `false`; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":null}"#, "/age", "is null; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":[]}"#, "/age", "is a list; accepted: 1 to 600, or `unlimited`"),
    (r#"{"age":{}}"#, "/age", "is an object; accepted: 1 to 600, or `unlimited`"),
    (r#"{"percent":101}"#, "/percent", "is 101; accepted: a number from 0 to 100"),
    (r#"{"percent":"1"}"#, "/percent", "is a string; accepted: a number from 0 to 100"),
    (r#"{"percent":13}"#, "/percent", "is unlucky"),
];

#[test]
fn wrong_settings_say_where_and_what_is_accepted() {
    for &(text, path, message) in WRONG {
        assert_eq!(error::<Settings>(text), (path.to_owned(), message.to_owned()), "{text}");
    }
    for &(text, path, message) in WRONG_BY_HAND {
        assert_eq!(error::<ByHand>(text), (path.to_owned(), message.to_owned()), "{text}");
    }
}

const INEXACT: &str = "is a number that cannot be read exactly; accepted: a number of at most 15 \
     digits, times a power of ten from -22 to 22";

#[test]
fn what_is_no_setting_is_listed_against_every_name() {
    #[derive(Debug, FromSettings)]
    struct Empty {}

    let (path, message) = error::<Settings>(r#"{"x":1}"#);
    assert_eq!(path, "/x");
    assert!(message.starts_with("unknown setting `x`; accepted: `name`, `mode`, `on`, "));
    assert!(message.ends_with(", `nested`, `either`"), "{message}");

    assert_eq!(
        error::<Empty>(r#"{"x":1}"#),
        ("/x".into(), "unknown setting `x`; accepted: none".into())
    );
}

/// What reads a value twice, or not at all, is answered an error.
#[test]
fn a_value_is_taken_once() {
    #[derive(Debug)]
    struct Lazy;
    impl FromSettings for Lazy {
        fn read(_: &mut crate::SettingReader<'_>) -> Result<Self, crate::WrongSetting> {
            Ok(Self)
        }
    }
    #[derive(Debug)]
    struct Greedy;
    impl FromSettings for Greedy {
        fn read(reader: &mut crate::SettingReader<'_>) -> Result<Self, crate::WrongSetting> {
            reader.take()?;
            reader.take()?;
            Ok(Self)
        }
    }
    error::<Vec<(String, Lazy)>>(r#"{"a":1}"#);
    error::<Vec<(String, Greedy)>>(r#"{"a":1}"#);
    error::<Vec<(String, Greedy)>>(r#"{"a":1,"b":2}"#);
}
