//! Keeps the keys of issuers as their providers publish them: JWKS by URL, OIDC discovery, rotation, outages.
//!
//! A [`Keeper`] is given a [`Trust`](tokenward_token::Trust) and the [`Source`]
//! of each issuer whose keys are fetched, which a [`TrustFile`] has. It fetches
//! them, keeps them, and hands on the trust with the keys of now:
//!
//! ```no_run
//! use tokenward_keys::{Keeper, Outcome, Settings, TrustFile};
//!
//! # async fn example(set_trust: impl FnMut(tokenward_token::Trust) + Send + 'static)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let TrustFile { trust, sources } = TrustFile::read("trust.toml".as_ref())?;
//! let keeper = Keeper::builder(trust, sources)
//!     .settings(Settings::default())
//!     .inventory("keys.json".into())
//!     .on_change(set_trust)
//!     .start()
//!     .await?;
//!
//! // For a token that is refused with the code `key_not_found`.
//! match keeper.unknown_key("https://idp.example").await {
//!     Outcome::Changed => { /* verify it again */ }
//!     _ => { /* it is refused */ }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//!
//! - What is fetched is encrypted, unless it comes from this machine; then it
//!   goes by no proxy. A JWKS may be redirected within its origin, three times;
//!   metadata may not, since its address is what ties it to the issuer.
//! - A fetch is whole or nothing: within [`Settings::timeout`], each answer of at
//!   most [`Settings::max_bytes`], strict JSON, a JWKS of which one key at least can
//!   be used, and which fits the issuer's rules. Otherwise it has failed, the keys
//!   before serve on, and the status says why. Keys that are malformed, weak, private
//!   or for something else are skipped (RFC 7517 section 5), and the status names them.
//! - Metadata is at one of [two places](WellKnown), and must name the issuer to the
//!   last byte. Its `jwks_uri` may be of another host, as large providers have it:
//!   the issuer says so. It is asked for again every hour, after a failure, and for
//!   an operator.
//! - Keys are fetched again every [`Settings::refresh`], a little early, or when
//!   `Cache-Control` says, within bounds; only what has changed, by its `ETag`.
//!   After failures, from one second on up to a minute.
//! - One fetch of an issuer at a time. Tokens with an unknown `kid` cause one per
//!   [`Settings::cooldown`], however many there are.
//! - While fetches fail, the last keys serve until [`Settings::max_stale`] after
//!   they were last confirmed. Then the issuer has none, and its tokens are
//!   refused with `keys_unavailable`, which is no word about the token.
//! - Keys serve the issuer that they were fetched for, and no other.
//! - A key's age counts from when it was first seen, or from the `iat` of its JWK,
//!   if that is before: it is at least that old.
//!
//! # Codes of failed fetches
//!
//! | code | meaning |
//! |---|---|
//! | `unreachable` | Nobody answers, or no encrypted connection comes about |
//! | `timeout` | The whole fetch took too long |
//! | `cut_short` | The connection ended before the answer did |
//! | `status` | The answer is not 200 |
//! | `too_large` | The answer is larger than it may be |
//! | `redirect` | The answer sends elsewhere |
//! | `not_json` | The answer is not strict JSON |
//! | `metadata` | The metadata is not what the standards say |
//! | `issuer_mismatch` | The metadata is another issuer's |
//! | `keys` | The JWKS is refused, or no key in it can be used |
//! | `rules` | The keys do not fit the issuer's rules in the trust file |
//! | `internal` | A fault of this program |

mod error;
mod fetch;
mod http;
mod inventory;
mod keeper;
mod reload;
mod schedule;
mod settings;
mod shared;
mod slot;
mod source;
mod status;
mod task;
#[cfg(test)]
mod tests;
mod well_known;

pub use error::{ConfigError, FetchError};
pub use keeper::{Builder, Clock, Keeper};
pub use settings::Settings;
pub use slot::Outcome;
pub use source::{Source, SourceError, Sources, TrustFile};
pub use status::{ErrorStatus, IssuerStatus, KeyStatus, SkippedStatus, SourceStatus, Status};
pub use well_known::WellKnown;
