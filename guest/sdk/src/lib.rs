//! What a Tokenward policy is written with.
//!
//! A policy is one struct, a settings type, an implementation of [`Policy`],
//! and one line, [`export_policy!`]. It compiles to a WebAssembly component
//! that a Tokenward host loads, and it runs natively too, so that `cargo test`
//! tests it without WebAssembly.
//!
//! ```
//! use tokenward_policy::prelude::*;
//!
//! #[derive(FromSettings)]
//! #[settings(default)]
//! pub struct Settings {
//!     claim: String,
//! }
//!
//! impl Default for Settings {
//!     fn default() -> Self {
//!         Self { claim: "tenant".into() }
//!     }
//! }
//!
//! /// Requires one claim.
//! pub struct RequireClaim {
//!     path: String,
//! }
//!
//! impl Policy for RequireClaim {
//!     type Settings = Settings;
//!
//!     fn descriptor() -> Descriptor {
//!         Descriptor {
//!             name: "require-claim".into(),
//!             version: "0.1.0".into(),
//!             title: "A claim must be present".into(),
//!             description: "Denies a token that lacks the claim.".into(),
//!             phases: Phases::USE,
//!             rules: vec![Rule {
//!                 id: "missing".into(),
//!                 title: "The claim is missing".into(),
//!                 remedy: "Have the issuer add the claim.".into(),
//!                 controls: vec!["SOC 2 CC6.1".into()],
//!             }],
//!             settings_schema: r#"{"type":"object"}"#.into(),
//!             reads: Reads::claims(["/tenant"]),
//!         }
//!     }
//!
//!     fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
//!         if settings.claim.is_empty() {
//!             return Err(vec![SettingError::new("/claim", "is empty; give the name of a claim")]);
//!         }
//!         Ok(Self { path: pointer([&settings.claim]) })
//!     }
//!
//!     fn reads(&self) -> Reads {
//!         Reads::claims([&self.path])
//!     }
//!
//!     fn evaluate(&self, input: &Input) -> Verdict {
//!         match input.claim(&self.path) {
//!             Some(_) => Verdict::permit(),
//!             None => Verdict::permit()
//!                 .with(Finding::deny("missing", Severity::High, "the claim is missing").at(&self.path)),
//!         }
//!     }
//! }
//!
//! export_policy!(RequireClaim);
//! # fn main() {}
//! ```
//!
//! A policy sees nothing but what [`Policy::reads`] declares: no clock, no
//! randomness, no files, no network. Time, when declared, is [`Input::now`].

// The derive macro names this crate so, also in its own tests.
#[cfg(test)]
extern crate self as tokenward_policy;

mod abi;
#[doc(hidden)]
pub mod about;
mod alloc;
#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod export;
mod input;
pub mod list;
mod messages;
#[doc(hidden)]
pub mod packed;
mod reads;
mod schema;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod time;
mod verdict;

pub use about::{About, AboutRule};
pub use bindings::exports::tokenward::policy::policy::{
    Binding, Claim, ClaimSelector, Cookie, Descriptor, Effect, Encryption, Fact, Finding, Input,
    Key, Phase, Phases, Reads, Request, RequestParts, Requirement, Risk, RiskFactor, Rule,
    SameSite, SettingError, Severity, Signal, StepUp, Tls, Token, TokenKind, TokenLocation,
    TokenParts, Value, Verdict,
};
pub use input::pointer;
pub use settings::{Decimal, FromSettings, Setting, SettingReader, WrongSetting};
pub use tokenward_policy_derive::FromSettings;

/// What a policy's source usually needs.
pub mod prelude {
    pub use crate::{
        About, AboutRule, Binding, Claim, ClaimSelector, Cookie, Descriptor, Effect, Encryption,
        Fact, Finding, FromSettings, Input, Key, Phase, Phases, Policy, Reads, Request,
        RequestParts, Requirement, Risk, RiskFactor, Rule, SameSite, Setting, SettingError,
        SettingReader, Severity, Signal, StepUp, Tls, Token, TokenKind, TokenLocation, TokenParts,
        Value, Verdict, WrongSetting, about, export_policy, pointer,
    };
}

/// A compliance policy: a pure function of the input that it declares it reads.
pub trait Policy: Sized + Send + Sync + 'static {
    /// Its settings, read from the JSON object of the bundle. Use
    /// `#[settings(default)]`, so that none is required without need.
    type Settings: FromSettings;

    /// Who the policy is. The same at every call.
    fn descriptor() -> Descriptor;

    /// Makes the policy from its settings, once, when a bundle is loaded; what
    /// is computed here costs a request nothing.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings, each with a JSON Pointer to the setting.
    fn configure(settings: Self::Settings) -> Result<Self, Vec<SettingError>>;

    /// What the policy, so configured, reads. It is given nothing else.
    fn reads(&self) -> Reads;

    /// Judges one request.
    fn evaluate(&self, input: &Input) -> Verdict;
}

/// Reads settings from JSON text and makes the policy: what the host does when
/// it loads a bundle.
///
/// # Errors
///
/// What is wrong with the settings, each with a JSON Pointer to the setting.
pub fn configure<P: Policy>(settings: &str) -> Result<P, Vec<SettingError>> {
    let parsed: P::Settings = settings::read(settings).map_err(|error| vec![error])?;
    let policy = P::configure(parsed)?;
    #[cfg(target_arch = "wasm32")]
    alloc::make_room();
    Ok(policy)
}
