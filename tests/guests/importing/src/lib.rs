//! A component that exports the contract's interface name and imports a clock.
#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic)]

wit_bindgen::generate!({
    inline: r#"
        package tokenward:policy@0.1.0;

        interface policy {
            evaluate: func() -> u64;
        }

        world importing {
            import wasi:clocks/wall-clock@0.2.0;
            export policy;
        }
    "#,
    path: "wit",
    world: "tokenward:policy/importing",
    generate_all,
});

struct Component;

impl exports::tokenward::policy::policy::Guest for Component {
    fn evaluate() -> u64 {
        wasi::clocks::wall_clock::now()
    }
}

export!(Component);
