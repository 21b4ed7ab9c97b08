//! A component that exports version 9.0.0 of the contract.
#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic)]

wit_bindgen::generate!({
    inline: r#"
        package tokenward:policy@9.0.0;

        interface policy {
            evaluate: func() -> u64;
        }

        world policy-module {
            export policy;
        }
    "#,
});

struct Component;

impl exports::tokenward::policy::policy::Guest for Component {
    fn evaluate() -> u64 {
        0
    }
}

export!(Component);
