//! How often keys are fetched, and how long they are believed.

use std::time::Duration;

use crate::error::ConfigError;

/// How often keys are fetched, how long they are believed while that fails, and
/// what a fetch may cost. [`Settings::default`] has the values in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Between two fetches of an issuer's keys (5 min): 1 s to 1 day. What the
    /// answer says (`Cache-Control: max-age`) is kept to, from a quarter of
    /// this to four times this, and at most half of `max_stale`.
    pub refresh: Duration,
    /// Between two fetches for tokens whose `kid` is unknown (30 s): 1 s to
    /// 1 hour.
    pub cooldown: Duration,
    /// How long after the last fetch that succeeded its keys are believed
    /// (1 day): at least twice `refresh`, at most 30 days. After that the
    /// issuer has no keys.
    pub max_stale: Duration,
    /// For all of a fetch: metadata and keys (5 s): 100 ms to 1 min.
    pub timeout: Duration,
    /// The most bytes of one answer (1 MiB): 1 KiB to 1 MiB.
    pub max_bytes: usize,
}

const DAY: Duration = Duration::from_hours(24);

impl Default for Settings {
    fn default() -> Self {
        Self {
            refresh: Duration::from_mins(5),
            cooldown: Duration::from_secs(30),
            max_stale: DAY,
            timeout: Duration::from_secs(5),
            max_bytes: 1 << 20,
        }
    }
}

impl Settings {
    /// Whether every setting is within its range.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Setting`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let second = Duration::from_secs(1);
        within("refresh", self.refresh, second, DAY, "1 second to 1 day")?;
        within("cooldown", self.cooldown, second, Duration::from_hours(1), "1 second to 1 hour")?;
        let (least, most) = (self.refresh * 2, DAY * 30);
        within("max-stale", self.max_stale, least, most, "twice `refresh` to 30 days")?;
        let (least, most) = (Duration::from_millis(100), Duration::from_mins(1));
        within("timeout", self.timeout, least, most, "100 milliseconds to 1 minute")?;
        if !(1 << 10..=1 << 20).contains(&self.max_bytes) {
            return Err(ConfigError::Setting {
                setting: "max-bytes",
                given: format!("{} bytes", self.max_bytes),
                accepted: "1024 to 1048576 bytes",
            });
        }
        Ok(())
    }
}

fn within(
    setting: &'static str,
    given: Duration,
    least: Duration,
    most: Duration,
    accepted: &'static str,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(ConfigError::Setting { setting, given: format!("{given:?}"), accepted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_ranges() {
        let good = Settings::default();
        good.check().unwrap();
        let seconds = Duration::from_secs;
        for (settings, expected) in [
            (Settings { refresh: Duration::ZERO, ..good }, "`refresh` is 0ns; accepted is 1 sec"),
            (Settings { refresh: DAY * 2, ..good }, "`refresh` is 172800s; accepted is 1 second"),
            (Settings { cooldown: seconds(3601), ..good }, "`cooldown` is 3601s; accepted is"),
            (Settings { cooldown: Duration::ZERO, ..good }, "`cooldown` is 0ns; accepted is"),
            (Settings { max_stale: seconds(599), ..good }, "`max-stale` is 599s; accepted is tw"),
            (Settings { max_stale: DAY * 31, ..good }, "`max-stale` is 2678400s; accepted is tw"),
            (Settings { timeout: seconds(61), ..good }, "`timeout` is 61s; accepted is 100 mill"),
            (Settings { timeout: Duration::ZERO, ..good }, "`timeout` is 0ns; accepted is 100"),
            (Settings { max_bytes: 1023, ..good }, "`max-bytes` is 1023 bytes; accepted is 1024"),
            (Settings { max_bytes: 2 << 20, ..good }, "`max-bytes` is 2097152 bytes; accepted"),
        ] {
            let error = settings.check().unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
            assert_eq!(error.code(), "setting");
        }
    }
}
