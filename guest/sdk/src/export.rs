//! The macro `export_policy!`: from a [`Policy`](crate::Policy) to the exports of the contract.
//!
//! The functions that would free an answer after the host has read it are left
//! out: the host puts all memory back or throws it away, and calling them costs
//! each request time.
#![cfg_attr(target_arch = "wasm32", allow(unsafe_code))] // exports take pointers

/// Exports a [`Policy`](crate::Policy) as the component's one interface.
///
/// Natively it expands to nothing that runs: the policy stays an ordinary type.
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            static CONFIGURED: $crate::export::Configured<$policy> =
                $crate::export::Configured::none();

            #[unsafe(export_name = "tokenward:policy/policy@0.1.0#describe")]
            extern "C" fn describe() -> *const u8 {
                $crate::export::describe::<$policy>()
            }

            #[unsafe(export_name = "tokenward:policy/policy@0.1.0#configure")]
            unsafe extern "C" fn configure(settings: *mut u8, length: usize) -> *const u8 {
                unsafe { $crate::export::configure(&CONFIGURED, settings, length) }
            }

            #[unsafe(export_name = "tokenward:policy/policy@0.1.0#evaluate")]
            unsafe extern "C" fn evaluate(input: *const u8) -> *const u8 {
                unsafe { $crate::export::evaluate(&CONFIGURED, input) }
            }

            // The type of the component, by which it is put together.
    $crate::bindings::export_bindings!(Component with_types_in $crate::export);
        };
    };
}

/// What the generated `export_bindings!` names when it is told to find its
/// types in [`crate::export`]: in place of the generated functions, nothing.
///
/// When the contract's version changes, the generated name does, and this no
/// longer compiles until the names of the exports above are brought in line.
#[doc(hidden)]
pub mod exports {
    pub mod tokenward {
        pub mod policy {
            #[allow(
                clippy::module_inception,
                reason = "the names of the package and the interface"
            )]
            pub mod policy {
                pub use crate::__export_nothing as __export_tokenward_policy_policy_0_1_0_cabi;
            }
        }
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_nothing {
    ($($anything:tt)*) => {};
}

#[cfg(target_arch = "wasm32")]
mod functions {
    use core::cell::OnceCell;

    use crate::{Policy, SettingError, abi};

    /// The policy, once it is configured. `OnceLock` would bring what waits for
    /// other threads.
    pub struct Configured<P>(OnceCell<P>);

    // A policy component has one thread: the contract offers no way to start another.
    unsafe impl<P> Sync for Configured<P> {}

    impl<P> Configured<P> {
        /// Not configured yet.
        #[must_use]
        pub const fn none() -> Self {
            Self(OnceCell::new())
        }
    }

    #[must_use]
    pub fn describe<P: Policy>() -> *const u8 {
        #[cfg(tokenward_messages)]
        crate::messages::keep();
        abi::descriptor(P::descriptor())
    }

    /// # Safety
    ///
    /// `settings` and `length` are what the host passed.
    pub unsafe fn configure<P: Policy>(
        configured: &'static Configured<P>,
        settings: *mut u8,
        length: usize,
    ) -> *const u8 {
        #[cfg(tokenward_messages)]
        crate::messages::keep();
        // Sound: the caller's word.
        let settings = unsafe { abi::text(settings, length) };
        abi::configured(crate::configure::<P>(&settings).and_then(|policy| {
            let reads = policy.reads();
            match configured.0.set(policy) {
                Ok(()) => Ok(reads),
                Err(_) => Err(vec![SettingError::new(
                    "",
                    "the policy is configured already; configure runs once",
                )]),
            }
        }))
    }

    /// # Safety
    ///
    /// `input` is what the host passed.
    pub unsafe fn evaluate<P: Policy>(
        configured: &'static Configured<P>,
        input: *const u8,
    ) -> *const u8 {
        let Some(policy) = configured.0.get() else {
            panic!("evaluate was called before configure");
        };
        // Sound: the caller's word. The input is not freed: see the module's documentation.
        let input = core::mem::ManuallyDrop::new(unsafe { abi::input(input) });
        abi::verdict(policy.evaluate(&input))
    }
}

#[cfg(target_arch = "wasm32")]
pub use functions::{Configured, configure, describe, evaluate};
