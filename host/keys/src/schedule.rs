//! When to fetch next. Pure: what is left to chance is an argument.

use std::time::Duration;

use crate::settings::Settings;

/// The first pause after a fetch that failed.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause after fetches that failed.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long after a fetch that succeeded the next one begins: what the answer
/// says of its freshness, within bounds, and up to a tenth earlier, so that many
/// gateways do not ask at once. `chance` is from 0 to 1.
pub(crate) fn after_success(settings: &Settings, fresh: Option<Duration>, chance: f64) -> Duration {
    let least = settings.refresh / 4;
    let most = (settings.refresh * 4).min(settings.max_stale / 2);
    let interval = fresh.unwrap_or(settings.refresh).clamp(least, most.max(least));
    interval.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 10.0)
}

/// How long after a fetch that failed the next one begins: doubled from one
/// second on with each failure in a row, up to a minute or `refresh`, and up to
/// half of that earlier; not before the server wants to be asked again, if that
/// is within `refresh`.
pub(crate) fn after_failure(
    settings: &Settings,
    failures: u32,
    retry_after: Option<u64>,
    chance: f64,
) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let pause = doubled.min(LONGEST_PAUSE).min(settings.refresh);
    let asked = retry_after.map(Duration::from_secs).unwrap_or_default().min(settings.refresh);
    pause.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 2.0).max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;

    #[test]
    fn freshness_counts_within_bounds() {
        let settings = Settings::default();
        for (fresh, expected) in [
            (None, 5 * MINUTE),
            (Some(0), 75),
            (Some(60), 75),
            (Some(10 * MINUTE), 10 * MINUTE),
            (Some(60 * MINUTE), 20 * MINUTE),
            (Some(u64::MAX), 20 * MINUTE),
        ] {
            let after = |chance| after_success(&settings, fresh.map(Duration::from_secs), chance);
            assert_eq!(after(0.0), Duration::from_secs(expected), "{fresh:?}");
            assert_eq!(after(1.0), Duration::from_secs(expected).mul_f64(0.9), "{fresh:?}");
        }
        // Keys are fetched twice before they are no longer believed.
        let hour = Duration::from_hours(1);
        let settings = Settings { refresh: hour, max_stale: hour * 3, ..settings };
        assert_eq!(after_success(&settings, Some(hour * 9), 0.0), hour.mul_f64(1.5));
    }

    #[test]
    fn pauses_grow_and_end() {
        let settings = Settings::default();
        let pause = |failures| after_failure(&settings, failures, None, 0.0).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 8].map(pause), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause(u32::MAX), 60);
        assert_eq!(after_failure(&settings, 3, None, 1.0), Duration::from_secs(2));
        for (retry_after, expected) in [(2, 4), (90, 90), (u64::MAX, 300)] {
            let pause = after_failure(&settings, 3, Some(retry_after), 0.0);
            assert_eq!(pause, Duration::from_secs(expected), "{retry_after}");
        }
        let often = Settings { refresh: Duration::from_secs(3), ..settings };
        assert_eq!(after_failure(&often, 9, None, 0.0), Duration::from_secs(3));
    }
}
