//! Finds personal, health, cardholder and secret data in claim names and values.
//!
//! Two questions, both pure functions of their arguments:
//!
//! - [`name_class`] and [`path_class`]: what does a claim's *name* say that it holds?
//! - [`scan`], [`scan_value`] and [`scan_integer`]: what does a claim's *value* hold? The
//!   class of the name may be given as context: nine bare digits are a US social security
//!   number only in a claim that says so.
//!
//! Each answer names a [`Detector`], its [`Category`] and a [`Confidence`]:
//!
//! - `High`: a checksum, a grammar or an unmistakable name;
//! - `Medium`: a weaker grammar, or a name that usually means it;
//! - `Low`: a hint, for instance a user name. Report it only if asked to.
//!
//! Text is also searched in its decoded forms: base64, base64url, percent encoding and the escapes
//! of JSON, at most two levels deep. Full-width digits, Unicode dashes and spaces, and zero-width
//! characters are folded first. The work is linear in the length of the value, and most short
//! identifiers are dismissed after one pass over their bytes.
//!
//! ```
//! use tokenward_detect::{Category, Detector, name_class, scan_value};
//!
//! let hit = scan_value("call me at 4111 1111 1111 1111", None).unwrap();
//! assert_eq!((hit.detector, hit.category), (Detector::Pan, Category::Cardholder));
//! assert!(scan_value("tok_1abc2def3ghi", None).is_none());
//!
//! assert_eq!(name_class("patientName").unwrap().category, Category::Health);
//! assert!(name_class("patient_id").is_none());
//! ```
//!
//! # Scopes
//!
//! Whoever looks for less names a [`Scope`]: [`scan_only`], [`scan_value_only`],
//! [`scan_integer_only`], [`scan_digits_only`], [`name_class_only`] and [`path_class_only`] ask only its detectors, and in
//! a program linked as a whole the code and the tables of the others are left out. What is found in
//! scope is what the functions without a scope find.
//!
//! A scope is a set of detectors. The categories of a hit are told by its detector, but where a
//! name tells that a patient is meant, personal data counts as [`Category::Health`]: a scope that is
//! to find a patient's name needs the detectors of [`Category::Personal`], [`Category::NationalId`]
//! and [`Category::Network`] as well as those of [`Category::Health`].
//!
//! # What counts, and what does not
//!
//! The 18 identifiers of HIPAA 164.514(b)(2) all have a detector. Where a name is ambiguous, this
//! is what was chosen:
//!
//! - A name that ends in a word for a reference, a state or a part (`_id`, `_ref`, `_token`,
//!   `_verified`, `_type`, `_last4`, `_hash` ...) is harmless, unless the whole phrase names an
//!   identifier (`national_id`, `tax_id`) or a secret (`password_hash`). `ssn_last4` counts: HIPAA
//!   holds parts of an identifier to be one.
//! - `name` alone is a person's name; `client_name`, `host_name`, `role_name` are not; names of
//!   things are told by the word or the parent object before them.
//! - `username`, `preferred_username`, `display_name`, `profile`, `website`, `url`, `device_id`,
//!   `fingerprint`, `npi`, `age`, `location`: low confidence.
//! - `exp` is never a card's expiry, `cid` never a card code, `sub`, `jti`, `sid` never personal by
//!   name; their values are still searched.
//! - Names are matched in English, in any letter case and with any separators.

mod account;
mod bytes;
mod card;
mod checksum;
mod contact;
mod decode;
mod health;
mod kind;
#[cfg(test)]
mod linear_test;
mod name;
mod name_table;
mod name_words;
mod network;
mod number;
mod phrases;
mod plan;
mod scan;
mod scope;
mod secret;
mod steps;
mod swar;
mod traits;
mod walk;
mod word_map;

pub use kind::{Category, Confidence, Detector, Hit, Hits, NameHit, Place};
pub use name::{concerns_patient, name_class, name_class_only, path_class, path_class_only};
pub use scan::{
    scan, scan_digits_only, scan_integer, scan_integer_only, scan_only, scan_value, scan_value_only,
};
pub use scope::{
    CardholderData, DetectorSet, Everything, NamesOf, Pairs, Scope, Secrets, SubjectId,
};
pub use swar::first_of;
pub use word_map::{WordMap, WordSet, bytes_of};
