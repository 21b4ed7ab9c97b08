//! Code generated from `wit/`. Nothing outside this crate names this module,
//! but for the expansion of [`export_policy!`](crate::export_policy).
#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, unused_qualifications)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "policy-module",
    pub_export_macro: true,
    default_bindings_module: "tokenward_policy::bindings",
    export_macro_name: "export_bindings",
    additional_derives: [PartialEq],
});
