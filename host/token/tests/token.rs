//! The public interface of the token crate, attacked and measured against published vectors.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "token/attacks_on_claims.rs"]
mod attacks_on_claims;
#[path = "token/attacks_on_form.rs"]
mod attacks_on_form;
#[path = "token/attacks_on_keys.rs"]
mod attacks_on_keys;
#[path = "token/cookbook.rs"]
mod cookbook;
#[path = "token/deviations.rs"]
mod deviations;
#[path = "token/key_files.rs"]
mod key_files;
#[path = "token/minting.rs"]
mod minting;
#[path = "token/properties.rs"]
mod properties;
#[path = "token/support.rs"]
mod support;
#[path = "token/trust_files.rs"]
mod trust_files;
#[path = "token/verification.rs"]
mod verification;
#[path = "token/wycheproof.rs"]
mod wycheproof;
