//! Follows a source in a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::activator::{Activator, Switch};
use crate::error::ActivationError;
use crate::source::Source;

/// How often a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// The time between two looks. Each is up to a fifth longer or shorter, so
    /// that a fleet does not ask all at once.
    pub every: Duration,
    /// The longest time between two looks at a source that fails: the time
    /// doubles with each failure; twice at most because of bundles that are refused.
    pub at_most: Duration,
}

impl Default for Watch {
    /// Every 30 seconds; every 10 minutes, of a source that fails.
    fn default() -> Self {
        Self { every: Duration::from_secs(30), at_most: Duration::from_mins(10) }
    }
}

/// The longest time between two looks, whatever is asked for.
const LONGEST: Duration = Duration::from_hours(24);
/// How often the time between two looks doubles because of bundles that are refused.
const REFUSALS: u32 = 2;
/// An answer that takes less was not held back.
const WAITED: Duration = Duration::from_secs(1);

/// A source that is followed. When it is dropped, it is followed no more.
#[derive(Debug)]
pub struct Watching {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Activator {
    /// Follows a source: looks now, and then again and again. What comes of it is
    /// in [`status`](Activator::status).
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn watch(
        self: &Arc<Self>,
        mut source: Box<dyn Source>,
        watch: Watch,
    ) -> std::io::Result<Watching> {
        let activator = Arc::clone(self);
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("tokenward-source".into()).spawn(move || {
            let mut failures = 0;
            loop {
                let began = Instant::now();
                let polled = activator.poll(source.as_mut());
                let is_news = matches!(polled, Ok(Switch::Active(_)));
                failures = match &polled {
                    Ok(_) => 0,
                    Err(ActivationError::Source(_)) => failures + 1,
                    // A bundle that is refused is no failure of its source: the next may be right,
                    // and is not to wait long. The same one is fetched again meanwhile.
                    Err(_) => (failures + 1).min(REFUSALS),
                };
                // One that waits for news itself is asked again at once, if it does.
                let waited = began.elapsed() >= WAITED || is_news;
                let pause = if polled.is_ok() && source.waits() && waited {
                    Duration::ZERO
                } else {
                    jittered(watch.pause(failures))
                };
                match stopped.recv_timeout(pause) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Watching { stop: Some(stop), thread: Some(thread) })
    }
}

impl Watch {
    fn pause(&self, failures: u32) -> Duration {
        let doubled = self.every.saturating_mul(1 << failures.min(16));
        if failures == 0 { self.every } else { doubled.min(self.at_most.max(self.every)) }
    }
}

fn jittered(pause: Duration) -> Duration {
    pause.min(LONGEST).mul_f64(0.8 + 0.4 * fastrand::f64())
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A look that is under way ends first.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_is_asked_less_often() {
        let second = Duration::from_secs(1);
        let watch = Watch { every: second, at_most: 10 * second };
        let pauses: Vec<_> = (0..6).map(|failures| watch.pause(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
        for _ in 0..100 {
            let pause = jittered(second).as_secs_f64();
            assert!((0.8..=1.2).contains(&pause));
        }
    }
}
