//! `#[derive(FromSettings)]`. Its use is described at the trait of that name in
//! `tokenward-policy`, which hands it on; nothing else depends on this crate.
//!
//! What it writes is compiled into each policy for each of its types, so it
//! writes little: a table of names, and one call for each of them.

mod attributes;
mod expand;
mod names;

use proc_macro::TokenStream;

/// Reads a struct with named fields, or an enum of words, from settings.
#[proc_macro_derive(FromSettings, attributes(settings))]
pub fn from_settings(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
