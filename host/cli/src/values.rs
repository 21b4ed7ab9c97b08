//! Values that several commands read from arguments: times, spans, JSON or text.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokenward::UnixTime;
use tokenward::json::{Json, JsonErrorKind, parse_strict};

/// The moment that was given, or that of the system clock.
pub(crate) fn moment(given: Option<&str>) -> anyhow::Result<UnixTime> {
    match given {
        Some(text) => text.parse().context("--now"),
        None => Ok(UnixTime::now()),
    }
}

/// Seconds from `900`, `900s`, `15m`, `1h` or `7d`.
pub(crate) fn span(text: &str) -> anyhow::Result<i64> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 3600),
        Some((at, 'd')) => (text.get(..at), 86_400),
        _ => (Some(text), 1),
    };
    let seconds = number.and_then(|n| n.parse::<u32>().ok()).map(|n| i64::from(n) * unit);
    seconds.ok_or_else(|| {
        anyhow!(
            "`{}` is no span of time; accepted: seconds, or a number with s, m, h or d, for \
             instance `15m`",
            short(text)
        )
    })
}

/// A name and what stands after the first `=`.
pub(crate) fn pair<'a>(option: &str, text: &'a str) -> anyhow::Result<(&'a str, &'a str)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => bail!("{option} `{}`; accepted: NAME=VALUE", short(text)),
    }
}

/// The value as JSON if it is JSON, and as text if it is not. JSON that two
/// readers could understand differently is an error.
pub(crate) fn json_or_text(text: &str) -> anyhow::Result<Json> {
    match parse_strict(text.as_bytes(), &tokenward::json::JsonLimits::default()) {
        Ok(value) => Ok(value),
        // A UUID may begin like a number that is too large.
        Err(error) if error.kind() == JsonErrorKind::Syntax || !is_json(text) => Ok(text.into()),
        Err(error) => bail!("the value {}", error.kind()),
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The start of an argument, for an error.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let name = || format!("`{}`", path.display());
    let file = File::open(path).with_context(name)?;
    read_from(file, limit).with_context(name)
}

/// Reads all of a stream of at most `limit` bytes.
pub(crate) fn read_from(stream: impl Read, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        bail!("more than {} MiB; that is too much", limit >> 20);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        for (text, seconds) in [
            ("900", Some(900)),
            ("900s", Some(900)),
            ("15m", Some(900)),
            ("1h", Some(3600)),
            ("7d", Some(604_800)),
            ("", None),
            ("m", None),
            ("-5m", None),
            ("1.5h", None),
            ("5 m", None),
            ("5\u{b5}", None),
            ("99999999999d", None),
        ] {
            assert_eq!(span(text).ok(), seconds, "{text}");
        }
    }

    #[test]
    fn values_are_json_or_text() {
        for (text, expected) in [
            ("3", Some(Json::Integer(3))),
            ("true", Some(Json::Bool(true))),
            ("\"3\"", Some("3".into())),
            ("u-1", Some("u-1".into())),
            ("", Some("".into())),
            ("{a", Some("{a".into())),
            ("550e8400-e29b-41d4", Some("550e8400-e29b-41d4".into())),
            ("99999999999999999999", None),
            ("{\"a\":1,\"a\":2}", None),
        ] {
            assert_eq!(json_or_text(text).ok(), expected, "{text}");
        }
    }
}
