//! A policy whose verdict is whatever bytes it was asked for.
//!
//! The claim `/bytes` holds the bytes in hexadecimal digits, as they are to
//! stand in memory; `/pointers` the places in them that hold pointers, relative
//! to their beginning, of four hexadecimal digits each. The verdict is said to be
//! at their beginning, or where `/at` says.

use std::cell::RefCell;

use tokenward_policy::prelude::*;

/// The policy.
pub struct Lying;

/// No settings.
#[derive(Default, FromSettings)]
#[settings(default)]
pub struct Settings {}

thread_local! {
    static ASKED: RefCell<Asked> = const { RefCell::new(Asked { bytes: Vec::new(), at: 0 }) };
}

/// What is to be answered.
struct Asked {
    /// Eight bytes more than were asked for: the verdict is aligned in them.
    bytes: Vec<u8>,
    /// Bytes from their aligned beginning.
    at: i64,
}

impl Policy for Lying {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            name: "lying".into(),
            version: "0.1.0".into(),
            title: "Lies".into(),
            description: "Answers the bytes that it was asked for.".into(),
            phases: Phases::USE,
            rules: vec![Rule {
                id: "r".into(),
                title: "Something to report".into(),
                remedy: "None.".into(),
                controls: vec!["TEST 1".into()],
            }],
            settings_schema: r#"{"type":"object"}"#.into(),
            reads: Reads::claims(["/bytes", "/pointers", "/at"]),
        }
    }

    fn configure(_: Settings) -> Result<Self, Vec<SettingError>> {
        Ok(Self)
    }

    fn reads(&self) -> Reads {
        Self::descriptor().reads
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let text = |path: &str| input.claim(path).and_then(Value::as_text).unwrap_or_default();
        let content = bytes(text("/bytes"));
        let mut memory = vec![0; content.len() + 8];
        let aligned = memory.as_ptr().align_offset(8);
        memory[aligned..aligned + content.len()].copy_from_slice(&content);
        let base = u32::try_from(memory.as_ptr() as usize + aligned).unwrap_or_default();
        for place in bytes(text("/pointers")).chunks_exact(2) {
            let at = aligned + usize::from(u16::from_be_bytes([place[0], place[1]]));
            let pointer: [u8; 4] = memory[at..at + 4].try_into().expect("four bytes");
            let pointer = u32::from_le_bytes(pointer).wrapping_add(base);
            memory[at..at + 4].copy_from_slice(&pointer.to_le_bytes());
        }
        let at = input.claim("/at").and_then(Value::as_integer).unwrap_or_default();
        ASKED.with(|asked| *asked.borrow_mut() = Asked { bytes: memory, at });
        Verdict::permit()
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |d: u8| (d as char).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
    hex.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The exports of the contract, but with an `evaluate` of its own.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)] // the point of this guest
mod own {
    use tokenward_policy::bindings::exports::tokenward::policy::policy as generated;
    use tokenward_policy::{Descriptor, Input, Policy, Reads, SettingError, Verdict};

    use super::{ASKED, Lying};

    impl generated::Guest for Lying {
        fn describe() -> Descriptor {
            <Self as Policy>::descriptor()
        }

        fn configure(_: String) -> Result<Reads, Vec<SettingError>> {
            Ok(<Self as Policy>::descriptor().reads)
        }

        fn evaluate(input: Input) -> Verdict {
            Policy::evaluate(&Self, &input)
        }
    }

    /// Where the generated macro looks for the one that exports functions.
    pub(crate) mod exports {
        pub(crate) mod tokenward {
            pub(crate) mod policy {
                pub(crate) mod policy {
                    macro_rules! no_functions {
                        ($($any:tt)*) => {};
                    }
                    pub(crate) use no_functions as __export_tokenward_policy_policy_0_1_0_cabi;
                }
            }
        }
    }

    tokenward_policy::bindings::export_bindings!(Lying with_types_in crate::own);

    #[unsafe(export_name = "tokenward:policy/policy@0.1.0#describe")]
    unsafe extern "C" fn describe() -> *mut u8 {
        unsafe { generated::_export_describe_cabi::<Lying>() }
    }

    #[unsafe(export_name = "tokenward:policy/policy@0.1.0#configure")]
    unsafe extern "C" fn configure(settings: *mut u8, length: usize) -> *mut u8 {
        unsafe { generated::_export_configure_cabi::<Lying>(settings, length) }
    }

    #[unsafe(export_name = "tokenward:policy/policy@0.1.0#evaluate")]
    unsafe extern "C" fn evaluate(input: *mut u8) -> *mut u8 {
        unsafe { generated::_export_evaluate_cabi::<Lying>(input) };
        ASKED.with(|asked| {
            let asked = asked.borrow();
            let start = asked.bytes.as_ptr();
            let aligned = start.wrapping_add(start.align_offset(8));
            aligned.wrapping_offset(asked.at as isize).cast_mut()
        })
    }
}
