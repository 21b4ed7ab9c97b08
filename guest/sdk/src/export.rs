//! The macro `export_policy!`: from a [`Policy`](crate::Policy) to the exports of the contract.

/// Exports a [`Policy`](crate::Policy) as the component's one interface.
///
/// Natively it expands to nothing that runs: the policy stays an ordinary type.
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            static CONFIGURED: ::std::sync::OnceLock<$policy> = ::std::sync::OnceLock::new();

            struct Component;

            impl $crate::bindings::exports::tokenward::policy::policy::Guest for Component {
                fn describe() -> $crate::Descriptor {
                    <$policy as $crate::Policy>::descriptor()
                }

                fn configure(
                    settings: ::std::string::String,
                ) -> ::std::result::Result<$crate::Reads, ::std::vec::Vec<$crate::SettingError>>
                {
                    let policy = $crate::configure::<$policy>(&settings)?;
                    let reads = <$policy as $crate::Policy>::reads(&policy);
                    match CONFIGURED.set(policy) {
                        Ok(()) => Ok(reads),
                        Err(_) => Err(::std::vec![$crate::SettingError::new(
                            "",
                            "the policy is configured already; configure runs once",
                        )]),
                    }
                }

                fn evaluate(input: $crate::Input) -> $crate::Verdict {
                    let Some(policy) = CONFIGURED.get() else {
                        panic!("evaluate was called before configure");
                    };
                    let verdict = <$policy as $crate::Policy>::evaluate(policy, &input);
                    // The instance is thrown away with its memory: freeing is work for nothing.
                    ::std::mem::forget(input);
                    verdict
                }
            }

    $crate::bindings::export_bindings!(Component with_types_in $crate::export);
        };
    };
}

/// What the generated `export_bindings!` names when it is told to find its
/// types in [`crate::export`].
#[doc(hidden)]
pub mod exports {
    pub mod tokenward {
        pub mod policy {
            #[allow(
                clippy::module_inception,
                reason = "the names of the package and the interface"
            )]
            pub mod policy {
                pub use crate::__export_without_cleanup as __export_tokenward_policy_policy_0_1_0_cabi;
            }
        }
    }
}

/// Exports the three functions of the contract, as the generated macro does,
/// but not those that free their answers: the instance is thrown away with its
/// memory, and calling them costs each request time.
///
/// When the contract's version changes, the generated name above does, and
/// this no longer compiles until it is brought in line.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_without_cleanup {
    ($policy:ident with_types_in $($path:tt)*) => {
        const _: () = {
            use $crate::bindings::exports::tokenward::policy::policy as generated;

            #[unsafe(export_name = "tokenward:policy/policy@0.1.0#describe")]
            unsafe extern "C" fn describe() -> *mut u8 {
                unsafe { generated::_export_describe_cabi::<$policy>() }
            }

            #[unsafe(export_name = "tokenward:policy/policy@0.1.0#configure")]
            unsafe extern "C" fn configure(settings: *mut u8, length: usize) -> *mut u8 {
                unsafe { generated::_export_configure_cabi::<$policy>(settings, length) }
            }

            #[unsafe(export_name = "tokenward:policy/policy@0.1.0#evaluate")]
            unsafe extern "C" fn evaluate(input: *mut u8) -> *mut u8 {
                unsafe { generated::_export_evaluate_cabi::<$policy>(input) }
            }
        };
    };
}
