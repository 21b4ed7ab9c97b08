//! Counts work in tests, so that linear time is proved without a clock.

#[cfg(test)]
thread_local! {
    static STEPS: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

/// Counts this many bytes looked at.
#[cfg(test)]
pub(crate) fn count(steps: usize) {
    STEPS.with(|counter| counter.set(counter.get() + steps as u64));
}

/// Counts nothing outside tests.
#[cfg(not(test))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "it must vanish")]
pub(crate) fn count(_steps: usize) {}

/// The steps that `work` takes.
#[cfg(test)]
pub(crate) fn of(work: impl FnOnce()) -> u64 {
    STEPS.with(|counter| counter.set(0));
    work();
    STEPS.with(core::cell::Cell::get)
}
