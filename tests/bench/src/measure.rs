//! Measures in turns: every subject once a round, so that what the machine does
//! meanwhile touches all alike.

use std::time::{Duration, Instant};

/// One thing that is measured.
pub(crate) struct Measured<'a> {
    pub(crate) name: String,
    pub(crate) run: Box<dyn FnMut(u32) -> Duration + 'a>,
    rounds: Vec<f64>,
}

impl<'a> Measured<'a> {
    /// Measured as a whole, by the processor time of this thread: `work` is one
    /// operation.
    pub(crate) fn whole(name: impl Into<String>, mut work: impl FnMut() -> usize + 'a) -> Self {
        Self::parts(name, move |count| {
            let started = ThreadTime::now();
            for _ in 0..count {
                std::hint::black_box(work());
            }
            started.elapsed()
        })
    }

    /// Measured by itself: `run` does the operation so many times and answers
    /// the time that counts.
    pub(crate) fn parts(name: impl Into<String>, run: impl FnMut(u32) -> Duration + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), rounds: Vec::new() }
    }

    /// Nanoseconds of one operation: the median of the rounds.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// A moment in the processor time that this thread has had, so that what else
/// runs on the machine does not count. Where the system does not tell, a moment
/// of the clock.
pub(crate) enum ThreadTime {
    Had(Duration),
    Clock(Instant),
}

impl ThreadTime {
    pub(crate) fn now() -> Self {
        // The system brings its count up to date when a thread yields.
        std::thread::yield_now();
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let nanoseconds = told.and_then(|t| t.split(' ').next()?.parse().ok());
        nanoseconds
            .map_or_else(|| Self::Clock(Instant::now()), |n| Self::Had(Duration::from_nanos(n)))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        match (self, Self::now()) {
            (Self::Had(then), Self::Had(now)) => now.saturating_sub(*then),
            (Self::Clock(then), _) => then.elapsed(),
            (Self::Had(_), Self::Clock(_)) => Duration::ZERO,
        }
    }
}

/// Runs all in turns. A turn takes each about a tenth of a second or less.
pub(crate) fn in_turns(subjects: &mut [Measured<'_>], rounds: u32) {
    let counts: Vec<u32> = subjects
        .iter_mut()
        .map(|subject| {
            (subject.run)(20);
            let each = (subject.run)(50).as_secs_f64() / 50.0;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let count = (0.05 / each.max(1e-8)) as u32;
            count.clamp(20, 200_000)
        })
        .collect();
    for _ in 0..rounds {
        for (subject, count) in subjects.iter_mut().zip(&counts) {
            let elapsed = (subject.run)(*count).as_secs_f64() / f64::from(*count);
            subject.rounds.push(elapsed * 1e9);
        }
    }
}
