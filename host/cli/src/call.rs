//! What the arguments say of the request and its context, checked.

use anyhow::{Context, anyhow, bail};
use tokenward::{Call, Json, Object, Phase, RequestFacts, Signal, Signals, UnixTime};
use tokenward_cases::request_line;

use crate::args::CheckArgs;
use crate::values::{json_or_text, moment, pair, short};
use crate::vouched::{self, Vouched};

/// Everything that policies can be told, beside the token.
pub(crate) struct CallFacts {
    pub(crate) phase: Phase,
    pub(crate) now: UnixTime,
    pub(crate) request: Option<RequestFacts>,
    pub(crate) signals: Signals,
    pub(crate) facts: Object,
}

impl CallFacts {
    /// Reads the arguments.
    pub(crate) fn of_args(args: &CheckArgs) -> anyhow::Result<Self> {
        Ok(Self {
            phase: args.phase.phase(),
            now: moment(args.now.as_deref())?,
            request: request(args)?,
            signals: signals(&args.signal)?,
            facts: facts(&args.fact)?,
        })
    }

    /// The call with this bearer token; empty, if there is none.
    pub(crate) fn call<'a>(&'a self, bearer: &'a [u8], vouched: &'a Vouched) -> Call<'a> {
        Call {
            bearer,
            phase: self.phase,
            request: self.request.as_ref(),
            signals: &self.signals,
            facts: &self.facts,
            binding: vouched.binding,
            encryption: vouched.encryption.as_ref(),
            now: self.now,
        }
    }

    /// A use of a token, of which nothing more is known.
    pub(crate) fn of_moment(now: UnixTime) -> Self {
        Self {
            phase: Phase::Use,
            now,
            request: None,
            signals: Signals::none(),
            facts: Object::new(),
        }
    }
}

fn request(args: &CheckArgs) -> anyhow::Result<Option<RequestFacts>> {
    let mut facts = match &args.request {
        Some(line) => Some(request_line(line).context("--request")?),
        None => None,
    };
    for header in &args.header {
        let (name, value) = pair("--header", header)?;
        let with = facts.unwrap_or_default().with_header(name, value).context("--header")?;
        facts = Some(with);
    }
    if let Some(address) = &args.client_address {
        let address = address.parse().map_err(|_| {
            anyhow!("--client-address `{}`; accepted: an IP address", short(address))
        })?;
        facts = Some(facts.unwrap_or_default().with_client_address(address));
    }
    if let Some(tls) = vouched::tls(args)? {
        facts = Some(facts.unwrap_or_default().with_tls(tls));
    }
    if let Some(location) = args.token_location {
        facts = Some(facts.unwrap_or_default().with_token_location(location.location()));
    }
    for cookie in &args.cookie {
        let cookie = vouched::cookie(cookie).context("--cookie")?;
        facts = Some(facts.unwrap_or_default().with_cookie(cookie));
    }
    Ok(facts)
}

fn signals(arguments: &[String]) -> anyhow::Result<Signals> {
    let mut signals = Signals::none();
    for argument in arguments {
        let (name, text) = pair("--signal", argument)?;
        let of = || format!("--signal `{}`", short(name));
        if signals.get(name).is_some() {
            return Err(anyhow!("it is there twice")).with_context(of);
        }
        signals.insert(name, signal(text).with_context(of)?);
    }
    Ok(signals)
}

/// Reads `VALUE[,confidence=PERCENT][,age=SECONDS][,source=NAME]` from its end,
/// as the value may hold commas.
fn signal(text: &str) -> anyhow::Result<Signal> {
    let mut signal = Signal::new(Json::Null);
    let (mut confidence, mut age, mut source) = (None, None, None);
    let mut value = text;
    while let Some((before, name, attribute)) = last_attribute(value) {
        let place = match name {
            "confidence" => &mut confidence,
            "age" => &mut age,
            "source" => &mut source,
            other => bail!(
                "unknown part `{}`; accepted: confidence, age, source; write a text that holds \
                 `,name=` as JSON, in quotes",
                short(other)
            ),
        };
        if place.replace(attribute).is_some() {
            bail!("`{name}` is there twice");
        }
        value = before;
    }
    signal.value = json_or_text(value)?;
    if let Some(text) = confidence {
        let percent = text.parse().ok().filter(|percent| *percent <= 100);
        signal.confidence =
            percent.ok_or_else(|| anyhow!("confidence `{}`; accepted: 0 to 100", short(text)))?;
    }
    if let Some(text) = age {
        let seconds = text.parse();
        signal.age_seconds = Some(seconds.map_err(|_| {
            anyhow!("age `{}`; accepted: a whole number of seconds, 0 or more", short(text))
        })?);
    }
    signal.source = source.map(str::to_owned);
    Ok(signal)
}

/// What stands before the last `,name=value`, the name, and the value; none
/// where the whole is JSON, or has no such end.
fn last_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let is_json = !matches!(json_or_text(text), Ok(Json::String(same)) if same == text);
    let (before, last) = text.rsplit_once(',')?;
    let (name, value) = last.split_once('=')?;
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    (!is_json && plain).then_some((before, name, value))
}

fn facts(arguments: &[String]) -> anyhow::Result<Object> {
    let mut facts = Object::new();
    for argument in arguments {
        let (name, value) = pair("--fact", argument)?;
        let of = || format!("--fact `{}`", short(name));
        if facts.contains(name) {
            return Err(anyhow!("it is there twice")).with_context(of);
        }
        facts.set(name, json_or_text(value).with_context(of)?);
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read() {
        let read = |text: &str| signal(text).unwrap();
        assert_eq!(read("true"), Signal::new(true.into()));
        assert_eq!(read("Berlin, DE"), Signal::new("Berlin, DE".into()));
        assert_eq!(read(r#""a,b=c""#), Signal::new("a,b=c".into()));
        assert_eq!(read(r#"{"a":[1,2]}"#).value.to_compact(), r#"{"a":[1,2]}"#);
        let full = read("3,confidence=80,age=30,source=geo");
        assert_eq!(full.value, Json::Integer(3));
        assert_eq!((full.confidence, full.age_seconds), (80, Some(30)));
        assert_eq!(full.source.as_deref(), Some("geo"));
        assert_eq!(read("[1,2],confidence=0").confidence, 0);
    }

    proptest::proptest! {
        #[test]
        fn a_value_in_quotes_is_never_taken_apart(value in "[a-z,=\\\\\"]{0,20}", age in 0u64..99) {
            let quoted = serde_json::to_string(&value).unwrap();
            let read = signal(&format!("{quoted},age={age}")).unwrap();
            proptest::prop_assert_eq!(read.value.as_str(), Some(value.as_str()));
            proptest::prop_assert_eq!(read.age_seconds, Some(age));
        }
    }

    #[test]
    fn what_is_no_signal_says_why() {
        for (text, expected) in [
            ("true,confidnce=80", "unknown part `confidnce`; accepted: confidence, age, source"),
            ("true,confidence=101", "confidence `101`; accepted: 0 to 100"),
            ("true,confidence=", "confidence ``; accepted: 0 to 100"),
            ("true,age=-1", "age `-1`; accepted: a whole number of seconds"),
            ("true,age=1,age=2", "`age` is there twice"),
            ("99999999999999999999", "the value has a number beyond"),
        ] {
            let error = signal(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
