//! Moments: read from claims and facts, and compared with now in a way that knows
//! until when the answer holds.

use crate::Value;

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;

/// A moment from 1970 to the year 9999: a `NumericDate` (RFC 7519 section 2),
/// of which a fraction is kept to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    millis: i64,
}

impl Moment {
    /// None for what is no number, or one beyond the bounds, as a time in
    /// milliseconds would be.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(seconds @ 0..=LAST_SECOND) => Some(Self { millis: seconds * 1000 }),
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
            // Both casts are exact: the values are whole and below 2^53.
            Value::Number(seconds) if (0.0..=LAST_SECOND as f64).contains(seconds) => {
                Some(Self { millis: (seconds * 1000.0).round() as i64 })
            }
            _ => None,
        }
    }

    /// The whole seconds since an earlier moment, a fraction dropped, so that
    /// rounding in the issuer's arithmetic makes no lifetime too long.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.millis - earlier.millis).div_euclid(1000)
    }

    /// The first whole second at which more than `seconds` have passed since.
    #[must_use]
    pub fn passed(self, seconds: i64) -> i64 {
        self.millis.div_euclid(1000) + seconds + 1
    }

    /// The first whole second at which it lies `seconds` or less in the future.
    #[must_use]
    pub fn within(self, seconds: i64) -> i64 {
        (self.millis + 999).div_euclid(1000) - seconds
    }
}

/// Now, and the first moment at which an answer given so far changes.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    now: i64,
    until: i64,
}

impl Clock {
    /// From now, in seconds since 1970.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self { now, until: i64::MAX }
    }

    /// Whether a moment has come. If not, the answer holds until it comes; if
    /// so, for ever.
    pub fn has_reached(&mut self, moment: i64) -> bool {
        let reached = self.now >= moment;
        if !reached {
            self.until = self.until.min(moment);
        }
        reached
    }

    /// The first moment at which an answer changes; the end of time if none does.
    #[must_use]
    pub fn until(self) -> i64 {
        self.until
    }
}
