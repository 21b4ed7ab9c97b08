//! The border: no panic passes it, and none is taken for an answer.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::failure::Failure;
use crate::input::ErrorSlot;

thread_local! {
    /// How many calls from C this thread is in.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    /// Where the last panic was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does what a C program asked for; a panic is an error.
pub(crate) fn caught<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    keep_quiet();
    INSIDE.set(INSIDE.get() + 1);
    // What a panic leaves half done is seen by nobody: a call that was being filled is marked as
    // failed, and everything else is replaced as a whole or not at all.
    let done = catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(INSIDE.get() - 1);
    done.unwrap_or_else(|_| {
        let place = PLACE.take();
        Err(Failure::panic(place.as_deref().unwrap_or("a place that is not known")))
    })
}

/// The same, where the error goes to the C program.
#[allow(clippy::needless_pass_by_value, reason = "what C passes is used once")]
pub(crate) fn reported<R>(
    error: ErrorSlot,
    failed: R,
    work: impl FnOnce() -> Result<R, Failure>,
) -> R {
    match caught(work) {
        Ok(done) => {
            error.set(None);
            done
        }
        Err(failure) => {
            error.set(Some(failure));
            failed
        }
    }
}

/// The same, where there is nowhere for an error to go.
pub(crate) fn or<R>(failed: R, work: impl FnOnce() -> Option<R>) -> R {
    caught(|| Ok(work())).ok().flatten().unwrap_or(failed)
}

/// A panic in a call from C is reported to the caller, by its place; its message may quote a token, and
/// is not printed. Every other panic of this library is as it was.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if INSIDE.get() == 0 {
                return before(info);
            }
            let place = info.location().map(|l| format!("{}:{}", l.file(), l.line()));
            PLACE.set(place);
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set in the process that panics.
    const PANICS: &str = "TOKENWARD_TEST_PANICS";

    #[test]
    fn a_panic_is_an_error_that_says_where_and_not_what() {
        if std::env::var_os(PANICS).is_some() {
            let failure = caught::<()>(|| panic!("SECRET")).unwrap_err();
            let shown = format!("{failure:?}");
            assert!(shown.contains("border.rs:") && !shown.contains("SECRET"), "{shown}");
            assert!(!or(false, || panic!("SECRET")));
            // Another one inside of one, as where a call is filled.
            assert_eq!(or(1, || Some(caught(|| panic!("SECRET")).unwrap_or(2))), 2);
            assert_eq!(or(1, || Some(3)), 3);
            return;
        }
        let name = "border::tests::a_panic_is_an_error_that_says_where_and_not_what";
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args([name, "--exact", "--nocapture"]).env(PANICS, "1");
        let ran = again.output().unwrap();
        let printed = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
        assert!(ran.status.success() && printed.contains("1 passed"), "{printed}");
        assert!(!printed.contains("SECRET"), "{printed}");
    }

    #[test]
    fn a_panic_outside_is_printed_as_ever() {
        if std::env::var_os(PANICS).is_some() {
            caught(|| Ok(())).unwrap();
            drop(catch_unwind(|| panic!("as ever")));
            return;
        }
        let name = "border::tests::a_panic_outside_is_printed_as_ever";
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args([name, "--exact", "--nocapture"]).env(PANICS, "1");
        let ran = again.output().unwrap();
        assert!(String::from_utf8_lossy(&ran.stderr).contains("as ever"), "{ran:?}");
    }
}
