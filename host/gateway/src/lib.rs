//! Thin adapters over the Tokenward library: what stands between it and a real gateway.
//!
//! A request becomes an [`Inquiry`], a [`Gate`] judges it, and the [`Reply`] says in HTTP what is to
//! happen: pass, with these identity headers set and those stripped, or refuse, with this status and
//! challenge. Every adapter is these three steps: [`TokenwardLayer`] in a Rust service, and in the
//! server forward-auth, Envoy `ext_authz` and OpenID AuthZEN.
//!
//! This is the only crate that names HTTP status codes.
//!
//! ```
//! use tokenward::{Authorizer, Bundle, Trust};
//! use tokenward_gateway::{Gate, Inquiry};
//! # use tokenward::mint::PrivateKey;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let trust = Trust::key_only(PrivateKey::generate(tokenward::Algorithm::ES256)?.key_set()?);
//! let gate = Gate::new(Authorizer::new(trust, &Bundle::built_in("baseline")?)?);
//! let inquiry = Inquiry::builder("GET", "https://api.example/orders")?
//!     .header("authorization", b"Bearer a.forged.token")?
//!     .build();
//! let judged = gate.judge(&inquiry).await;
//! assert_eq!(judged.reply.status, 401);
//! # Ok(()) }
//! ```

#![cfg_attr(
    test,
    allow(
        clippy::default_trait_access,
        clippy::needless_pass_by_value,
        clippy::type_complexity,
        reason = "tests read better so"
    )
)]

mod gate;
mod identity;
mod inquiry;
mod layer;
#[cfg(feature = "server")]
mod playground;
mod record;
mod reply;
#[cfg(test)]
mod testing;

pub use gate::{Gate, Judged, Observer};
pub use identity::{Credentials, Identity, IdentityError, PREFIX};
pub use inquiry::{Builder, Inquiry, InquiryError, Origin, SignalHeaders, Vouched};
pub use layer::{TokenwardLayer, TokenwardService};
pub use reply::{Reasons, Reply, Upstream};

#[cfg(feature = "server")]
pub mod server;
