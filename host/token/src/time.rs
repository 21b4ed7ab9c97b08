//! Moments: whole seconds since 1970. Nothing in this crate asks for the time by itself: callers
//! give it, be it that of [`UnixTime::now`].

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// `Display` writes RFC 3339 in UTC, for instance `2026-01-31T08:00:00Z`;
/// `FromStr` reads RFC 3339 or a whole number of seconds. It is serialized as the text
/// that `Display` writes, and read from a text that `FromStr` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// The moment by this machine's clock. One that is set before 1970 is taken for 1970: then every
    /// token was issued in the future, and is refused.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    /// The seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// This moment and some seconds, at most the end of time.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this moment; none if it is not earlier or the same.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0).and_then(|seconds| u64::try_from(seconds).ok())
    }
}

/// A text that is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no moment; accepted are RFC 3339, for instance `2026-01-31T08:00:00Z`, \
     and whole seconds since 1970"
)]
pub struct TimeError {
    text: String,
}

impl FromStr for UnixTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let error = || TimeError { text: text.chars().take(64).collect() };
        if let Ok(seconds) = text.parse::<i64>() {
            return Ok(Self(seconds));
        }
        // The reader below knows more forms than RFC 3339 has.
        if !text.is_ascii() || text.len() > 40 || text.contains(['[', ']']) {
            return Err(error());
        }
        text.parse::<Timestamp>().map(|t| Self(t.as_second())).map_err(|_| error())
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(moment) => fmt::Display::fmt(&moment, f),
            // Outside the years -9999 to 9999.
            Err(_) => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl Serialize for UnixTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::UnixTime;

    #[test]
    fn moments_are_read_and_written() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("1700000000", Some(1_700_000_000)),
            ("2023-11-14T22:13:20Z", Some(1_700_000_000)),
            ("2023-11-14t22:13:20.999z", Some(1_700_000_000)),
            ("2023-11-15T00:13:20+02:00", Some(1_700_000_000)),
            ("2023-11-14T22:13:20", None),
            ("2023-11-14T22:13:20Z[UTC]", None),
            ("2023-11-14", None),
            ("", None),
            ("1.5", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(text.parse::<UnixTime>().ok().map(UnixTime::seconds), seconds, "{text}");
        }
        assert_eq!(UnixTime(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(UnixTime(i64::MAX).to_string(), i64::MAX.to_string());
    }

    #[test]
    fn arithmetic_does_not_overflow() {
        assert_eq!(UnixTime(i64::MAX).plus(1), UnixTime(i64::MAX));
        assert_eq!(UnixTime(i64::MAX).since(UnixTime(-1)), None);
        assert_eq!(UnixTime(5).since(UnixTime(3)), Some(2));
        assert_eq!(UnixTime(3).since(UnixTime(5)), None);
    }
}
