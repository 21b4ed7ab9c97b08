//! Work that gives way to requests.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

use crate::error::ActivationError;

/// Does the work in a thread of its own, to which the system gives what requests leave over, and
/// little where they leave nothing. Threads that the work starts are no better off.
pub(crate) fn calmly<T: Send>(
    work: impl FnOnce() -> Result<T, ActivationError> + Send,
) -> Result<T, ActivationError> {
    scope(|scope| {
        let builder = Builder::new().name("tokenward-activate".into());
        let thread = builder.spawn_scoped(scope, || {
            lower_priority();
            work()
        });
        let thread =
            thread.map_err(|error| ActivationError::NoThread { reason: error.to_string() })?;
        // A panic goes on where it would have been.
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Of this thread alone: on Linux, niceness is a thread's.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        // Without it, all is as before.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19);
    }
}
