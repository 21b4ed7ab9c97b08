//! Work that gives way to requests.

use std::thread::available_parallelism;

use rayon::ThreadPoolBuilder;

use crate::error::ActivationError;

/// Does the work in threads of its own, to which the system gives what requests leave over, and
/// little where they leave nothing. What compiles policies in parallel does so in these threads,
/// too: it asks for those of the pool that it is in.
///
/// A pool for each piece of work: a thread that waits for a part of one never takes up another,
/// which could wait for what the first one holds.
pub(crate) fn calmly<T: Send>(
    work: impl FnOnce() -> Result<T, ActivationError> + Send,
) -> Result<T, ActivationError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(available_parallelism().map_or(1, usize::from))
        .thread_name(|_| "tokenward-activate".into())
        .start_handler(|_| lower_priority())
        .build()
        .map_err(|error| ActivationError::NoThread { reason: error.to_string() })?;
    // A panic goes on where it would have been.
    pool.install(work)
}

/// Of this thread alone: on Linux, niceness is a thread's.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        // Without it, all is as before.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_work_does_in_parallel_gives_way_too() {
        let nice = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let before = nice();
        let (own, other) = calmly(|| Ok(rayon::join(nice, nice))).unwrap();
        assert_eq!((own, other), (19, 19));
        assert_eq!(nice(), before, "the caller is as it was");
    }
}
