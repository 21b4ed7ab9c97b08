//! Work that gives way to requests.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// Does the work in a thread of its own, to which the system gives what requests leave over, and
/// little where they leave nothing.
///
/// # Errors
///
/// If no thread can be started.
pub(crate) fn calmly<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    scope(|scope| {
        let builder = Builder::new().name("tokenward-activate".into());
        let thread = builder.spawn_scoped(scope, || {
            lower_priority();
            work()
        })?;
        // A panic goes on where it would have been.
        thread.join().or_else(|panic| resume_unwind(panic))
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
