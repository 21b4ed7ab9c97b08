//! Bytes to verified token: strict parser, keys, issuers, clock.
//!
//! A token goes one way: [`UnverifiedToken::parse`] reads the bytes,
//! [`UnverifiedToken::verify`] checks them by a [`Trust`] at a moment, and only
//! that makes a [`VerifiedToken`]. Nothing here reads a clock or opens a
//! connection; files are read in [`load`] alone.
//!
//! ```
//! use tokenward_token::mint::PrivateKey;
//! use tokenward_token::{
//!     Algorithm, Issuer, Json, Object, ParseLimits, Trust, UnixTime, UnverifiedToken,
//! };
//!
//! // What an issuer does.
//! let key = PrivateKey::generate(Algorithm::ES256)?;
//! let mut claims = Object::from_pairs([
//!     ("iss", "https://idp.example"),
//!     ("aud", "https://api.example"),
//!     ("sub", "alice"),
//! ]);
//! claims.set("exp", Json::Integer(1_700_000_900));
//! let bearer = key.mint(Some("at+jwt"), &claims)?;
//!
//! // What a gateway does.
//! let issuer = Issuer::new("https://idp.example", key.key_set()?, ["https://api.example"]);
//! let trust = Trust::builder().issuer(issuer).build()?;
//! let now = UnixTime(1_700_000_000);
//! let token = UnverifiedToken::parse(bearer.as_bytes(), &ParseLimits::default())?
//!     .verify(&trust, now)?;
//! assert_eq!(token.claims().get("sub").and_then(Json::as_str), Some("alice"));
//!
//! let late = UnverifiedToken::parse(bearer.as_bytes(), &ParseLimits::default())?
//!     .verify(&trust, now.plus(3600));
//! assert_eq!(late.unwrap_err().code(), "expired");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is accepted is narrower than the standards allow: wherever two readers
//! could understand a token differently, it is refused. A kidless key, one
//! that came from PEM, serves any `kid`; apart from that `kid` is a map look-up.
//!
//! Not recognized, on purpose: words of one script that look like words of
//! another (a `sub` all in Cyrillic), and text that is not normalized (NFC).
//!
#![doc = include_str!("codes.md")]

mod algorithm;
pub mod base64url;
mod claims;
pub mod credential;
mod digest;
mod error;
mod header;
pub mod json;
pub mod jws;
mod keys;
mod kind;
pub mod load;
pub mod mint;
mod text;
pub mod time;
mod token;
mod trust;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use digest::{BearerToken, TokenDigest};
pub use error::{Part, TokenError};
pub use json::{Json, Object};
pub use jws::ParseLimits;
pub use keys::{Key, KeyError, KeySet, KeyType, SkippedKey, VerificationKey};
pub use kind::TokenKind;
pub use time::UnixTime;
pub use token::{UnverifiedToken, VerifiedToken};
pub use trust::{Check, Checks, Issuer, KeySource, Profile, Trust, TrustBuilder, TrustError};
